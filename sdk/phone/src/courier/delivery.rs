//! Moves the records of a delivery over the connection of the unlock before it. Decides nothing.

use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType};
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::limits;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::time::Millis;

use crate::cancel::CancelHandle;
use crate::courier::Inbox;
use crate::courier::event::CourierEvent;
use crate::courier::session::{Capacity, CourierSession, CourierStep, End, Occasion};
use crate::link::{ConnectionEvent, LinkError, WriteKind};
use crate::queue::EventQueue;
use crate::radio::pursuit::{Caught, Connected};
use crate::radio::waiting::{First, unless_cancelled, until};
use crate::radio::{Policy, Radio};
use crate::unlock::connection::AnsweredSession;
use crate::vault::Vault;

/// What an unlock leaves for a delivery.
pub(crate) struct Delivery<'a> {
    radio: &'a Radio,
    caught: Caught<'a>,
    session: Option<AnsweredSession>,
    policy: &'a Policy,
}

/// One delivery on its way.
struct Exchange<'a> {
    radio: &'a Radio,
    policy: &'a Policy,
    connected: &'a Connected,
    channel: AnsweredSession,
    session: CourierSession,
    outgoing: Option<Outgoing>,
    /// The platform's queue was full; given up at this instant.
    stalled: Option<Millis>,
}

/// The message that is being written.
struct Outgoing {
    fragmenter: Fragmenter<Vec<u8>>,
    /// The frame that the platform has not taken.
    pending: Option<Vec<u8>>,
}

impl<'a> Delivery<'a> {
    pub(crate) const fn new(
        radio: &'a Radio,
        caught: Caught<'a>,
        session: Option<AnsweredSession>,
        policy: &'a Policy,
    ) -> Self {
        Self { radio, caught, session, policy }
    }

    /// Ends the connection.
    pub(crate) async fn leave(self) {
        self.caught.release().await;
    }

    /// Delivers until one side has enough, then ends the connection.
    pub(crate) async fn run(
        mut self,
        door: DoorId,
        vault: &Vault,
        cancel: &CancelHandle,
        events: &EventQueue<CourierEvent>,
    ) -> End {
        let end = self.deliver(door, vault, cancel, events).await;
        self.leave().await;
        end
    }

    async fn deliver(
        &mut self,
        door: DoorId,
        vault: &Vault,
        cancel: &CancelHandle,
        events: &EventQueue<CourierEvent>,
    ) -> End {
        let (Some(connected), Some(channel)) = (&self.caught.connected, self.session.take()) else {
            return End::Silent;
        };
        // A phone whose inbox cannot be opened has nothing to deliver.
        let Ok(inbox) = self.radio.with_random(|random| vault.inbox(random)) else { return End::Complete };
        let Some(cargo) = inbox.cargo(door) else { return End::Complete };
        let session = CourierSession::new(cargo, Occasion::Accepted, self.radio.now());
        let (radio, policy) = (self.radio, self.policy);
        let mut exchange =
            Exchange { radio, policy, connected, channel, session, outgoing: None, stalled: None };
        exchange.run(&inbox, cancel, events).await
    }
}

