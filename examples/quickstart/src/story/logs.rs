//! What the doors wrote down comes home, and is freed at the door.

use thumbturn_phone::courier::CourierEvent;
use thumbturn_simulator::building::Delivery;

use super::visits::{Meanwhile, Telling, has};
use super::{Story, StoryError};
use crate::step::Counts;

impl Story {
    pub(super) fn logs_come_home(&mut self) -> Result<(), StoryError> {
        const TITLE: &str = "log";
        let (person, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        self.online(&person)?;
        let telling = Telling { title: "logs come home", expected: "events taken along" };
        let taken = |event: &CourierEvent| {
            matches!(event, CourierEvent::Acknowledged { .. } | CourierEvent::LogsCollected { .. })
        };
        self.visit(&telling, &person, &door, Meanwhile::Stays, |_, delivery| has(delivery, taken))?;
        self.online(&person)?;

        let telling =
            Telling { title: "and are freed there", expected: "the office's word that it has them" };
        let delivery =
            self.visit(&telling, &person, &door, Meanwhile::Stays, |_, delivery| freed(delivery).is_some())?;
        let (events, moves) = (freed(&delivery).unwrap_or(0), door.door().bolt_movements().len());
        // The last opening is the one that brought the word.
        if usize::try_from(events).unwrap_or(0) < moves - 1 {
            let (expected, got) = ("an event for each movement of the bolt", format!("{events} for {moves}"));
            return Err(StoryError::Unexpected { step: TITLE, expected, got });
        }
        let action = format!("the office has the log of {}", door.name());
        let outcome = format!("{events} events, chained, which the door has freed");
        self.note(TITLE, action, outcome, Counts::default());
        Ok(())
    }
}

/// Up to where the door has freed its log.
fn freed(delivery: &Delivery) -> Option<u32> {
    let mut freed = delivery.events().iter().filter_map(|event| match event {
        CourierEvent::Acknowledged { sequence } => Some(sequence.0),
        _ => None,
    });
    freed.next_back()
}
