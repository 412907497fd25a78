//! One delivery: the records of one session after the door's answer (spec §7.2–7.3, §10–§13).
//!
//! A machine without I/O: records and instants in, records and news out. It begins with *ask*, decides from the door's *state*, and
//! keeps the order rotation, bulletin, time, update, receipt, log. Whatever comes out of order ends it; nothing that a door
//! says makes it hold more than one bulletin and one log batch, or run longer than 30 s.

mod bulletin;
mod collecting;
mod deadlines;
mod errands;
mod pieces;
mod transfer;
mod updating;

#[cfg(test)]
mod tests;

use core::fmt;
use std::collections::VecDeque;

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::{EventNumber, PropertyId, UpdateId};
use thumbturn_protocol::record::{DoorKnowledge, DoorObject, Record};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use self::bulletin::{EntriesOut, IncomingBulletin};
use self::collecting::IncomingBatch;
use self::errands::{Confirmation, Errand};
use self::transfer::{Transfer, Violation};
use crate::courier::cargo::Cargo;
use crate::courier::collected::{Collected, CollectedObject};
use crate::courier::event::CourierEvent;

/// Longest session after the answer (design §4).
pub const SESSION_MS: u64 = 30_000;
/// Milliseconds after which a door takes no token with its nonce any more (spec §13.2); half a second is for the way.
const NONCE_MS: u64 = 7_500;
/// Milliseconds before the state is asked for again, when the door has not yet taken what it was given.
const SETTLING_MS: u64 = 300;
/// Questions for the state in a row.
const ASKS: u8 = 3;
/// Records of one session that may come late or are not for the courier.
const STRAY_RECORDS: u8 = 32;

/// What the door has answered, as far as it decides what may be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The bolt has its answer, or none was asked for: everything.
    Accepted,
    /// *Denied*: a newer rotation or bulletin, then the phone asks again.
    Denied,
    /// *Update required*: also the update, then the phone asks again (design §3).
    UpdateRequired,
}

/// What the driver does next.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CourierStep {
    /// Seal this record and send it.
    Send(Record),
    /// Hand this to [`super::Inbox::keep`], then tell [`CourierSession::kept`].
    Keep(Collected),
    /// Tell the person, who need not know.
    Report(CourierEvent),
    /// Ask the property's authority for an instant with this nonce, then tell [`CourierSession::time_signed`]. Nothing waits for it.
    FetchTime {
        /// Whose authority.
        property: PropertyId,
        /// The door's, for this session.
        nonce: TimeNonce,
    },
    /// Nothing before this instant, unless a record comes or there is room for another.
    Wait {
        /// The instant.
        until: Millis,
    },
    /// The session is over; the connection is of no more use to it.
    Done(End),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// All that there was to do.
    Complete,
    /// The door has what it wanted: the same operation may be sent again while the person's intent is live.
    AskAgain,
    /// The door does not answer.
    Silent,
    /// Thirty seconds are over.
    TimeUp,
    /// The door said what no door says at this point.
    Violation,
    /// A person wanted something: the next phone goes on from here.
    GaveWay,
}

/// Whether the connection takes another record now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// It does.
    Free,
    /// The one before is still being written.
    Busy,
}

/// The courier's side of one session.
pub struct CourierSession {
    cargo: Cargo,
    occasion: Occasion,
    deadline: Millis,
    /// When something was sent or received last.
    active: Millis,
    stage: Stage,
    /// What comes after the present stage.
    next: Errand,
    door: Option<DoorKnowledge>,
    outgoing: VecDeque<Record>,
    steps: VecDeque<CourierStep>,
    entries: Option<EntriesOut>,
    /// The door was given the header of this phone's bulletin and has not asked for its entries.
    gave_bulletin_header: bool,
    /// Updates that were offered; each of them at most once, and again after silence.
    offered: Vec<UpdateId>,
    /// Something was handed over that makes the door state anew what it knows.
    changed_door: bool,
    percent: Option<u8>,
    strays: u8,
    fetches_time: bool,
    /// The nonce that the authority was asked about, and when.
    awaited: Option<(TimeNonce, Millis)>,
}

