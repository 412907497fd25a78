//! A radio that loses connections on purpose, at every step of an unlock, and hellos: what `soak` runs phones on.

use core::array::IntoIter;
use core::iter::Cycle;
use core::time::Duration;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, DisconnectReason, Link, LinkError, PeerId, Priority,
    ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;
use tokio::task::JoinSet;

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
/// Events of one connection that wait.
const HEARD: usize = 256;
/// The name of what is no cut.
const LOST_HELLO: &str = "lost-hello";

/// How much goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sabotage {
    /// Connections that are cut, in percent.
    pub(crate) disconnects: u8,
    /// Connections whose first frame gets lost, in percent: a system's stack that subscribes again by itself can take the hello before
    /// anybody listens.
    pub(crate) lost_hellos: u8,
    /// Decides which.
    pub(crate) seed: u64,
}

/// A link that cuts some of its connections.
pub(crate) struct Saboteur {
    inner: Arc<dyn Link>,
    state: Arc<Mutex<State>>,
    sabotage: Sabotage,
}

struct State {
    random: ChaCha8Rng,
    doomed: HashMap<ConnectionId, Doom>,
    /// Who hands events on, on connections that lose a frame; ends when it is dropped.
    deaf: HashMap<ConnectionId, JoinSet<()>>,
    /// Where the next connections are cut: one after the other, so that none is left out.
    steps: Cycle<IntoIter<Step, 4>>,
    done: BTreeMap<&'static str, u32>,
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

impl Step {
    const ALL: [Self; 4] = [Self::Connected, Self::Subscribed, Self::Writing, Self::Written];

    const fn name(self) -> &'static str {
        match self {
            Self::Connected => "cut-after-connecting",
            Self::Subscribed => "cut-after-subscribing",
            Self::Writing => "cut-before-a-write",
            Self::Written => "cut-after-a-write",
        }
    }
}

impl State {
    /// Whether to do something of which so many percent are wanted.
    fn draws(&mut self, percent: u8) -> bool {
        !self.resting && self.random.next_u64() % 100 < u64::from(percent)
    }

    /// Forgets a connection that is over.
    fn forget(&mut self, connection: ConnectionId) {
        self.doomed.remove(&connection);
        self.deaf.remove(&connection);
    }

    fn count(&mut self, name: &'static str) {
        *self.done.entry(name).or_default() += 1;
    }
}

impl Saboteur {
    pub(crate) fn new(inner: Arc<dyn Link>, sabotage: Sabotage) -> Self {
        let state = State {
            random: ChaCha8Rng::seed_from_u64(sabotage.seed),
            doomed: HashMap::new(),
            deaf: HashMap::new(),
            steps: Step::ALL.into_iter().cycle(),
            done: Step::ALL.map(Step::name).into_iter().chain([LOST_HELLO]).map(|name| (name, 0)).collect(),
            resting: false,
        };
        Self { inner, state: Arc::new(Mutex::new(state)), sabotage }
    }

    /// What was done so far, and how often.
    pub(crate) fn done(&self) -> BTreeMap<&'static str, u32> {
        self.state().done.clone()
    }

    /// Does nothing for a while, or goes on.
    pub(crate) fn rest(&self, resting: bool) {
        self.state().resting = resting;
    }

    /// Decides whether and when a new connection is cut.
    fn doom(&self, connection: ConnectionId, events: &Arc<EventQueue<ConnectionEvent>>) {
        let mut state = self.state();
        if !state.draws(self.sabotage.disconnects) {
            return;
        }
        let Some(after) = state.steps.next() else { return };
        let delay = Duration::from_millis(state.random.next_u64() % LATEST_MS);
        state.doomed.insert(connection, Doom { after, delay, events: Arc::clone(events) });
    }

    /// The queue for the radio's own events, and who hands them on to the phone but for the first frame, if that is to get lost.
    fn ears(
        &self,
        phone: &Arc<EventQueue<ConnectionEvent>>,
    ) -> (Arc<EventQueue<ConnectionEvent>>, Option<JoinSet<()>>) {
        if !self.state().draws(self.sabotage.lost_hellos) {
            return (Arc::clone(phone), None);
        }
        let heard = Arc::new(EventQueue::new(HEARD));
        let mut deaf = JoinSet::new();
        deaf.spawn(lose_first_frame(Arc::clone(&heard), Arc::clone(phone), Arc::clone(&self.state)));
        (heard, Some(deaf))
    }

    /// Cuts the connection if its time is after this step. Just before a write it is cut at once, so that the write meets it.
    async fn reached(&self, connection: ConnectionId, step: Step) {
        let doom = {
            let mut state = self.state();
            let due = state.doomed.get(&connection).is_some_and(|doom| doom.after == step);
            due.then(|| state.doomed.remove(&connection)).flatten()
        };
        let Some(Doom { after, delay, events }) = doom else { return };
        let (inner, state) = (Arc::clone(&self.inner), Arc::clone(&self.state));
        let cut = async move {
            inner.disconnect(connection).await;
            events.push(ConnectionEvent::Disconnected(DisconnectReason::LinkLoss));
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.count(after.name());
            state.forget(connection);
        };
        // A task of its own, so that a phone that stops waiting does not take it back.
        let cutting = tokio::spawn(async move {
            if step != Step::Writing {
                tokio::time::sleep(delay).await;
            }
            cut.await;
        });
        if step == Step::Writing {
            let _ = cutting.await;
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
        let (heard, deaf) = self.ears(&events);
        let connection = self.inner.connect(peer, heard).await?;
        if let Some(deaf) = deaf {
            self.state().deaf.insert(connection, deaf);
        }
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
        self.state().forget(connection);
        // A system's Bluetooth service may take two seconds to end a connection. A door ends a session at once over a record that
        // nobody sealed (§7.1), and drops it silently where there is none.
        if self.inner.write(connection, UNSEALED.to_vec(), WriteKind::WithoutResponse).await.is_ok() {
            tokio::time::sleep(END).await;
        }
        self.inner.disconnect(connection).await;
    }
}

/// Hands on what happens on a connection, to its end, without the first frame.
async fn lose_first_frame(
    from: Arc<EventQueue<ConnectionEvent>>,
    to: Arc<EventQueue<ConnectionEvent>>,
    state: Arc<Mutex<State>>,
) {
    let mut lost = false;
    loop {
        let event = from.pop().await;
        let is_last = matches!(event, ConnectionEvent::Disconnected(_));
        if !lost && matches!(event, ConnectionEvent::Notified(_)) {
            lost = true;
            state.lock().unwrap_or_else(PoisonError::into_inner).count(LOST_HELLO);
        } else {
            to.push(event);
        }
        if is_last {
            return;
        }
    }
}
