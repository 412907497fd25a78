//! Attribute packets among connection data: those of one unlock, counted.

use std::collections::HashMap;

use super::btsnoop::Data;

/// L2CAP's channel of the attribute protocol.
const ATT_CHANNEL: u16 = 4;
/// Opcodes (Bluetooth Core, volume 3, part F, §3.4).
const WRITE_REQUEST: u8 = 0x12;
const WRITE_COMMAND: u8 = 0x52;
const NOTIFICATION: u8 = 0x1b;
/// Frame headers of messages of one frame (specification §4.3, §4.4).
const HELLO: u8 = 0xc1;
const FAST_ANSWER: u8 = 0xc6;

/// The attribute packets of one controller, put together from their fragments: opcode and the rest.
pub(super) fn packets(capture: &[Data], controller: u16) -> Vec<Vec<u8>> {
    let mut begun: HashMap<(u16, bool), Vec<u8>> = HashMap::new();
    let mut all = Vec::new();
    for data in capture.iter().filter(|data| data.controller == controller) {
        let [low, high, _, _, content @ ..] = data.packet.as_slice() else { continue };
        let handle_and_flags = u16::from_le_bytes([*low, *high]);
        let (handle, boundary) = (handle_and_flags & 0x0fff, handle_and_flags >> 12 & 0b11);
        let message = begun.entry((handle, data.is_sent)).or_default();
        // 01 goes on with what was begun; everything else begins.
        if boundary != 0b01 {
            message.clear();
        }
        message.extend_from_slice(content);
        if let Some(packet) = whole(message) {
            message.clear();
            all.extend(packet);
        }
    }
    all
}

/// A message of L2CAP that is whole: its content if it is of the attribute protocol.
fn whole(message: &[u8]) -> Option<Option<Vec<u8>>> {
    let [l0, l1, c0, c1, content @ ..] = message else { return None };
    let length = usize::from(u16::from_le_bytes([*l0, *l1]));
    let is_att = u16::from_le_bytes([*c0, *c1]) == ATT_CHANNEL;
    (content.len() >= length).then(|| is_att.then(|| content.to_vec()))
}

/// Frames of one repeat unlock: hello, request and answer, from the subscription on. `None`: the capture holds no such unlock.
///
/// What acknowledges a write is no frame, and what follows the answer is not counted.
pub(super) fn frames_of_repeat_unlock(packets: &[Vec<u8>]) -> Option<usize> {
    let frames = packets.iter().filter_map(|packet| match packet.as_slice() {
        [WRITE_REQUEST | WRITE_COMMAND | NOTIFICATION, _, _, header, ..] => Some(*header),
        _ => None,
    });
    let mut count = None;
    for header in frames {
        if header == HELLO {
            count = Some(0);
        }
        count = count.map(|count| count + 1);
        if header == FAST_ANSWER {
            return count;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(is_sent: bool, handle_and_flags: u16, content: &[u8]) -> Data {
        let length = u16::try_from(content.len()).unwrap().to_le_bytes();
        let packet = [handle_and_flags.to_le_bytes().as_slice(), &length, content].concat();
        Data { controller: 1, is_sent, packet }
    }

    fn frame(opcode: u8, header: u8) -> Vec<u8> {
        vec![opcode, 9, 0, header, 7]
    }

    #[test]
    fn fragments_are_put_together_and_other_channels_left_out() {
        let capture = [
            data(true, 0x0040, &[4, 0, 4, 0, 0x52, 9]),
            data(false, 0x2040, &[1, 0, 4, 0, 0x13]),
            data(true, 0x1040, &[0, 7]),
            data(true, 0x0040, &[1, 0, 5, 0, 0x12]),
        ];
        assert_eq!(packets(&capture, 1), [vec![0x13], vec![0x52, 9, 0, 7]]);
        assert!(packets(&capture, 0).is_empty());
    }

    #[test]
    fn a_repeat_unlock_is_counted_from_its_hello_to_its_answer() {
        let subscription = vec![WRITE_REQUEST, 8, 0, 1, 0];
        let record = frame(NOTIFICATION, 0xc7);
        let unlock = [
            subscription,
            frame(NOTIFICATION, HELLO),
            frame(WRITE_COMMAND, 0xc5),
            frame(NOTIFICATION, FAST_ANSWER),
            record,
        ];
        assert_eq!(frames_of_repeat_unlock(&unlock), Some(3));
        assert_eq!(frames_of_repeat_unlock(&unlock[..3]), None);
    }
}
