//! A keycard that the door does not know, until somebody else comes by.

use core::time::Duration;

use thumbturn_lock::signal::Signal;
use thumbturn_manager::office::use_case::cards::{ActivateCard, CardKeys, PersonaliseCard};
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_simulator::building::BuildingDoor;
use thumbturn_simulator::card::Card;

use super::{PAUSE, Story, StoryError};
use crate::step::Counts;

const VERSION: CardVersion = CardVersion(1);
const TOKEN: CardToken = CardToken(*b"newcomer");
/// How long somebody holds a card to a door.
const HOLD: Duration = Duration::from_secs(2);

impl Story {
    pub(super) fn keycard(&mut self) -> Result<(), StoryError> {
        let door = self.door(self.cast.moving.home)?;
        let newcomer = self.newcomer()?.resident;
        // An encoder would write them into the card.
        let keys = self.desk.perform(&PersonaliseCard { token: TOKEN })?;
        let person = newcomer.holder();
        self.desk.perform(&ActivateCard { person, token: TOKEN, version: VERSION })?;
        let bytes = self.desk.update(door.id())?.parcel.len();
        let outcome = format!("{bytes} bytes for {}, for whichever phone comes by", door.name());
        self.note("keycard", "the office activates a keycard".into(), outcome, Counts::default());
        self.show_card("keycard, too early", &door, &keys, Signal::CardFailure)?;

        let caretaker = self.caretaker()?;
        self.pass(&caretaker, &door)?;
        self.online(&caretaker)?;
        self.check_settled("the caretaker passes", &door)?;
        self.show_card("keycard", &door, &keys, Signal::Accepted)
    }

    fn show_card(
        &mut self,
        title: &'static str,
        door: &BuildingDoor,
        keys: &CardKeys,
        expected: Signal,
    ) -> Result<(), StoryError> {
        let world = self.building.world().clone();
        let (before, shown) = (door.door().bolt_movements().len(), door.door().signals().len());
        let (common, home) = (*keys.common.read.as_bytes(), *keys.residence.read.as_bytes());
        door.door().hold(Card::new(TOKEN, VERSION, common, home));
        world.run_for(HOLD);
        drop(door.door().take_card());
        let moves = door.door().bolt_movements().len() - before;
        let signals: Vec<_> = door.door().signals().into_iter().skip(shown).collect();
        let opens = expected == Signal::Accepted;
        if signals != [expected] || (moves == 1) != opens {
            let expected = if opens { "an open door" } else { "a closed door" };
            return Err(StoryError::Unexpected { step: title, expected, got: format!("{signals:?}") });
        }
        let outcome = if opens { "open" } else { "stays closed: a card that this door does not know" };
        let action = format!("the new tenant holds the card to {}", door.name());
        self.note(title, action, outcome.into(), Counts { bolt_moves: moves, ..Counts::default() });
        world.run_for(PAUSE);
        Ok(())
    }
}
