//! Connection events: the phone speaks first, both sides alternate, what is lost is sent again one interval later.

use core::time::Duration;

use thumbturn_phone::link::ConnectionId;

use super::{Air, Event};
use crate::clock::Instant;
use crate::connection::{Connection, Side};
use crate::radio::{link_layer, signal};
use crate::trace::{Direction, Fate, Happening, Packet};

/// A connection that hears nothing in its first events was never one (Bluetooth Core 5.4 Vol 6 Part B 4.5.2).
const EVENTS_TO_ESTABLISH: u64 = 6;
/// The door's receiver opens before the expected moment.
const WINDOW_WIDENING: Duration = Duration::from_micros(50);

/// What one link-layer packet was.
enum Sent {
    /// Not understood by the other side.
    Lost,
    /// Understood; `more`: its sender has more to say in this event.
    Heard { payload: u16, more: bool },
}

impl Air {
    pub(super) fn connection_event(&mut self, id: ConnectionId) {
        let Some(mut connection) = self.connections.remove(&id) else { return };
        connection.events_held = connection.events_held.saturating_add(1);
        if let Some((interval, instant)) = connection.interval_update
            && connection.events_held >= instant
        {
            connection.interval = interval;
            connection.interval_update = None;
        }
        let (end, heard) = self.exchange(id, &mut connection);
        if heard {
            connection.last_heard = self.now;
        }
        let timeout = if connection.established {
            self.now.since(connection.last_heard) >= self.settings.supervision_timeout
        } else {
            !heard && connection.events_held >= EVENTS_TO_ESTABLISH
        };
        let drained = match connection.terminating {
            Some(Side::Phone) => connection.to_door.is_empty(),
            Some(Side::Door) => connection.to_phone.is_empty(),
            None => false,
        };
        let next = self.now.plus(connection.interval);
        self.connections.insert(id, connection);
        if timeout {
            self.close_lost(id);
        } else if heard && drained {
            self.put(end, Event::Close(id));
        } else {
            self.put(next, Event::Exchange(id));
            if heard {
                self.progress_setup(id);
            }
        }
    }

    /// Alternates packets until both sides are done or one is lost. Gives the end, and whether both sides heard each other.
    fn exchange(&mut self, id: ConnectionId, connection: &mut Connection) -> (Instant, bool) {
        let mut cursor = self.now;
        let mut heard = false;
        let Some(phone) = self.phones.get(&connection.phone) else { return (cursor, false) };
        let pairs = phone.profile.packets_per_event.max(1);
        let last = self.now.plus(connection.interval.saturating_sub(Duration::from_millis(2)));
        let Some(dbm) = self.signal(connection.phone, connection.door) else { return (cursor, false) };
        let loss = signal::loss(&self.settings, dbm);
        let (mut transmit, mut receive) = (Duration::ZERO, WINDOW_WIDENING);
        for _ in 0..pairs {
            let Sent::Heard { payload, more } = self.send(id, connection, Direction::ToDoor, cursor, loss)
            else {
                receive = receive.saturating_add(link_layer::air_time(0));
                break;
            };
            let air = link_layer::air_time(payload);
            receive = receive.saturating_add(air);
            cursor = cursor.plus(air).plus(link_layer::INTER_FRAME_SPACE);

            let answer = self.send(id, connection, Direction::ToPhone, cursor, loss);
            let (payload, door_more) = match answer {
                Sent::Heard { payload, more } => (payload, more),
                Sent::Lost => break,
            };
            heard = true;
            let air = link_layer::air_time(payload);
            transmit = transmit.saturating_add(air);
            cursor = cursor.plus(air).plus(link_layer::INTER_FRAME_SPACE);
            if !(more || door_more) || cursor >= last {
                break;
            }
        }
        if let Some(door) = self.doors.get_mut(&connection.door)
            && connection.door_open
        {
            door.meter.connection_events = door.meter.connection_events.saturating_add(1);
            door.meter.transmit = door.meter.transmit.saturating_add(transmit);
            door.meter.receive = door.meter.receive.saturating_add(receive);
        }
        (cursor, heard)
    }

    /// Sends one link-layer packet: the next fragment that is ready, or an empty one.
    fn send(
        &mut self,
        id: ConnectionId,
        connection: &mut Connection,
        direction: Direction,
        cursor: Instant,
        loss: u32,
    ) -> Sent {
        self.drop_vanishing(id, connection, direction, cursor);
        let data_length = connection.data_length;
        let lost = self.random.chance(loss);
        let room = self.doors.get(&connection.door).is_none_or(|door| door.has_room());
        let ready = connection.queue(direction).front().is_some_and(|pdu| pdu.ready <= cursor);
        let Some(pdu) = connection.queue(direction).front_mut().filter(|_| ready) else {
            return if lost || connection.dead {
                Sent::Lost
            } else {
                Sent::Heard { payload: 0, more: false }
            };
        };
        if pdu.fragments == 0 {
            pdu.fragments = link_layer::fragments(pdu.att_bytes, data_length);
        }
        let bytes = pdu.att_bytes.saturating_add(link_layer::L2CAP_HEADER);
        let before = pdu.fragments_sent.saturating_mul(data_length);
        let payload = bytes.saturating_sub(before).min(data_length);
        let completes = pdu.fragments_sent.saturating_add(1) >= pdu.fragments;
        if completes && pdu.kind.carries_frame() {
            let (frame, before) = (pdu.value.len(), connection.bytes(direction));
            let after = before.saturating_add(u64::try_from(frame).unwrap_or(u64::MAX));
            if self.faults.cuts(id, direction, after) {
                connection.dead = true;
            }
        }
        if lost || connection.dead {
            return Sent::Lost;
        }
        if completes && direction == Direction::ToDoor && !room {
            // Not acknowledged: the door's buffers are full, the packet is sent again.
            return Sent::Heard { payload, more: false };
        }
        self.take_fragment(id, connection, direction, cursor.plus(link_layer::air_time(payload)), completes);
        let more = connection.queue(direction).front().is_some_and(|pdu| pdu.ready <= cursor);
        Sent::Heard { payload, more }
    }

    fn take_fragment(
        &mut self,
        id: ConnectionId,
        connection: &mut Connection,
        direction: Direction,
        arrival: Instant,
        completes: bool,
    ) {
        if !completes {
            if let Some(pdu) = connection.queue(direction).front_mut() {
                pdu.fragments_sent = pdu.fragments_sent.saturating_add(1);
            }
            return;
        }
        if let Some(pdu) = connection.queue(direction).pop_front() {
            connection.count_bytes(direction, pdu.value.len());
            self.after_leaving(id, connection, &pdu);
            self.put(arrival, Event::Arrive(id, pdu, Fate::Delivered));
        }
    }

    /// Host drop: what the script or chance takes out of the sender's queue before it reaches the radio.
    fn drop_vanishing(
        &mut self,
        id: ConnectionId,
        connection: &mut Connection,
        direction: Direction,
        cursor: Instant,
    ) {
        while let Some(pdu) = connection.queue(direction).front() {
            let untouched = pdu.ready <= cursor && pdu.fragments == 0;
            let Some(index) = pdu.droppable.filter(|_| untouched) else { return };
            if !self.faults.drops(id, direction, index) && !self.random.chance(self.settings.host_drop) {
                return;
            }
            let Some(pdu) = connection.queue(direction).pop_front() else { return };
            self.after_leaving(id, connection, &pdu);
            self.record(Happening::Packet(Packet::of(id, pdu, Fate::Dropped)));
        }
    }
}
