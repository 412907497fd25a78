//! One connection: the state of its link layer and of the attribute protocol on both sides.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use thumbturn_phone::link::{ConnectionEvent, ConnectionId, LinkError};
use thumbturn_phone::queue::EventQueue;

use crate::clock::Instant;
use crate::radio::link_layer::ATT_HEADER;
use crate::reply::Reply;
use crate::station::phone::AttemptId;
use crate::station::{DoorIndex, PhoneIndex};
use crate::trace::{Direction, PacketKind};

/// A packet of the attribute protocol on its way.
#[derive(Clone, Debug)]
pub(crate) struct Pdu {
    pub(crate) kind: PacketKind,
    pub(crate) value: Vec<u8>,
    pub(crate) att_bytes: u16,
    pub(crate) droppable: Option<u32>,
    /// The host hands it to the radio at this moment.
    pub(crate) ready: Instant,
    pub(crate) fragments: u16,
    pub(crate) fragments_sent: u16,
}

impl Pdu {
    /// A packet that carries a frame.
    pub(crate) fn frame(kind: PacketKind, value: Vec<u8>, ready: Instant) -> Self {
        let att_bytes = u16::try_from(value.len()).unwrap_or(u16::MAX).saturating_add(ATT_HEADER);
        Self { value, ..Self::bare(kind, att_bytes, ready) }
    }

    /// A packet of which only the length matters.
    pub(crate) const fn bare(kind: PacketKind, att_bytes: u16, ready: Instant) -> Self {
        Self { kind, value: Vec::new(), att_bytes, droppable: None, ready, fragments: 0, fragments_sent: 0 }
    }
}

/// Who is told how a request went.
pub(crate) enum Asker {
    Discovery,
    Mtu(Option<Reply<Result<u16, LinkError>>>),
    Done(Reply<Result<(), LinkError>>),
}

/// A request of the attribute protocol: one at a time is under way, the others wait.
pub(crate) struct Request {
    pub(crate) pdu: Pdu,
    pub(crate) asker: Asker,
}

/// How far a connection is.
pub(crate) enum Phase {
    /// The first packets and the link layer's own exchanges; the caller of `connect` waits.
    Establishing(Reply<Result<ConnectionId, LinkError>>),
    /// In use.
    Open,
}

/// Which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Phone,
    Door,
}

pub(crate) struct Connection {
    pub(crate) phone: PhoneIndex,
    pub(crate) door: DoorIndex,
    pub(crate) attempt: AttemptId,
    pub(crate) events: Arc<EventQueue<ConnectionEvent>>,
    pub(crate) phase: Phase,

    pub(crate) interval: Duration,
    /// A new interval and the connection event at which it begins.
    pub(crate) interval_update: Option<(Duration, u64)>,
    pub(crate) events_held: u64,
    pub(crate) last_heard: Instant,
    pub(crate) established: bool,
    /// Both sides heard each other in so many events since.
    pub(crate) events_heard: u64,
    pub(crate) data_length: u16,

    pub(crate) mtu: u16,
    pub(crate) mtu_exchanged: bool,
    pub(crate) subscribed: bool,
    pub(crate) to_door: VecDeque<Pdu>,
    pub(crate) to_phone: VecDeque<Pdu>,
    pub(crate) waiting: VecDeque<Request>,
    pub(crate) under_way: Option<Asker>,
    /// Discovery requests still to come before the service is known.
    pub(crate) discovery: VecDeque<Discovery>,
    /// A write was refused: the phone is told when there is room.
    pub(crate) refused: bool,
    pub(crate) droppable_to_door: u32,
    pub(crate) droppable_to_phone: u32,
    pub(crate) bytes_to_door: u64,
    pub(crate) bytes_to_phone: u64,

    /// The side that asked for the end.
    pub(crate) terminating: Option<Side>,
    pub(crate) phone_open: bool,
    pub(crate) door_open: bool,
    /// Nothing gets through any more.
    pub(crate) dead: bool,
}

/// One request of service discovery: what it costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Discovery {
    pub(crate) request: u16,
    pub(crate) response: u16,
}

impl Connection {
    /// Writes without response that wait in the phone's queue.
    pub(crate) fn queued_commands(&self) -> usize {
        self.to_door.iter().filter(|pdu| pdu.kind == PacketKind::WriteCommand).count()
    }

    pub(crate) fn queue(&mut self, direction: Direction) -> &mut VecDeque<Pdu> {
        match direction {
            Direction::ToDoor => &mut self.to_door,
            Direction::ToPhone => &mut self.to_phone,
        }
    }

    /// Puts a packet into its side's queue and numbers it when it can vanish.
    pub(crate) fn enqueue(&mut self, mut pdu: Pdu) {
        if pdu.kind.can_vanish() {
            let counter = match pdu.kind.direction() {
                Direction::ToDoor => &mut self.droppable_to_door,
                Direction::ToPhone => &mut self.droppable_to_phone,
            };
            pdu.droppable = Some(*counter);
            *counter = counter.saturating_add(1);
        }
        self.queue(pdu.kind.direction()).push_back(pdu);
    }

    /// Bytes of frames sent in this direction.
    pub(crate) const fn bytes(&self, direction: Direction) -> u64 {
        match direction {
            Direction::ToDoor => self.bytes_to_door,
            Direction::ToPhone => self.bytes_to_phone,
        }
    }

    /// Counts a frame's bytes.
    pub(crate) fn count_bytes(&mut self, direction: Direction, bytes: usize) {
        let counter = match direction {
            Direction::ToDoor => &mut self.bytes_to_door,
            Direction::ToPhone => &mut self.bytes_to_phone,
        };
        *counter = counter.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Puts a request at the end of those that wait.
    pub(crate) fn ask(&mut self, pdu: Pdu, asker: Asker) {
        self.waiting.push_back(Request { pdu, asker });
        self.pump_requests();
    }

    /// Sends the next waiting request when none is under way.
    pub(crate) fn pump_requests(&mut self) {
        if self.under_way.is_none()
            && let Some(request) = self.waiting.pop_front()
        {
            self.under_way = Some(request.asker);
            self.enqueue(request.pdu);
        }
    }
}
