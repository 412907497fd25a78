//! Hello: the first thing a door says, one notification at any MTU (spec §4.5).

use crate::crypto;
use crate::error::Error;
use crate::ids::TagKey;
use crate::labels;

/// Length of a hello, frame header included.
pub const HELLO: usize = 20;
/// Milliseconds after which a hello is dead.
pub const HELLO_LIFETIME_MS: u64 = 3_000;
/// Hellos that a door pushes at a request on one connection; further requests are ignored.
pub const HELLO_REQUESTS: u8 = 4;
/// Milliseconds after subscribing at which a phone without a hello asks for one.
pub const HELLO_PATIENCE_MS: u64 = 300;
/// The protocol version of this implementation.
pub const PROTOCOL_VERSION: u8 = 1;

const FRAME_HEADER: u8 = 0xc1;
const CLAIMABLE: u8 = 1;

/// Whether the door that speaks is a property's or factory-fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorState {
    /// It belongs to a property.
    Claimed,
    /// It accepts a claim.
    FactoryFresh,
}

/// The 20 bytes of a hello, frame header included: what every transcript binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello([u8; HELLO]);

impl Hello {
    /// A hello that names its door to those who know `tag_key`.
    #[must_use]
    pub fn new(state: DoorState, nonce: [u8; 12], tag_key: &TagKey) -> Self {
        let flags = match state {
            DoorState::Claimed => 0,
            DoorState::FactoryFresh => CLAIMABLE,
        };
        let mut bytes = [0; HELLO];
        let head = [FRAME_HEADER, PROTOCOL_VERSION, PROTOCOL_VERSION, flags];
        for (to, from) in bytes.iter_mut().zip(head.into_iter().chain(nonce)) {
            *to = from;
        }
        let name = name(tag_key, &bytes);
        for (to, from) in bytes.iter_mut().skip(16).zip(name) {
            *to = from;
        }
        Self(bytes)
    }

    /// Reads a notified frame. Refuses a wrong length or header, unknown flags, and doors that no longer speak our version.
    pub fn parse(frame: &[u8]) -> Result<Self, Error> {
        let bytes: [u8; HELLO] = frame.try_into().map_err(|_| Error::Malformed("hello"))?;
        let [header, highest, lowest, flags, ..] = bytes;
        if header != FRAME_HEADER || highest < lowest {
            return Err(Error::Malformed("hello"));
        }
        if lowest > PROTOCOL_VERSION || highest < PROTOCOL_VERSION {
            return Err(Error::UnsupportedVersion("protocol"));
        }
        if highest == PROTOCOL_VERSION && flags & !CLAIMABLE != 0 {
            return Err(Error::Malformed("hello"));
        }
        Ok(Self(bytes))
    }

    /// Whether the door that speaks knows `tag_key`. A stranger's hello passes with probability 2^−32.
    #[must_use]
    pub fn is_named_by(&self, tag_key: &TagKey) -> bool {
        let [.., a, b, c, d] = self.0;
        crypto::same(&name(tag_key, &self.0), &[a, b, c, d])
    }

    /// Whether the door says that it accepts a claim.
    #[must_use]
    pub const fn state(&self) -> DoorState {
        let [_, _, _, flags, ..] = self.0;
        if flags & CLAIMABLE != 0 { DoorState::FactoryFresh } else { DoorState::Claimed }
    }

    /// All 20 bytes: the frame to notify, and what every transcript binds.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; HELLO] {
        &self.0
    }
}

fn name(tag_key: &TagKey, hello: &[u8; HELLO]) -> [u8; 4] {
    let (head, _) = hello.split_at(16);
    tag_key.derive(labels::HELLO_NAME, &[head])
}

/// The nonce of a hello: fresh randomness mixed with a counter that never repeats, so that neither alone must be trusted.
///
/// `nonce_key` is made at first boot, `leap_counter` is persisted ahead of use.
#[must_use]
pub fn nonce(nonce_key: &[u8; 32], leap_counter: u64, random: &[u8; 16]) -> [u8; 12] {
    crypto::kdf_truncated(nonce_key, labels::HELLO_NONCE, &[&leap_counter.to_be_bytes(), random])
}
