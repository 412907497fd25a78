//! Moves the records of a delivery over the connection of the unlock before it. Decides nothing.

use core::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::future::{Either, select};
use thumbturn_protocol::frame::{AttMtu, MessageType, Reassembler};
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::limits;
use thumbturn_protocol::time::Millis;

use crate::cancel::CancelHandle;
use crate::courier::channel::{Channel, ChannelStep};
use crate::courier::event::CourierEvent;
use crate::courier::session::{CourierSession, End, Occasion};
use crate::courier::{Inbox, TimeSource};
use crate::link::{ConnectionEvent, LinkError, Priority, WriteKind};
use crate::queue::EventQueue;
use crate::radio::pursuit::{Caught, Connected};
use crate::radio::waiting::{First, unless_cancelled, until};
use crate::radio::{GiveWay, Policy, Radio};
use crate::unlock::connection::AnsweredSession;
use crate::vault::Vault;

/// Milliseconds that agreeing on transfers may take.
const RELAX_MS: u64 = 300;

/// What an unlock leaves for a delivery.
pub(crate) struct Delivery {
    radio: Arc<Radio>,
    caught: Caught,
    give_way: GiveWay,
    session: Option<AnsweredSession>,
    policy: Policy,
    time_source: Option<Arc<dyn TimeSource>>,
}

/// One delivery on its way.
struct Exchange<'a> {
    radio: &'a Radio,
    policy: &'a Policy,
    connected: &'a Connected,
    reassembler: Reassembler,
    channel: Channel,
    /// The platform's queue was full; given up at this instant.
    stalled: Option<Millis>,
    time_source: Option<&'a dyn TimeSource>,
    /// What the authority is asked to sign.
    signing: Option<Signing<'a>>,
}

/// An instant on its way over the network.
struct Signing<'a>(Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + 'a>>);

impl Delivery {
    /// From here on the next intent takes the radio, whether this one is polled or not.
    pub(crate) fn new(
        radio: Arc<Radio>,
        caught: Caught,
        session: Option<AnsweredSession>,
        policy: Policy,
    ) -> Self {
        let give_way = caught.engagement.give_way();
        Self { radio, caught, give_way, session, policy, time_source: None }
    }

    /// With a network beside the radio.
    pub(crate) fn with_time_source(mut self, time_source: Option<Arc<dyn TimeSource>>) -> Self {
        self.time_source = time_source;
        self
    }

    /// Ends the connection.
    pub(crate) async fn leave(self) {
        self.caught.release().await;
    }

    /// Delivers until one side has enough or a person wants something, then ends the connection. Whatever record is being written then
    /// is forgotten by the door, and goes with the next phone.
    pub(crate) async fn run(
        mut self,
        door: DoorId,
        vault: &Vault,
        cancel: &CancelHandle,
        events: &EventQueue<CourierEvent>,
    ) -> End {
        let session = self.session.take();
        self.radio.delivered(door);
        let delivery = self.deliver(session, door, vault, cancel, events);
        let end = match select(pin!(self.give_way.asked()), pin!(delivery)).await {
            Either::Left(((), _)) => return End::GaveWay,
            Either::Right((end, _)) => end,
        };
        self.leave().await;
        end
    }

    /// Lets the link carry more at once. Nobody waits for it.
    pub(crate) async fn relax(&self) {
        let Some(connected) = &self.caught.connected else { return };
        let (link, timer) = (self.radio.link(), self.radio.timer());
        let relaxing = async {
            link.prefer(connected.id, Priority::Bulk).await;
            let _ = link.request_mtu(connected.id).await;
        };
        let _ = until(timer, self.radio.now().plus(RELAX_MS), relaxing).await;
    }

    async fn deliver(
        &self,
        session: Option<AnsweredSession>,
        door: DoorId,
        vault: &Vault,
        cancel: &CancelHandle,
        events: &EventQueue<CourierEvent>,
    ) -> End {
        let (Some(connected), Some(answered)) = (&self.caught.connected, session) else {
            return End::Silent;
        };
        // A phone whose inbox cannot be opened has nothing to deliver.
        let Ok(inbox) = self.radio.with_random(|random| vault.inbox(random)) else { return End::Complete };
        let Some(cargo) = inbox.cargo(door) else { return End::Complete };
        let mut session = CourierSession::new(cargo, Occasion::Accepted, self.radio.now());
        if self.time_source.is_some() {
            session = session.with_network();
        }
        let (radio, policy) = (self.radio.as_ref(), &self.policy);
        let AnsweredSession { records, reassembler } = answered;
        let channel = Channel::new(records, session);
        let (time_source, signing) = (self.time_source.as_deref(), None);
        let mut exchange =
            Exchange { radio, policy, connected, reassembler, channel, stalled: None, time_source, signing };
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
                self.channel.stop();
            }
            let now = self.radio.now();
            if self.stalled.is_some_and(|until| now >= until) {
                return End::Silent;
            }
            let mtu = AttMtu::clamped(self.radio.link().mtu(self.connected.id));
            let until = match (self.channel.poll(mtu, now), self.stalled) {
                (ChannelStep::Write(..), Some(stalled)) => stalled,
                (ChannelStep::Write(frame, kind), None) => {
                    self.write(frame, kind).await;
                    continue;
                }
                (ChannelStep::Keep(collected), _) => {
                    let kept = self.radio.with_random(|random| inbox.keep(collected, random));
                    self.channel.kept(kept == Ok(true), now);
                    continue;
                }
                (ChannelStep::Report(event), _) => {
                    // A screen that does not read misses steps.
                    let _ = events.push(event);
                    continue;
                }
                (ChannelStep::FetchTime(property, nonce), _) => {
                    self.signing = self.time_source.map(|source| Signing(source.sign(property, nonce)));
                    continue;
                }
                (ChannelStep::Wait(until), stalled) => stalled.map_or(until, |stalled| stalled.min(until)),
                (ChannelStep::Done(end), _) => return end,
            };
            if let Err(end) = self.wait(until, cancel).await {
                return end;
            }
        }
    }

    async fn wait(&mut self, deadline: Millis, cancel: &CancelHandle) -> Result<(), End> {
        let deadline = deadline.max(self.radio.now().plus(1));
        let event = self.connected.events.pop();
        let waiting = unless_cancelled(self.radio.timer(), deadline, Some(cancel), event);
        let first = match &mut self.signing {
            None => waiting.await,
            Some(Signing(signing)) => match select(signing.as_mut(), pin!(waiting)).await {
                Either::Left((token, _)) => {
                    self.signing = None;
                    self.channel.time_signed(token.as_deref(), self.radio.now());
                    return Ok(());
                }
                Either::Right((first, _)) => first,
            },
        };
        match first {
            First::Done(event) => self.on_event(event),
            First::Late | First::Cancelled => Ok(()),
        }
    }

    fn on_event(&mut self, event: ConnectionEvent) -> Result<(), End> {
        match event {
            ConnectionEvent::Notified(frame) => {
                self.on_frame(&frame);
                Ok(())
            }
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

    fn on_frame(&mut self, frame: &[u8]) {
        let message = self.reassembler.receive(frame, |message_type| match message_type {
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
        if let Some(message) = message {
            self.channel.receive(&message.payload, self.radio.now());
        }
    }

    async fn write(&mut self, frame: Vec<u8>, kind: WriteKind) {
        let patience = self.policy.write;
        let writing = self.radio.link().write(self.connected.id, frame, kind);
        let result = until(self.radio.timer(), self.radio.now().plus(patience), writing).await;
        let now = self.radio.now();
        match result {
            Some(Ok(())) => self.channel.taken(),
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
