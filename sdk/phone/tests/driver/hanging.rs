//! Platforms that do not behave: each call of the link in turn hangs for ever, events come in bursts.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, Link, LinkError, PeerId, Priority, ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::unlock::{Progress, UnlockError};
use thumbturn_simulator::profile::PhoneProfile;

use crate::building::{Building, Person};

/// A call of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    StartScan,
    StopScan,
    Connect,
    Subscribe,
    RequestMtu,
    Write,
    Prefer,
    Disconnect,
}

const CALLS: [Call; 8] = [
    Call::StartScan,
    Call::StopScan,
    Call::Connect,
    Call::Subscribe,
    Call::RequestMtu,
    Call::Write,
    Call::Prefer,
    Call::Disconnect,
];

/// A link of which some calls hang: `Once` the first of them, or all.
struct HangingLink {
    link: Arc<dyn Link>,
    hangs: Mutex<Option<(Call, Times)>>,
    disconnected: Mutex<Vec<ConnectionId>>,
    /// Notifications that come in one burst with the first subscription.
    burst: Mutex<usize>,
    events: Mutex<Option<Arc<EventQueue<ConnectionEvent>>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    Once,
    Always,
}

impl HangingLink {
    async fn pass(&self, call: Call) {
        let hangs = {
            let mut hangs = self.hangs.lock().unwrap();
            let matches = hangs.is_some_and(|(hanging, _)| hanging == call);
            if matches && hangs.is_some_and(|(_, times)| times == Times::Once) {
                *hangs = None;
            }
            matches
        };
        if hangs {
            core::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Link for HangingLink {
    fn adapter(&self) -> AdapterState {
        self.link.adapter()
    }

    async fn start_scan(&self, events: Arc<EventQueue<ScanEvent>>) -> Result<(), LinkError> {
        self.pass(Call::StartScan).await;
        self.link.start_scan(events).await
    }

    async fn stop_scan(&self) {
        self.pass(Call::StopScan).await;
        self.link.stop_scan().await;
    }

    async fn connect(
        &self,
        peer: &PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<ConnectionId, LinkError> {
        self.pass(Call::Connect).await;
        *self.events.lock().unwrap() = Some(Arc::clone(&events));
        self.link.connect(peer, events).await
    }

    async fn subscribe(&self, connection: ConnectionId) -> Result<(), LinkError> {
        self.pass(Call::Subscribe).await;
        for _ in 0..core::mem::take(&mut *self.burst.lock().unwrap()) {
            let events = self.events.lock().unwrap().clone().unwrap();
            events.push(ConnectionEvent::Notified(vec![0x4a, 1]));
        }
        self.link.subscribe(connection).await
    }

    async fn request_mtu(&self, connection: ConnectionId) -> Result<u16, LinkError> {
        self.pass(Call::RequestMtu).await;
        self.link.request_mtu(connection).await
    }

    fn mtu(&self, connection: ConnectionId) -> u16 {
        self.link.mtu(connection)
    }

    async fn write(
        &self,
        connection: ConnectionId,
        frame: Vec<u8>,
        kind: WriteKind,
    ) -> Result<(), LinkError> {
        self.pass(Call::Write).await;
        self.link.write(connection, frame, kind).await
    }

    async fn prefer(&self, connection: ConnectionId, priority: Priority) {
        self.pass(Call::Prefer).await;
        self.link.prefer(connection, priority).await;
    }

    async fn disconnect(&self, connection: ConnectionId) {
        self.disconnected.lock().unwrap().push(connection);
        self.pass(Call::Disconnect).await;
        self.link.disconnect(connection).await;
    }
}

fn scene(call: Call, times: Times) -> (Building, Person, Arc<HangingLink>) {
    let mut building = Building::with_door(1);
    let mut resident = building.resident(PhoneProfile::android());
    let link = Arc::new(HangingLink {
        link: resident.phone.link(),
        hangs: Mutex::new(Some((call, times))),
        disconnected: Mutex::new(Vec::new()),
        burst: Mutex::new(0),
        events: Mutex::new(None),
    });
    let shared: Arc<dyn Link> = link.clone();
    let random = Box::new(resident.phone.random());
    resident.radio = Arc::new(Radio::new(shared, resident.phone.timer(), random));
    resident.unlocker =
        Unlocker::new(Arc::clone(&resident.radio), Arc::clone(&resident.vault), Policy::DEFAULT);
    (building, resident, link)
}

#[test]
fn call_that_hangs_once_costs_time_but_not_the_opening() {
    for call in CALLS {
        let (building, resident, _) = scene(call, Times::Once);
        let result = building.unlock(&resident);
        building.world.run_for(Duration::from_secs(20));
        // A scan that hangs holds the radio until the scan budget is over.
        if call == Call::StartScan {
            assert_eq!(result, Err(UnlockError::NotInRange));
        } else {
            assert!(result.is_ok(), "{call:?}: {result:?}");
            assert_eq!(building.movements(), 1, "{call:?}");
        }
        assert!(building.unlock(&resident).is_ok(), "the press after {call:?}");
    }
}

#[test]
fn call_that_always_hangs_still_ends_in_one_outcome_by_the_deadline() {
    for call in CALLS {
        let (building, resident, _) = scene(call, Times::Always);
        let started = building.world.now();
        let result = building.unlock(&resident);
        let took = building.world.now().since(started);
        // Releasing what hangs may take half a second more.
        assert!(took <= Duration::from_millis(Policy::DEFAULT.total + 1_000), "{call:?}: {took:?}");
        building.world.run_for(Duration::from_secs(20));
        match result {
            Ok(_) => assert_eq!(building.movements(), 1, "{call:?}"),
            Err(UnlockError::OutcomeUnknown) => assert!(building.movements() <= 1, "{call:?}"),
            Err(UnlockError::NotInRange | UnlockError::ConnectionLost) => {
                assert_eq!(building.movements(), 0, "{call:?}");
            }
            Err(other) => panic!("{other} after {call:?}"),
        }
    }
}

#[test]
fn connection_that_would_not_end_is_ended_by_the_next_intent() {
    let (building, resident, link) = scene(Call::Disconnect, Times::Once);
    building.unlock(&resident).unwrap();
    let first = link.disconnected.lock().unwrap().clone();
    assert_eq!(first.len(), 1);
    building.world.run_for(Duration::from_secs(5));
    building.unlock(&resident).unwrap();
    let again = link.disconnected.lock().unwrap()[1..].to_vec();
    assert_eq!(again[0], first[0], "the stale connection goes first");
    assert_ne!(again[1], first[0]);
}

#[test]
fn connection_of_a_dropped_intent_that_would_not_end_is_ended_by_the_next_one() {
    let (building, resident, link) = scene(Call::Disconnect, Times::Once);
    let (cancel, id) = (CancelHandle::new(), building.id());
    {
        let unlock = resident.unlocker.unlock(id, &cancel, &resident.progress);
        // Dropped at the moment when the door has accepted: the connection is open.
        let accepted = async { while !matches!(resident.progress.pop().await, Progress::Accepted { .. }) {} };
        let first = async {
            futures_util::future::select(core::pin::pin!(unlock), core::pin::pin!(accepted)).await;
        };
        building.world.block_on(first).unwrap();
    }
    let first = link.disconnected.lock().unwrap().clone();
    assert_eq!(first.len(), 1);
    building.world.run_for(Duration::from_millis(200));
    building.unlock(&resident).unwrap();
    assert_eq!(link.disconnected.lock().unwrap()[1], first[0], "the stale connection goes first");
}

#[test]
fn burst_that_overflows_the_queue_costs_the_connection_but_not_the_opening() {
    for (burst, connections) in [(50, 1), (500, 2)] {
        let (building, resident, link) = scene(Call::Disconnect, Times::Once);
        *link.hangs.lock().unwrap() = None;
        *link.burst.lock().unwrap() = burst;
        assert!(building.unlock(&resident).is_ok());
        // What was dropped is not known, so nothing on that connection is believed.
        assert_eq!(link.disconnected.lock().unwrap().len(), connections, "after {burst} notifications");
        assert_eq!(building.movements(), 1);
    }
}
