//! The manager as caretaker: holds the house Key, and updates doors that he is not let in at.

use std::collections::BTreeSet;

use thumbturn_manager::access::Role;
use thumbturn_manager::office::use_case::people::InvitePerson;
use thumbturn_phone::courier::CourierEvent;
use thumbturn_phone::unlock::UnlockError;
use thumbturn_simulator::building::{BuildingDoor, Resident, Visit};
use thumbturn_simulator::profile::PhoneProfile;

use super::visits::{facts, has};
use super::{PAUSE, Story, StoryError};
use crate::desk::{MANAGER, email_address, person_name};
use crate::step::Counts;

impl Story {
    /// Managing Keys is holding none: the manager gives himself one, and has a phone enrolled. With it comes, for every door that is to be
    /// updated, the right to bring and to take along, and nothing else.
    pub(super) fn caretaker(&mut self) -> Result<Resident, StoryError> {
        let (first, last, email) = MANAGER;
        let key = self.inventory.keys.get(self.cast.moving.house_key).copied();
        let invitation = InvitePerson {
            email: email_address(email)?,
            name: person_name(first, last)?,
            unit: None,
            keys: key.into_iter().collect::<BTreeSet<_>>(),
            role: Role::NonResident,
            may_share: false,
            start: None,
            end: None,
        };
        let invited = self.desk.perform(&invitation)?;
        let name = format!("{first} {last}");
        self.enrol(&name, PhoneProfile::android(), (invited.person, invited.account))
    }

    /// The caretaker walks past a door that he may not open, and cannot open it.
    pub(super) fn pass(&mut self, caretaker: &Resident, door: &BuildingDoor) -> Result<(), StoryError> {
        const TITLE: &str = "the caretaker passes";
        let before = door.door().bolt_movements().len();
        let delivery = self.building.pass_by(caretaker, door)?;
        let moves = door.door().bolt_movements().len() - before;
        let expected = "an update, and a door that stays closed";
        let unexpected = |got| StoryError::Unexpected { step: TITLE, expected, got };
        let delivery = delivery.map_err(|error| unexpected(error.to_string()))?;
        if moves != 0 || !has(&delivery, |event| matches!(event, CourierEvent::Updated { .. })) {
            return Err(unexpected(facts(&delivery).join(", ")));
        }
        let action = format!("{} walks past {}, phone in the pocket", caretaker.name(), door.name());
        self.note(TITLE, action, "stays closed".into(), Counts::default());
        self.behind(&delivery);
        self.building.world().run_for(PAUSE);
        let refused = |visit: &Visit| visit.outcome().err() == Some(&UnlockError::NoGrant);
        self.tap("a courier grant opens nothing", caretaker, door, "a refusal", refused)?;
        Ok(())
    }
}
