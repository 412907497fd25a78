//! Updates for the tests: one property, one door, as many rows as asked for.

use alloc::vec;
use alloc::vec::Vec;

use super::body::Body;
use super::digest::{ListDigest, ListKey};
use super::header::{UpdateHeader, UpdateSubject};
use super::parcel::{Issue, Parcel};
use super::row::{Card, CredentialNumber, Row, Terms};
use super::settings::{DailyCodes, Settings};
use crate::card::{CardKey, CardVersion};
use crate::claim::DoorKind;
use crate::code::{CodeEpoch, CodeLength, DailyCodeKey, Slots};
use crate::ids::{
    CardToken, DoorId, DoorKeyId, Generation, HolderId, ListVersion, PropertyId, Serial, TagKey,
};
use crate::keys::{ExchangeKeyPair, SigningKeyPair};
use crate::random::{RandomFailed, SecureRandom};
use crate::schedule::{Days, Minute, Schedule, Window};
use crate::signed::Verified;
use crate::time::UnixSeconds;
use crate::zone::{UtcOffset, Zone};

pub(crate) struct Fixed(pub(crate) u8);

impl SecureRandom for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.fill(self.0);
        Ok(())
    }
}

pub(crate) fn property() -> SigningKeyPair {
    SigningKeyPair::from_secret([4; 32])
}

pub(crate) fn door_sealing() -> ExchangeKeyPair {
    ExchangeKeyPair::from_secret([5; 32])
}

pub(crate) fn subject() -> UpdateSubject {
    UpdateSubject {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        door: DoorId([2; 8]),
        door_key: DoorKeyId([3; 4]),
    }
}

pub(crate) fn instant(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

pub(crate) fn issue() -> Issue {
    Issue { subject: subject(), to: ListVersion(9), issued: instant(1_000), apply_until: instant(2_000) }
}

pub(crate) fn list_key() -> ListKey {
    ListKey::from_bytes([6; 16])
}

pub(crate) fn schedule() -> Schedule {
    let (start, end) = (Minute::at(7, 30).unwrap(), Minute::at(19, 0).unwrap());
    Schedule::new(&[Window::new(Days::WORKDAYS, start, end).unwrap()]).unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings {
        tag_key: TagKey::from_bytes([7; 16]),
        kind: DoorKind::Residence,
        relock_seconds: 5,
        zone: Zone::fixed(UtcOffset::UTC),
        schedules: vec![schedule()],
        code_length: CodeLength::SEVEN,
        daily_codes: Some(DailyCodes {
            key: DailyCodeKey::from_bytes([8; 32]),
            epoch: CodeEpoch(1),
            slots: Slots::DEFAULT,
        }),
    }
}

/// A card; rows rise with `number`.
pub(crate) fn card(number: u32) -> Row {
    let mut token = [0; 8];
    token[..4].copy_from_slice(&number.to_be_bytes());
    let key = CardKey::from_bytes([9; 16]);
    let terms = Terms::new(HolderId([1; 8]), Serial(number), CredentialNumber(number));
    Row::Card(Card { token: CardToken(token), key, lowest_version: CardVersion(1) }, terms)
}

pub(crate) fn cards(count: u32) -> Vec<Row> {
    (0..count).map(card).collect()
}

pub(crate) fn snapshot(rows: &[Row]) -> (Body, ListDigest) {
    Body::snapshot(&list_key(), &settings(), rows).unwrap()
}

pub(crate) fn sealed(body: &Body) -> Parcel {
    body.seal(&issue(), &door_sealing().public(), &property(), &mut Fixed(7)).unwrap()
}

pub(crate) fn verified(parcel: &Parcel) -> Verified<UpdateHeader> {
    parcel.header().verify(&property().public()).unwrap()
}
