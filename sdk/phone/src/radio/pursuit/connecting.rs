//! From a peer to a connection on which the door's hello is on its way.

use std::sync::Arc;

use futures_util::future::join;

use crate::conversation::GiveUp;
use crate::link::{ConnectionEvent, ConnectionId, LinkError, PeerId, Priority};
use crate::queue::EventQueue;
use crate::radio::pursuit::Pursuit;
use crate::radio::waiting::{First, unless_cancelled, until};
use crate::unlock::Progress;

/// Connection events waiting to be looked at: a whole session's notifications at the smallest ATT MTU.
const QUEUE: usize = 128;

/// A connection with its events.
pub(crate) struct Connected {
    pub(crate) id: ConnectionId,
    pub(crate) events: Arc<EventQueue<ConnectionEvent>>,
}

impl Pursuit<'_, '_> {
    /// Connects and subscribes; everything slow is done before the subscription. `None`: it failed, and the peer's
    /// next turn has been put off accordingly.
    pub(super) async fn connect(&mut self, peer: &PeerId) -> Option<Connected> {
        self.connections = self.connections.saturating_add(1);
        self.report(Progress::Connecting { attempt: self.connections });
        let events = Arc::new(EventQueue::new(QUEUE));
        let id = match self.open(peer, &events).await {
            First::Done(Ok(id)) => id,
            First::Done(Err(error)) => {
                self.connection_failed(peer, &error);
                return None;
            }
            First::Late => {
                // Gone, or under another address: it must be heard again.
                self.sightings.forget(peer);
                return None;
            }
            First::Cancelled => return None,
        };
        self.engagement.connected(id);
        if let Err(error) = self.subscribe(id).await {
            self.connection_failed(peer, &error);
            self.engagement.disconnect().await;
            return None;
        }
        Some(Connected { id, events })
    }

    /// Connects; meanwhile the conversation writes its counters and makes its keys.
    async fn open(
        &mut self,
        peer: &PeerId,
        events: &Arc<EventQueue<ConnectionEvent>>,
    ) -> First<Result<ConnectionId, LinkError>> {
        let deadline = self.radio.now().plus(self.policy.connect).min(self.conversation.last_chance());
        let cancel = self.pending_cancel();
        let (radio, conversation) = (self.radio, &mut *self.conversation);
        let connecting = radio.link().connect(peer, Arc::clone(events));
        // `join` polls the connection first, so that the platform is at work while the counters are written.
        let preparing = async { radio.with_random(|random| conversation.prepare(random)) };
        let both = async { join(connecting, preparing).await.0 };
        unless_cancelled(radio.timer(), deadline, cancel, both).await
    }

    async fn subscribe(&mut self, id: ConnectionId) -> Result<(), LinkError> {
        let (radio, policy) = (self.radio, self.policy);
        let (link, timer) = (radio.link(), radio.timer());
        let _ = until(timer, radio.now().plus(policy.mtu), link.prefer(id, Priority::Fast)).await;
        if !self.conversation.is_short() {
            // Some platforms never answer; the MTU in force does as well.
            let _ = until(timer, radio.now().plus(policy.mtu), link.request_mtu(id)).await;
        }
        until(timer, radio.now().plus(policy.subscribe), link.subscribe(id))
            .await
            .unwrap_or(Err(LinkError::NotConnected))
    }

    fn connection_failed(&mut self, peer: &PeerId, error: &LinkError) {
        match error {
            LinkError::BluetoothOff => self.conversation.give_up(GiveUp::BluetoothOff),
            LinkError::Unauthorized => self.conversation.give_up(GiveUp::BluetoothUnauthorized),
            LinkError::ConnectFailed { .. }
            | LinkError::NotConnected
            | LinkError::NotWritable
            | LinkError::Platform { .. } => self.sightings.failed(peer, self.radio.now()),
        }
    }
}
