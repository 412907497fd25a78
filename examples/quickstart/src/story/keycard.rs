//! A keycard that the door does not know, until somebody else comes by.

use core::time::Duration;

use thumbturn_lock::signal::Signal;
use thumbturn_phone::courier::CourierEvent;
use thumbturn_phone::unlock::UnlockError;
use thumbturn_protocol::card::{CardMaster, CardToken, CardVersion, DoorClass, READ_KEY};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{HolderId, Serial};
use thumbturn_protocol::update::row::{Card as CardRow, CredentialNumber, Row, Terms};
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::building::{BuildingDoor, BuildingError, Resident, Visit};
use thumbturn_simulator::card::Card;

use super::visits::{facts, has};
use super::{PAUSE, Story, StoryError};
use crate::step::Counts;

/// The master of the property's cards; a manager draws it.
const CARDS: [u8; 16] = [0xca; 16];
const VERSION: CardVersion = CardVersion(1);
const TOKEN: CardToken = CardToken(*b"newcomer");
/// How long somebody holds a card to a door.
const HOLD: Duration = Duration::from_secs(2);

impl Story {
    pub(super) fn keycard(&mut self) -> Result<(), StoryError> {
        let (neighbour, home) = (self.resident(self.cast.resident)?, self.cast.moving.1);
        let door = self.door(home)?;
        let newcomer = self.newcomer()?;
        let (row, now) = (self.card_row(home, TOKEN, newcomer.holder(), 1)?, self.building.now());
        let changed = self.office.change(self.building.authority(), door.id(), now, |list| list.set(row));
        let (_, bytes) = changed.map_err(BuildingError::from)?;
        let action = format!("the office activates a keycard at {}", door.name());
        let outcome = format!("{bytes} bytes for the door, for whichever phone comes by");
        self.note("keycard", action, outcome, Counts::default());
        self.show_card("keycard, too early", &door, Signal::CardFailure)?;

        // The right to bring and to take along, and nothing else.
        let terms = GrantTerms { roles: Roles::COURIER, ..GrantTerms::resident(now) };
        self.building.grant_with(&neighbour, &door, &terms)?;
        self.online(&neighbour)?;
        self.pass(&neighbour, &door)?;
        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::NoGrant);
        self.tap("a courier grant opens nothing", &neighbour, &door, "a refusal", refused)?;
        self.show_card("keycard", &door, Signal::Accepted)
    }

    /// A neighbour's phone delivers from the pocket.
    fn pass(&mut self, neighbour: &Resident, door: &BuildingDoor) -> Result<(), StoryError> {
        const TITLE: &str = "a neighbour passes";
        let before = door.door().bolt_movements().len();
        let delivery = self.building.pass_by(neighbour, door)?;
        let moves = door.door().bolt_movements().len() - before;
        let expected = "an update, and a door that stays closed";
        let unexpected = |got| StoryError::Unexpected { step: TITLE, expected, got };
        let delivery = delivery.map_err(|error| unexpected(error.to_string()))?;
        if moves != 0 || !has(&delivery, |event| matches!(event, CourierEvent::Updated { .. })) {
            return Err(unexpected(facts(&delivery).join(", ")));
        }
        let action = format!("{} walks past {}, phone in the pocket", neighbour.name(), door.name());
        self.note(TITLE, action, "stays closed".into(), Counts::default());
        self.behind(&delivery);
        self.building.world().run_for(PAUSE);
        Ok(())
    }

    /// The row of a card at a door, on terms without end.
    pub(super) fn card_row(
        &self,
        door: usize,
        token: CardToken,
        holder: HolderId,
        number: u32,
    ) -> Result<Row, StoryError> {
        let is_home = self.plan.doors.get(door).is_some_and(|door| door.kind == DoorKind::Residence);
        let class = if is_home { DoorClass::Residence } else { DoorClass::Common };
        let key = card_key(token, class)?;
        let terms = Terms::new(holder, Serial(u32::MAX), CredentialNumber(number));
        Ok(Row::Card(CardRow { token, key, lowest_version: VERSION }, terms))
    }

    fn show_card(
        &mut self,
        title: &'static str,
        door: &BuildingDoor,
        expected: Signal,
    ) -> Result<(), StoryError> {
        let world = self.building.world().clone();
        let (before, shown) = (door.door().bolt_movements().len(), door.door().signals().len());
        let (common, home) = (card_key(TOKEN, DoorClass::Common)?, card_key(TOKEN, DoorClass::Residence)?);
        door.door().hold(Card::new(TOKEN, VERSION, *common.as_bytes(), *home.as_bytes()));
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

fn card_key(token: CardToken, class: DoorClass) -> Result<thumbturn_protocol::card::CardKey, StoryError> {
    let key = CardMaster::from_bytes(CARDS).card_key(token, class, READ_KEY);
    Ok(key.map_err(BuildingError::from)?)
}
