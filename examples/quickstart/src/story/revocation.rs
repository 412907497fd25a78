//! A revocation reaches a door through somebody who has never heard of it.

use thumbturn_phone::courier::CourierEvent;
use thumbturn_phone::unlock::UnlockError;
use thumbturn_protocol::bulletin::{BulletinSubject, Denial, Entry};
use thumbturn_simulator::building::{BuildingError, Resident, Visit};

use super::visits::{Meanwhile, Telling, has};
use super::{Story, StoryError};
use crate::cast::Carrier;
use crate::step::Counts;

impl Story {
    pub(super) fn revocation(&mut self) -> Result<(), StoryError> {
        let Carrier { person, here, there } = self.cast.carrier;
        let (stranger, here, there) = (self.resident(person)?, self.door(here)?, self.door(there)?);
        let (resident, gone) = (self.resident(self.cast.resident)?, self.resident(self.cast.moving.0)?);
        self.until_within_hours(person, &stranger)?;
        self.tap("not revoked so far", &gone, &there, "an open door", Visit::is_open)?;

        let denial = Denial {
            subject: BulletinSubject::Holder(gone.holder()),
            void_before: Entry::EVERY_SERIAL,
            until: None,
        };
        let now = self.building.now();
        let denied = self.office.deny(self.building.authority(), vec![denial], now);
        denied.map_err(BuildingError::from)?;
        self.online(&resident)?;
        let action = format!("the office revokes {} everywhere", gone.name());
        let outcome = format!("a bulletin, which {}'s phone has fetched", resident.name());
        self.note("revocation", action, outcome, Counts::default());

        let brought = |event: &CourierEvent| matches!(event, CourierEvent::BulletinDelivered { .. });
        let learnt = |event: &CourierEvent| matches!(event, CourierEvent::BulletinCollected { .. });
        let telling = Telling { title: "from phone to door", expected: "a bulletin for the door" };
        self.visit(&telling, &resident, &here, Meanwhile::Stays, |_, delivery| has(delivery, brought))?;
        let telling = Telling { title: "from door to a stranger", expected: "a bulletin from the door" };
        self.visit(&telling, &stranger, &here, Meanwhile::Stays, |_, delivery| has(delivery, learnt))?;
        let telling = Telling { title: "from the stranger to a door", expected: "a bulletin for the door" };
        self.visit(&telling, &stranger, &there, Meanwhile::Stays, |_, delivery| has(delivery, brought))?;

        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::Denied);
        self.tap("revoked", &gone, &there, "a refusal", refused)?;
        Ok(())
    }

    /// Waits for somebody's hours, if he has any.
    pub(super) fn until_within_hours(&self, person: usize, who: &Resident) -> Result<(), StoryError> {
        const HALF_AN_HOUR: u64 = 1_800;
        let Some(schedule) = self.people.get(person).and_then(|listed| listed.schedule.clone()) else {
            return Ok(());
        };
        let zone = thumbturn_simulator::zone_table::zone_table(self.plan.zone.name(), self.plan.start)?;
        self.wait_until(who, |at| {
            schedule.contains(at, &zone) && schedule.contains(at.plus(HALF_AN_HOUR), &zone)
        })
    }
}
