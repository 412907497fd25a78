use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::header::{Ends, Header};
use super::*;
use crate::limits::{RECORD_MESSAGE, UNAUTHENTICATED_MESSAGE};

fn mtu(bytes: u16) -> AttMtu {
    AttMtu::new(bytes).unwrap()
}

fn message(message_type: MessageType, payload: &[u8]) -> Message {
    Message { message_type, payload: payload.to_vec() }
}

/// The frames of a message; the last MTU counts for all frames that follow.
fn frames(message: &Message, mtus: &[AttMtu]) -> Vec<Vec<u8>> {
    let mut fragmenter = Fragmenter::new(message.message_type, &message.payload).unwrap();
    let mut mtus = mtus.iter();
    let mut mtu = AttMtu::MINIMUM;
    core::iter::from_fn(|| {
        mtu = mtus.next().copied().unwrap_or(mtu);
        let frame = fragmenter.next_frame(mtu)?;
        assert!(frame.len() <= mtu.frame_capacity());
        Some(frame)
    })
    .collect()
}

fn received<'a>(frames: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<Message> {
    let mut reassembler = Reassembler::new();
    frames.into_iter().filter_map(|frame| reassembler.receive(frame, |_| Some(RECORD_MESSAGE))).collect()
}

mod types {
    use super::*;

    #[test]
    fn every_type_has_its_code_and_no_other_code_is_known() {
        for code in 0..=u8::MAX {
            let known = MessageType::from_code(code);
            assert_eq!(known.is_some(), (0x01..=0x0a).contains(&code));
            assert_eq!(known.map_or(code, MessageType::code), code);
        }
        assert_eq!(MessageType::ALL.map(MessageType::code), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn the_headers_named_in_the_specification_are_those_of_single_frames() {
        let headers = [MessageType::Hello, MessageType::FastRequest, MessageType::FastAnswer]
            .map(MessageType::single_frame_header);
        assert_eq!(headers, [0xc1, 0xc5, 0xc6]);
        for message_type in MessageType::ALL {
            let frames = frames(&message(message_type, &[0; 19]), &[]);
            assert_eq!(frames.len(), 1);
            assert_eq!(frames[0][0], message_type.single_frame_header());
        }
    }

    #[test]
    fn an_mtu_is_23_to_517_and_a_frame_at_most_512() {
        assert_eq!(AttMtu::new(22), None);
        assert_eq!(AttMtu::new(518), None);
        assert_eq!(
            [0, 22, 23, 247, 517, 518, u16::MAX].map(|bytes| AttMtu::clamped(bytes).bytes()),
            [23, 23, 23, 247, 517, 517, 517]
        );
        assert_eq!(
            [23, 185, 514, 515, 516, 517].map(|bytes| mtu(bytes).frame_capacity()),
            [20, 182, 511, 512, 512, 512]
        );
        assert_eq!(AttMtu::default(), AttMtu::MINIMUM);
    }

    #[test]
    fn every_header_byte_is_read_and_written_alike() {
        for byte in 0..=u8::MAX {
            assert_eq!(Header::from_byte(byte).byte(), byte);
        }
    }

    #[test]
    fn nothing_of_a_payload_is_printed() {
        let secret = [0xde; 30];
        let mut reassembler = Reassembler::new();
        let mut fragmenter = Fragmenter::new(MessageType::Record, secret).unwrap();
        let frame = fragmenter.next_frame(AttMtu::MINIMUM).unwrap();
        assert_eq!(reassembler.receive(&frame, |_| Some(30)), None);
        let printed =
            alloc::format!("{:?} {fragmenter:?} {reassembler:?}", message(MessageType::Record, &secret));
        assert_eq!(printed, "Record(30 bytes) Record(19 of 30 bytes taken) Reassembler(19 bytes)");
    }
}

mod fragmenter {
    use super::*;

    #[test]
    fn a_message_without_payload_is_one_header() {
        assert_eq!(frames(&message(MessageType::HelloRequest, &[]), &[]), [[0xc2]]);
    }

    #[test]
    fn no_frame_is_empty_when_the_payload_fills_frames_exactly() {
        let frames = frames(&message(MessageType::Record, &[9; 57]), &[]);
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 20]);
        assert_eq!(frames.iter().map(|frame| frame[0]).collect::<Vec<_>>(), [0x87, 0x01, 0x42]);
    }

