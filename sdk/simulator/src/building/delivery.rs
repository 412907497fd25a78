//! What phones bring and take along: behind an opening, or in passing.

use core::time::Duration;

use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::courier::{CourierEvent, End};
use thumbturn_phone::driver::PassError;
use thumbturn_phone::queue::EventQueue;

use super::{Building, BuildingDoor, BuildingError, PROGRESS, Resident, Visit};
use crate::trace::Trace;

/// Courier events that a run keeps: a percentage for each step of an update, and all else.
const EVENTS: usize = 512;

/// What a phone brought to a door and took along.
#[derive(Clone, Debug)]
pub struct Delivery {
    end: End,
    events: Vec<CourierEvent>,
    trace: Trace,
    duration: Duration,
}

impl Building {
    /// A person walks up to a door and taps; behind the opening the phone delivers until it or the door has enough. `meanwhile` is
    /// called between the two: for somebody who soon walks on, or a power cut. `None`: the door did not open.
    ///
    /// # Errors
    ///
    /// As [`Building::unlock`].
    pub fn unlock_and_deliver(
        &self,
        resident: &Resident,
        door: &BuildingDoor,
        meanwhile: impl FnOnce(),
    ) -> Result<(Visit, Option<Delivery>), BuildingError> {
        resident.phone().stand(door.place().beside());
        let world = self.world();
        let (started, mark, meter) = (world.now(), world.mark(), door.door().meter());
        let (progress, steps) = (EventQueue::new(PROGRESS), EventQueue::new(EVENTS));
        let both = world.block_on(async {
            let cancel = CancelHandle::new();
            let unlocked = resident.unlock_first(door.id(), &cancel, &progress).await;
            let outcome = unlocked.as_ref().map(|unlocked| unlocked.opened).map_err(|error| *error);
            let (opened, trace) = (world.now(), world.trace_after(mark));
            let visit = Visit::new(
                resident,
                door,
                started,
                opened,
                outcome,
                trace,
                door.door().meter().since(&meter),
            );
            let Ok(unlocked) = unlocked else { return (visit, None) };
            let mark = world.mark();
            meanwhile();
            let end = unlocked.deliver(&cancel, &steps).await;
            let events = core::iter::from_fn(|| steps.try_pop()).collect();
            let (trace, duration) = (world.trace_after(mark), world.now().since(opened));
            (visit, Some(Delivery { end, events, trace, duration }))
        })?;
        Ok(both)
    }

    /// A person passes a door, and the phone in the pocket delivers without opening it.
    ///
    /// # Errors
    ///
    /// [`BuildingError::Stalled`] when it never ends, which is a defect of the phone core. A door that lets nothing be delivered is no
    /// error: it is what became of the pass.
    pub fn pass_by(
        &self,
        resident: &Resident,
        door: &BuildingDoor,
    ) -> Result<Result<Delivery, PassError>, BuildingError> {
        resident.phone().stand(door.place().beside());
        let world = self.world();
        let (started, mark, steps) = (world.now(), world.mark(), EventQueue::new(EVENTS));
        let passed = world.block_on(resident.pass_by(door.id(), &CancelHandle::new(), &steps))?;
        Ok(passed.map(|end| {
            let events = core::iter::from_fn(|| steps.try_pop()).collect();
            Delivery { end, events, trace: world.trace_after(mark), duration: world.now().since(started) }
        }))
    }
}

impl Delivery {
    /// How it ended.
    #[must_use]
    pub const fn end(&self) -> End {
        self.end
    }

    /// What was brought and taken along, in order.
    #[must_use]
    pub fn events(&self) -> &[CourierEvent] {
        &self.events
    }

    /// How much of an update the door had in the end, in percent; `None`: none was on its way.
    #[must_use]
    pub fn percent(&self) -> Option<u8> {
        let mut percent = self.events.iter().filter_map(|event| match event {
            CourierEvent::Updating { percent } => Some(*percent),
            _ => None,
        });
        percent.next_back()
    }

    /// Everything that happened in the world meanwhile.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// From the outcome of the tap to the end of the delivery.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }
}
