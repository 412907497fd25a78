//! The header of an update: what everybody may know of it (spec §10.3).

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::edition::Edition;
use super::size::BodySize;
use super::tree::ChunkRoot;
use crate::crypto;
use crate::error::Error;
use crate::fixed::joined;
use crate::ids::{DoorId, DoorKeyId, Generation, ListVersion, PropertyId, UpdateId};
use crate::labels::{self, Label};
use crate::limits::SIGNATURE;
use crate::sealing::Encapsulation;
use crate::signed::{Received, Signable};
use crate::time::UnixSeconds;

/// Length of a header without its signature in bytes.
pub const UPDATE_HEADER_BODY: usize = 118;
/// Length of a signed header in bytes.
pub const UPDATE_HEADER: usize = UPDATE_HEADER_BODY + SIGNATURE;

const NAME: &str = "update header";
const VERSION: u8 = 1;
const DELTA: u8 = 0;
const SNAPSHOT: u8 = 1;

/// From where an update goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// From any list version not below this one: every key that was touched since, with its final state.
    Delta {
        /// The lowest list version that it can start from.
        from: ListVersion,
    },
    /// From whatever the door has: all rows.
    Snapshot,
}

/// The door that an update is for, in its present life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateSubject {
    /// The property.
    pub property: PropertyId,
    /// The generation of the signing key; scopes the list versions.
    pub generation: Generation,
    /// The door.
    pub door: DoorId,
    /// The door's current keys.
    pub door_key: DoorKeyId,
}

/// What an update is, for whom, and how its body is sealed. Signed by the property key; open to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
pub struct UpdateHeader {
    /// For which door.
    pub subject: UpdateSubject,
    /// From where.
    pub kind: UpdateKind,
    /// To which list version.
    pub to: ListVersion,
    /// How long the body is.
    pub size: BodySize,
    /// When the authority signed it; raises the door's floor.
    pub issued: UnixSeconds,
    /// The door applies it before this second only.
    pub apply_until: UnixSeconds,
    /// HPKE's `enc`.
    pub encapsulation: Encapsulation,
    /// Over the sealed chunks.
    pub root: ChunkRoot,
}

/// What a door has, for the question whether an update is of use to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorList {
    /// How new its list is.
    pub edition: Edition,
    /// Where the list comes from.
    pub origin: ListOrigin,
}

/// Where a door's list began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrigin {
    /// With its claim: there is no list key yet, so no delta can continue it.
    Claim,
    /// With a snapshot in this life of the door.
    Snapshot,
}

/// Why an authentic update is of no use to a door, in the order in which it is asked (spec §10.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Useless {
    /// It is for another door, property or generation, or for an earlier life of this door.
    AnotherDoor,
    /// The door's list is as new.
    NotNewer,
    /// It is a delta from a later version than the door's, or the door's list did not begin with a snapshot.
    DoesNotContinue,
    /// It was to be applied earlier.
    TooLate,
}

impl UpdateHeader {
    /// Whether the update is of use to the door `subject` with `list`.
    ///
    /// `now` is the door's estimate, or its floor when the clock is unsure.
    pub fn serves(&self, subject: &UpdateSubject, list: &DoorList, now: UnixSeconds) -> Result<(), Useless> {
        if self.subject != *subject {
            return Err(Useless::AnotherDoor);
        }
        if self.edition() <= list.edition {
            return Err(Useless::NotNewer);
        }
        match (self.kind, list.origin) {
            (UpdateKind::Delta { .. }, ListOrigin::Claim) => return Err(Useless::DoesNotContinue),
            (UpdateKind::Delta { from }, ListOrigin::Snapshot) if from > list.edition.version => {
                return Err(Useless::DoesNotContinue);
            }
            (UpdateKind::Delta { .. }, ListOrigin::Snapshot) | (UpdateKind::Snapshot, _) => {}
        }
        if now >= self.apply_until { Err(Useless::TooLate) } else { Ok(()) }
    }

    /// How new the list is that it leads to.
    #[must_use]
    pub const fn edition(&self) -> Edition {
        Edition { generation: self.subject.generation, version: self.to }
    }

