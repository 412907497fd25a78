//! The adapter: shared by all phones of this program, with what was heard and what is connected.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use btleplug::api::{Central as _, CentralEvent, CentralState, Manager as _, Peripheral as _, ScanFilter};
use btleplug::platform::{Manager, Peripheral, PeripheralId};
use futures_util::{Stream, StreamExt};
use thumbturn_phone::link::{AdapterState, ConnectionId, DisconnectReason, PeerId, ScanEvent, ScanResult};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::gatt::SERVICE;
use uuid::Uuid;

use super::connection::Connection;
use crate::radio::timeline::{Mark, Timeline};
use crate::radio::trouble::Trouble;

/// Longest time that a connection lingers after its end was asked for, and how often to look.
const LINGER: Duration = Duration::from_secs(4);
const GLANCE: Duration = Duration::from_millis(20);
/// How often to look for doors of which the stack tells no news: it is silent about what has not changed.
const LOOK: Duration = Duration::from_millis(300);

/// What the stack tells.
pub(super) type Events = Pin<Box<dyn Stream<Item = CentralEvent> + Send>>;

/// The machine's adapter.
pub(crate) struct Adapter {
    adapter: btleplug::platform::Adapter,
    on: AtomicBool,
    last_connection: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Kept over connections: what the stack knows of a door's attributes stays with it.
    peripherals: HashMap<PeerId, Peripheral>,
    connections: HashMap<ConnectionId, Arc<Connection>>,
    listeners: usize,
}

impl Adapter {
    /// Opens the adapter with this name, or the first.
    pub(crate) async fn open(wanted: Option<&str>) -> Result<Arc<Self>, Trouble> {
        let manager = Manager::new().await?;
        let mut found = None;
        for adapter in manager.adapters().await? {
            let name = adapter.adapter_info().await?;
            if wanted.is_none_or(|wanted| is_called(&name, wanted)) {
                found = Some(adapter);
                break;
            }
        }
        let adapter = found.ok_or_else(|| Trouble::NoAdapter { wanted: wanted.map(str::to_owned) })?;
        let on = adapter.adapter_state().await? != CentralState::PoweredOff;
        if !on {
            return Err(Trouble::AdapterOff);
        }
        let events = adapter.events().await?;
        let opened = Arc::new(Self {
            adapter,
            on: AtomicBool::new(on),
            last_connection: AtomicU64::new(0),
            state: Mutex::default(),
        });
        tokio::spawn(Arc::clone(&opened).watch(events));
        Ok(opened)
    }

    /// Whether it is switched on.
    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Begins to listen for doors; several phones may at once.
    pub(super) async fn listen(&self) -> Result<Events, Trouble> {
        let events = self.adapter.events().await?;
        let first = {
            let mut state = self.state();
            state.listeners += 1;
            state.listeners == 1
        };
        if first {
            let filter = ScanFilter { services: vec![Uuid::from_u128(SERVICE)] };
            if let Err(error) = self.adapter.start_scan(filter).await {
                self.state().listeners = 0;
                return Err(error.into());
            }
        }
        Ok(events)
    }

    /// Ends what [`Adapter::listen`] began.
    pub(super) async fn stop_listening(&self) {
        let last = {
            let mut state = self.state();
            let listened = state.listeners > 0;
            state.listeners = state.listeners.saturating_sub(1);
            listened && state.listeners == 0
        };
        if last {
            let _ = self.adapter.stop_scan().await;
        }
    }

    /// Tells what is heard, until it is aborted.
    pub(super) async fn report(
        self: Arc<Self>,
        mut heard: Events,
        events: Arc<EventQueue<ScanEvent>>,
        timeline: Arc<Timeline>,
    ) {
        loop {
            match tokio::time::timeout(LOOK, heard.next()).await {
                Ok(None) => return,
                Ok(Some(CentralEvent::StateUpdate(state))) => {
                    let off = state == CentralState::PoweredOff;
                    let state = if off { AdapterState::Off } else { AdapterState::On };
                    events.push(ScanEvent::Adapter(state));
                }
                Ok(Some(event)) => {
                    if let Some(id) = advertiser(&event)
                        && let Ok(peripheral) = self.adapter.peripheral(id).await
                    {
                        self.hear(peripheral, &events, &timeline).await;
                    }
                }
                Err(_) => {
                    for peripheral in self.adapter.peripherals().await.unwrap_or_default() {
                        self.hear(peripheral, &events, &timeline).await;
                    }
                }
            }
        }
    }

