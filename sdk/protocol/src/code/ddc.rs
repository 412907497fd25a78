//! Daily codes, DDC-1 (spec §14.3): a door computes them, so that a code can be given out for a door that nobody reaches.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::{CodeLength, Doorcode, LocalDay};
use crate::ids::DoorId;
use crate::random::{RandomFailed, SecureRandom, random_bytes};

const INFO: &[u8] = b"DDC1 v1";
const PREFIX: &[u8; 4] = b"DDC1";

/// The secret behind the daily codes of all doors of a property. Only the authority has it.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct DailyCodeMaster([u8; 32]);

impl DailyCodeMaster {
    /// A master from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new master, made when a property is set up.
    ///
    /// # Errors
    ///
    /// When the random source fails.
    pub fn generate(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self)
    }

    /// The bytes, for the authority's sealed storage only.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `K_door`: HKDF-SHA256 (RFC 5869), whose output of 32 bytes is one block.
    #[must_use]
    pub fn door_key(&self, door: DoorField, generation: CodeKeyGeneration) -> DailyCodeKey {
        let mut salt = [0; 20];
        for (to, from) in salt.iter_mut().zip(door.0.into_iter().chain(generation.0.to_be_bytes())) {
            *to = from;
        }
        let extracted =
            Zeroizing::new(<[u8; 32]>::from(absorb(&salt).chain_update(self.0).finalize().into_bytes()));
        let expanded = absorb(&*extracted).chain_update(INFO).chain_update([1]).finalize();
        DailyCodeKey(expanded.into_bytes().into())
    }
}

impl fmt::Debug for DailyCodeMaster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DailyCodeMaster")
    }
}

/// HMAC-SHA256 under a key of at most 64 bytes.
fn absorb(key: &[u8]) -> Hmac<Sha256> {
    // HMAC pads a key with zeros to the block size; doing so here makes the constructor infallible.
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    Hmac::new((&*block).into())
}

/// How a door is named inside a derivation: 16 bytes, so that both door ids and UUIDs fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorField(pub [u8; 16]);

/// Eight zeros and the door id.
impl From<DoorId> for DoorField {
    fn from(door: DoorId) -> Self {
        let [a, b, c, d, e, f, g, h] = door.0;
        Self([0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d, e, f, g, h])
    }
}

/// Counts the daily-code keys of a door. Rises when the door is replaced or stolen, and when the epoch would wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodeKeyGeneration(pub u32);

/// Counts how often all daily codes of a door were revoked under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodeEpoch(pub u8);

/// What a daily code is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum DailyKind {
    /// The whole local day.
    WholeDay,
    /// Fifteen minutes from its first use, and not beyond the day.
    FirstUse,
}

impl DailyKind {
    /// The byte by which messages and events name it.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::WholeDay => 1,
            Self::FirstUse => 2,
        }
    }
}

impl From<DailyKind> for u8 {
    fn from(kind: DailyKind) -> Self {
        kind.code()
    }
}

impl TryFrom<u8> for DailyKind {
    type Error = crate::error::Error;

    fn try_from(code: u8) -> Result<Self, Self::Error> {
        match code {
            1 => Ok(Self::WholeDay),
            2 => Ok(Self::FirstUse),
            _ => Err(crate::error::Error::Malformed("kind of daily code")),
        }
    }
}

/// One of several independent codes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(pub u16);

/// How many slots of each kind a door tries: 1…16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots(u8);

impl Slots {
    /// What a property has unless it asks for more.
    pub const DEFAULT: Self = Self(8);
    /// As many as a door has time for while somebody waits.
    pub const MOST: Self = Self(16);

    /// `None` outside 1…16.
    #[must_use]
    pub const fn new(count: u8) -> Option<Self> {
        if count >= 1 && count <= Self::MOST.0 { Some(Self(count)) } else { None }
    }

    /// The number of slots.
    #[must_use]
    pub const fn count(self) -> u8 {
        self.0
    }
}

/// Which daily code it is; the digits follow from it and the door's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DailyCode {
    /// The local day on which it opens.
    pub day: LocalDay,
    /// For how long.
    pub kind: DailyKind,
    /// One of the day's.
    pub slot: Slot,
}

/// `K_door`: computes the daily codes of one door. The door and the authority have it.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct DailyCodeKey([u8; 32]);

impl DailyCodeKey {
    /// A key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the door's settings (spec §10.2).
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digits of a daily code.
    #[must_use]
    pub fn code(&self, door: DoorField, epoch: CodeEpoch, code: DailyCode) -> Doorcode {
        Derivation { keyed: absorb(&self.0), door, epoch }.code(code)
    }

    /// Which daily code of these days was typed, if any: the earlier day first, then whole days, then the lower slot.
    ///
    /// Computes and compares all of them, whichever fits. At most two days are looked at.
    #[must_use]
    pub fn find(
        &self,
        door: DoorField,
        epoch: CodeEpoch,
        slots: Slots,
        days: &[LocalDay],
        typed: &Doorcode,
    ) -> Option<DailyCode> {
        let derivation = Derivation { keyed: absorb(&self.0), door, epoch };
        let mut found = Choice::from(0);
        let mut place = 0_u16;
        for (candidate, index) in candidates(slots, days).zip(0_u16..) {
            let code = derivation.code(candidate);
            let fits = code.digits.ct_eq(&typed.digits) & code.length.ct_eq(&typed.length);
            place.conditional_assign(&index, fits & !found);
            found |= fits;
        }
        bool::from(found).then(|| candidates(slots, days).nth(usize::from(place))).flatten()
    }
}

impl fmt::Debug for DailyCodeKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DailyCodeKey")
    }
}

/// At most 64 codes.
fn candidates(slots: Slots, days: &[LocalDay]) -> impl Iterator<Item = DailyCode> {
    days.iter().take(2).flat_map(move |day| {
        [DailyKind::WholeDay, DailyKind::FirstUse].into_iter().flat_map(move |kind| {
            (0..u16::from(slots.0)).map(move |slot| DailyCode { day: *day, kind, slot: Slot(slot) })
        })
    })
}

/// A key that was absorbed once for many codes of one door.
struct Derivation {
    keyed: Hmac<Sha256>,
    door: DoorField,
    epoch: CodeEpoch,
}

impl Derivation {
    /// The first retry that is not weak. One code in 1,700 is, so the end of the range is never seen.
    fn code(&self, code: DailyCode) -> Doorcode {
        let mut derived = self.derive(code, 0);
        for retry in 1..=u8::MAX {
            if !derived.is_weak() {
                break;
            }
            derived = self.derive(code, retry);
        }
        derived
    }

    fn derive(&self, DailyCode { day, kind, slot }: DailyCode, retry: u8) -> Doorcode {
        let mut mac = self.keyed.clone();
        mac.update(PREFIX);
        mac.update(&[self.epoch.0, kind.code(), CodeLength::SEVEN.digits(), retry]);
        mac.update(&self.door.0);
        mac.update(&day.0.to_be_bytes());
        mac.update(&slot.0.to_be_bytes());
        let output = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        let (value, _) = output.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let number = u64::from_be_bytes(*value) % u64::from(CodeLength::SEVEN.codes());
        // Below the modulus, so neither conversion can fail.
        let number = u32::try_from(number).unwrap_or(0);
        Doorcode::from_number(number, CodeLength::SEVEN).unwrap_or(Doorcode { digits: [0; 7], length: 7 })
    }
}
