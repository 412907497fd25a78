//! What an update of a door's list will do to its flash, done by hand: in this version only a claim brings deny entries.

use thumbturn_protocol::deny::{DenyEntry, DenySubject};

use crate::bench_door::BenchDoor;

/// Behind the configuration lie the door's three secret keys.
const KEYS: usize = 96;

/// A door that was claimed without deny entries comes back from a power cut with one.
///
/// # Panics
///
/// When the door is not claimed, or had a deny entry already.
#[must_use]
pub fn deny(mut door: BenchDoor, entry: DenyEntry) -> BenchDoor {
    let storage = door.engine().storage_mut();
    let identity = storage.identity().expect("readable").expect("a claimed door");
    let (configuration, keys) = identity.split_at(identity.len() - KEYS);
    let (count, configuration) = configuration.split_last().expect("a configuration");
    assert_eq!(*count, 0, "the list of deny entries, its last field, is empty");
    let updated = [configuration, &[1], &encoded(entry), keys].concat();
    storage.commit_identity(&updated).expect("room in flash");
    door.reboot()
}

/// The entry as the specification writes it (§9.4).
fn encoded(entry: DenyEntry) -> Vec<u8> {
    let (index, id): (u8, &[u8]) = match &entry.subject {
        DenySubject::Holder(holder) => (0, &holder.0),
        DenySubject::Phone(phone) => (1, &phone.0),
        DenySubject::Share(share) => (2, &share.0),
        DenySubject::EverybodyButStaff => (3, &[]),
        _ => panic!("a subject of this version"),
    };
    [&[index], id, &varint(entry.void_before.0)].concat()
}

fn varint(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).expect("seven bits"));
    bytes
}
