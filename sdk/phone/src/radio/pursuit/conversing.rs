//! From a subscription to the end of the connection: moves frames, keeps deadlines, decides nothing.

use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::time::Millis;

use crate::conversation::{HangUp, Recognition, Step, Written};
use crate::link::{ConnectionEvent, ConnectionId, DisconnectReason, LinkError, PeerId, Priority, WriteKind};
use crate::radio::pursuit::Pursuit;
use crate::radio::pursuit::connecting::Connected;
use crate::radio::waiting::{First, unless_cancelled, until};

/// Milliseconds that agreeing on transfers may take after the bolt.
const RELAX_MS: u64 = 300;

/// Whether the platform takes writes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Open,
    /// The queue was full; given up at this instant.
    Stalled {
        until: Millis,
    },
}

/// How the connection ended.
pub(super) enum Ended {
    /// The conversation has its outcome.
    Finished,
    /// The connection is gone, or of no more use.
    Over(HangUp),
}

impl Ended {
    pub(super) const fn is_finished(&self) -> bool {
        matches!(self, Self::Finished)
    }
}

impl Pursuit<'_, '_> {
    /// Converses until the connection or the conversation is over.
    pub(super) async fn converse(
        &mut self,
        peer: &PeerId,
        recognition: Recognition,
        connected: &Connected,
    ) -> Ended {
        self.conversation.begin(recognition, self.radio.now());
        self.turned_away = false;
        self.heard = false;
        let ended = self.exchange(connected).await;
        if let Ended::Over(reason) = &ended {
            let now = self.radio.now();
            self.conversation.lost(now);
            match reason {
                HangUp::WrongDoor => self.sightings.exclude(peer),
                HangUp::Silent => self.sightings.failed(peer, now),
                HangUp::Moved => self.sightings.forget(peer),
            }
        }
        ended
    }

    async fn exchange(&mut self, connected: &Connected) -> Ended {
        let mut flow = Flow::Open;
        loop {
            while let Some(event) = connected.events.try_pop() {
                if let Some(ended) = self.on_event(event, &mut flow) {
                    return ended;
                }
            }
            // What was dropped is not known, so nothing on this connection can be relied on any more.
            if connected.events.overflowed() {
                return Ended::Over(HangUp::Silent);
            }
            self.take_cancel();
            let now = self.radio.now();
            let mtu = AttMtu::new(self.radio.link().mtu(connected.id)).unwrap_or(AttMtu::MINIMUM);
            let wait = match self.conversation.poll(mtu, now) {
                Step::Finished => return Ended::Finished,
                Step::HangUp(reason) => return Ended::Over(reason),
                Step::Report(progress) => {
                    self.report(progress);
                    continue;
                }
                Step::Relax => {
                    self.relax(connected.id).await;
                    continue;
                }
                Step::Wait { until } => until,
                Step::Write { frame, kind } => match flow {
                    Flow::Open => {
                        flow = self.write(connected.id, frame, kind).await;
                        continue;
                    }
                    Flow::Stalled { until } if now >= until => return Ended::Over(HangUp::Silent),
                    Flow::Stalled { until } => until,
                },
            };
            if let Some(ended) = self.wait_for_event(connected, wait.max(now.plus(1)), &mut flow).await {
                return ended;
            }
        }
    }

    async fn wait_for_event(
        &mut self,
        connected: &Connected,
        deadline: Millis,
        flow: &mut Flow,
    ) -> Option<Ended> {
        let event = connected.events.pop();
        match unless_cancelled(self.radio.timer(), deadline, self.pending_cancel(), event).await {
            First::Done(event) => self.on_event(event, flow),
            First::Late | First::Cancelled => None,
        }
    }

    fn on_event(&mut self, event: ConnectionEvent, flow: &mut Flow) -> Option<Ended> {
        match event {
            ConnectionEvent::Notified(frame) => {
                self.heard = true;
                let now = self.radio.now();
                let (radio, conversation) = (self.radio, &mut *self.conversation);
                radio.with_random(|random| conversation.receive(&frame, now, random));
                None
            }
            ConnectionEvent::Writable => {
                *flow = Flow::Open;
                None
            }
            // Asked for at each frame.
            ConnectionEvent::MtuChanged(_) => None,
            ConnectionEvent::Disconnected(reason) => {
                self.turned_away = reason == DisconnectReason::Remote && !self.heard;
                Some(Ended::Over(HangUp::Silent))
            }
        }
    }

    async fn write(&mut self, id: ConnectionId, frame: Vec<u8>, kind: WriteKind) -> Flow {
        let (radio, patience) = (self.radio, self.policy.write);
        let result =
            until(radio.timer(), radio.now().plus(patience), radio.link().write(id, frame, kind)).await;
        let now = radio.now();
        let (written, flow) = match result {
            Some(Ok(())) => (Written::Taken, Flow::Open),
            Some(Err(LinkError::NotWritable)) => {
                (Written::Refused, Flow::Stalled { until: now.plus(patience) })
            }
            // The disconnection follows as an event; until then nothing more is written.
            Some(Err(LinkError::NotConnected | LinkError::BluetoothOff | LinkError::Unauthorized)) => {
                (Written::Gone, Flow::Stalled { until: now })
            }
            Some(Err(LinkError::ConnectFailed { .. } | LinkError::Platform { .. })) | None => {
                (Written::Unsure, Flow::Stalled { until: now })
            }
        };
        self.conversation.wrote(written, now);
        flow
    }

    /// After the bolt the link is for transfers. Nobody waits for it.
    async fn relax(&mut self, id: ConnectionId) {
        let radio = self.radio;
        let (link, deadline) = (radio.link(), radio.now().plus(RELAX_MS));
        let relaxing = async {
            link.prefer(id, Priority::Bulk).await;
            let _ = link.request_mtu(id).await;
        };
        let _ = until(radio.timer(), deadline, relaxing).await;
    }
}
