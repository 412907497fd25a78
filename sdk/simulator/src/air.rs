//! The state of a world and what its events do.

mod advertising;
mod arrival;
mod closing;
mod connecting;
mod door_cpu;
mod exchange;
mod phone_calls;

use core::task::Waker;
use core::time::Duration;
use std::collections::BTreeMap;

use thumbturn_phone::link::ConnectionId;

use crate::agenda::Agenda;
use crate::clock::Instant;
use crate::connection::{Connection, Pdu};
use crate::fault::Faults;
use crate::peripheral::PeripheralAction;
use crate::radio::settings::RadioSettings;
use crate::radio::signal;
use crate::random::{Purpose, SeededRandom};
use crate::station::door::DoorStation;
use crate::station::phone::{AttemptId, PhoneStation};
use crate::station::{DoorIndex, PhoneIndex};
use crate::trace::{DoorNote, Fate, Happening, Trace};
use crate::world::World;

/// Something to be done outside the lock, with the whole world at hand.
pub(crate) type Script = Box<dyn FnOnce(&World) + Send>;

/// What lies in the agenda. Events of a door carry the life in which they were made; a power cut makes them void.
pub(crate) enum Event {
    Wake(Waker),
    Advertise(DoorIndex, u32),
    Exchange(ConnectionId),
    Arrive(ConnectionId, Pdu, Fate),
    Close(ConnectionId),
    DoorStep(DoorIndex, u32),
    DoorAction(DoorIndex, u32, PeripheralAction),
    DoorNote(DoorIndex, DoorNote),
    PowerOn(DoorIndex, u32),
    ConnectFails(PhoneIndex, AttemptId, i32),
    /// A platform callback.
    Call(Box<dyn FnOnce() + Send>),
    Script(Script),
}

pub(crate) struct Air {
    pub(crate) now: Instant,
    pub(crate) agenda: Agenda<Event>,
    pub(crate) random: SeededRandom,
    pub(crate) settings: RadioSettings,
    pub(crate) doors: BTreeMap<DoorIndex, DoorStation>,
    pub(crate) phones: BTreeMap<PhoneIndex, PhoneStation>,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) connections_made: u64,
    pub(crate) attempts_made: u64,
    pub(crate) faults: Faults,
    pub(crate) trace: Trace,
}

impl Air {
    pub(crate) fn new(seed: u64, settings: RadioSettings) -> Self {
        Self {
            now: Instant::START,
            agenda: Agenda::new(),
            random: SeededRandom::stream(seed, Purpose::Radio),
            settings,
            doors: BTreeMap::new(),
            phones: BTreeMap::new(),
            connections: BTreeMap::new(),
            connections_made: 0,
            attempts_made: 0,
            faults: Faults::default(),
            trace: Trace::default(),
        }
    }

    /// Moves to the next event that is due by `limit` and lets it happen. `None`: nothing is due.
    pub(crate) fn advance(&mut self, limit: Instant) -> Option<Option<Script>> {
        let (at, event) = self.agenda.take_until(limit)?;
        self.now = self.now.max(at);
        Some(self.happen(event))
    }

    fn happen(&mut self, event: Event) -> Option<Script> {
        match event {
            Event::Wake(waker) => waker.wake(),
            Event::Advertise(door, life) => self.advertise(door, life),
            Event::Exchange(connection) => self.connection_event(connection),
            Event::Arrive(connection, pdu, fate) => self.arrive(connection, pdu, fate),
            Event::Close(connection) => self.close_terminated(connection),
            Event::DoorStep(door, life) => self.door_step(door, life),
            Event::DoorAction(door, life, action) => self.door_action(door, life, action),
            Event::DoorNote(door, note) => self.record(Happening::Door { door, note }),
            Event::PowerOn(door, life) => self.power_on(door, life),
            Event::ConnectFails(phone, attempt, code) => self.connect_fails(phone, attempt, code),
            Event::Call(call) => call(),
            Event::Script(script) => return Some(script),
        }
        None
    }

    pub(crate) fn put(&mut self, at: Instant, event: Event) {
        self.agenda.put(at, event);
    }

    pub(crate) fn record(&mut self, what: Happening) {
        self.trace.put(self.now, what);
    }

    /// Lets a platform's callback happen after the phone's host latency.
    pub(crate) fn call_phone(&mut self, phone: PhoneIndex, call: impl FnOnce() + Send + 'static) {
        let latency = self.phones.get(&phone).map_or(Duration::ZERO, |phone| phone.profile.host_latency);
        self.put(self.now.plus(latency), Event::Call(Box::new(call)));
    }

    /// Strength of one packet between a phone and a door, as received now.
    pub(crate) fn signal(&mut self, phone: PhoneIndex, door: DoorIndex) -> Option<i8> {
        let here = self.phones.get(&phone)?.walk.place(self.now);
        let distance = self.doors.get(&door)?.settings.place.distance(here);
        Some(signal::received_dbm(&self.settings, distance, &mut self.random))
    }
}
