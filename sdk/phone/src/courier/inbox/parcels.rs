//! Which updates a phone carries: within a byte budget, for the doors that it is likely to meet.

use std::collections::BTreeMap;
use std::sync::Arc;

use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::{DoorId, DoorKeyId, UpdateId};
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::header::{UPDATE_HEADER, UpdateHeader, UpdateKind};
use thumbturn_protocol::update::parcel::Parcel;

/// Bytes of updates that a phone carries unless the app says otherwise: two deltas of the largest size.
pub const DEFAULT_PARCEL_BUDGET: usize = 256 * 1024;
/// Most bytes of updates, budget or not: all fit one record of the vault.
pub(crate) const PARCEL_BYTES: usize = 1_900_000;
/// Most updates: what finds none of its doors is not worth its bookkeeping.
pub(crate) const PARCELS: usize = 512;
/// Most updates for one life of a door.
pub(crate) const PARCELS_OF_A_DOOR: usize = 4;

/// An update whose signature was checked when it came, with its content at hand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeldParcel {
    pub(crate) id: UpdateId,
    pub(crate) header: UpdateHeader,
    pub(crate) parcel: Parcel,
}

/// The credentials of this phone that no door takes before it is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) door: DoorId,
    pub(crate) door_key: DoorKeyId,
    pub(crate) least_list: Edition,
}

/// How likely this phone is to meet a door; only comparisons count.
pub(crate) struct Likelihood {
    given: BTreeMap<DoorId, u32>,
    visits: BTreeMap<DoorId, u8>,
}

impl HeldParcel {
    /// A parcel whose header the caller has verified.
    pub(crate) fn new(parcel: Parcel, header: UpdateHeader) -> Self {
        Self { id: parcel.id(), header, parcel }
    }

    /// A parcel from the phone's own sealed record: what was verified when it came is not verified again.
    pub(crate) fn from_vault(parcel: Parcel) -> Result<Self, Error> {
        let header = parcel.header().peek_unverified()?;
        Ok(Self::new(parcel, header))
    }

    /// Bytes that it takes, here and on the air.
    pub(crate) fn length(&self) -> usize {
        UPDATE_HEADER + self.parcel.size().sealed()
    }

    /// Whether it is of no more use where `other` is at hand.
    fn is_superseded_by(&self, other: &Self) -> bool {
        let (old, new) = (&self.header, &other.header);
        if old.subject.property != new.subject.property || old.subject.door != new.subject.door {
            return false;
        }
        // Keys of a later life of the door, or a later generation of the property's keys.
        if old.subject.door_key != new.subject.door_key {
            return old.issued < new.issued;
        }
        if old.subject.generation != new.subject.generation {
            return old.subject.generation < new.subject.generation;
        }
        let covers = match (old.kind, new.kind) {
            (_, UpdateKind::Snapshot) => true,
            (UpdateKind::Snapshot, UpdateKind::Delta { .. }) => false,
            (UpdateKind::Delta { from: old }, UpdateKind::Delta { from: new }) => new <= old,
        };
        covers && (new.to > old.to || new.to == old.to && self.order() < other.order())
    }

    /// Between two that lead to the same version: the shorter one, then the one that was signed later.
    fn order(&self) -> impl Ord {
        (core::cmp::Reverse(self.header.size), self.header.issued, self.id)
    }

    /// Whether a credential waits for it.
    fn is_needed(&self, needs: &[Need]) -> bool {
        let subject = &self.header.subject;
        needs.iter().any(|need| {
            need.door == subject.door
                && need.door_key == subject.door_key
                && need.least_list <= self.header.edition()
        })
    }
}

impl Likelihood {
    pub(crate) fn new(given: &BTreeMap<DoorId, u32>, visits: &[(DoorId, u8)]) -> Self {
        Self { given: given.clone(), visits: visits.iter().copied().collect() }
    }

    /// What the app says counts; where it says nothing, what was seen.
    fn of(&self, door: DoorId) -> u32 {
        let seen = self.visits.get(&door).copied().unwrap_or_default();
        self.given.get(&door).copied().unwrap_or_else(|| u32::from(seen))
    }
}

/// Leaves what is worth carrying: nothing superseded, all that credentials wait for, and within `budget` as many of the others as
/// fit, those for likely doors first. The same set gives the same choice. `None` when the ones that credentials wait for do not fit
/// one record of the vault.
pub(crate) fn choose(
    mut parcels: Vec<Arc<HeldParcel>>,
    needs: &[Need],
    likelihood: &Likelihood,
    budget: usize,
) -> Option<Vec<Arc<HeldParcel>>> {
    parcels.sort_by_key(|held| held.id);
    parcels.dedup_by_key(|held| held.id);
    let superseded = |held: &HeldParcel| parcels.iter().any(|other| held.is_superseded_by(other));
    let mut useful: Vec<_> = parcels.iter().filter(|held| !superseded(held)).cloned().collect();
    useful.sort_by_cached_key(|held| {
        let unlikely = core::cmp::Reverse(likelihood.of(held.header.subject.door));
        let older = core::cmp::Reverse(held.header.edition());
        (!held.is_needed(needs), unlikely, older, held.length(), held.id)
    });
    let (mut kept, mut bytes) = (Vec::<Arc<HeldParcel>>::new(), 0_usize);
    for held in useful {
        let of_door = kept.iter().filter(|other| is_same_door(other, &held)).count();
        let after = bytes.saturating_add(held.length());
        let needed = held.is_needed(needs);
        if needed && after > PARCEL_BYTES {
            return None;
        }
        let limit = if needed { PARCEL_BYTES } else { budget.min(PARCEL_BYTES) };
        if after <= limit && of_door < PARCELS_OF_A_DOOR && kept.len() < PARCELS {
            bytes = after;
            kept.push(held);
        }
    }
    Some(kept)
}

fn is_same_door(left: &HeldParcel, right: &HeldParcel) -> bool {
    left.header.subject.door == right.header.subject.door
        && left.header.subject.door_key == right.header.subject.door_key
}
