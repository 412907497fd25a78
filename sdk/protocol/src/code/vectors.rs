//! `tests/vectors/ddc.json`.

extern crate std;

use std::string::String;
use std::vec::Vec;

use serde::Deserialize;

use super::*;
use crate::hexadecimal::Hexadecimal;
use crate::ids::DoorId;
use crate::time::UnixSeconds;
use crate::zone::{Transition, UtcOffset, Zone};

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Vector {
    WeakCode {
        code: String,
        weak: bool,
    },
    LocalDay {
        name: String,
        initial: i32,
        transitions: Vec<(u64, i32)>,
        instant: u64,
        day: i32,
    },
    DailyKey {
        master: Hexadecimal,
        door: Hexadecimal,
        door_field: Hexadecimal,
        key_generation: u32,
        key: Hexadecimal,
    },
    DailyCode {
        name: String,
        key: Hexadecimal,
        door_field: Hexadecimal,
        day: i32,
        code_kind: u8,
        slot: u16,
        epoch: u8,
        code: String,
    },
}

fn array<const N: usize>(bytes: &Hexadecimal) -> [u8; N] {
    bytes.0.as_slice().try_into().unwrap()
}

#[test]
fn codes_and_days_are_those_of_the_vectors() {
    let file: Vectors = serde_json::from_str(include_str!("../../../../tests/vectors/ddc.json")).unwrap();
    assert_eq!(file.vectors.len(), 32);
    for vector in file.vectors {
        check(vector);
    }
}

fn check(vector: Vector) {
    match vector {
        Vector::WeakCode { code, weak } => {
            assert_eq!(Doorcode::parse(&code).unwrap().is_weak(), weak, "{code}");
        }
        Vector::LocalDay { name, initial, transitions, instant, day } => {
            let offset = |seconds| UtcOffset::new(seconds).unwrap();
            let seconds = |at| UnixSeconds::new(at).unwrap();
            let transitions =
                transitions.iter().map(|(at, east)| Transition { at: seconds(*at), offset: offset(*east) });
            let zone = Zone::new(offset(initial), transitions.collect()).unwrap();
            assert_eq!(LocalDay::at(seconds(instant), &zone), LocalDay(day), "{name}");
        }
        Vector::DailyKey { master, door, door_field, key_generation, key } => {
            let field = DoorField::from(DoorId(array(&door)));
            assert_eq!(field, DoorField(array(&door_field)));
            let made = DailyCodeMaster::from_bytes(array(&master))
                .door_key(field, CodeKeyGeneration(key_generation));
            assert_eq!(made.as_bytes(), &array(&key));
        }
        Vector::DailyCode { name, key, door_field, day, code_kind, slot, epoch, code } => {
            let (key, door) = (DailyCodeKey::from_bytes(array(&key)), DoorField(array(&door_field)));
            let kind = DailyKind::try_from(code_kind).unwrap();
            let daily = DailyCode { day: LocalDay(day), kind, slot: Slot(slot) };
            let made = key.code(door, CodeEpoch(epoch), daily);
            assert_eq!(made.text().as_str(), code, "{name}");
            let found = key.find(door, CodeEpoch(epoch), Slots::MOST, &[LocalDay(day)], &made);
            assert_eq!(found, Some(daily), "{name}");
        }
    }
}
