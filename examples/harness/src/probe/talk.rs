//! One connection on which anything can be said.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use thumbturn_phone::link::{ConnectionEvent, ConnectionId, Link, LinkError, WriteKind};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::limits;
use thumbturn_protocol::record::{Record, Records};

use super::case::{Deviation, Verdict};
use super::heard::{Heard, Refusal};

/// How long an answer may take: a full handshake on a slow chip, and a few lost packets.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// How long a door says nothing that has nothing to say. Well below the life of a hello, which a case may need afterwards.
const SILENCE: Duration = Duration::from_millis(400);

/// A connection.
pub(super) struct Talk {
    link: Arc<dyn Link>,
    id: ConnectionId,
    events: Arc<EventQueue<ConnectionEvent>>,
    /// Events that were taken out of the queue and not looked at.
    kept: VecDeque<ConnectionEvent>,
    reassembler: Reassembler,
    ended: bool,
}

impl Talk {
    /// A connection that was opened.
    pub(super) fn new(
        link: Arc<dyn Link>,
        id: ConnectionId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Self {
        Self { link, id, events, kept: VecDeque::new(), reassembler: Reassembler::new(), ended: false }
    }

    /// Subscribes.
    pub(super) async fn subscribe(&self) -> Verdict {
        Ok(self.link.subscribe(self.id).await?)
    }

    /// Asks for the larger MTU.
    pub(super) async fn raise_mtu(&self) -> Verdict {
        self.link.request_mtu(self.id).await?;
        Ok(())
    }

    /// The MTU in force.
    pub(super) fn mtu(&self) -> AttMtu {
        AttMtu::clamped(self.link.mtu(self.id))
    }

    /// Writes bytes as they are. What a door does not take because it has ended the connection was said all the same: its end is
    /// heard next.
    pub(super) async fn write(&mut self, frame: &[u8]) -> Verdict {
        let Err(error) = self.try_write(frame, WriteKind::WithResponse).await else { return Ok(()) };
        if self.ends_within(SILENCE).await { Ok(()) } else { Err(error.into()) }
    }

    /// Whether the connection is over soon: news of that may come behind the write that failed. What comes before is kept.
    async fn ends_within(&mut self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while !self.kept.iter().any(|event| matches!(event, ConnectionEvent::Disconnected(_))) && !self.ended
        {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(event) = tokio::time::timeout(left, self.events.pop()).await else { return false };
            self.kept.push_back(event);
        }
        true
    }

    async fn next_event(&mut self) -> ConnectionEvent {
        match self.kept.pop_front() {
            Some(event) => event,
            None => self.events.pop().await,
        }
    }

    /// Writes bytes as they are, in this way.
    pub(super) async fn try_write(&self, frame: &[u8], kind: WriteKind) -> Result<(), LinkError> {
        self.link.write(self.id, frame.to_vec(), kind).await
    }

    /// Sends a message as it should be sent.
    pub(super) async fn send(&mut self, message_type: MessageType, payload: &[u8]) -> Verdict {
        let mut frames = Fragmenter::new(message_type, payload)?;
        while let Some(frame) = frames.next_frame(self.mtu()) {
            self.write(&frame).await?;
        }
        Ok(())
    }

    /// What comes within `patience`.
    pub(super) async fn hear(&mut self, patience: Duration) -> Result<Heard, Deviation> {
        let end = Instant::now() + patience;
        while !self.ended {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(event) = tokio::time::timeout(left, self.next_event()).await else {
                return Ok(Heard::Nothing);
            };
            match event {
                ConnectionEvent::Notified(frame) => {
                    let capacity = self.mtu().frame_capacity();
                    if frame.len() > capacity {
                        let got = format!("a frame of {} bytes", frame.len());
                        return Err(Deviation::new(
                            format!("frames of at most {capacity} bytes (§4.1)"),
                            got,
                        ));
                    }
                    let whole = self.reassembler.receive(&frame, |_| Some(limits::RECORD_MESSAGE));
                    if let Some(message) = whole {
                        return Ok(Heard::Message(message));
                    }
                }
                ConnectionEvent::Disconnected(_) => self.ended = true,
                _ => {}
            }
        }
        Ok(Heard::End)
    }

    /// The message that must come next.
    pub(super) async fn expect(&mut self, message_type: MessageType) -> Result<Vec<u8>, Deviation> {
        self.hear_soon().await?.payload_of(message_type)
    }

    /// What comes in the time that an answer may take.
    pub(super) async fn hear_soon(&mut self) -> Result<Heard, Deviation> {
        self.hear(PATIENCE).await
    }

    /// Nothing must come, and the connection must stand.
    pub(super) async fn expect_silence(&mut self, after: &str) -> Verdict {
        match self.hear(SILENCE).await? {
            Heard::Nothing => Ok(()),
            other => Err(other.instead_of(format!("silence after {after}"))),
        }
    }

    /// This refusal must come.
    pub(super) async fn expect_refusal(&mut self, expected: Refusal, after: &str) -> Verdict {
        let got = self.refusal(after).await?;
        if got == expected {
            return Ok(());
        }
        Err(Deviation::new(format!("{expected} after {after}"), got.to_string()))
    }

    /// *Not accepted* must come; why.
    pub(super) async fn refusal(&mut self, after: &str) -> Result<Refusal, Deviation> {
        let heard = self.hear_soon().await?;
        heard.refusal().ok_or_else(|| heard.instead_of(format!("not accepted, with one byte, after {after}")))
    }

    /// The connection must end, not before and not after; what is said meanwhile does not count.
    pub(super) async fn expect_end(&mut self, earliest: Duration, latest: Duration, why: &str) -> Verdict {
        let begun = Instant::now();
        loop {
            let left = latest.saturating_sub(begun.elapsed());
            match self.hear(left).await? {
                Heard::End if begun.elapsed() >= earliest => return Ok(()),
                Heard::End => {
                    let got = format!("it ended after {} ms", begun.elapsed().as_millis());
                    return Err(Deviation {
                        is_of_link: true,
                        ..Deviation::new(format!("an end {why}"), got)
                    });
                }
                Heard::Nothing => return Err(Deviation::new(format!("an end {why}"), "it still stands")),
                Heard::Message(_) => {}
            }
        }
    }

    /// The hello that must come next.
    pub(super) async fn hello(&mut self) -> Result<Hello, Deviation> {
        let payload = self.expect(MessageType::Hello).await?;
        parsed(&payload)
    }

    /// The hello, if it comes so soon. What a system's stack brings first is from the connection before.
    pub(super) async fn hello_within(&mut self, patience: Duration) -> Result<Option<Hello>, Deviation> {
        let end = Instant::now() + patience;
        loop {
            match self.hear(end.saturating_duration_since(Instant::now())).await? {
                Heard::Message(Message { message_type: MessageType::Hello, payload }) => {
                    return parsed(&payload).map(Some);
                }
                Heard::Message(_) => {}
                Heard::Nothing => return Ok(None),
                end @ Heard::End => return Err(end.instead_of("Hello")),
            }
        }
    }

    /// Asks for a new hello: also how a case sees that the door still listens.
    pub(super) async fn renew(&mut self) -> Result<Hello, Deviation> {
        self.send(MessageType::HelloRequest, &[]).await?;
        self.hello().await
    }

    /// Sends a record of a session.
    pub(super) async fn send_record(&mut self, records: &mut Records, record: &Record) -> Verdict {
        self.send(MessageType::Record, &records.seal(record)?).await
    }

    /// The record that must come next.
    pub(super) async fn record(&mut self, records: &mut Records) -> Result<Record, Deviation> {
        let payload = self.expect(MessageType::Record).await?;
        Ok(records.open(&payload)?)
    }
}

fn parsed(payload: &[u8]) -> Result<Hello, Deviation> {
    Ok(Hello::parse(&[&[MessageType::Hello.single_frame_header()], payload].concat())?)
}