    #[test]
    fn an_mtu_that_rises_in_the_middle_is_used_from_the_next_frame_on() {
        let frames =
            frames(&message(MessageType::Record, &[9; 300]), &[mtu(23), mtu(23), mtu(247), mtu(517)]);
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 244, 20]);
    }

    #[test]
    fn the_longest_message_fits_81_frames_and_a_longer_one_is_refused() {
        assert_eq!(frames(&message(MessageType::Record, &[0; 1_536]), &[]).len(), 81);
        assert!(Fragmenter::new(MessageType::Record, [0; 1_537]).is_err());
    }

    #[test]
    fn nothing_follows_the_last_frame() {
        let mut fragmenter = Fragmenter::new(MessageType::HelloRequest, []).unwrap();
        assert!(!fragmenter.is_finished());
        assert!(fragmenter.next_frame(AttMtu::MINIMUM).is_some());
        assert!(fragmenter.is_finished());
        assert_eq!(fragmenter.next_frame(AttMtu::MAXIMUM), None);
    }
}

mod reassembler {
    use super::*;

    const ANY: fn(MessageType) -> Option<usize> = |_| Some(RECORD_MESSAGE);

    fn first(payload: &[u8]) -> Vec<u8> {
        [&[0x87], payload].concat()
    }

    fn later(index: u8, payload: &[u8]) -> Vec<u8> {
        [&[index], payload].concat()
    }

    fn last(index: u8, payload: &[u8]) -> Vec<u8> {
        later(index | 0x40, payload)
    }

    fn record(payload: &[u8]) -> Message {
        message(MessageType::Record, payload)
    }

    #[test]
    fn a_first_frame_forgets_the_unfinished_message() {
        let frames = [first(b"a"), first(b"b"), last(1, b"c")];
        assert_eq!(received(&frames), [record(b"bc")]);
    }

    #[test]
    fn a_first_frame_of_an_unknown_type_forgets_the_unfinished_message_too() {
        for unknown in [0x80, 0x8b, 0xbf, 0xcb] {
            assert_eq!(received(&[first(b"a"), vec![unknown, 1], last(1, b"c")]), []);
        }
    }

    #[test]
    fn a_first_frame_of_a_type_that_is_not_awaited_forgets_the_unfinished_message_too() {
        let mut reassembler = Reassembler::new();
        assert_eq!(reassembler.receive(&first(b"a"), ANY), None);
        assert_eq!(reassembler.receive(&first(b"b"), |_| None), None);
        assert_eq!(reassembler.receive(&last(1, b"c"), ANY), None);
        assert_eq!(reassembler.memory(), 0);
    }

    #[test]
    fn frames_after_a_gap_are_ignored_until_the_next_first_frame() {
        let frames = [
            first(b"a"),
            later(2, b"c"),
            later(1, b"b"),
            later(2, b"c"),
            last(3, b"d"),
            first(b"e"),
            last(1, b"f"),
        ];
        assert_eq!(received(&frames), [record(b"ef")]);
    }

    #[test]
    fn later_frames_are_ignored_when_no_message_is_begun() {
        assert_eq!(received(&[last(0, b"a"), last(1, b"a")]), []);
        assert_eq!(received(&[first(b"a"), last(1, b"b"), last(2, b"c")]), [record(b"ab")]);
    }

    #[test]
    fn empty_values_and_later_frames_without_payload_change_nothing() {
        let frames =
            [vec![], first(b"a"), vec![], vec![0x01], vec![0x41], vec![0x05], last(1, b"b"), vec![0x42]];
        assert_eq!(received(&frames), [record(b"ab")]);
    }

    #[test]
    fn a_first_frame_without_payload_begins_a_message() {
        assert_eq!(received(&[first(b""), last(1, b"b")]), [record(b"b")]);
    }

    #[test]
    fn the_index_wraps_after_63() {
        let mut frames: Vec<_> = (0..130).map(|index| later(index % 64, &[index])).collect();
        frames[0] = first(&[0]);
        frames.push(last(130 % 64, &[130]));
        let payload: Vec<_> = (0..=130).collect();
        assert_eq!(received(&frames), [record(&payload)]);

        frames.remove(64);
        assert_eq!(received(&frames), []);
    }

    #[test]
    fn a_message_beyond_its_limit_is_dropped_with_its_remaining_frames() {
        let limit = |message_type| match message_type {
            MessageType::FullRequest => Some(2),
            _ => Some(3),
        };
        let mut reassembler = Reassembler::new();
        let mut receive = |frame: &[u8]| reassembler.receive(frame, limit);
        assert_eq!(receive(&[0x83, 1]), None);
        assert_eq!(receive(&[0x01, 2]), None);
        assert_eq!(receive(&[0x02, 3]), None);
        assert_eq!(receive(&[0x42, 3]), None);
        assert_eq!(receive(&[0xc3, 1, 2, 3]), None);
        assert_eq!(receive(&[0xc3, 1, 2]), Some(message(MessageType::FullRequest, &[1, 2])));
        assert_eq!(receive(&[0xc7, 1, 2, 3]), Some(record(&[1, 2, 3])));
        assert_eq!(receive(&[0x87, 1, 2, 3]), None);
        assert_eq!(receive(&[0x41, 4]), None);
    }

