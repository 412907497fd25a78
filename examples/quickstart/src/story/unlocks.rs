//! The taps of honest people.

use std::sync::Arc;

use futures_util::future::join;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::{Opened, Progress, UnlockError, UnlockPath};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::shortly_before;
use thumbturn_simulator::building::{BuildingDoor, BuildingError, Resident, Visit};

use super::{PAUSE, Story, StoryError};
use crate::step::Counts;

/// Steps of progress that a phone keeps.
const PROGRESS: usize = 64;

impl Story {
    pub(super) fn first_unlock(&mut self) -> Result<(), StoryError> {
        let (person, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        let full = |visit: &Visit| matches!(visit.outcome(), Ok(opened) if opened.path == UnlockPath::Full);
        self.tap("first unlock", &person, &door, "an open door after the full handshake", full)?;
        Ok(())
    }

    pub(super) fn repeat_unlock(&mut self) -> Result<(), StoryError> {
        let (person, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        let fast = |visit: &Visit| matches!(visit.outcome(), Ok(opened) if opened.path == UnlockPath::Fast);
        self.tap("repeat unlock", &person, &door, "an open door on the fast path", fast)?;
        Ok(())
    }

    pub(super) fn share_with_guest(&mut self) -> Result<(), StoryError> {
        let (host, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        let guest = self.building.add_resident("a guest")?;
        let now = self.building.now();
        self.building.share(
            &host,
            &guest,
            &door,
            Validity::from(shortly_before(now)).until(now.plus(86_400)),
        )?;
        let action = format!("{} shares {} for a day, offline, as a QR code", host.name(), door.name());
        self.note("share", action, "the guest's phone holds it".into(), Counts::default());
        self.tap("shared with a guest", &guest, &door, "an open door", Visit::is_open)?;
        Ok(())
    }

    pub(super) fn out_of_schedule(&mut self) -> Result<(), StoryError> {
        let (person, door) = (self.resident(self.cast.scheduled)?, self.door_of(self.cast.scheduled)?);
        let listed = self.people.get(self.cast.scheduled);
        let Some(schedule) = listed.and_then(|listed| listed.schedule.clone()) else { return Ok(()) };
        let zone = thumbturn_simulator::zone_table::zone_table(self.plan.zone.name(), self.plan.start)?;
        // Both edges are kept clear of by a minute: the tap itself takes a moment.
        self.wait_until(&person, |at| {
            !schedule.contains(at, &zone) && !schedule.contains(at.plus(60), &zone)
        })?;
        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::OutOfSchedule);
        self.tap("out of schedule", &person, &door, "a refusal outside the hours", refused)?;
        self.wait_until(&person, |at| schedule.contains(at, &zone) && schedule.contains(at.plus(60), &zone))?;
        self.tap("within schedule", &person, &door, "an open door within the hours", Visit::is_open)?;
        Ok(())
    }

    pub(super) fn expired(&mut self) -> Result<(), StoryError> {
        let (person, door) = (self.resident(self.cast.leaving)?, self.door_of(self.cast.leaving)?);
        let until = self.people.get(self.cast.leaving).and_then(|listed| listed.until);
        self.wait_until(&person, |at| until.is_some_and(|until| until <= at))?;
        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::Expired);
        self.tap("expired", &person, &door, "a refusal after the end", refused)?;
        Ok(())
    }

    pub(super) fn wrong_door(&mut self) -> Result<(), StoryError> {
        let (person, door) = self.cast.stranger;
        let person = self.resident(person)?;
        let Some(door) = self.doors.get(door).cloned() else { return Ok(()) };
        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::NoGrant);
        self.tap("wrong door", &person, &door, "no grant for this door", refused)?;
        Ok(())
    }

    pub(super) fn cancelled(&mut self) -> Result<(), StoryError> {
        let (person, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        let expected = "a closed door";
        let early = |outcome: &Result<Opened, UnlockError>| *outcome == Err(UnlockError::Cancelled);
        self.cancel("cancelled while searching", &person, &door, CancelAt::Searching, expected, early)?;
        let expected = "the truth: an open door";
        self.cancel("cancelled too late", &person, &door, CancelAt::Accepted, expected, Result::is_ok)
    }

    fn cancel(
        &mut self,
        title: &'static str,
        person: &Resident,
        door: &BuildingDoor,
        moment: CancelAt,
        expected: &'static str,
        fits: impl Fn(&Result<Opened, UnlockError>) -> bool,
    ) -> Result<(), StoryError> {
        person.phone().stand(door.door().place().beside());
        let world = self.building.world().clone();
        let (mark, started, before) = (world.mark(), world.now(), door.door().bolt_movements().len());
        let progress = Arc::new(EventQueue::new(PROGRESS));
        let cancel = CancelHandle::new();
        let unlock = async {
            let outcome = person.unlock(door.id(), &cancel, &progress).await;
            // The listener below ends with the tap.
            progress.push(Progress::Searching);
            outcome
        };
        let listener = async {
            while !moment.is(&progress.pop().await) {}
            cancel.cancel();
        };
        let (outcome, ()) = world.block_on(join(unlock, listener)).map_err(BuildingError::from)?;
        let moves = door.door().bolt_movements().len() - before;
        let words = match &outcome {
            Ok(opened) => format!("open, relocks after {} s", opened.relock_seconds),
            Err(error) => error.to_string(),
        };
        if !fits(&outcome) {
            return Err(StoryError::Unexpected { step: title, expected, got: words });
        }
        let counts = Counts::of_trace(&world.trace_after(mark), world.now().since(started), moves);
        self.note(title, format!("{} taps at {} and cancels", person.name(), door.name()), words, counts);
        world.run_for(PAUSE);
        Ok(())
    }
}

/// When the person changes his mind.
#[derive(Clone, Copy)]
enum CancelAt {
    Searching,
    Accepted,
}

impl CancelAt {
    const fn is(self, progress: &Progress) -> bool {
        match self {
            Self::Searching => matches!(progress, Progress::Searching),
            Self::Accepted => matches!(progress, Progress::Accepted { .. }),
        }
    }
}
