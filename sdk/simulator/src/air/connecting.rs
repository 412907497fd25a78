//! From a connection request to a known service.

use core::time::Duration;
use std::collections::VecDeque;

use thumbturn_phone::link::{ConnectionId, LinkError};

use super::{Air, Event};
use crate::clock::micros;
use crate::connection::{Asker, Connection, Discovery, Pdu, Phase};
use crate::peripheral::PeripheralEvent;
use crate::profile::ServiceCache;
use crate::station::phone::AttemptId;
use crate::station::{DoorIndex, PhoneIndex};
use crate::trace::{Happening, PacketKind};

/// The unit of connection timing (Bluetooth Core 5.4 Vol 6 Part B 4.5.3).
const TICK_MICROS: u64 = 1_250;
/// The shortest connection interval that the link layer knows.
pub(super) const SHORTEST_INTERVAL: Duration = Duration::from_micros(7_500);
/// Link-layer exchanges (features, version, data length) before the first attribute packet.
const SETUP_EVENTS: u64 = 2;
const SHORTEST_DATA_LENGTH: u16 = 27;
const LONGEST_DATA_LENGTH: u16 = 251;
pub(super) const SMALLEST_MTU: u16 = 23;

impl Air {
    /// The door heard the phone's request: the first connection event follows.
    pub(super) fn begin_connection(&mut self, phone: PhoneIndex, attempt: AttemptId, door: DoorIndex) {
        let Some(station) = self.phones.get_mut(&phone) else { return };
        let Some(initiation) = station.initiations.remove(&attempt) else { return };
        let interval = station.profile.interval.max(SHORTEST_INTERVAL);
        self.connections_made = self.connections_made.saturating_add(1);
        let id = ConnectionId(self.connections_made);
        let connection = Connection {
            phone,
            door,
            attempt,
            events: initiation.events,
            phase: Phase::Establishing(initiation.reply),
            interval,
            interval_update: None,
            events_held: 0,
            last_heard: self.now,
            established: false,
            events_heard: 0,
            data_length: SHORTEST_DATA_LENGTH,
            mtu: SMALLEST_MTU,
            mtu_exchanged: false,
            subscribed: false,
            to_door: VecDeque::new(),
            to_phone: VecDeque::new(),
            waiting: VecDeque::new(),
            under_way: None,
            discovery: VecDeque::new(),
            refused: false,
            droppable_to_door: 0,
            droppable_to_phone: 0,
            bytes_to_door: 0,
            bytes_to_phone: 0,
            terminating: None,
            phone_open: true,
            door_open: true,
            dead: false,
        };
        self.connections.insert(id, connection);
        let offset = self.random.below(micros(interval) / TICK_MICROS).saturating_add(1);
        let first = Duration::from_micros(offset.saturating_mul(TICK_MICROS));
        self.put(self.now.plus(first), Event::Exchange(id));
    }

    /// Both sides heard each other in this connection event.
    pub(super) fn progress_setup(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let (phone, door) = (connection.phone, connection.door);
        if !connection.established {
            connection.established = true;
            self.record(Happening::Connected { connection: id, phone, door });
            self.tell_door(door, PeripheralEvent::Connected(id));
            return;
        }
        connection.events_heard = connection.events_heard.saturating_add(1);
        if connection.events_heard == SETUP_EVENTS {
            self.begin_discovery(id);
        }
    }

    fn begin_discovery(&mut self, id: ConnectionId) {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(phone) = self.phones.get(&connection.phone) else { return };
        let Some(door) = self.doors.get(&connection.door) else { return };
        connection.data_length = phone.profile.data_length.clamp(SHORTEST_DATA_LENGTH, LONGEST_DATA_LENGTH);
        let known = phone.known_services.contains(&door.address);
        let mtu = if phone.profile.mtu_on_connect { phone.profile.mtu } else { SMALLEST_MTU };
        connection.discovery = match (phone.profile.service_cache, known) {
            (ServiceCache::Trusted, true) => VecDeque::new(),
            (ServiceCache::DatabaseHash, true) => VecDeque::from([Discovery { request: 7, response: 20 }]),
            (ServiceCache::Never | ServiceCache::Trusted | ServiceCache::DatabaseHash, _) => {
                full_discovery(mtu)
            }
        };
        if phone.profile.mtu_on_connect {
            let pdu = Pdu::bare(PacketKind::MtuRequest, 3, now);
            connection.ask(pdu, Asker::Mtu(None));
        } else {
            self.continue_discovery(id);
        }
    }

    /// Asks the next discovery request; when there is none left the connection is ready for the app.
    pub(super) fn continue_discovery(&mut self, id: ConnectionId) {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !matches!(connection.phase, Phase::Establishing(_)) {
            return;
        }
        if let Some(next) = connection.discovery.front() {
            let pdu = Pdu::bare(PacketKind::DiscoveryRequest, next.request, now);
            connection.ask(pdu, Asker::Discovery);
            return;
        }
        let (phone, door) = (connection.phone, connection.door);
        if let Phase::Establishing(reply) = core::mem::replace(&mut connection.phase, Phase::Open) {
            if let (Some(phone), Some(door)) = (self.phones.get_mut(&phone), self.doors.get(&door)) {
                phone.known_services.insert(door.address.clone());
            }
            self.record(Happening::Discovered(id));
            self.call_phone(phone, move || reply.give(Ok(id)));
        }
    }

    /// A connection attempt ends without a connection.
    pub(super) fn connect_fails(&mut self, phone: PhoneIndex, attempt: AttemptId, code: i32) {
        let Some(station) = self.phones.get_mut(&phone) else { return };
        let Some(initiation) = station.initiations.remove(&attempt) else { return };
        self.record(Happening::ConnectFailed { phone, code });
        initiation.reply.give(Err(LinkError::ConnectFailed { code }));
    }
}

/// The requests of a client that looks for our service at the end of the attribute table (spec §4.1): find the service, read
/// its characteristics up to the last handle, find the descriptor of `tx`.
fn full_discovery(mtu: u16) -> VecDeque<Discovery> {
    const CHARACTERISTIC: u16 = 21;
    let service = Discovery { request: 23, response: 5 };
    let descriptor = Discovery { request: 5, response: 6 };
    let characteristics = if mtu >= 2 + 2 * CHARACTERISTIC {
        vec![Discovery { request: 7, response: 2 + 2 * CHARACTERISTIC }]
    } else {
        vec![Discovery { request: 7, response: 2 + CHARACTERISTIC }; 2]
    };
    let mut requests = VecDeque::from([service]);
    requests.extend(characteristics);
    requests.push_back(descriptor);
    requests
}
