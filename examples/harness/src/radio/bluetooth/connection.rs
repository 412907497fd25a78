//! One connection to a door: its two characteristics, and the task that brings its notifications.

use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Poll;
use std::sync::Arc;

use btleplug::api::{Characteristic, Peripheral as _, WriteType};
use btleplug::platform::Peripheral;
use futures_util::{StreamExt, poll};
use thumbturn_phone::link::{ConnectionEvent, DisconnectReason};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::gatt::{RX, SERVICE, TX};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::radio::timeline::{Mark, Timeline};
use crate::radio::trouble::Trouble;

/// Writes without response that are with the stack at once. BlueZ answers each over D-Bus, which takes longer than a packet on the air;
/// it takes them in the order in which they were asked for. Of other stacks that is not known.
const AHEAD: usize = if cfg!(target_os = "linux") { 4 } else { 1 };

/// A connection whose service is known.
pub(super) struct Connection {
    /// The door.
    pub(super) peripheral: Peripheral,
    /// Phone to door.
    rx: Characteristic,
    /// Door to phone.
    pub(super) tx: Characteristic,
    events: Arc<EventQueue<ConnectionEvent>>,
    timeline: Arc<Timeline>,
    notifications: JoinHandle<()>,
    /// Free places among the writes ahead.
    ahead: Arc<Semaphore>,
    over: AtomicBool,
}

/// An attempt that is given up when it is dropped.
struct Attempt {
    peripheral: Peripheral,
    notifications: Option<JoinHandle<()>>,
}

impl Connection {
    /// Connects and discovers; what it holds is freed when the future is dropped.
    pub(super) async fn open(
        peripheral: Peripheral,
        events: Arc<EventQueue<ConnectionEvent>>,
        timeline: Arc<Timeline>,
    ) -> Result<Self, Trouble> {
        // Before the connection: a hello that the door pushes at once is lost otherwise.
        let mut stream = peripheral.notifications().await?;
        let (queue, marks) = (Arc::clone(&events), Arc::clone(&timeline));
        let notifications = tokio::spawn(async move {
            while let Some(notification) = stream.next().await {
                if notification.uuid == Uuid::from_u128(TX) {
                    let header = notification.value.first().copied().unwrap_or(0);
                    marks.mark(Mark::Received { header, bytes: notification.value.len() });
                    queue.push(ConnectionEvent::Notified(notification.value));
                }
            }
        });
        let mut attempt = Attempt { peripheral, notifications: Some(notifications) };
        attempt.peripheral.connect().await.map_err(connect_failed)?;
        timeline.mark(Mark::LinkUp);
        attempt.peripheral.discover_services().await?;
        timeline.mark(Mark::Discovered);
        let (rx, tx) = (attempt.characteristic(RX, "`rx`")?, attempt.characteristic(TX, "`tx`")?);
        let peripheral = attempt.peripheral.clone();
        let notifications = attempt.notifications.take().ok_or(Trouble::NotConnected)?;
        let ahead = Arc::new(Semaphore::new(AHEAD));
        Ok(Self { peripheral, rx, tx, events, timeline, notifications, ahead, over: AtomicBool::new(false) })
    }

    /// Writes a frame and waits for the door's stack.
    pub(super) async fn write_with_response(&self, frame: &[u8]) -> Result<(), Trouble> {
        Ok(self.peripheral.write(&self.rx, frame, WriteType::WithResponse).await?)
    }

    /// Hands a frame to the stack, and waits only where too many are there already. What becomes of it, nobody knows in any case.
    pub(super) async fn write_without_response(&self, frame: Vec<u8>) -> Result<(), Trouble> {
        let place = Arc::clone(&self.ahead).acquire_owned().await.map_err(|_| Trouble::NotConnected)?;
        let (peripheral, rx) = (self.peripheral.clone(), self.rx.clone());
        let mut writing =
            Box::pin(async move { peripheral.write(&rx, &frame, WriteType::WithoutResponse).await });
        // Asked for here and now, so that frames stay in order.
        if let Poll::Ready(written) = poll!(&mut writing) {
            return Ok(written?);
        }
        let timeline = Arc::clone(&self.timeline);
        tokio::spawn(async move {
            if let Err(error) = writing.await {
                timeline.trouble(error.into());
            }
            drop(place);
        });
        Ok(())
    }

    /// Ends it from this side. On BlueZ that takes about two seconds.
    pub(super) async fn close(&self) {
        self.end(DisconnectReason::Local);
        // One that has ended by itself must not be asked for: BlueZ would end the next one, two seconds later.
        if self.peripheral.is_connected().await.unwrap_or(true) {
            let _ = self.peripheral.disconnect().await;
        }
    }

    /// It is over, whoever ended it; told once.
    pub(super) fn end(&self, reason: DisconnectReason) {
        if !self.over.swap(true, Ordering::AcqRel) {
            self.notifications.abort();
            self.timeline.mark(Mark::Disconnected);
            self.events.push(ConnectionEvent::Disconnected(reason));
        }
    }
}

impl Attempt {
    fn characteristic(&self, uuid: u128, missing: &'static str) -> Result<Characteristic, Trouble> {
        let (service, uuid) = (Uuid::from_u128(SERVICE), Uuid::from_u128(uuid));
        let mut found = self.peripheral.characteristics().into_iter();
        let found = found.find(|known| known.service_uuid == service && known.uuid == uuid);
        found.ok_or(Trouble::NotADoor { missing })
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let Some(notifications) = self.notifications.take() else { return };
        notifications.abort();
        let peripheral = self.peripheral.clone();
        // Not waited for: whoever dropped the attempt has something better to do.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = peripheral.disconnect().await;
            });
        }
    }
}

/// A stack that knows no better reason says that it failed.
fn connect_failed(error: btleplug::Error) -> Trouble {
    match Trouble::from(error) {
        Trouble::Other { detail } => Trouble::ConnectFailed { detail },
        trouble => trouble,
    }
}
