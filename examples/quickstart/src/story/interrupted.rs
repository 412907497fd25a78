//! Updates that are interrupted: by people who walk on, and by the power.

use core::time::Duration;

use thumbturn_phone::courier::CourierEvent;
use thumbturn_protocol::card::CardToken;
use thumbturn_protocol::ids::HolderId;
use thumbturn_simulator::building::{BuildingDoor, BuildingError, Delivery};

use super::visits::{Meanwhile, Telling, has};
use super::{Story, StoryError};
use crate::step::Counts;

/// How long the first two people stay in reach behind their opening.
const A_MOMENT: Duration = Duration::from_millis(1_200);
/// Flash writes until the power fails.
const WRITES: u64 = 16;

impl Story {
    pub(super) fn three_phones(&mut self) -> Result<(), StoryError> {
        let carrier = self.cast.carrier;
        let (door, second) = (self.door(carrier.here)?, self.resident(carrier.person)?);
        let first = self.resident(self.cast.resident)?;
        let third = self.newcomer()?;
        self.online(&first)?;
        let bytes = self.enter_cards("a long parcel", &door, 1_000..2_200)?;
        for person in [&first, &second, &third] {
            self.online(person)?;
        }
        self.until_within_hours(carrier.person, &second)?;
        let begun = |delivery: &Delivery| delivery.percent().is_some_and(|percent| percent < 100);
        let leaves = Meanwhile::LeavesAfter(A_MOMENT);
        let mut carried = 0;
        for (title, person) in [("the first phone", &first), ("the second phone", &second)] {
            let telling = Telling { title, expected: "a part of the update" };
            let delivery = self.visit(&telling, person, &door, leaves, |_, delivery| begun(delivery))?;
            carried += delivery.trace().application_bytes();
        }
        let telling = Telling { title: "the third phone", expected: "the rest of the update" };
        let delivery =
            self.visit(&telling, &third, &door, Meanwhile::Stays, |_, delivery| is_applied(delivery))?;
        carried += delivery.trace().application_bytes();
        let action = format!("three phones carried one parcel of {bytes} bytes");
        let outcome = format!("{carried} bytes in the air, with proofs, receipts and logs");
        self.note("one parcel, three phones", action, outcome, Counts::default());
        self.online(&third)?;
        self.check_settled("the third phone", &door)
    }

    pub(super) fn power_cut(&mut self) -> Result<(), StoryError> {
        let carrier = self.cast.carrier;
        let (door, first) = (self.door(carrier.here)?, self.resident(self.cast.resident)?);
        let second = self.newcomer()?;
        self.enter_cards("another parcel", &door, 2_200..3_000)?;
        self.online(&first)?;
        self.online(&second)?;
        let telling = Telling { title: "power cut in the middle", expected: "half an update" };
        let cut = Meanwhile::PowerFailsAfter(WRITES);
        self.visit(&telling, &first, &door, cut, |_, delivery| {
            !is_applied(delivery) && delivery.percent().is_some_and(|percent| percent < 100)
        })?;
        let telling = Telling { title: "after the power cut", expected: "the rest of the update" };
        self.visit(&telling, &second, &door, Meanwhile::Stays, |_, delivery| is_applied(delivery))?;
        self.online(&second)?;
        self.check_settled("after the power cut", &door)?;
        let action = format!("the office reads the receipt of {}", door.name());
        let outcome = "its list is the office's, by its digest: nothing left to do".into();
        self.note("receipt", action, outcome, Counts::default());
        Ok(())
    }

    fn enter_cards(
        &mut self,
        title: &'static str,
        door: &BuildingDoor,
        numbers: core::ops::Range<u32>,
    ) -> Result<usize, StoryError> {
        let count = numbers.len();
        let here = self.cast.carrier.here;
        let row = |number: u32| {
            let [a, b, c, d] = number.to_be_bytes();
            let id = [0xca, 0x4d, 0, 0, a, b, c, d];
            self.card_row(here, CardToken(id), HolderId(id), number)
        };
        let rows = numbers.map(row).collect::<Result<Vec<_>, _>>()?;
        let now = self.building.now();
        let changed = self.office.change(self.building.authority(), door.id(), now, |list| {
            rows.into_iter().for_each(|row| list.set(row));
        });
        let (_, bytes) = changed.map_err(BuildingError::from)?;
        let action = format!("the office enters {count} keycards at {}", door.name());
        self.note(title, action, format!("{bytes} bytes for the door"), Counts::default());
        Ok(bytes)
    }

    /// The door's own receipt says that it has the newest list.
    fn check_settled(&self, step: &'static str, door: &BuildingDoor) -> Result<(), StoryError> {
        if self.office.is_settled(door.id()) {
            return Ok(());
        }
        let (expected, got) = ("a receipt for the newest list", "none".into());
        Err(StoryError::Unexpected { step, expected, got })
    }
}

fn is_applied(delivery: &Delivery) -> bool {
    has(delivery, |event| matches!(event, CourierEvent::Updated { .. }))
}
