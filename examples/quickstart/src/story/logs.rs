//! What the doors wrote down comes home, and is freed at the door.

use thumbturn_phone::courier::CourierEvent;
use thumbturn_protocol::event::Event;
use thumbturn_simulator::building::BuildingError;

use super::visits::{Meanwhile, Telling, has};
use super::{Story, StoryError};
use crate::step::Counts;

impl Story {
    pub(super) fn logs_come_home(&mut self) -> Result<(), StoryError> {
        const TITLE: &str = "logs come home";
        let (person, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        self.online(&person)?;
        let telling = Telling { title: TITLE, expected: "events taken along" };
        let freed = |event: &CourierEvent| {
            matches!(event, CourierEvent::Acknowledged { .. } | CourierEvent::LogsCollected { .. })
        };
        self.visit(&telling, &person, &door, Meanwhile::Stays, |_, delivery| has(delivery, freed))?;
        self.online(&person)?;

        let log = self.building.authority().log(door.id()).map_err(BuildingError::from)?;
        let openings = log
            .events()
            .filter(|(_, event)| {
                let event = event.as_ref().map(|logged| &logged.event);
                matches!(event, Some(Event::Operation(_) | Event::Keyed { .. }))
            })
            .count();
        let (last, _) = log.complete();
        let (gaps, lost) = (log.missing().count(), log.lost());
        let outcome = format!("{} events, chained: {openings} openings, {gaps} gaps, {lost} lost", last.0);
        let moves = door.door().bolt_movements().len();
        if (gaps, lost, openings) != (0, 0, moves) {
            let expected = "every event, in order, and one opening for each movement of the bolt";
            return Err(StoryError::Unexpected { step: TITLE, expected, got: format!("{outcome}; {moves}") });
        }
        let action = format!("the office has the log of {}", door.name());
        self.note("log", action, outcome, Counts::default());
        Ok(())
    }
}
