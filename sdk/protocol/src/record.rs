//! Records: what phone and door say to each other after the answer (spec §7).

use serde::{Deserialize, Serialize};

use crate::bounded::{Bytes, List};
use crate::bulletin::{BulletinHeader, Entry};
use crate::ids::{BulletinEpoch, EventNumber, Generation, ListVersion, OperationId, ReceiptNumber, UpdateId};
use crate::limits;
use crate::log::Acknowledgement;
use crate::receipt::SealedReceipt;
use crate::rotation::KeyRotation;
use crate::signed::Received;
use crate::time_token::{TimeNonce, TimeToken};

mod channel;

pub use channel::{Records, Side};

/// One thing said after the answer. The order of the variants is part of the format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Record {
    /// Door → phone: what the bolt did.
    Actuator {
        /// For which operation.
        operation: OperationId,
        /// What it did.
        result: ActuatorResult,
    },
    /// Claimer → door: the answer has come, keep the claim (spec §9.6).
    ClaimConfirm,
    /// Door → claimer: the claim is kept.
    Claimed,
    /// Phone → door: asks for [`Record::State`].
    Ask,
    /// Door → phone: what it knows and lacks.
    State(DoorKnowledge),
    /// Phone → door: the property's next keys (spec §11.4).
    Rotation(Received<KeyRotation>),
    /// Both ways: a bulletin follows (spec §11.3).
    BulletinHeader(Received<BulletinHeader>),
    /// Both ways: entries of the bulletin, in order.
    BulletinEntries {
        /// Of which bulletin.
        epoch: BulletinEpoch,
        /// Index of the first of these.
        first: u16,
        /// These.
        entries: List<Entry, 1, { limits::RECORD_ENTRIES }>,
    },
    /// Phone → door: asks for an object.
    Fetch(DoorObject),
    /// Phone → door: an instant that the property signed (spec §13).
    Time {
        /// The instant.
        token: Received<TimeToken>,
        /// Seconds of the phone's own monotonic clock since it received the token, in a dead zone (spec §13.3).
        elapsed: Option<u32>,
    },
    /// Phone → door: the header of an update that it holds (spec §7.3, §10.3).
    Offer(Bytes<UPDATE_HEADER, UPDATE_HEADER>),
    /// Door → phone: how far an update has come.
    Progress {
        /// Which update.
        update: UpdateId,
        /// How far.
        progress: Progress,
    },
    /// Phone → door: the hashes that lead from a chunk to what the door knows.
    Proof {
        /// Of which chunk.
        chunk: u16,
        /// From the leaf up.
        nodes: List<[u8; 32], 1, 9>,
    },
    /// Phone → door: a part of a sealed chunk.
    Piece {
        /// Of which chunk.
        chunk: u16,
        /// Where in it.
        offset: u16,
        /// The part.
        bytes: Bytes<1, { limits::RECORD_PIECE }>,
    },
    /// Door → phone: its newest receipt.
    Receipt(SealedReceipt),
    /// Door → phone: a part of a log batch.
    LogPiece {
        /// Number of the batch's first event, which names the batch.
        first: EventNumber,
        /// Length of the batch in bytes.
        total: u16,
        /// Where in it.
        offset: u16,
        /// The part.
        bytes: Bytes<1, { limits::RECORD_PIECE }>,
    },
    /// Phone → door: a whole object arrived and is kept.
    Taken(TakenObject),
    /// Phone → door: the property has these events (spec §12.4).
    Acknowledgement(Received<Acknowledgement>),
    /// Door → phone: there is none of what was asked for.
    Nothing(DoorObject),
}

/// Length of the header of an update (spec §10.3).
const UPDATE_HEADER: usize = 182;

/// What the bolt did after the motor started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActuatorResult {
    /// It moved: the door is open.
    Moved,
    /// It is stuck.
    Jammed,
    /// Something blocks it, the deadbolt for example.
    Blocked,
    /// The battery gave out under the motor.
    BatteryLow,
}

/// What a door knows and lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorKnowledge {
    /// The generation of the property's keys that it believes.
    pub generation: Generation,
    /// Its list.
    pub list_version: ListVersion,
    /// Its bulletin; 0: none.
    pub bulletin_epoch: BulletinEpoch,
    /// Its newest receipt; 0: none.
    pub receipt: ReceiptNumber,
    /// Its first event that was not acknowledged; 0: none waits.
    pub log_first: EventNumber,
    /// Its next event.
    pub log_next: EventNumber,
    /// For a time token of this session.
    pub nonce: TimeNonce,
    /// Updates of which it holds a part.
    pub staged: List<Staged, 0, 2>,
}

/// An update of which a door holds a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Which.
    pub update: UpdateId,
    /// The first chunk that it lacks.
    pub chunk: u16,
}

/// What a door can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DoorObject {
    /// Its bulletin, header and entries.
    Bulletin,
    /// Its newest receipt.
    Receipt,
    /// Its oldest events that wait.
    LogBatch,
}

/// What a phone has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TakenObject {
    /// A log batch.
    LogBatch {
        /// Number of its first event.
        first: EventNumber,
    },
}

/// How far an update has come (spec §7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Progress {
    /// Everything before this place is held.
    Next {
        /// The first chunk that is missing.
        chunk: u16,
        /// Where in it.
        offset: u16,
    },
    /// Something vanished: go on from here.
    Gap {
        /// The chunk.
        chunk: u16,
        /// Where in it.
        offset: u16,
    },
    /// All of it is held, and being applied.
    Applying,
    /// Applied.
    Applied {
        /// The list version now.
        list_version: ListVersion,
    },
    /// Not taken.
    Refused(UpdateRefusal),
}

/// Why a door refuses an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UpdateRefusal {
    /// The property did not sign it.
    NotAuthentic,
    /// For another door, life of the door, property or generation.
    NotForThisDoor,
    /// The door's list is as new.
    NotNewer,
    /// A delta from a version that the door has not reached.
    DoesNotContinue,
    /// Its time to be applied is over.
    TooLate,
    /// Its content is not what its header promises, or breaks a rule.
    Broken,
    /// Something that is wanted more occupies the staging area.
    NoRoom,
    /// Another phone is sending.
    TransferUnderWay,
}
