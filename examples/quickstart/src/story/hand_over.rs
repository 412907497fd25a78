//! A residence changes hands.

use std::collections::BTreeSet;

use thumbturn_manager::access::Role;
use thumbturn_manager::office::use_case::people::{InvitePerson, RevokeKey};
use thumbturn_phone::unlock::UnlockError;
use thumbturn_protocol::answer::short_version;
use thumbturn_simulator::building::Visit;
use thumbturn_simulator::profile::PhoneProfile;

use super::{Newcomer, Story, StoryError};
use crate::desk::{email_address, person_name};
use crate::person::HeldKey;
use crate::step::Counts;

impl Story {
    pub(super) fn hand_over(&mut self) -> Result<(), StoryError> {
        let moving = self.cast.moving;
        let (previous, door) = (self.resident(moving.person)?, self.door(moving.home)?);
        self.tap("before the hand-over", &previous, &door, "an open door", Visit::is_open)?;

        let held = self.person(moving.person)?.keys.clone();
        let opens_home = |held: &&HeldKey| {
            self.plan.keys.get(held.key).is_some_and(|key| key.doors.contains(&moving.home))
        };
        for HeldKey { grant, .. } in held.iter().filter(opens_home) {
            self.desk.perform(&RevokeKey { grant: *grant })?;
        }
        let newcomer = self.move_in(&held)?;
        let resident = newcomer.resident.clone();
        let update = self.desk.update(door.id())?;
        let action = format!("{} moves out of {}, somebody moves in", previous.name(), door.name());
        let outcome = format!("{} bytes for the door, and so far only on the new phone", update.parcel.len());
        self.note("hand-over", action, outcome, Counts::default());

        let expected = "a door that takes the update and then opens";
        let version = short_version(update.to);
        let updated = |visit: &Visit| visit.outcome().is_ok_and(|opened| opened.list_version == version);
        let visit = self.tap("first unlock of the new tenant", &resident, &door, expected, updated)?;
        if let Some(step) = self.steps.last_mut() {
            step.outcome = format!("takes the update, then {}", step.outcome);
            let until = visit.milestones().motor.unwrap_or_else(|| visit.duration());
            step.counts = Counts::of_trace(visit.trace(), until, step.counts.bolt_moves);
        }
        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::Denied);
        self.tap("the previous tenant comes back", &previous, &door, "a refusal", refused)?;
        self.newcomer = Some(newcomer);
        Ok(())
    }

    /// Somebody gets the Keys of whoever moves out.
    fn move_in(&mut self, keys: &[HeldKey]) -> Result<Newcomer, StoryError> {
        let keys = keys.iter().filter_map(|held| self.inventory.keys.get(held.key).copied());
        let invitation = InvitePerson {
            email: email_address("the.new.tenant@example.com")?,
            name: person_name("The new", "tenant")?,
            unit: None,
            keys: keys.collect::<BTreeSet<_>>(),
            role: Role::Resident,
            may_share: true,
            start: None,
            end: None,
        };
        let invited = self.desk.perform(&invitation)?;
        let account = invited.account;
        let resident = self.enrol("the new tenant", PhoneProfile::ios(), (invited.person, account))?;
        Ok(Newcomer { resident, account })
    }
}
