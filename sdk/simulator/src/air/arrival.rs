//! A packet of the attribute protocol has arrived, whole.

use core::time::Duration;
use std::sync::Arc;

use thumbturn_phone::link::{ConnectionEvent, ConnectionId, DisconnectReason};

use super::{Air, Event};
use crate::clock::Instant;
use crate::connection::{Asker, Connection, Pdu};
use crate::fault::Verdict;
use crate::peripheral::PeripheralEvent;
use crate::station::PhoneIndex;
use crate::trace::{Direction, Fate, Happening, Packet, PacketKind};

/// What the door's Bluetooth stack needs for an answer.
const TURNAROUND: Duration = Duration::from_micros(300);
/// The largest MTU of the door's stack.
pub(super) const LARGEST_MTU: u16 = 517;

impl Air {
    pub(super) fn arrive(&mut self, id: ConnectionId, mut pdu: Pdu, mut fate: Fate) {
        let Some(connection) = self.connections.get(&id) else { return };
        let listening = match pdu.kind.direction() {
            Direction::ToDoor => connection.door_open,
            Direction::ToPhone => connection.phone_open,
        };
        if !listening {
            return;
        }
        let mut followers = Vec::new();
        let mut ends = false;
        if pdu.kind.carries_frame() && fate != Fate::Injected {
            match self.faults.judge(id, pdu.kind, &pdu.value) {
                Verdict::Pass => {}
                Verdict::Drop => fate = Fate::Dropped,
                Verdict::Replace(value) => {
                    pdu.value = value;
                    fate = Fate::Altered;
                }
                Verdict::Disconnect => {
                    fate = Fate::Dropped;
                    ends = true;
                }
                Verdict::Follow(frames) => followers = frames,
            }
        }
        let (kind, now) = (pdu.kind, self.now);
        self.record(Happening::Packet(Packet::of(id, pdu.clone(), fate)));
        if fate != Fate::Dropped {
            match kind.direction() {
                Direction::ToDoor => self.arrive_at_door(id, pdu),
                Direction::ToPhone => self.arrive_at_phone(id, pdu),
            }
        }
        if ends {
            self.close_phone_side(id, DisconnectReason::Remote);
            self.close_door_side(id);
        }
        for frame in followers {
            self.put(now, Event::Arrive(id, Pdu::frame(kind, frame, now), Fate::Injected));
        }
    }

    fn arrive_at_door(&mut self, id: ConnectionId, pdu: Pdu) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(door) = self.doors.get(&connection.door) else { return };
        // The stack runs on the same CPU as the door's software: while that is busy, nothing is answered.
        let ready = self.now.max(door.busy_until).plus(TURNAROUND);
        let (answer, event) = match pdu.kind {
            PacketKind::MtuRequest => {
                let asked = self.phones.get(&connection.phone).map_or(0, |phone| phone.profile.mtu);
                connection.mtu = asked.clamp(super::connecting::SMALLEST_MTU, LARGEST_MTU);
                connection.mtu_exchanged = true;
                let event = PeripheralEvent::MtuChanged { connection: id, mtu: connection.mtu };
                (Some((PacketKind::MtuResponse, 3)), Some(event))
            }
            PacketKind::DiscoveryRequest => {
                let length = connection.discovery.pop_front().map_or(5, |request| request.response);
                (Some((PacketKind::DiscoveryResponse, length)), None)
            }
            PacketKind::SubscribeRequest => {
                connection.subscribed = true;
                (Some((PacketKind::SubscribeResponse, 1)), Some(PeripheralEvent::Subscribed(id)))
            }
            PacketKind::WriteRequest => {
                let event = PeripheralEvent::Received { connection: id, value: pdu.value };
                (Some((PacketKind::WriteResponse, 1)), Some(event))
            }
            PacketKind::WriteCommand => {
                (None, Some(PeripheralEvent::Received { connection: id, value: pdu.value }))
            }
            PacketKind::MtuResponse
            | PacketKind::DiscoveryResponse
            | PacketKind::SubscribeResponse
            | PacketKind::WriteResponse
            | PacketKind::Notification => (None, None),
        };
        if let Some((kind, length)) = answer {
            connection.enqueue(Pdu::bare(kind, length, ready));
        }
        let door = connection.door;
        if let Some(event) = event {
            self.tell_door(door, event);
        }
    }

    fn arrive_at_phone(&mut self, id: ConnectionId, pdu: Pdu) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let phone = connection.phone;
        if pdu.kind == PacketKind::Notification {
            self.tell_phone(id, ConnectionEvent::Notified(pdu.value));
            return;
        }
        let mtu = connection.mtu;
        match connection.under_way.take() {
            None => return,
            Some(Asker::Discovery) => self.continue_discovery(id),
            Some(Asker::Mtu(reply)) => {
                self.tell_phone(id, ConnectionEvent::MtuChanged(mtu));
                match reply {
                    Some(reply) => self.call_phone(phone, move || reply.give(Ok(mtu))),
                    None => self.continue_discovery(id),
                }
            }
            Some(Asker::Done(reply)) => self.call_phone(phone, move || reply.give(Ok(()))),
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.pump_requests();
        }
    }

    /// A packet has left its sender's queue: there is room.
    pub(super) fn after_leaving(&mut self, id: ConnectionId, connection: &mut Connection, pdu: &Pdu) {
        match pdu.kind {
            PacketKind::WriteCommand if connection.refused => {
                connection.refused = false;
                let events = Arc::clone(&connection.events);
                self.push_event(connection.phone, events, ConnectionEvent::Writable);
            }
            PacketKind::Notification => {
                self.tell_door(connection.door, PeripheralEvent::Writable(id));
            }
            _ => {}
        }
    }

    /// Pushes an event into the queue that the phone's driver registered.
    pub(super) fn tell_phone(&mut self, id: ConnectionId, event: ConnectionEvent) {
        if let Some(connection) = self.connections.get(&id) {
            let events = Arc::clone(&connection.events);
            self.push_event(connection.phone, events, event);
        }
    }

    fn push_event(
        &mut self,
        phone: PhoneIndex,
        events: Arc<thumbturn_phone::queue::EventQueue<ConnectionEvent>>,
        event: ConnectionEvent,
    ) {
        self.call_phone(phone, move || {
            events.push(event);
        });
    }

    /// An attacker's frame arrives now, as if the other side had sent it.
    pub(crate) fn inject(&mut self, id: ConnectionId, kind: PacketKind, value: Vec<u8>) {
        let now: Instant = self.now;
        self.put(now, Event::Arrive(id, Pdu::frame(kind, value, now), Fate::Injected));
    }
}
