//! What the doors wrote down comes home, and is freed at the door.

use thumbturn_manager::office::model::Happening;
use thumbturn_manager::office::use_case::activity::Activity;
use thumbturn_phone::courier::CourierEvent;

use super::visits::{Meanwhile, Telling, has};
use super::{Story, StoryError};
use crate::step::Counts;

impl Story {
    pub(super) fn logs_come_home(&mut self) -> Result<(), StoryError> {
        let (person, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        self.online(&person)?;
        let telling = Telling { title: "logs come home", expected: "events taken along" };
        let taken = |event: &CourierEvent| {
            matches!(event, CourierEvent::Acknowledged { .. } | CourierEvent::LogsCollected { .. })
        };
        self.visit(&telling, &person, &door, Meanwhile::Stays, |_, delivery| has(delivery, taken))?;
        self.online(&person)?;

        let lines = self.desk.ask(&Activity { door: Some(door.id()), ..Activity::default() })?.lines;
        let count = |what: fn(Happening) -> bool| lines.iter().filter(|line| what(line.happening)).count();
        let openings = count(|happening| happening == Happening::Opened);
        let refusals = count(|happening| matches!(happening, Happening::Refused(_)));
        let outcome = format!("{openings} openings, {refusals} refusals: who, when and with what");
        let moves = door.door().bolt_movements().len();
        // What people do at their own doors is not a manager's to see.
        if self.is_public(self.first_door(self.cast.resident)?) && openings != moves {
            let expected = "an opening for each movement of the bolt";
            let got = format!("{openings} for {moves}");
            return Err(StoryError::Unexpected { step: "log", expected, got });
        }
        let action = format!("the manager reads what happened at {}", door.name());
        self.note("log", action, outcome, Counts::default());
        Ok(())
    }

    fn is_public(&self, door: usize) -> bool {
        self.plan.doors.get(door).is_some_and(|door| !door.kind.is_private())
    }
}
