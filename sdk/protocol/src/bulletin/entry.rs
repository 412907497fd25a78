//! One entry of a bulletin (spec §11.1).

use serde::{Deserialize, Serialize};

use super::SubjectHash;
use crate::error::Error;
use crate::ids::Serial;
use crate::time::UnixSeconds;

/// Length of an entry.
pub const ENTRY: usize = 24;

/// One entry: credentials of a subject below a serial are refused, until an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[u8; ENTRY]", into = "[u8; ENTRY]")]
pub struct Entry {
    subject: SubjectHash,
    void_before: Serial,
    /// [`UnixSeconds::MAX`], whose 40 bits are all ones: without end.
    until: UnixSeconds,
}

impl Entry {
    /// This serial voids credentials of every serial.
    pub const EVERY_SERIAL: Serial = Serial(u32::MAX);

    /// An entry that lasts until a newer bulletin leaves it out.
    #[must_use]
    pub const fn new(subject: SubjectHash, void_before: Serial) -> Self {
        Self { subject, void_before, until: UnixSeconds::MAX }
    }

    /// The same, in force before `until` only.
    #[must_use]
    pub const fn until(mut self, until: UnixSeconds) -> Self {
        self.until = until;
        self
    }

    /// Whom it is about.
    #[must_use]
    pub const fn subject(&self) -> SubjectHash {
        self.subject
    }

    /// Whether credentials with `serial` are refused.
    #[must_use]
    pub fn voids(&self, serial: Serial) -> bool {
        serial < self.void_before || self.void_before == Self::EVERY_SERIAL
    }

    /// Whether it is in force at `now`. `None`, a clock that is not sure: it is.
    #[must_use]
    pub fn is_in_force(&self, now: Option<UnixSeconds>) -> bool {
        self.until == UnixSeconds::MAX || now.is_none_or(|now| now < self.until)
    }

    /// The bytes of spec §11.1.
    #[must_use]
    pub fn to_bytes(self) -> [u8; ENTRY] {
        let [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11] = self.subject.0;
        let [v0, v1, v2, v3] = self.void_before.0.to_be_bytes();
        let [_, _, _, u0, u1, u2, u3, u4] = self.until.seconds().to_be_bytes();
        [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, v0, v1, v2, v3, u0, u1, u2, u3, u4, 0, 0, 0]
    }

    /// Refuses bytes that are not zero where they must be.
    pub fn from_bytes(bytes: [u8; ENTRY]) -> Result<Self, Error> {
        let [subject @ .., v0, v1, v2, v3, u0, u1, u2, u3, u4, 0, 0, 0] = bytes else {
            return Err(Error::Malformed("bulletin entry"));
        };
        let until = UnixSeconds::new(u64::from_be_bytes([0, 0, 0, u0, u1, u2, u3, u4]));
        Ok(Self {
            subject: SubjectHash(subject),
            void_before: Serial(u32::from_be_bytes([v0, v1, v2, v3])),
            until: until.ok_or(Error::Malformed("bulletin entry"))?,
        })
    }
}

impl TryFrom<[u8; ENTRY]> for Entry {
    type Error = Error;

    fn try_from(bytes: [u8; ENTRY]) -> Result<Self, Error> {
        Self::from_bytes(bytes)
    }
}

impl From<Entry> for [u8; ENTRY] {
    fn from(entry: Entry) -> Self {
        entry.to_bytes()
    }
}
