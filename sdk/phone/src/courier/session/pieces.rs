//! How long a piece of a chunk is, so that records fill whole frames (spec §7.3).

use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::limits;

/// Counter and tag of a record, and the index of its variant (spec §7.1, §7.2).
const RECORD: usize = 4 + 16 + 1;

/// Length of the piece that begins at `offset` of `chunk`, of which `rest` bytes are left.
///
/// The longest one whose record ends with a full frame, or all that is left. At an ATT MTU of 247 three records of 6, 6 and 5 frames
/// take a chunk of 4,048 bytes: 97 % of the frames' bytes are the chunk's.
pub(crate) fn piece_length(mtu: AttMtu, chunk: u16, offset: u16, rest: usize) -> usize {
    let frame = mtu.frame_capacity().saturating_sub(1).max(1);
    let frames = (limits::RECORD_MESSAGE / frame).max(1);
    let longest = (frames * frame).min(limits::RECORD_MESSAGE);
    // The length counts itself; at most two bytes for any piece that is allowed.
    let head = RECORD + varint(usize::from(chunk)) + varint(usize::from(offset));
    let of_longest = longest.saturating_sub(head + varint(longest));
    of_longest.clamp(1, limits::RECORD_PIECE).min(rest)
}

/// Length of a number in *postcard* (spec §1.2).
const fn varint(value: usize) -> usize {
    match value {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::frame::{Fragmenter, MessageType};

    use super::*;

    const CHUNK: usize = limits::UPDATE_CHUNK + 16;

    /// Frames that take one whole chunk at `mtu`, counted from records as they are.
    fn frames_of_chunk(mtu: AttMtu, chunk: u16) -> usize {
        let (mut offset, mut frames) = (0, 0);
        while offset < CHUNK {
            let at = u16::try_from(offset).unwrap();
            let length = piece_length(mtu, chunk, at, CHUNK - offset);
            let numbers = varint(usize::from(chunk)) + varint(offset) + varint(length);
            let payload = vec![0; RECORD + numbers + length];
            let mut fragmenter = Fragmenter::new(MessageType::Record, payload).unwrap();
            while let Some(frame) = fragmenter.next_frame(mtu) {
                let whole = frame.len() == mtu.frame_capacity();
                let last = offset + length == CHUNK;
                assert!(whole || last || length == limits::RECORD_PIECE, "a frame of {} bytes", frame.len());
                frames += 1;
            }
            offset += length;
        }
        frames
    }

    #[test]
    fn at_mtu_247_body_bytes_are_more_than_nine_tenths_of_what_the_frames_could_carry() {
        let mtu = AttMtu::new(247).unwrap();
        // Every second chunk has a proof, which takes a frame of its own, two if the tree is deep (1 in 32).
        let chunks: usize = 318;
        let frames: usize = (0..318).map(|chunk| frames_of_chunk(mtu, chunk)).sum();
        let proofs: usize = (0..318_u16)
            .filter(|chunk| chunk % 2 == 0)
            .map(|chunk| if chunk.trailing_zeros() > 6 { 2 } else { 1 })
            .sum();
        let body = chunks * limits::UPDATE_CHUNK;
        let share = body * 1_000 / ((frames + proofs) * mtu.frame_capacity());
        assert!(share >= 930, "{share} per mille");
    }

    #[test]
    fn every_mtu_carries_a_chunk_in_whole_frames_and_legal_pieces() {
        for bytes in 23..=517 {
            let mtu = AttMtu::new(bytes).unwrap();
            for chunk in [0, 127, 128, 318] {
                let frames = frames_of_chunk(mtu, chunk);
                assert!(frames * (mtu.frame_capacity() - 1) >= CHUNK);
            }
        }
    }
}
