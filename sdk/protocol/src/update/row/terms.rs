//! For whom and when a doorcode or card opens the door (spec §10.1).

use serde::{Deserialize, Serialize};

use super::{FLAG_STAFF, NAME, ROW, RowKey};
use crate::card::{CardKey, CardVersion};
use crate::error::Error;
use crate::fixed::{Fields, joined};
use crate::ids::{HolderId, Serial};
use crate::limits::UPDATE_SCHEDULES;
use crate::time::UnixSeconds;

/// Number by which events name a doorcode or card; never its digits or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CredentialNumber(pub u32);

/// A schedule of the door's settings, counted from 1 (spec §10.2).
///
/// One that the settings do not have is never open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScheduleNumber(u8);

impl ScheduleNumber {
    /// `None` for 0, which means always, and above 64.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (1..=UPDATE_SCHEDULES).contains(&usize::from(number)).then_some(Self(number))
    }

    /// 1…64.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// For whom and when a doorcode or card opens the door. Begins before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    holder: HolderId,
    serial: Serial,
    credential: CredentialNumber,
    staff: bool,
    not_before: UnixSeconds,
    /// [`UnixSeconds::MAX`]: none, as it is written.
    not_after: UnixSeconds,
    schedule: Option<ScheduleNumber>,
}

impl Terms {
    /// At any hour, from the beginning of time, without end.
    #[must_use]
    pub const fn new(holder: HolderId, serial: Serial, credential: CredentialNumber) -> Self {
        Self {
            holder,
            serial,
            credential,
            staff: false,
            not_before: UnixSeconds::ZERO,
            not_after: UnixSeconds::MAX,
            schedule: None,
        }
    }

    /// The same, but only from `not_before` on and, if there is a `not_after`, before that.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] unless it begins before it ends; no end may be at 2^40 − 1, which stands for none.
    pub fn during(self, not_before: UnixSeconds, not_after: Option<UnixSeconds>) -> Result<Self, Error> {
        let end = not_after.unwrap_or(UnixSeconds::MAX);
        if not_before >= end || not_after == Some(UnixSeconds::MAX) {
            return Err(Error::InvalidArgument("terms that do not begin before they end"));
        }
        Ok(Self { not_before, not_after: end, ..self })
    }

    /// The same, but within a schedule of the settings only.
    #[must_use]
    pub const fn within(self, schedule: ScheduleNumber) -> Self {
        Self { schedule: Some(schedule), ..self }
    }

    /// The same, but not cut by a row that denies everybody but staff.
    #[must_use]
    pub const fn for_staff(self) -> Self {
        Self { staff: true, ..self }
    }

    /// The person.
    #[must_use]
    pub const fn holder(&self) -> HolderId {
        self.holder
    }

    /// Of the credential; a deny entry voids all below one.
    #[must_use]
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// How events name it.
    #[must_use]
    pub const fn credential(&self) -> CredentialNumber {
        self.credential
    }

    /// Whether a row that denies everybody but staff leaves it alone.
    #[must_use]
    pub const fn is_staff(&self) -> bool {
        self.staff
    }

    /// Valid from this second on.
    #[must_use]
    pub const fn not_before(&self) -> UnixSeconds {
        self.not_before
    }

    /// Valid before this second; `None`: no expiry.
    #[must_use]
    pub fn not_after(&self) -> Option<UnixSeconds> {
        (self.not_after < UnixSeconds::MAX).then_some(self.not_after)
    }

    /// Hours of the week, as a number in the door's settings; `None`: always.
    #[must_use]
    pub const fn schedule(&self) -> Option<ScheduleNumber> {
        self.schedule
    }

    /// What a deny row has in their place.
    pub(super) const fn of_deny_row(void_before: Serial) -> Self {
        Self::new(HolderId([0; 8]), void_before, CredentialNumber(0))
    }

    /// A row of `key` with these terms (bytes 17–63).
    pub(super) fn write(&self, key: &RowKey, card_version: CardVersion, card_key: &[u8; 16]) -> [u8; ROW] {
        joined(&[
            key.as_bytes(),
            &[if self.staff { FLAG_STAFF } else { 0 }],
            &self.holder.0,
            &self.serial.0.to_be_bytes(),
            &five_bytes(self.not_before),
            &five_bytes(self.not_after),
            &[self.schedule.map_or(0, ScheduleNumber::number), card_version.0],
            card_key,
            &self.credential.0.to_be_bytes(),
        ])
    }

    /// The terms, card version and card key of a row, from byte 18 on.
    pub(super) fn read(flags: u8, fields: &mut Fields<'_>) -> Result<(Self, CardVersion, CardKey), Error> {
        let holder = HolderId(fields.take()?);
        let serial = Serial(fields.number()?);
        let (not_before, not_after) = (instant(fields.take()?), instant(fields.take()?));
        let (schedule, card_version) = (fields.byte()?, CardVersion(fields.byte()?));
        let card_key = CardKey::from_bytes(fields.take()?);
        let credential = CredentialNumber(fields.number()?);
        if not_before >= not_after || usize::from(schedule) > UPDATE_SCHEDULES {
            return Err(Error::Malformed(NAME));
        }
        let staff = flags & FLAG_STAFF != 0;
        let schedule = ScheduleNumber::new(schedule);
        Ok((
            Self { holder, serial, credential, staff, not_before, not_after, schedule },
            card_version,
            card_key,
        ))
    }
}

fn five_bytes(instant: UnixSeconds) -> [u8; 5] {
    let [_, _, _, bytes @ ..] = instant.seconds().to_be_bytes();
    bytes
}

fn instant([a, b, c, d, e]: [u8; 5]) -> UnixSeconds {
    // Five bytes hold no more than the largest instant.
    UnixSeconds::new(u64::from_be_bytes([0, 0, 0, a, b, c, d, e])).unwrap_or(UnixSeconds::MAX)
}
