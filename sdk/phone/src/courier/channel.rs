//! A courier session on the records of an answered request: frames out, records in. No I/O.

use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType};
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::record::{Record, Records};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::TimeNonce;

use crate::courier::collected::Collected;
use crate::courier::event::CourierEvent;
use crate::courier::session::{Capacity, CourierSession, CourierStep, End};
use crate::link::WriteKind;

/// One session, sealed and fragmented.
pub(crate) struct Channel {
    records: Records,
    session: CourierSession,
    outgoing: Option<Outgoing>,
    /// The session is over; what it said last may still be on its way.
    end: Option<End>,
}

/// The record that is being written.
struct Outgoing {
    fragmenter: Fragmenter<Vec<u8>>,
    /// The frame that was given out and not taken yet.
    frame: Option<Vec<u8>>,
}

/// What the driver does next.
pub(crate) enum ChannelStep {
    /// Write this frame, then say [`Channel::taken`] once the platform has it.
    Write(Vec<u8>, WriteKind),
    /// Hand this to the inbox, then say [`Channel::kept`].
    Keep(Collected),
    /// Tell the person, who need not know.
    Report(CourierEvent),
    /// Ask the property's authority, then say [`Channel::time_signed`].
    FetchTime(PropertyId, TimeNonce),
    /// Nothing before this instant, unless something happens.
    Wait(Millis),
    /// It is over.
    Done(End),
}

impl Channel {
    pub(crate) const fn new(records: Records, session: CourierSession) -> Self {
        Self { records, session, outgoing: None, end: None }
    }

    /// The payload of a record message. One that does not open ends the session (spec §7.1).
    pub(crate) fn receive(&mut self, payload: &[u8], now: Millis) {
        match self.records.open(payload) {
            Ok(record) => self.session.receive(record, now),
            Err(_) => self.break_off(End::Violation),
        }
    }

    /// What to do now. `mtu` is the one in force.
    pub(crate) fn poll(&mut self, mtu: AttMtu, now: Millis) -> ChannelStep {
        loop {
            let capacity = if self.outgoing.is_some() { Capacity::Busy } else { Capacity::Free };
            let until = match self.session.poll(mtu, capacity, now) {
                CourierStep::Send(record) => {
                    if self.seal(&record).is_err() {
                        self.break_off(End::Violation);
                    }
                    continue;
                }
                CourierStep::Keep(collected) => return ChannelStep::Keep(collected),
                CourierStep::Report(event) => return ChannelStep::Report(event),
                CourierStep::FetchTime { property, nonce } => return ChannelStep::FetchTime(property, nonce),
                CourierStep::Wait { until } => until,
                CourierStep::Done(end) => {
                    self.end.get_or_insert(end);
                    now
                }
            };
            return match (self.next_frame(mtu), self.end) {
                (Some((frame, kind)), _) => ChannelStep::Write(frame, kind),
                (None, Some(end)) => ChannelStep::Done(end),
                (None, None) => ChannelStep::Wait(until),
            };
        }
    }

    /// The platform has the frame of the last [`ChannelStep::Write`], or may have it: what was lost is asked for again.
    pub(crate) fn taken(&mut self) {
        if let Some(outgoing) = &mut self.outgoing {
            outgoing.frame = None;
            if outgoing.fragmenter.is_finished() {
                self.outgoing = None;
            }
        }
    }

    /// What was to be kept is durable, or is not.
    pub(crate) fn kept(&mut self, kept: bool, now: Millis) {
        self.session.kept(kept, now);
    }

    /// What the authority signed, or that it did not.
    pub(crate) fn time_signed(&mut self, token: Option<&[u8]>, now: Millis) {
        self.session.time_signed(token, now);
    }

    /// Nothing more is wanted, also not the rest of the record that is being written: the door forgets what it has of it.
    pub(crate) fn stop(&mut self) {
        self.session.stop();
        self.break_off(End::Complete);
    }

    fn break_off(&mut self, end: End) {
        self.outgoing = None;
        self.end.get_or_insert(end);
        self.session.stop();
    }

    /// The next frame of the record that is being written. The last one of a session is answered by the peer's stack: nobody asks for
    /// it again when it vanishes, and a link that ends at once may drop what nobody waits for.
    fn next_frame(&mut self, mtu: AttMtu) -> Option<(Vec<u8>, WriteKind)> {
        let outgoing = self.outgoing.as_mut()?;
        if outgoing.frame.is_none() {
            outgoing.frame = outgoing.fragmenter.next_frame(mtu);
        }
        let frame = outgoing.frame.clone();
        let last = self.end.is_some() && outgoing.fragmenter.is_finished();
        let kind = if last { WriteKind::WithResponse } else { WriteKind::WithoutResponse };
        if frame.is_none() {
            self.outgoing = None;
        }
        frame.map(|frame| (frame, kind))
    }

    fn seal(&mut self, record: &Record) -> Result<(), Error> {
        let payload = self.records.seal(record)?;
        let fragmenter = Fragmenter::new(MessageType::Record, payload)?;
        self.outgoing = Some(Outgoing { fragmenter, frame: None });
        Ok(())
    }
}
