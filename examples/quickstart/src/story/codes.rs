//! Codes at the keypad: the tenant's own, and one for somebody who comes today.

use core::time::Duration;

use thumbturn_manager::office::model::Contact;
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, Giver, IssueDailyCode};
use thumbturn_manager::office::use_case::doorcodes::MyDoorcodes;
use thumbturn_protocol::code::{DailyKind, Doorcode};
use thumbturn_simulator::building::BuildingDoor;

use super::{Newcomer, PAUSE, Story, StoryError};
use crate::desk::email_address;
use crate::step::Counts;

/// How long somebody looks at the door after a code.
const LOOK: Duration = Duration::from_secs(2);

impl Story {
    pub(super) fn codes(&mut self) -> Result<(), StoryError> {
        let (newcomer, door) = (self.newcomer()?, self.door(self.cast.moving.home)?);
        let Newcomer { resident, account } = &newcomer;
        // Only the tenant himself can look his doorcode up.
        let codes = self.desk.ask_as(*account, &MyDoorcodes { person: resident.holder() })?;
        if let Some(line) = codes.iter().find(|line| line.door == door.id()) {
            self.type_code("doorcode", resident.name(), &door, &line.code)?;
        }

        let issue = IssueDailyCode {
            giver: Giver::Holder(resident.holder()),
            door: door.id(),
            day: CodeDay::Today,
            kind: DailyKind::WholeDay,
            recipient: Contact::Email(email_address("parcels@example.com")?),
            service: None,
        };
        let issued = self.desk.perform_as(*account, &issue)?;
        let action = format!("{} gives a code for today at {}", resident.name(), door.name());
        let outcome = "nothing sent to the door, which computes the same".into();
        self.note("daily code", action, outcome, Counts::default());
        self.type_code("parcel service", "whoever brings the parcel", &door, &issued.code)
    }

    fn type_code(
        &mut self,
        title: &'static str,
        who: &str,
        door: &BuildingDoor,
        code: &Doorcode,
    ) -> Result<(), StoryError> {
        let before = door.door().bolt_movements().len();
        door.door().press(&code.text());
        self.building.world().run_for(LOOK);
        let moves = door.door().bolt_movements().len() - before;
        if moves != 1 {
            let (expected, got) = ("a code that opens", "a closed door".into());
            return Err(StoryError::Unexpected { step: title, expected, got });
        }
        let action = format!("{who} types a code at {}", door.name());
        self.note(title, action, "open".into(), Counts { bolt_moves: moves, ..Counts::default() });
        self.building.world().run_for(PAUSE);
        Ok(())
    }
}