    #[test]
    fn no_limit_allows_more_than_1536_bytes() {
        let mut reassembler = Reassembler::new();
        let long = vec![7; 1_536];
        assert_eq!(reassembler.receive(&first(&long), |_| Some(usize::MAX)), None);
        assert_eq!(reassembler.receive(&last(1, b"x"), ANY), None);
        assert_eq!(reassembler.receive(&[&[0xc7], &long[..]].concat(), ANY), Some(record(&long)));
        assert_eq!(reassembler.receive(&[&[0xc7, 7], &long[..]].concat(), |_| Some(usize::MAX)), None);
    }

    #[test]
    fn nothing_is_held_after_a_message_ended_in_any_way() {
        let mut reassembler = Reassembler::new();
        let mut memory_after = |frames: &[Vec<u8>]| {
            for frame in frames {
                reassembler.receive(frame, |_| Some(5));
            }
            reassembler.memory()
        };
        assert!(memory_after(&[first(b"a")]) > 0);
        assert_eq!(memory_after(&[last(1, b"b")]), 0);
        assert_eq!(memory_after(&[first(b"a"), later(2, b"c")]), 0);
        assert_eq!(memory_after(&[first(b"a"), later(1, b"bcdef")]), 0);
        assert_eq!(memory_after(&[first(b"a"), vec![0xbf]]), 0);

        reassembler.receive(&first(b"a"), ANY);
        reassembler.clear();
        assert_eq!(reassembler.memory(), 0);
    }
}

fn message_types() -> impl Strategy<Value = MessageType> {
    select(&MessageType::ALL[..])
}

fn mtus() -> impl Strategy<Value = Vec<AttMtu>> {
    let one = prop_oneof![Just(AttMtu::MINIMUM), (23..=60_u16).prop_map(mtu), (23..=517_u16).prop_map(mtu)];
    prop::collection::vec(one, 1..60)
}

fn messages() -> impl Strategy<Value = Message> {
    let length = prop_oneof![0..=60_usize, 0..=RECORD_MESSAGE];
    let payload = length.prop_flat_map(|length| prop::collection::vec(any::<u8>(), length));
    (message_types(), payload).prop_map(|(message_type, payload)| Message { message_type, payload })
}

fn multi_frame_messages() -> impl Strategy<Value = Message> {
    (message_types(), prop::collection::vec(any::<u8>(), 20..=300))
        .prop_map(|(message_type, payload)| Message { message_type, payload })
}

/// Frames as a hostile or lossy link gives them: short, with few indices, so that many of them fit together.
fn stray_frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let header = prop_oneof![
        3 => select(&[0x00, 0x01, 0x02, 0x03, 0x41, 0x42, 0x43][..]),
        2 => select(&[0x83, 0x87, 0xc2, 0xc7][..]),
        1 => any::<u8>(),
    ];
    let frame = (header, prop::collection::vec(any::<u8>(), 0..4))
        .prop_map(|(header, payload)| [&[header], &payload[..]].concat());
    prop::collection::vec(prop_oneof![20 => frame, 1 => Just(Vec::new())], 0..40)
}

/// The rules of spec §4.3 said another way: the message that ends with the last of `frames`, found by looking back.
fn message_ending(frames: &[Vec<u8>], limit: usize) -> Option<Message> {
    // Frames that say nothing: empty values, and later frames without payload.
    let telling: Vec<_> = frames
        .iter()
        .filter(|frame| frame.len() > 1 || frame.first().is_some_and(|byte| byte & 0x80 != 0))
        .collect();
    if telling.last() != frames.last().as_ref() {
        return None;
    }
    let begin = telling.iter().rposition(|frame| frame[0] & 0x80 != 0)?;
    let of_message = &telling[begin..];
    let in_order = of_message.iter().enumerate().all(|(index, frame)| {
        let ends = frame[0] & 0x40 != 0;
        let is_next = index == 0 || usize::from(frame[0] & 0x3f) == index % 64;
        is_next && ends == (index + 1 == of_message.len())
    });
    let payload: Vec<u8> = of_message.iter().flat_map(|frame| &frame[1..]).copied().collect();
    let message_type = MessageType::from_code(of_message[0][0] & 0x3f)?;
    (in_order && payload.len() <= limit).then_some(Message { message_type, payload })
}

