//! A residence changes hands.

use thumbturn_phone::unlock::UnlockError;
use thumbturn_protocol::answer::short_version;
use thumbturn_protocol::code::{CodeEpoch, CodeKeyGeneration, DailyCodeMaster, DoorField, Slots};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::Serial;
use thumbturn_protocol::update::row::Row;
use thumbturn_protocol::update::settings::DailyCodes;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::building::Visit;
use thumbturn_simulator::profile::PhoneProfile;

use super::{Story, StoryError};
use crate::step::Counts;

/// The master of the property's daily codes; a manager draws it.
const DAILY_CODES: [u8; 32] = [0xdc; 32];

impl Story {
    pub(super) fn hand_over(&mut self) -> Result<(), StoryError> {
        let (person, door) = self.cast.moving;
        let (previous, door) = (self.resident(person)?, self.door(door)?);
        self.tap("before the hand-over", &previous, &door, "an open door", Visit::is_open)?;

        let now = self.building.now();
        let void_before = Serial(self.building.authority().last_serial().0.saturating_add(1));
        let subject = DenySubject::EverybodyButStaff;
        let codes = DailyCodes {
            key: DailyCodeMaster::from_bytes(DAILY_CODES)
                .door_key(DoorField::from(door.id()), CodeKeyGeneration(1)),
            epoch: CodeEpoch(1),
            slots: Slots::DEFAULT,
        };
        let (version, bytes) = self
            .office
            .change(self.building.authority(), door.id(), now, |list| {
                list.set(Row::Deny(DenyEntry { subject, void_before }));
                list.change_settings(|settings| settings.daily_codes = Some(codes));
            })
            .map_err(thumbturn_simulator::building::BuildingError::from)?;
        let newcomer = self.building.add_resident_with("the new tenant", PhoneProfile::ios())?;
        let terms = GrantTerms { min_list_version: version, ..GrantTerms::resident(now) };
        self.building.grant_with(&newcomer, &door, &terms)?;
        let here = self.door(self.cast.carrier.here)?;
        self.building.grant(&newcomer, &here)?;
        self.online(&newcomer)?;
        let action = format!("{} moves out of {}, somebody moves in", previous.name(), door.name());
        let outcome = format!("{bytes} bytes for the door, and so far only on the new phone");
        self.note("hand-over", action, outcome, Counts::default());

        let expected = "a door that takes the update and then opens";
        let updated =
            |visit: &Visit| visit.outcome().is_ok_and(|opened| opened.list_version == short_version(version));
        let visit = self.tap("first unlock of the new tenant", &newcomer, &door, expected, updated)?;
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
}