/// What the session waits for.
enum Stage {
    /// The door's state. `confirms`: what it must show; `asks`: questions in a row.
    Asking {
        confirms: Option<Confirmation>,
        asks: u8,
    },
    /// Before the state is asked for again.
    Settling {
        confirms: Confirmation,
        asks: u8,
        until: Millis,
    },
    /// Whether the door wants the entries.
    OfferingBulletin,
    /// For the entries to leave.
    GivingBulletin,
    /// `None`: for its header.
    TakingBulletin(Option<Box<IncomingBulletin>>),
    Updating(Box<Transfer>),
    AwaitingReceipt,
    AwaitingBatch(IncomingBatch),
    /// For the authority to sign an instant; all else is done.
    AwaitingTime,
    /// For the inbox to keep a log batch.
    Keeping {
        first: EventNumber,
    },
    /// For the last records to leave.
    Leaving(End),
    Over(End),
}

impl Occasion {
    /// The occasion of an authentic answer; `None` when nothing is to be handed over. Only an answer makes one: nothing of a delivery
    /// precedes it.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Accepted { .. } | Outcome::AlreadyDone { .. } | Outcome::Ready => Some(Self::Accepted),
            Outcome::Denied => Some(Self::Denied),
            Outcome::UpdateRequired => Some(Self::UpdateRequired),
            Outcome::OutcomeUnknown
            | Outcome::NotYet
            | Outcome::Expired
            | Outcome::LeaseEnded
            | Outcome::OutOfSchedule
            | Outcome::UnknownTime
            | Outcome::Busy
            | Outcome::DoorFault(_) => None,
        }
    }
}

impl CourierSession {
    /// Begins right after the answer.
    #[must_use]
    pub fn new(cargo: Cargo, occasion: Occasion, now: Millis) -> Self {
        Self {
            cargo,
            occasion,
            deadline: now.plus(SESSION_MS),
            active: now,
            stage: Stage::Asking { confirms: None, asks: 1 },
            next: Errand::Rotation,
            door: None,
            outgoing: VecDeque::from([Record::Ask]),
            steps: VecDeque::new(),
            entries: None,
            gave_bulletin_header: false,
            offered: Vec::new(),
            changed_door: false,
            percent: None,
            strays: 0,
            fetches_time: false,
            awaited: None,
        }
    }

    /// There may be a network: asks with [`CourierStep::FetchTime`] once.
    #[must_use]
    pub const fn with_network(mut self) -> Self {
        self.fetches_time = true;
        self
    }

    /// What the authority signed, or that it did not. Handed over only if it is for this session, and not too late for the door.
    pub fn time_signed(&mut self, token: Option<&[u8]>, now: Millis) {
        let Some((nonce, asked)) = self.awaited.take() else { return };
        let in_time = now.since(asked) < NONCE_MS && !self.is_over();
        if let Some(token) = token.filter(|_| in_time).and_then(|token| self.signed_for(nonce, token)) {
            self.outgoing.push_back(Record::Time { token, elapsed: None });
            self.report(CourierEvent::TimeDelivered);
        }
        if matches!(self.stage, Stage::AwaitingTime) {
            self.proceed(now);
        }
    }

    fn signed_for(&self, nonce: TimeNonce, token: &[u8]) -> Option<Received<TimeToken>> {
        let token = Received::<TimeToken>::from_bytes(token).ok()?;
        let claimed = token.peek_unverified().ok()?;
        let verified = token.verify(self.cargo.anchor.key_of(claimed.generation)?).ok()?;
        let of_session = verified.property == self.cargo.origin.property && verified.nonce == Some(nonce);
        of_session.then_some(token)
    }

    /// A record came from the door.
    pub fn receive(&mut self, record: Record, now: Millis) {
        if self.is_over() {
            return;
        }
        self.active = now;
        if self.on_record(record, now).is_err() {
            self.finish(End::Violation);
        }
    }

    /// What was to be kept is durable, or is not.
    pub fn kept(&mut self, kept: bool, now: Millis) {
        if let Stage::Keeping { first } = self.stage {
            self.active = now;
            if kept {
                self.tell_taken(first);
            }
            self.proceed(now);
        }
    }

    /// Nothing more is wanted: the person or the app takes the rest back. What the door has stays there.
    pub fn stop(&mut self) {
        self.finish(End::Complete);
    }

