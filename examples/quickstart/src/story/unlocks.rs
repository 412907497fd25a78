//! The taps of honest people.

use std::sync::Arc;

use futures_util::future::join;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::{Opened, Progress, UnlockError, UnlockPath};
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

    pub(super) fn out_of_schedule(&mut self) -> Result<(), StoryError> {
        let person = self.cast.scheduled;
        let (resident, door) = (self.resident(person)?, self.door_of(person)?);
        let (listed, position) = (self.person(person)?, self.first_door(person)?);
        let is_open = |at| listed.is_within_hours(&self.plan, position, at, &self.zone);
        // Both edges are kept clear of by a minute: the tap itself takes a moment.
        self.wait_until(&resident, |at| !is_open(at) && !is_open(at.plus(60)))?;
        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::OutOfSchedule);
        self.tap("out of schedule", &resident, &door, "a refusal outside the hours", refused)?;
        let listed = self.person(person)?;
        let is_open = |at| listed.is_within_hours(&self.plan, position, at, &self.zone);
        self.wait_until(&resident, |at| is_open(at) && is_open(at.plus(60)))?;
        self.tap("within schedule", &resident, &door, "an open door within the hours", Visit::is_open)?;
        Ok(())
    }

    pub(super) fn expired(&mut self) -> Result<(), StoryError> {
        let (person, door) = (self.resident(self.cast.leaving)?, self.door_of(self.cast.leaving)?);
        let until = self.person(self.cast.leaving)?.until;
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
