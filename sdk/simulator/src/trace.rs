//! Everything that happened in a world, in order: what tests and benchmarks count from.

mod door_note;
pub mod packet;
mod timeline;

use std::collections::BTreeMap;

use thumbturn_phone::link::{AdapterState, ConnectionId, DisconnectReason};

pub use self::door_note::DoorNote;
pub use self::packet::{Direction, Fate, Packet, PacketKind};
use crate::clock::Instant;
use crate::station::{DoorIndex, PhoneIndex};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A packet of the attribute protocol was delivered, or vanished.
    Packet(Packet),
    /// A phone began to scan.
    ScanStarted(PhoneIndex),
    /// A phone heard a door for the first time since its scan began.
    Heard {
        /// Who heard.
        phone: PhoneIndex,
        /// Who was heard.
        door: DoorIndex,
        /// How strong, in dBm.
        signal_dbm: i8,
        /// Whether the scan response was heard too.
        scan_response: bool,
    },
    /// A phone was asked to connect.
    ConnectStarted(PhoneIndex),
    /// The attempt failed with the platform's code.
    ConnectFailed {
        /// Whose attempt.
        phone: PhoneIndex,
        /// The platform's code.
        code: i32,
    },
    /// The link layer is connected.
    Connected {
        /// The connection.
        connection: ConnectionId,
        /// Who connected.
        phone: PhoneIndex,
        /// To whom.
        door: DoorIndex,
    },
    /// The phone knows the service's handles: its `connect` call has returned.
    Discovered(ConnectionId),
    /// The phone's side of a connection ended.
    PhoneDisconnected {
        /// The connection.
        connection: ConnectionId,
        /// As the phone sees it.
        reason: DisconnectReason,
    },
    /// The door's side of a connection ended.
    DoorDisconnected(ConnectionId),
    /// The state of a phone's adapter changed.
    Adapter {
        /// Whose adapter.
        phone: PhoneIndex,
        /// Its state now.
        state: AdapterState,
    },
    /// A door's power came on.
    PowerOn(DoorIndex),
    /// A door's power failed.
    PowerOff(DoorIndex),
    /// Something happened to a door's body.
    Door {
        /// Which door.
        door: DoorIndex,
        /// What.
        note: DoorNote,
    },
    /// A remark of the story's author.
    Note(String),
}

/// A happening and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Instant,
    /// What.
    pub what: Happening,
}

/// The record of a run. Two runs with the same seed and the same script have equal traces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    records: Vec<Record>,
    phones: BTreeMap<PhoneIndex, String>,
    doors: BTreeMap<DoorIndex, String>,
}

impl Trace {
    pub(crate) fn put(&mut self, at: Instant, what: Happening) {
        self.records.push(Record { at, what });
    }

    pub(crate) fn name_phone(&mut self, phone: PhoneIndex, name: &str) {
        self.phones.insert(phone, name.to_owned());
    }

    pub(crate) fn name_door(&mut self, door: DoorIndex, name: &str) {
        self.doors.insert(door, name.to_owned());
    }

    /// All records, in order.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// What happened from `from` on.
    #[must_use]
    pub fn since(&self, from: Instant) -> Self {
        self.select(|_, record| record.at >= from)
    }

    /// What happened from the `count`-th record on: a mark taken earlier as `records().len()`.
    #[must_use]
    pub fn after(&self, count: usize) -> Self {
        let records = self.records.get(count..).unwrap_or_default().to_vec();
        Self { records, phones: self.phones.clone(), doors: self.doors.clone() }
    }

    /// The records that `wanted` takes, by position and content.
    #[must_use]
    pub fn select(&self, mut wanted: impl FnMut(usize, &Record) -> bool) -> Self {
        let numbered = self.records.iter().enumerate();
        let records = numbered.filter(|(position, record)| wanted(*position, record));
        Self {
            records: records.map(|(_, record)| record.clone()).collect(),
            phones: self.phones.clone(),
            doors: self.doors.clone(),
        }
    }

    /// What happened on one connection.
    #[must_use]
    pub fn of(&self, connection: ConnectionId) -> Self {
        self.select(|_, record| record.what.connection() == Some(connection))
    }

    /// All packets of the attribute protocol, in order, with their moments.
    pub fn packets(&self) -> impl Iterator<Item = (Instant, &Packet)> {
        self.records.iter().filter_map(|record| match &record.what {
            Happening::Packet(packet) => Some((record.at, packet)),
            _ => None,
        })
    }

    /// A 64-bit digest of the whole trace (FNV-1a over its debug form): equal for equal runs.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
        for record in &self.records {
            for byte in format!("{record:?}\n").bytes() {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        digest
    }
}

impl Happening {
    /// The connection on which it happened, if it was one.
    #[must_use]
    pub const fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Packet(Packet { connection, .. })
            | Self::Connected { connection, .. }
            | Self::Discovered(connection)
            | Self::PhoneDisconnected { connection, .. }
            | Self::DoorDisconnected(connection) => Some(*connection),
            _ => None,
        }
    }
}
