//! Guests of a resident: one who is let in from phone to phone, and one who is let in through the office.

use std::collections::BTreeSet;

use thumbturn_manager::office::use_case::guests::InviteGuest;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::building::{BuildingError, Visit};
use thumbturn_simulator::profile::PhoneProfile;

use super::{Story, StoryError};
use crate::desk::{email_address, person_name};
use crate::step::Counts;

/// Whom the office does not know.
const NOBODY: HolderId = HolderId([0; 8]);
/// Seconds of a day.
const DAY: u64 = 86_400;
/// Seconds by which a door's clock may be behind.
const SLOW_CLOCK: u64 = 300;

impl Story {
    pub(super) fn share_with_guest(&mut self) -> Result<(), StoryError> {
        let (host, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        let guest = self.building.add_person("a guest", PhoneProfile::android(), NOBODY)?;
        let trusted = guest.wallet()?.trust(self.desk.anchor(), &mut guest.random());
        trusted.map_err(BuildingError::from)?;
        let now = self.building.now();
        let validity = Validity::from(now.minus(SLOW_CLOCK)).until(now.plus(DAY));
        self.building.share(&host, &guest, &door, validity)?;
        let action = format!("{} shares {} for a day, as a QR code", host.name(), door.name());
        self.note("share", action, "offline; the guest's phone holds it".into(), Counts::default());
        self.tap("shared with a guest", &guest, &door, "an open door", Visit::is_open)?;
        Ok(())
    }

    pub(super) fn guest_by_app(&mut self) -> Result<(), StoryError> {
        let (host, door) = (self.resident(self.cast.resident)?, self.door_of(self.cast.resident)?);
        let email = email_address("gina.guest@example.com")?;
        let invitation = InviteGuest {
            granter: host.holder(),
            email: email.clone(),
            name: person_name("Gina", "Guest")?,
            doors: BTreeSet::from([door.id()]),
            doorcodes: false,
            start: None,
            end: None,
            service: None,
        };
        let account = self.person(self.cast.resident)?.account;
        let guest = self.desk.perform_as(account, &invitation)?.guest;
        let account = self.desk.account(&email)?;
        let guest = self.enrol("Gina Guest", PhoneProfile::ios(), (guest, account))?;
        let action = format!("{} invites {} to {}", host.name(), guest.name(), door.name());
        let outcome = "by app; the guest's phone has fetched a grant".into();
        self.note("guest", action, outcome, Counts::default());
        self.tap("a guest by app", &guest, &door, "an open door", Visit::is_open)?;
        self.guest = Some(guest);
        Ok(())
    }
}