proptest! {
    #[test]
    fn every_message_arrives_over_every_mtu(message in messages(), mtus in mtus()) {
        let frames = frames(&message, &mtus);
        prop_assert!(frames.len() <= 81);
        prop_assert_eq!(received(&frames), [message]);
    }

    #[test]
    fn a_lost_frame_loses_its_message_and_no_other(
        sent in prop::collection::vec(messages(), 1..5), mtus in mtus(), lost: Index,
    ) {
        let cut: Vec<_> = sent.iter().map(|message| frames(message, &mtus)).collect();
        let mut link: Vec<(usize, &Vec<u8>)> = Vec::new();
        for (number, frames) in cut.iter().enumerate() {
            link.extend(frames.iter().map(|frame| (number, frame)));
        }
        let (lost, _) = link.remove(lost.index(link.len()));
        let mut expected = sent;
        expected.remove(lost);
        prop_assert_eq!(received(link.into_iter().map(|(_, frame)| frame)), expected);
    }

    #[test]
    fn frames_out_of_order_give_no_message(
        (sent, order) in multi_frame_messages().prop_flat_map(|message| {
            let count = frames(&message, &[]).len();
            (Just(message), Just((0..count).collect::<Vec<_>>()).prop_shuffle())
        }),
        next in messages(),
    ) {
        let in_order = order.is_sorted();
        let frames_of = frames(&sent, &[]);
        let mut link: Vec<_> = order.iter().map(|index| frames_of[*index].clone()).collect();
        link.extend(frames(&next, &[]));
        prop_assert_eq!(received(&link), if in_order { vec![sent, next] } else { vec![next] });
    }

    #[test]
    fn a_repeated_frame_never_changes_a_message(
        sent in multi_frame_messages(), repeated: Index, next in messages(),
    ) {
        let mut link = frames(&sent, &[]);
        let count = link.len();
        let repeated = repeated.index(count);
        link.insert(repeated, link[repeated].clone());
        link.extend(frames(&next, &[]));
        // The first frame twice begins anew, the last one twice comes too late; any other is not the next one.
        let arrives = repeated == 0 || repeated == count - 1;
        prop_assert_eq!(received(&link), if arrives { vec![sent, next] } else { vec![next] });
    }

    #[test]
    fn a_message_inside_another_arrives_alone(outer in multi_frame_messages(), inner in messages(), at: Index) {
        let mut link = frames(&outer, &[]);
        let at = 1 + at.index(link.len() - 1);
        link.splice(at..at, frames(&inner, &[]));
        prop_assert_eq!(received(&link), [inner]);
    }

    #[test]
    fn stray_frames_give_what_the_rules_say_and_hold_no_more_than_the_limit(
        frames in stray_frames(), limit in 0..12_usize,
    ) {
        let mut reassembler = Reassembler::new();
        for end in 1..=frames.len() {
            let message = reassembler.receive(&frames[end - 1], |_| Some(limit));
            prop_assert_eq!(message, message_ending(&frames[..end], limit));
            prop_assert!(reassembler.memory() <= limit);
        }
    }

    #[test]
    fn random_values_never_hold_more_than_the_limit(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..=512), 0..30),
        limit in prop_oneof![Just(UNAUTHENTICATED_MESSAGE), Just(RECORD_MESSAGE), Just(usize::MAX)],
    ) {
        let mut reassembler = Reassembler::new();
        for frame in &frames {
            if let Some(message) = reassembler.receive(frame, |_| Some(limit)) {
                prop_assert!(message.payload.capacity() <= limit.min(RECORD_MESSAGE));
            }
            prop_assert!(reassembler.memory() <= limit.min(RECORD_MESSAGE));
        }
    }

    #[test]
    fn a_message_of_single_bytes_holds_no_more_than_its_limit(length in 1..2 * UNAUTHENTICATED_MESSAGE) {
        let mut reassembler = Reassembler::new();
        reassembler.receive(&[0x83, 0], |_| Some(UNAUTHENTICATED_MESSAGE));
        for index in 1..length {
            let header = u8::try_from(index % 64).unwrap();
            reassembler.receive(&[header, 0], |_| Some(UNAUTHENTICATED_MESSAGE));
            prop_assert!(reassembler.memory() <= UNAUTHENTICATED_MESSAGE);
        }
        prop_assert_eq!(reassembler.memory() == 0, length > UNAUTHENTICATED_MESSAGE);
    }
}

#[test]
fn ends_are_told_apart() {
    assert!(matches!(Header::from_byte(0x41), Header::Later { ends: Ends::Message, .. }));
    assert!(matches!(Header::from_byte(0x81), Header::First { code: 1, ends: Ends::FrameOnly }));
}
