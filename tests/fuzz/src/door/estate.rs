//! Whose door it is, and the one phone that may open it.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use thumbturn_protocol::claim::{DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::grant::{Grant, GrantSubject};
use thumbturn_protocol::ids::{DoorId, Generation, HolderId, PropertyId, Serial};
use thumbturn_protocol::keys::{DoorPublicKeys, PhoneKeys};
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::board::Counting;
use crate::{property, tag_key};

/// When it was claimed, in Unix seconds.
pub(super) const CLAIMED_AT: u64 = 1_772_438_400;

pub(super) fn resident() -> &'static PhoneKeys {
    static RESIDENT: OnceLock<PhoneKeys> = OnceLock::new();
    RESIDENT.get_or_init(|| PhoneKeys::generate(&mut Counting(500)).expect("it never fails"))
}

/// A grant without hours; those of a serial below 4 are denied, every fifth has expired.
pub(super) fn grant(keys: &DoorPublicKeys, serial: u8) -> Received<Grant> {
    type BySerial = HashMap<([u8; 4], u8), Received<Grant>>;
    static GRANTS: OnceLock<Mutex<BySerial>> = OnceLock::new();
    let mut grants = GRANTS.get_or_init(Default::default).lock().expect("one thread");
    grants.entry((keys.id().0, serial)).or_insert_with(|| sign_grant(keys, serial)).clone()
}

fn sign_grant(keys: &DoorPublicKeys, serial: u8) -> Received<Grant> {
    let at = |seconds| UnixSeconds::new(CLAIMED_AT + seconds).expect("in range");
    let subject = GrantSubject {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        door: DoorId([2; 8]),
        door_key: keys.id(),
        phone: resident().public().id(),
        holder: HolderId([3; 8]),
        serial: Serial(u32::from(serial)),
    };
    let mut validity = Validity::from(at(0));
    if serial.is_multiple_of(5) {
        validity = validity.until(at(1));
    }
    Grant::new(subject, validity, at(1_000_000_000)).sign(property()).expect("a good draft").into()
}

pub(super) fn configuration() -> DoorConfiguration {
    use thumbturn_protocol::deny::{DenyEntry, DenySubject};
    let keys = PropertyKeys {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        root_key: property().public(),
        signing_key: property().public(),
        sealing_key: crate::door().public(),
    };
    let now = UnixSeconds::new(CLAIMED_AT).expect("in range");
    let zone = Zone::fixed(UtcOffset::UTC);
    let mut configuration =
        DoorConfiguration::new(keys, DoorId([2; 8]), tag_key(), DoorKind::Residence, now, zone);
    let subject = DenySubject::Holder(HolderId([3; 8]));
    configuration.deny = vec![DenyEntry { subject, void_before: Serial(4) }];
    configuration
}
