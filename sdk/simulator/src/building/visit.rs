//! One tap of one person at one door, and what can be counted from it.

use core::fmt;
use core::time::Duration;

use thumbturn_phone::link::ConnectionId;
use thumbturn_phone::unlock::{Opened, UnlockError};

use super::{BuildingDoor, Resident};
use crate::clock::Instant;
use crate::energy::{Consumption, EnergyModel, Meter};
use crate::station::{DoorIndex, PhoneIndex};
use crate::trace::{Direction, DoorNote, Fate, Happening, PacketKind, Trace};

/// What became of a tap.
#[derive(Clone, Debug)]
pub struct Visit {
    phone: PhoneIndex,
    door: DoorIndex,
    started: Instant,
    finished: Instant,
    outcome: Result<Opened, UnlockError>,
    trace: Trace,
    meter: Meter,
}

/// When the steps of a tap were first reached, counted from the tap. `None`: not reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Milestones {
    /// The door was heard.
    pub heard: Option<Duration>,
    /// The link layer was connected.
    pub connected: Option<Duration>,
    /// The phone knew the service's handles.
    pub discovered: Option<Duration>,
    /// The hello arrived.
    pub hello: Option<Duration>,
    /// The first frame of a request arrived at the door.
    pub request: Option<Duration>,
    /// The door started its motor.
    pub motor: Option<Duration>,
    /// The first frame of the answer arrived at the phone.
    pub answer: Option<Duration>,
    /// The bolt was drawn.
    pub bolt: Option<Duration>,
}

impl Visit {
    pub(super) fn new(
        resident: &Resident,
        door: &BuildingDoor,
        started: Instant,
        finished: Instant,
        outcome: Result<Opened, UnlockError>,
        trace: Trace,
        meter: Meter,
    ) -> Self {
        let (phone, door) = (resident.phone().index(), door.door().index());
        Self { phone, door, started, finished, outcome, trace, meter }
    }

    /// The outcome that the phone core reported.
    ///
    /// # Errors
    ///
    /// Why the door did not open.
    pub const fn outcome(&self) -> Result<&Opened, &UnlockError> {
        self.outcome.as_ref()
    }

    /// Whether the phone core reported an open door.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.outcome.is_ok()
    }

    /// From the tap to the outcome.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.finished.since(self.started)
    }

    /// Everything that happened in the world meanwhile.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What it cost the door.
    #[must_use]
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The charge that it took out of the door's battery, advertising meanwhile included.
    #[must_use]
    pub fn consumption(&self, model: &EnergyModel) -> Consumption {
        model.consumption(&self.meter)
    }

    /// This phone's connections to this door, in order.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionId> {
        let connected = self.trace.records().iter().filter_map(|record| match record.what {
            Happening::Connected { connection, phone, door } if phone == self.phone && door == self.door => {
                Some(connection)
            }
            _ => None,
        });
        connected.collect()
    }

    /// What the protocol sent up to the answer: hello, request and answer, and their repetitions. What follows the answer
    /// on the same connection is not counted.
    #[must_use]
    pub fn exchange(&self) -> Trace {
        let end = self.milestone_records().answer_end.unwrap_or(usize::MAX);
        let connections = self.connections();
        self.trace.select(|position, record| {
            position <= end && record.what.connection().is_some_and(|id| connections.contains(&id))
        })
    }

    /// Round trips up to the answer.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.exchange().round_trips()
    }

    /// Application bytes up to the answer, both ways, the pushed hello included.
    #[must_use]
    pub fn application_bytes(&self) -> usize {
        self.exchange().application_bytes()
    }

    /// Attribute protocol requests that the phone waited for before the hello arrived.
    #[must_use]
    pub fn att_requests_before_hello(&self) -> usize {
        let end = self.milestone_records().hello.unwrap_or(usize::MAX);
        let connections = self.connections();
        let before = self.trace.select(|position, record| {
            position <= end && record.what.connection().is_some_and(|id| connections.contains(&id))
        });
        before.att_requests()
    }

    /// When the steps were first reached.
    #[must_use]
    pub fn milestones(&self) -> Milestones {
        let found = self.milestone_records();
        let time = |position: Option<usize>| {
            let record = self.trace.records().get(position?)?;
            Some(record.at.since(self.started))
        };
        Milestones {
            heard: time(found.heard),
            connected: time(found.connected),
            discovered: time(found.discovered),
            hello: time(found.hello),
            request: time(found.request),
            motor: time(found.motor),
            answer: time(found.answer),
            bolt: time(found.bolt),
        }
    }

    fn milestone_records(&self) -> Positions {
        let mut positions = Positions::default();
        for (position, record) in self.trace.records().iter().enumerate() {
            positions.see(self, position, &record.what);
        }
        positions
    }
}