impl Exchange<'_> {
    async fn run(&mut self, inbox: &Inbox, cancel: &CancelHandle, events: &EventQueue<CourierEvent>) -> End {
        loop {
            while let Some(event) = self.connected.events.try_pop() {
                if let Err(end) = self.on_event(event) {
                    return end;
                }
            }
            // What was dropped is not known, so nothing on this connection can be relied on any more.
            if self.connected.events.overflowed() {
                return End::Silent;
            }
            if cancel.is_cancelled() {
                self.session.stop();
            }
            let now = self.radio.now();
            if self.stalled.is_some_and(|until| now >= until) {
                return End::Silent;
            }
            let mtu = AttMtu::clamped(self.radio.link().mtu(self.connected.id));
            let capacity = if self.outgoing.is_some() { Capacity::Busy } else { Capacity::Free };
            let until = match self.session.poll(mtu, capacity, now) {
                CourierStep::Send(record) => match self.seal(&record) {
                    Ok(()) => continue,
                    Err(end) => return end,
                },
                CourierStep::Keep(collected) => {
                    let kept = self.radio.with_random(|random| inbox.keep(collected, random));
                    self.session.kept(kept == Ok(true), now);
                    continue;
                }
                CourierStep::Report(event) => {
                    // A screen that does not read misses steps.
                    let _ = events.push(event);
                    continue;
                }
                CourierStep::Wait { until } => until,
                CourierStep::Done(end) => return end,
            };
            if self.outgoing.is_some() && self.stalled.is_none() {
                self.write(mtu).await;
                continue;
            }
            if let Err(end) =
                self.wait(self.stalled.map_or(until, |stalled| stalled.min(until)), cancel).await
            {
                return end;
            }
        }
    }

    async fn wait(&mut self, deadline: Millis, cancel: &CancelHandle) -> Result<(), End> {
        let deadline = deadline.max(self.radio.now().plus(1));
        let event = self.connected.events.pop();
        match unless_cancelled(self.radio.timer(), deadline, Some(cancel), event).await {
            First::Done(event) => self.on_event(event),
            First::Late | First::Cancelled => Ok(()),
        }
    }

    fn on_event(&mut self, event: ConnectionEvent) -> Result<(), End> {
        match event {
            ConnectionEvent::Notified(frame) => self.on_frame(&frame),
            ConnectionEvent::Writable => {
                self.stalled = None;
                Ok(())
            }
            // Asked for at each frame.
            ConnectionEvent::MtuChanged(_) => Ok(()),
            // A door may end a session after its bolt at any time: it has others to serve.
            ConnectionEvent::Disconnected(_) => Err(End::Silent),
        }
    }

    fn on_frame(&mut self, frame: &[u8]) -> Result<(), End> {
        let message = self.channel.reassembler.receive(frame, |message_type| match message_type {
            MessageType::Record => Some(limits::RECORD_MESSAGE),
            MessageType::Hello
            | MessageType::HelloRequest
            | MessageType::FullRequest
            | MessageType::FullAnswer
            | MessageType::FastRequest
            | MessageType::FastAnswer
            | MessageType::ClaimRequest
            | MessageType::ClaimAnswer
            | MessageType::NotAccepted => None,
        });
        let Some(message) = message else { return Ok(()) };
        // A record that does not open ends the session (spec §7.1).
        let record = self.channel.records.open(&message.payload).map_err(|_| End::Violation)?;
        self.session.receive(record, self.radio.now());
        Ok(())
    }

    fn seal(&mut self, record: &Record) -> Result<(), End> {
        let payload = self.channel.records.seal(record).map_err(|_| End::Violation)?;
        let fragmenter = Fragmenter::new(MessageType::Record, payload).map_err(|_| End::Violation)?;
        self.outgoing = Some(Outgoing { fragmenter, pending: None });
        Ok(())
    }

    /// Writes the next frame of the message that is being written.
    async fn write(&mut self, mtu: AttMtu) {
        let Some(Outgoing { fragmenter, pending }) = &mut self.outgoing else { return };
        if pending.is_none() {
            *pending = fragmenter.next_frame(mtu);
        }
        let Some(frame) = pending.clone() else {
            self.outgoing = None;
            return;
        };
        let patience = self.policy.write;
        let writing = self.radio.link().write(self.connected.id, frame, WriteKind::WithoutResponse);
        let result = until(self.radio.timer(), self.radio.now().plus(patience), writing).await;
        let now = self.radio.now();
        match result {
            Some(Ok(())) => {
                *pending = None;
                if fragmenter.is_finished() {
                    self.outgoing = None;
                }
            }
            Some(Err(LinkError::NotWritable)) => self.stalled = Some(now.plus(patience)),
            // The disconnection follows as an event, or nothing works any more.
            Some(Err(
                LinkError::NotConnected
                | LinkError::BluetoothOff
                | LinkError::Unauthorized
                | LinkError::ConnectFailed { .. }
                | LinkError::Platform { .. },
            ))
            | None => self.stalled = Some(now),
        }
    }
}
