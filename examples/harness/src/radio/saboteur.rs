//! A radio that loses connections on purpose, at every step of an unlock: what `soak` runs phones on.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, DisconnectReason, Link, LinkError, PeerId, Priority,
    ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;

/// How long after its step a connection is cut, at most, in milliseconds: beyond the answer of a slow door.
const LATEST_MS: u64 = 400;

/// A record message of one frame that no session has sealed.
const UNSEALED: [u8; 20] = {
    let mut frame = [0; 20];
    frame[0] = 0xc7;
    frame
};
/// Until the door has ended the connection, and the news has come.
const END: Duration = Duration::from_millis(150);

/// A link that cuts some of its connections.
pub(crate) struct Saboteur {
    inner: Arc<dyn Link>,
    state: Arc<Mutex<State>>,
    percent: u64,
}

struct State {
    random: ChaCha8Rng,
    doomed: HashMap<ConnectionId, Doom>,
    cuts: u32,
    resting: bool,
}

/// When a connection is cut.
struct Doom {
    after: Step,
    delay: Duration,
    events: Arc<EventQueue<ConnectionEvent>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Connected,
    Subscribed,
    Writing,
    Written,
}

impl Saboteur {
    /// Cuts so many percent of the connections of `inner`.
    pub(crate) fn new(inner: Arc<dyn Link>, percent: u8, seed: u64) -> Self {
        let state = State {
            random: ChaCha8Rng::seed_from_u64(seed),
            doomed: HashMap::new(),
            cuts: 0,
            resting: false,
        };
        Self { inner, state: Arc::new(Mutex::new(state)), percent: u64::from(percent) }
    }

    /// How many connections were cut.
    pub(crate) fn cuts(&self) -> u32 {
        self.state().cuts
    }

    /// Cuts nothing for a while, or goes on.
    pub(crate) fn rest(&self, resting: bool) {
        self.state().resting = resting;
    }

    /// Decides whether and when a new connection is cut.
    fn doom(&self, connection: ConnectionId, events: &Arc<EventQueue<ConnectionEvent>>) {
        let mut state = self.state();
        if state.resting || state.random.next_u64() % 100 >= self.percent {
            return;
        }
        let after = match state.random.next_u64() % 4 {
            0 => Step::Connected,
            1 => Step::Subscribed,
            2 => Step::Writing,
            _ => Step::Written,
        };
        let delay = Duration::from_millis(state.random.next_u64() % LATEST_MS);
        state.doomed.insert(connection, Doom { after, delay, events: Arc::clone(events) });
    }

    /// Cuts the connection if its time is after this step. Just before a write it is cut at once, so that the write meets it.
    async fn reached(&self, connection: ConnectionId, step: Step) {
        let doom = {
            let mut state = self.state();
            let due = state.doomed.get(&connection).is_some_and(|doom| doom.after == step);
            due.then(|| state.doomed.remove(&connection)).flatten()
        };
        let Some(Doom { delay, events, .. }) = doom else { return };
        let (inner, state) = (Arc::clone(&self.inner), Arc::clone(&self.state));
        let cut = async move {
            inner.disconnect(connection).await;
            events.push(ConnectionEvent::Disconnected(DisconnectReason::LinkLoss));
            state.lock().unwrap_or_else(PoisonError::into_inner).cuts += 1;
        };
        if step == Step::Writing {
            cut.await;
        } else {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                cut.await;
            });
        }
    }

    /// Every field is valid at any instant, so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Link for Saboteur {
    fn adapter(&self) -> AdapterState {
        self.inner.adapter()
    }

    async fn start_scan(&self, events: Arc<EventQueue<ScanEvent>>) -> Result<(), LinkError> {
        self.inner.start_scan(events).await
    }

    async fn stop_scan(&self) {
        self.inner.stop_scan().await;
    }

    async fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<ConnectionId, LinkError> {
        let connection = self.inner.connect(peer, Arc::clone(&events)).await?;
        self.doom(connection, &events);
        self.reached(connection, Step::Connected).await;
        Ok(connection)
    }

    async fn subscribe(&self, connection: ConnectionId) -> Result<(), LinkError> {
        self.inner.subscribe(connection).await?;
        self.reached(connection, Step::Subscribed).await;
        Ok(())
    }

    async fn request_mtu(&self, connection: ConnectionId) -> Result<u16, LinkError> {
        self.inner.request_mtu(connection).await
    }

    fn mtu(&self, connection: ConnectionId) -> u16 {
        self.inner.mtu(connection)
    }

    async fn write(
        &self,
        connection: ConnectionId,
        frame: Vec<u8>,
        kind: WriteKind,
    ) -> Result<(), LinkError> {
        self.reached(connection, Step::Writing).await;
        self.inner.write(connection, frame, kind).await?;
        self.reached(connection, Step::Written).await;
        Ok(())
    }

    async fn prefer(&self, connection: ConnectionId, priority: Priority) {
        self.inner.prefer(connection, priority).await;
    }

    async fn disconnect(&self, connection: ConnectionId) {
        self.state().doomed.remove(&connection);
        // A system's Bluetooth service may take two seconds to end a connection. A door ends a session at once over a record that
        // nobody sealed (§7.1), and drops it silently where there is none.
        if self.inner.write(connection, UNSEALED.to_vec(), WriteKind::WithoutResponse).await.is_ok() {
            tokio::time::sleep(END).await;
        }
        self.inner.disconnect(connection).await;
    }
}
