//! Packets of the attribute protocol, and what can be counted from them.

use thumbturn_phone::link::ConnectionId;

use super::Trace;
use crate::connection::Pdu;

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the phone to the door.
    ToDoor,
    /// From the door to the phone.
    ToPhone,
}

/// What an attribute protocol packet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketKind {
    /// Exchange MTU request.
    MtuRequest,
    /// Exchange MTU response.
    MtuResponse,
    /// One of the requests of service discovery.
    DiscoveryRequest,
    /// Its answer.
    DiscoveryResponse,
    /// Write request to the descriptor that switches notifications on.
    SubscribeRequest,
    /// Its answer.
    SubscribeResponse,
    /// Write request to `rx`.
    WriteRequest,
    /// Its answer, given by the door's Bluetooth stack.
    WriteResponse,
    /// Write without response to `rx`.
    WriteCommand,
    /// Notification of `tx`.
    Notification,
}

impl PacketKind {
    /// Which way packets of this kind go.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::MtuRequest
            | Self::DiscoveryRequest
            | Self::SubscribeRequest
            | Self::WriteRequest
            | Self::WriteCommand => Direction::ToDoor,
            Self::MtuResponse
            | Self::DiscoveryResponse
            | Self::SubscribeResponse
            | Self::WriteResponse
            | Self::Notification => Direction::ToPhone,
        }
    }

    /// Whether it carries a frame of the protocol.
    #[must_use]
    pub const fn carries_frame(self) -> bool {
        matches!(self, Self::WriteRequest | Self::WriteCommand | Self::Notification)
    }

    /// Whether it is a request that the phone must wait for.
    #[must_use]
    pub const fn is_request(self) -> bool {
        matches!(
            self,
            Self::MtuRequest | Self::DiscoveryRequest | Self::SubscribeRequest | Self::WriteRequest
        )
    }

    /// Whether it can vanish in a full queue without anybody being told.
    #[must_use]
    pub const fn can_vanish(self) -> bool {
        matches!(self, Self::WriteCommand | Self::Notification)
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It arrived.
    Delivered,
    /// It arrived with other bytes than were sent.
    Altered,
    /// It vanished in a host's queue; nobody was told.
    Dropped,
    /// Nobody sent it: an attacker put it on the air.
    Injected,
}

/// One packet of the attribute protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// On this connection.
    pub connection: ConnectionId,
    /// What it does.
    pub kind: PacketKind,
    /// Its place among the packets of its connection and direction that can vanish, from 0; `None` for all others.
    pub droppable: Option<u32>,
    /// The frame; empty unless the kind carries one.
    pub value: Vec<u8>,
    /// Length of the attribute protocol packet, header included.
    pub att_bytes: u16,
    /// Link-layer packets that it took.
    pub fragments: u16,
    /// What became of it.
    pub fate: Fate,
}

impl Packet {
    /// Which way it goes.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.kind.direction()
    }

    pub(crate) fn of(connection: ConnectionId, pdu: Pdu, fate: Fate) -> Self {
        let Pdu { kind, value, att_bytes, droppable, fragments, .. } = pdu;
        Self { connection, kind, droppable, value, att_bytes, fragments, fate }
    }
}

impl Trace {
    /// Packets that carry frames: what the protocol itself sent.
    pub fn frames(&self) -> impl Iterator<Item = &Packet> {
        self.packets().map(|(_, packet)| packet).filter(|packet| packet.kind.carries_frame())
    }

    /// Application bytes: the sum of all frames, both ways.
    #[must_use]
    pub fn application_bytes(&self) -> usize {
        self.frames().map(|packet| packet.value.len()).sum()
    }

    /// Attribute protocol packets, of whatever kind.
    #[must_use]
    pub fn att_packets(&self) -> usize {
        self.packets().count()
    }

    /// Requests that the phone had to wait for.
    #[must_use]
    pub fn att_requests(&self) -> usize {
        self.packets().filter(|(_, packet)| packet.kind.is_request()).count()
    }

    /// Round trips of the protocol: how often something went to the door and something came back after it. A hello that
    /// the door pushes is none.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        let mut asked = false;
        let mut round_trips: usize = 0;
        for packet in self.frames() {
            match packet.direction() {
                Direction::ToDoor => asked = true,
                Direction::ToPhone if asked => {
                    asked = false;
                    round_trips = round_trips.saturating_add(1);
                }
                Direction::ToPhone => {}
            }
        }
        round_trips
    }
}
