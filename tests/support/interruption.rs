//! An update that is interrupted again and again, each time in the hands of another phone: what has to be sent once more?
//!
//! Measured on the air: an observer counts the bytes of chunks that phones send, and the connection ends with the frame that
//! carries the wanted byte. What the door kept is read from its flash.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use thumbturn_phone::courier::CourierEvent;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_simulator::fault::{Intercepted, Verdict};
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::trace::PacketKind;

use crate::air_stage::AirStage;

/// Bytes of a whole sealed chunk (spec §10.4).
pub const CHUNK: usize = 4_048;
/// Message types and flags of a frame's header (spec §4.3, §4.4).
const FIRST: u8 = 0x80;
const LAST: u8 = 0x40;
const TYPE: u8 = 0x3f;
const RECORD: u8 = 0x07;
/// Counter, index, chunk, length and tag of a piece of one of the first 128 chunks (spec §7.1, §7.2); the offset follows.
const PIECE_OVERHEAD: usize = 4 + 1 + 1 + 2 + 16;
/// Payload of a frame at the ATT MTU of the phones here. Pieces take several; proofs, which lead to a chunk's first piece, one.
const FRAME_PAYLOAD: usize = 243;
/// Longer than a door waits for the relock and for its sessions to end.
const PAUSE: Duration = Duration::from_secs(8);

/// A transfer that ended with a certain byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The byte of the sealed chunks whose frame vanished, and the connection with it.
    pub at: usize,
    /// Bytes that the phone had sent and the door did not keep: the next phone sends them again.
    pub resent: usize,
}

/// Counts what one phone sends of the chunks, and cuts.
#[derive(Default)]
struct Observer {
    /// The byte of the update at which this phone began.
    begun: usize,
    /// Bytes of whole pieces that arrived from this phone.
    arrived: usize,
    /// All bytes of pieces that it sent, those of the frame that vanished included.
    sent: usize,
    /// Payload of the record that is on its way, if it is one of several frames.
    pending: Option<usize>,
    cut_at: usize,
    has_cut: bool,
}

impl Observer {
    fn judge(&mut self, packet: &Intercepted) -> Verdict {
        if packet.kind != PacketKind::WriteCommand || self.has_cut {
            return Verdict::Pass;
        }
        let Some((header, payload)) = packet.value.split_first() else { return Verdict::Pass };
        let begins = header & FIRST != 0;
        if begins {
            let is_long = header & LAST == 0 && payload.len() == FRAME_PAYLOAD;
            // A chunk that has begun goes on with pieces only; the last of them may be short.
            let is_piece = header & TYPE == RECORD && (is_long || !self.arrived.is_multiple_of(CHUNK));
            self.pending = is_piece.then_some(0);
        }
        let Some(before) = self.pending else { return Verdict::Pass };
        let after = before + payload.len();
        // Of a record under way its head is no chunk; at its end the tag is none either.
        let carried = if header & LAST == 0 {
            after.saturating_sub(self.overhead() - 16)
        } else {
            after.saturating_sub(self.overhead())
        };
        self.sent = self.arrived + carried;
        if self.begun + self.sent > self.cut_at {
            self.has_cut = true;
            return Verdict::Disconnect;
        }
        self.pending = (header & LAST == 0).then_some(after);
        if header & LAST != 0 {
            self.arrived = self.sent;
        }
        Verdict::Pass
    }

    /// Bytes of a piece's record that are not the chunk's: the offset of the first piece takes one byte, of others two.
    fn overhead(&self) -> usize {
        PIECE_OVERHEAD + if self.arrived.is_multiple_of(CHUNK) { 1 } else { 2 }
    }
}

/// Sends the parcel to the stage's door, with a new phone after every byte of `cuts`, which rise. Gives what had to be sent again.
///
/// # Panics
///
/// When an interruption does not happen, or the update does not arrive in the end.
pub fn interrupted_transfer(stage: &mut AirStage, parcel: &Parcel, cuts: &[usize]) -> Vec<Interruption> {
    let observer = Arc::new(Mutex::new(Observer::default()));
    stage.world.intercept({
        let observer = Arc::clone(&observer);
        move |packet| observer.lock().expect("a living story").judge(packet)
    });
    let mut interruptions = Vec::with_capacity(cuts.len());
    for cut_at in cuts {
        let begun = stage.staged_chunks(parcel) * CHUNK;
        *observer.lock().expect("a living story") =
            Observer { begun, cut_at: *cut_at, ..Observer::default() };
        let mut phone = stage.phone(PhoneProfile::android().with_mtu(247));
        phone.carry(parcel);
        stage.visit(&phone);
        stage.world.run_for(PAUSE);
        let kept = stage.staged_chunks(parcel) * CHUNK;
        assert!(kept >= begun, "cut at {cut_at}: the door has {kept} bytes of {begun}");
        let kept = kept - begun;
        let observer = observer.lock().expect("a living story");
        assert!(observer.has_cut, "cut at {cut_at}");
        interruptions.push(Interruption { at: *cut_at, resent: observer.sent.saturating_sub(kept) });
        phone.phone.vanish();
    }
    stage.world.stop_intercepting();
    let mut last = stage.phone(PhoneProfile::android().with_mtu(247));
    last.carry(parcel);
    let visit = stage.visit(&last);
    let updated = CourierEvent::Updated { list_version: stage.list.version() };
    assert!(visit.at(updated).is_some(), "the last phone brings the rest");
    assert!(stage.is_up_to_date());
    interruptions
}

/// Both sides of every boundary between chunks: the last byte of the one before, the first of the one after.
#[must_use]
pub fn boundaries(parcel: &Parcel) -> Vec<usize> {
    let sealed = parcel.size().sealed();
    (CHUNK..sealed).step_by(CHUNK).flat_map(|boundary| [boundary - 1, boundary]).collect()
}

/// Random bytes of a parcel's chunks, in rising order.
///
/// # Panics
///
/// For a parcel that is longer than any can be.
#[must_use]
pub fn random_cuts(parcel: &Parcel, count: usize, seed: u64) -> Vec<usize> {
    let mut random = SeededRandom::new(seed);
    let sealed = u64::try_from(parcel.size().sealed()).expect("a short parcel");
    let byte = |_| usize::try_from(random.below(sealed)).expect("a byte of the parcel");
    let mut cuts: Vec<usize> = (0..count).map(byte).collect();
    cuts.sort_unstable();
    cuts
}
