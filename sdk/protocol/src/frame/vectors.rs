//! `tests/vectors/frame.json`, which a second implementation made.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use super::*;
use crate::hexadecimal::Hexadecimal;

#[derive(Deserialize)]
struct Vectors {
    fragment: Vec<FragmentCase>,
    reassemble: Vec<ReassembleCase>,
}

#[derive(Deserialize)]
struct FragmentCase {
    case: String,
    #[serde(rename = "type")]
    message_type: Hexadecimal,
    payload: Hexadecimal,
    mtus: Vec<u16>,
    frames: Vec<Hexadecimal>,
}

#[derive(Deserialize)]
struct ReassembleCase {
    case: String,
    limits: BTreeMap<Hexadecimal, usize>,
    frames: Vec<Hexadecimal>,
    messages: Vec<Completed>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Completed {
    after: usize,
    #[serde(rename = "type")]
    message_type: Hexadecimal,
    payload: Hexadecimal,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../../tests/vectors/frame.json")).unwrap()
}

fn code(message_type: MessageType) -> Hexadecimal {
    Hexadecimal([message_type.code()].to_vec())
}

#[test]
fn messages_become_the_frames_of_the_vectors() {
    for FragmentCase { case, message_type, payload, mtus, frames } in vectors().fragment {
        let message_type = MessageType::from_code(message_type.0[0]).unwrap();
        let mut fragmenter = Fragmenter::new(message_type, &payload.0).unwrap();
        for (number, frame) in frames.into_iter().enumerate() {
            let mtu = AttMtu::new(*mtus.get(number).or_else(|| mtus.last()).unwrap()).unwrap();
            assert_eq!(fragmenter.next_frame(mtu).map(Hexadecimal), Some(frame), "{case}, frame {number}");
        }
        assert!(fragmenter.is_finished(), "{case}");
    }
}

#[test]
fn frames_complete_the_messages_of_the_vectors() {
    for ReassembleCase { case, limits, frames, messages } in vectors().reassemble {
        let mut reassembler = Reassembler::new();
        let completed = frames.iter().enumerate().filter_map(|(after, frame)| {
            let limit = |message_type| limits.get(&code(message_type)).copied();
            let Message { message_type, payload } = reassembler.receive(&frame.0, limit)?;
            Some(Completed { after, message_type: code(message_type), payload: Hexadecimal(payload) })
        });
        assert_eq!(completed.collect::<Vec<_>>(), messages, "{case}");
    }
}