    /// A door that was heard, if it is one and is heard now.
    async fn hear(&self, peripheral: Peripheral, events: &EventQueue<ScanEvent>, timeline: &Timeline) {
        let service = Uuid::from_u128(SERVICE);
        let Ok(Some(properties)) = peripheral.properties().await else { return };
        let service_data = properties.service_data.get(&service).cloned();
        // What the stack remembers and does not hear has no signal strength.
        let Some(signal) = properties.rssi else { return };
        if service_data.is_none() && !properties.services.contains(&service) {
            return;
        }
        let peer = PeerId(peripheral.id().to_string());
        self.state().peripherals.entry(peer.clone()).or_insert(peripheral);
        timeline.mark(Mark::Heard);
        let signal_dbm = i8::try_from(signal.clamp(-127, 20)).unwrap_or(-127);
        events.push(ScanEvent::Heard(ScanResult { peer, signal_dbm, service_data }));
    }

    /// What was heard under this name.
    pub(super) fn peripheral(&self, peer: &PeerId) -> Option<Peripheral> {
        self.state().peripherals.get(peer).cloned()
    }

    /// Waits for the end of a connection that this program has given up: BlueZ takes two seconds for it, and a new one that is asked
    /// for meanwhile would be the old one, and end with it.
    pub(super) async fn settle(&self, peripheral: &Peripheral) {
        let end = tokio::time::Instant::now() + LINGER;
        while !self.holds(&peripheral.id())
            && peripheral.is_connected().await.unwrap_or(false)
            && tokio::time::Instant::now() < end
        {
            tokio::time::sleep(GLANCE).await;
        }
    }

    fn holds(&self, id: &PeripheralId) -> bool {
        self.state().connections.values().any(|connection| connection.peripheral.id() == *id)
    }

    /// Takes a connection in.
    pub(super) fn keep(&self, connection: Connection) -> ConnectionId {
        let id = ConnectionId(self.last_connection.fetch_add(1, Ordering::AcqRel) + 1);
        self.state().connections.insert(id, Arc::new(connection));
        id
    }

    /// A connection that stands.
    pub(super) fn connection(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.state().connections.get(&id).cloned()
    }

    /// Lets a connection go.
    pub(super) fn forget(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.state().connections.remove(&id)
    }

    /// Follows the adapter's state and the ends of connections for as long as the program runs.
    async fn watch(self: Arc<Self>, mut events: Events) {
        while let Some(event) = events.next().await {
            match event {
                CentralEvent::StateUpdate(state) => {
                    self.on.store(state != CentralState::PoweredOff, Ordering::Release);
                    if state == CentralState::PoweredOff {
                        self.end(|_| true, DisconnectReason::AdapterOff);
                    }
                }
                // News of the connection before may come when the next one stands already.
                CentralEvent::DeviceDisconnected(id) if !self.is_connected(&id).await => {
                    self.end(|connection| connection.peripheral.id() == id, DisconnectReason::Remote);
                }
                _ => {}
            }
        }
    }

    async fn is_connected(&self, id: &PeripheralId) -> bool {
        match self.adapter.peripheral(id).await {
            Ok(peripheral) => peripheral.is_connected().await.unwrap_or(false),
            Err(_) => false,
        }
    }

    fn end(&self, which: impl Fn(&Connection) -> bool, reason: DisconnectReason) {
        let mut state = self.state();
        let ended: Vec<_> = state.connections.iter().filter(|(_, connection)| which(connection)).collect();
        let ended: Vec<_> = ended.into_iter().map(|(id, _)| *id).collect();
        for id in ended {
            if let Some(connection) = state.connections.remove(&id) {
                connection.end(reason);
            }
        }
    }

    /// Every field is valid at any instant, so a poisoned lock is taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of whom the stack tells something.
const fn advertiser(event: &CentralEvent) -> Option<&PeripheralId> {
    match event {
        CentralEvent::DeviceDiscovered(id)
        | CentralEvent::DeviceUpdated(id)
        | CentralEvent::ServiceDataAdvertisement { id, .. }
        | CentralEvent::ServicesAdvertisement { id, .. }
        | CentralEvent::RssiUpdate { id, .. } => Some(id),
        _ => None,
    }
}

/// BlueZ describes an adapter as `hci0 (usb:…)`, others by a name alone.
fn is_called(description: &str, wanted: &str) -> bool {
    let name = description.split(" (").next().unwrap_or(description);
    name == wanted || name.rsplit('/').next() == Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_is_found_by_its_short_name() {
        assert!(is_called("hci0 (usb:v1D6Bp0246d0540)", "hci0"));
        assert!(is_called("/org/bluez/hci1 (usb:v1)", "hci1"));
        assert!(!is_called("hci10 (usb:v1)", "hci1"));
    }
}
