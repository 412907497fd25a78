//! What goes wrong on purpose: the script of a hostile air.

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_phone::link::ConnectionId;

use crate::trace::{Direction, PacketKind};

/// A packet as an interceptor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intercepted {
    /// On this connection.
    pub connection: ConnectionId,
    /// What it is: a write, a write without response or a notification.
    pub kind: PacketKind,
    /// The frame.
    pub value: Vec<u8>,
}

/// What becomes of an intercepted packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It arrives as it was sent.
    Pass,
    /// It vanishes.
    Drop,
    /// It arrives with other bytes.
    Replace(Vec<u8>),
    /// It vanishes and the connection ends with it, as if the other side had ended it.
    Disconnect,
    /// It arrives, and these frames after it.
    Follow(Vec<Vec<u8>>),
}

pub(crate) type Interceptor = Box<dyn FnMut(&Intercepted) -> Verdict + Send>;

/// Scripted faults of one world.
#[derive(Default)]
pub(crate) struct Faults {
    drops: BTreeSet<(ConnectionId, Direction, u32)>,
    cuts: BTreeMap<(ConnectionId, Direction), u64>,
    interceptor: Option<Interceptor>,
}

impl Faults {
    pub(crate) fn drop_packet(&mut self, connection: ConnectionId, direction: Direction, index: u32) {
        self.drops.insert((connection, direction, index));
    }

    pub(crate) fn drops(&self, connection: ConnectionId, direction: Direction, index: u32) -> bool {
        self.drops.contains(&(connection, direction, index))
    }

    pub(crate) fn cut_after(&mut self, connection: ConnectionId, direction: Direction, bytes: u64) {
        self.cuts.insert((connection, direction), bytes);
    }

    /// Whether the link dies before the packet that ends at `bytes` application bytes has arrived.
    pub(crate) fn cuts(&self, connection: ConnectionId, direction: Direction, bytes: u64) -> bool {
        self.cuts.get(&(connection, direction)).is_some_and(|limit| bytes > *limit)
    }

    pub(crate) fn intercept(&mut self, interceptor: Option<Interceptor>) {
        self.interceptor = interceptor;
    }

    pub(crate) fn judge(&mut self, connection: ConnectionId, kind: PacketKind, value: &[u8]) -> Verdict {
        match &mut self.interceptor {
            Some(interceptor) => interceptor(&Intercepted { connection, kind, value: value.to_vec() }),
            None => Verdict::Pass,
        }
    }
}
