//! A revocation reaches a door through somebody who has never heard of it.

use thumbturn_manager::office::use_case::guests::RevokeGuest;
use thumbturn_manager::office::use_case::people::RevokeAll;
use thumbturn_phone::courier::CourierEvent;
use thumbturn_phone::unlock::UnlockError;
use thumbturn_simulator::building::{Resident, Visit};

use super::visits::{Meanwhile, Telling, has};
use super::{Story, StoryError};
use crate::cast::Carrier;
use crate::step::Counts;

impl Story {
    pub(super) fn revocation(&mut self) -> Result<(), StoryError> {
        let Carrier { person, here: here_position, there } = self.cast.carrier;
        let (stranger, here, there) = (self.resident(person)?, self.door(here_position)?, self.door(there)?);
        let (resident, gone) = (self.resident(self.cast.resident)?, self.resident(self.cast.moving.person)?);
        self.until_within_hours(person, here_position, &stranger)?;
        self.tap("not revoked so far", &gone, &there, "an open door", Visit::is_open)?;

        let guest = self.guest.clone().ok_or(StoryError::TooEarly("the guest by app"))?;
        let account = self.person(self.cast.resident)?.account;
        self.desk.perform_as(account, &RevokeGuest { granter: resident.holder(), guest: guest.holder() })?;
        self.desk.perform(&RevokeAll { person: gone.holder() })?;
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
        self.tap("the guest was sent away, too", &guest, &here, "a refusal", refused)?;
        Ok(())
    }

    /// Waits for somebody's hours at a door, if he has any.
    pub(super) fn until_within_hours(
        &self,
        person: usize,
        door: usize,
        who: &Resident,
    ) -> Result<(), StoryError> {
        const HALF_AN_HOUR: u64 = 1_800;
        let listed = self.person(person)?;
        let is_open = |at| listed.is_within_hours(&self.plan, door, at, &self.zone);
        self.wait_until(who, |at| is_open(at) && is_open(at.plus(HALF_AN_HOUR)))
    }
}