    /// What to do now. `mtu` is the one in force.
    pub fn poll(&mut self, mtu: AttMtu, capacity: Capacity, now: Millis) -> CourierStep {
        if let Some(step) = self.steps.pop_front() {
            return step;
        }
        self.keep_deadlines(now);
        if let Some(step) = self.steps.pop_front() {
            return step;
        }
        if let (Capacity::Free, false) = (capacity, self.is_over()) {
            match self.next_record(mtu) {
                Ok(Some(record)) => {
                    self.active = now;
                    return CourierStep::Send(record);
                }
                Ok(None) => {}
                // Cannot be encoded: never so for what was verified.
                Err(_) => self.finish(End::Violation),
            }
        }
        match self.stage {
            Stage::Over(end) => CourierStep::Done(end),
            Stage::Leaving(end) if self.outgoing.is_empty() => {
                self.stage = Stage::Over(end);
                CourierStep::Done(end)
            }
            _ => CourierStep::Wait { until: self.until() },
        }
    }

    fn next_record(&mut self, mtu: AttMtu) -> Result<Option<Record>, Error> {
        if let Some(record) = self.outgoing.pop_front() {
            return Ok(Some(record));
        }
        if let (Some(entries), Some(held)) = (&mut self.entries, &self.cargo.bulletin) {
            if let Some(record) = entries.next(held)? {
                return Ok(Some(record));
            }
            self.entries = None;
            if matches!(self.stage, Stage::GivingBulletin) {
                self.confirm(Confirmation::Bulletin(held.version()), 1);
                return Ok(self.outgoing.pop_front());
            }
        }
        match &mut self.stage {
            Stage::Updating(transfer) => transfer.next(mtu),
            _ => Ok(None),
        }
    }

    fn on_record(&mut self, record: Record, now: Millis) -> Result<(), Violation> {
        match record {
            // The unlock's.
            Record::Actuator { .. } => self.stray(),
            Record::State(door) => self.on_state(door, now),
            Record::Fetch(DoorObject::Bulletin) => self.on_bulletin_wanted(),
            Record::BulletinHeader(header) => self.on_bulletin_header(header),
            Record::BulletinEntries { epoch, first, entries } => {
                self.on_bulletin_entries(epoch, first, &entries)
            }
            Record::Progress { update, progress } => self.on_progress(update, progress),
            Record::Receipt(receipt) => self.on_receipt(receipt),
            Record::LogPiece { first, total, offset, bytes } => {
                self.on_log_piece(first, total, offset, &bytes)
            }
            Record::Nothing(object) => self.on_nothing(object),
            _ => Err(Violation),
        }
    }

    fn on_state(&mut self, door: DoorKnowledge, now: Millis) -> Result<(), Violation> {
        let Stage::Asking { confirms, asks } = self.stage else { return Err(Violation) };
        if self.door.is_none() {
            self.collect(CollectedObject::Met { log_first: door.log_first });
        }
        let confirmed = confirms.is_none_or(|confirmation| confirmation.is_shown_by(&door));
        self.door = Some(door);
        match confirms {
            Some(confirmation) if confirmed => {
                self.changed_door = true;
                self.report(confirmation.event());
            }
            Some(confirms) if asks < ASKS => {
                self.stage = Stage::Settling { confirms, asks, until: now.plus(SETTLING_MS) };
                return Ok(());
            }
            // The door has its reasons, or the frames were lost: the next phone brings it.
            Some(_) | None => {}
        }
        self.proceed(now);
        Ok(())
    }

    /// A record that is not for the courier, or comes late.
    fn stray(&mut self) -> Result<(), Violation> {
        self.strays = self.strays.saturating_add(1);
        if self.strays > STRAY_RECORDS { Err(Violation) } else { Ok(()) }
    }

    fn report(&mut self, event: CourierEvent) {
        self.steps.push_back(CourierStep::Report(event));
    }

    fn collect(&mut self, object: CollectedObject) {
        let origin = self.cargo.origin;
        self.steps.push_back(CourierStep::Keep(Collected { origin, object }));
    }

    /// Ends it once the last records have left.
    fn leave(&mut self, end: End) {
        self.stage = Stage::Leaving(end);
    }

    /// Ends it at once.
    fn finish(&mut self, end: End) {
        self.outgoing.clear();
        self.entries = None;
        self.stage = Stage::Over(end);
    }

    const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over(_))
    }
}

impl fmt::Debug for CourierSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CourierSession({:?}, {:?})", self.cargo, self.occasion)
    }
}