/// Where in the trace each step was first reached.
#[derive(Default)]
struct Positions {
    heard: Option<usize>,
    connected: Option<usize>,
    discovered: Option<usize>,
    hello: Option<usize>,
    request: Option<usize>,
    motor: Option<usize>,
    answer: Option<usize>,
    /// The last frame of that answer.
    answer_end: Option<usize>,
    bolt: Option<usize>,
    ours: Vec<ConnectionId>,
}

/// Message types in the header of a first frame (spec §4.3, §4.4).
const FULL_REQUEST: u8 = 0x03;
const FULL_ANSWER: u8 = 0x04;
const FAST_REQUEST: u8 = 0x05;
const FAST_ANSWER: u8 = 0x06;
const HELLO: u8 = 0x01;
const FIRST: u8 = 0x80;
const LAST: u8 = 0x40;
const TYPE: u8 = 0x3f;

impl Positions {
    fn see(&mut self, visit: &Visit, position: usize, what: &Happening) {
        let place = Some(position);
        match what {
            Happening::Heard { phone, door, .. } if (*phone, *door) == (visit.phone, visit.door) => {
                self.heard = self.heard.or(place);
            }
            Happening::Connected { connection, phone, door }
                if (*phone, *door) == (visit.phone, visit.door) =>
            {
                self.connected = self.connected.or(place);
                self.ours.push(*connection);
            }
            Happening::Discovered(connection) if self.ours.contains(connection) => {
                self.discovered = self.discovered.or(place);
            }
            Happening::Door { door, note: DoorNote::MotorRuns } if *door == visit.door => {
                self.motor = self.motor.or(place);
            }
            Happening::Door { door, note: DoorNote::BoltDrawn } if *door == visit.door => {
                self.bolt = self.bolt.or(place);
            }
            Happening::Packet(packet)
                if self.ours.contains(&packet.connection)
                    && packet.fate != Fate::Dropped
                    && packet.kind.carries_frame() =>
            {
                self.see_frame(packet.kind, packet.value.first().copied().unwrap_or(0), position);
            }
            _ => {}
        }
    }

    fn see_frame(&mut self, kind: PacketKind, header: u8, position: usize) {
        let place = Some(position);
        let begins = (header & FIRST != 0).then_some(header & TYPE);
        match (kind.direction(), begins) {
            (Direction::ToPhone, Some(HELLO)) => self.hello = self.hello.or(place),
            (Direction::ToDoor, Some(FULL_REQUEST | FAST_REQUEST)) => self.request = self.request.or(place),
            (Direction::ToPhone, Some(FULL_ANSWER | FAST_ANSWER)) => self.answer = self.answer.or(place),
            _ => {}
        }
        let of_answer = kind.direction() == Direction::ToPhone && self.answer.is_some();
        if of_answer && header & LAST != 0 {
            self.answer_end = self.answer_end.or(place);
        }
    }
}

/// One line for each step: milliseconds since the tap.
impl fmt::Display for Milestones {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = [
            ("heard", self.heard),
            ("connected", self.connected),
            ("service known", self.discovered),
            ("hello", self.hello),
            ("request at the door", self.request),
            ("motor runs", self.motor),
            ("answer", self.answer),
            ("bolt drawn", self.bolt),
        ];
        for (name, time) in steps {
            match time {
                Some(time) => writeln!(formatter, "{name:>20} {:>6} ms", time.as_millis())?,
                None => writeln!(formatter, "{name:>20}      -")?,
            }
        }
        Ok(())
    }
}