    /// Bytes 0–53, which the body's key is bound to.
    pub(crate) fn bound(&self) -> [u8; 54] {
        let wire = Wire::from(*self);
        joined(&[
            &[wire.version, wire.kind],
            &wire.property,
            &wire.generation,
            &wire.door,
            &wire.door_key,
            &wire.from,
            &wire.to,
            &wire.size,
            &wire.issued,
            &wire.apply_until,
        ])
    }
}

impl Signable for UpdateHeader {
    const LABEL: Label = labels::UPDATE;
    const NAME: &'static str = NAME;
    const MAX_BODY: usize = UPDATE_HEADER_BODY;

    fn check(&self) -> Result<(), Error> {
        let (from, longest) = match self.kind {
            UpdateKind::Delta { from } => (from, BodySize::LONGEST_DELTA),
            UpdateKind::Snapshot => (ListVersion(0), BodySize::LONGEST_SNAPSHOT),
        };
        if from >= self.to || self.size > longest || self.issued >= self.apply_until {
            return Err(Error::Malformed(NAME));
        }
        Ok(())
    }
}

impl Received<UpdateHeader> {
    /// The update's id: staging and progress name it by this.
    #[must_use]
    pub fn id(&self) -> UpdateId {
        let [a, b, c, d, e, f, g, h, ..] = crypto::hash(labels::UPDATE_ID, &[self.as_bytes()]);
        UpdateId([a, b, c, d, e, f, g, h])
    }
}

/// The fixed layout: arrays of bytes have no lengths in postcard.
#[derive(Serialize, Deserialize)]
struct Wire {
    version: u8,
    kind: u8,
    property: [u8; 8],
    generation: [u8; 4],
    door: [u8; 8],
    door_key: [u8; 4],
    from: [u8; 4],
    to: [u8; 4],
    size: [u8; 4],
    issued: [u8; 8],
    apply_until: [u8; 8],
    encapsulation: [u8; 32],
    root: [u8; 32],
}

impl From<UpdateHeader> for Wire {
    fn from(header: UpdateHeader) -> Self {
        let (kind, from) = match header.kind {
            UpdateKind::Delta { from } => (DELTA, from),
            UpdateKind::Snapshot => (SNAPSHOT, ListVersion(0)),
        };
        Self {
            version: VERSION,
            kind,
            property: header.subject.property.0,
            generation: header.subject.generation.0.to_be_bytes(),
            door: header.subject.door.0,
            door_key: header.subject.door_key.0,
            from: from.0.to_be_bytes(),
            to: header.to.0.to_be_bytes(),
            size: header.size.bytes().to_be_bytes(),
            issued: header.issued.seconds().to_be_bytes(),
            apply_until: header.apply_until.seconds().to_be_bytes(),
            encapsulation: header.encapsulation.0,
            root: header.root.0,
        }
    }
}

impl TryFrom<Wire> for UpdateHeader {
    type Error = Error;

    fn try_from(wire: Wire) -> Result<Self, Error> {
        let from = ListVersion(u32::from_be_bytes(wire.from));
        let kind = match (wire.version, wire.kind, from) {
            (VERSION, DELTA, from) => UpdateKind::Delta { from },
            (VERSION, SNAPSHOT, ListVersion(0)) => UpdateKind::Snapshot,
            _ => return Err(Error::Malformed(NAME)),
        };
        let instant = |bytes| UnixSeconds::new(u64::from_be_bytes(bytes)).ok_or(Error::Malformed(NAME));
        Ok(Self {
            subject: UpdateSubject {
                property: PropertyId(wire.property),
                generation: Generation(u32::from_be_bytes(wire.generation)),
                door: DoorId(wire.door),
                door_key: DoorKeyId(wire.door_key),
            },
            kind,
            to: ListVersion(u32::from_be_bytes(wire.to)),
            size: BodySize::new(u32::from_be_bytes(wire.size)).ok_or(Error::Malformed(NAME))?,
            issued: instant(wire.issued)?,
            apply_until: instant(wire.apply_until)?,
            encapsulation: Encapsulation(wire.encapsulation),
            root: ChunkRoot(wire.root),
        })
    }
}
