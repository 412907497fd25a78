//! What a door is set to, beside its rows (spec §10.2).

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::claim::DoorKind;
use crate::code::{CodeEpoch, CodeLength, DailyCodeKey, Slots};
use crate::codec;
use crate::error::Error;
use crate::ids::TagKey;
use crate::limits::{UPDATE_HEAD, UPDATE_SCHEDULES};
use crate::list::deserialize_list;
use crate::schedule::Schedule;
use crate::update::row::ScheduleNumber;
use crate::zone::Zone;

/// Shortest and longest time from unlock to relock in seconds.
const RELOCK_SECONDS: core::ops::RangeInclusive<u8> = 1..=240;

/// A door's settings. Holds the daily-code key: wiped when dropped, and Debug shows neither key.
#[derive(Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The door's tag key.
    pub tag_key: TagKey,
    /// What kind of door it is.
    pub kind: DoorKind,
    /// Seconds from unlock to relock, 1…240.
    pub relock_seconds: u8,
    /// The door's civil time.
    pub zone: Zone,
    /// The schedules that rows name by number; at most [`UPDATE_SCHEDULES`].
    #[serde(deserialize_with = "deserialize_list::<UPDATE_SCHEDULES, _, _>")]
    pub schedules: Vec<Schedule>,
    /// How many digits a permanent doorcode has at this door.
    #[serde(serialize_with = "write_length", deserialize_with = "read_length")]
    pub code_length: CodeLength,
    /// How daily codes are computed; `None`: the door takes none.
    pub daily_codes: Option<DailyCodes>,
}

/// What lies before the schedules, whose number is below 128 and so one byte.
#[derive(Deserialize)]
struct BeforeSchedules {
    #[serde(rename = "tag_key")]
    _tag_key: TagKey,
    #[serde(rename = "kind")]
    _kind: DoorKind,
    #[serde(rename = "relock_seconds")]
    _relock_seconds: u8,
    #[serde(rename = "zone")]
    _zone: Zone,
}

const _: () = assert!(UPDATE_SCHEDULES < 128);

/// How a door computes daily codes (spec §14).
#[derive(Serialize, Deserialize)]
pub struct DailyCodes {
    /// The door's key.
    #[serde(serialize_with = "write_key", deserialize_with = "read_key")]
    pub key: DailyCodeKey,
    /// A new epoch voids all daily codes given out.
    pub epoch: CodeEpoch,
    /// How many codes of each kind a day has.
    #[serde(serialize_with = "write_slots", deserialize_with = "read_slots")]
    pub slots: Slots,
}

impl Settings {
    /// Takes bytes that may be anything.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what is not the one encoding of settings.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let settings: Self = codec::decode(bytes, UPDATE_HEAD, "settings")?;
        settings.check()?;
        Ok(settings)
    }

    /// Their encoding, as the digest of the list takes them (§10.6).
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for settings that no door would take.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        codec::encode_secret(self, UPDATE_HEAD)
    }

    /// The schedule that a row names; one that is not there is never open.
    #[must_use]
    pub fn schedule(&self, number: ScheduleNumber) -> Option<&Schedule> {
        self.schedules.get(usize::from(number.number().checked_sub(1)?))
    }

    /// One schedule of settings that a door has taken before, without the memory that all of them need.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] for what is no encoding of settings up to there.
    pub fn schedule_in(bytes: &[u8], number: ScheduleNumber) -> Result<Option<Schedule>, Error> {
        let malformed = |_| Error::Malformed("settings");
        let (_, rest) = postcard::take_from_bytes::<BeforeSchedules>(bytes).map_err(malformed)?;
        let (count, mut rest) = postcard::take_from_bytes::<u8>(rest).map_err(malformed)?;
        for place in 1..=count.min(number.number()) {
            let (schedule, behind) = postcard::take_from_bytes::<Schedule>(rest).map_err(malformed)?;
            if place == number.number() {
                return Ok(Some(schedule));
            }
            rest = behind;
        }
        Ok(None)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if !RELOCK_SECONDS.contains(&self.relock_seconds) || self.schedules.len() > UPDATE_SCHEDULES {
            return Err(Error::Malformed("settings"));
        }
        Ok(())
    }
}

impl fmt::Debug for DailyCodes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DailyCodes({:?}, {:?})", self.epoch, self.slots)
    }
}

fn write_length<S: Serializer>(length: &CodeLength, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(length.digits())
}

fn read_length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CodeLength, D::Error> {
    let digits = u8::deserialize(deserializer)?;
    CodeLength::new(digits).ok_or_else(|| serde::de::Error::custom("digits of a doorcode"))
}

fn write_slots<S: Serializer>(slots: &Slots, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(slots.count())
}

fn read_slots<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Slots, D::Error> {
    let count = u8::deserialize(deserializer)?;
    Slots::new(count).ok_or_else(|| serde::de::Error::custom("slots of daily codes"))
}

fn write_key<S: Serializer>(key: &DailyCodeKey, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_bytes().serialize(serializer)
}

fn read_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DailyCodeKey, D::Error> {
    <[u8; 32]>::deserialize(deserializer).map(DailyCodeKey::from_bytes)
}
