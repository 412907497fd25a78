//! Updates that are interrupted: by people who walk on, and by the power.

use core::ops::RangeInclusive;
use core::time::Duration;
use std::path::Path;

use thumbturn_manager::access::{KeyDoor, WeeklyHours};
use thumbturn_manager::office::use_case::key::CreateKey;
use thumbturn_phone::courier::CourierEvent;
use thumbturn_simulator::building::{BuildingDoor, Delivery};

use super::visits::{Meanwhile, Telling, has};
use super::{Story, StoryError, name};
use crate::step::Counts;

/// How long the first two people stay in reach behind their opening.
const A_MOMENT: Duration = Duration::from_millis(700);
/// Flash writes until the power fails.
const WRITES: u64 = 8;
/// The Key of the club's members.
const CLUB: &str = "Club";

impl Story {
    pub(super) fn three_phones(&mut self) -> Result<(), StoryError> {
        let carrier = self.cast.carrier;
        let (door, second) = (self.door(carrier.here)?, self.resident(carrier.person)?);
        let first = self.resident(self.cast.resident)?;
        let third = self.newcomer()?.resident;
        self.online(&first)?;
        let doors = vec![KeyDoor { door: door.id(), hours: WeeklyHours::Always, doorcodes: true }];
        self.desk.perform(&CreateKey { name: name(CLUB)?, doors })?;
        let bytes = self.enter_members("a long parcel", &door, 1..=600)?;
        for person in [&first, &second, &third] {
            self.online(person)?;
        }
        self.until_within_hours(carrier.person, carrier.here, &second)?;
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
        let second = self.newcomer()?.resident;
        self.enter_members("another parcel", &door, 601..=1_000)?;
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
        let outcome = "its list is the office's, by its digest: its task is closed".into();
        self.note("receipt", action, outcome, Counts::default());
        Ok(())
    }

    /// A club gets a door, by a list of its members: all of them have a doorcode there.
    fn enter_members(
        &mut self,
        title: &'static str,
        door: &BuildingDoor,
        members: RangeInclusive<u32>,
    ) -> Result<usize, StoryError> {
        let mut list = String::from("first_name,last_name,email,keys\n");
        for member in members {
            list.push_str(&format!("Member,{member},member{member}@example.com,{CLUB}\n"));
        }
        let imported = self.desk.import(Path::new("members.csv"), &list)?;
        let bytes = self.desk.update(door.id())?.parcel.len();
        let action = format!("the office imports {} members of a club", imported.people);
        self.note(title, action, format!("{bytes} bytes for {}", door.name()), Counts::default());
        Ok(bytes)
    }
}

fn is_applied(delivery: &Delivery) -> bool {
    has(delivery, |event| matches!(event, CourierEvent::Updated { .. }))
}
