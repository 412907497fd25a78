//! The door as a Bluetooth LE peripheral on a real adapter, with a Bluetooth host of its own: a system's GATT server would send one
//! phone's notifications to all of them, and has no room for service data in the scan response.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bt_hci::cmd::le::LeSetRandomAddr;
use bt_hci::controller::ExternalController;
use bt_hci_linux::Transport;
use thumbturn_lock::input::ConnectionId;
use thumbturn_lock::output::{Address as AddressChange, Broadcast, Pace};
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::gatt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use trouble_host::prelude::*;

use super::attributes::{Attributes, CONNECTIONS, FRAME, Values};
use super::ending::ending;
use super::pool::Pool;
use super::{Bluetooth, Commands, Events, RadioCommand, RadioError, RadioEvent, adapter};
use crate::board::SystemRandom;

/// Between two advertisements: one of the values that iOS recommends, and after a touch.
const NORMAL: embassy_time::Duration = embassy_time::Duration::from_micros(211_250);
const FAST: embassy_time::Duration = embassy_time::Duration::from_millis(20);
/// What a failed start of advertising waits before the next.
const PAUSE: Duration = Duration::from_millis(300);
/// How long what was said before may take to leave when a connection is to end.
const GRACE: Duration = Duration::from_millis(500);

type Controller = ExternalController<Transport, 8>;

const _: () = assert!(CONNECTIONS == 4, "a line of `serve_with` for each");

/// What the host wants of one connection.
enum Wanted {
    Notify(Vec<u8>),
    Disconnect,
}

/// Who listens for what the host wants, by connection.
type Listeners = Rc<RefCell<HashMap<ConnectionId, Listener>>>;

/// One who listens.
struct Listener {
    wants: UnboundedSender<Wanted>,
    /// Taken when the connection is to end.
    leave: Option<oneshot::Sender<()>>,
}

/// A phone that connected, and the slot that it takes.
struct Caller<'a, P: PacketPool> {
    id: ConnectionId,
    connection: Connection<'a, P>,
    wanted: UnboundedReceiver<Wanted>,
    leave: oneshot::Receiver<()>,
    _slot: OwnedSemaphorePermit,
}

/// Serves phones over an adapter, until it fails.
///
/// # Errors
///
/// When the adapter cannot be taken, or is lost.
pub(crate) async fn serve(
    bluetooth: Bluetooth,
    events: Events,
    commands: Commands,
) -> Result<(), RadioError> {
    let Bluetooth { adapter, smallest_mtu } = bluetooth;
    if smallest_mtu {
        serve_with::<Pool<23>>(adapter, events, commands).await
    } else {
        serve_with::<Pool<517>>(adapter, events, commands).await
    }
}

async fn serve_with<P: PacketPool>(
    number: u16,
    events: Events,
    commands: Commands,
) -> Result<(), RadioError> {
    let failed = |error| RadioError::Adapter { number, error };
    adapter::take_down(number).map_err(failed)?;
    let controller: Controller = ExternalController::new(Transport::new(number).map_err(failed)?);
    let mut resources: HostResources<P, CONNECTIONS, 8> = HostResources::new();
    let stack = trouble_host::new(controller, &mut resources).set_random_address(random_address()?).build();
    let mut values = Values::new();
    let attributes = Attributes::new(&mut values);
    let (broadcasts, broadcast) = watch::channel(None);
    let (callers, calling) = unbounded_channel();
    let calling = Rc::new(tokio::sync::Mutex::new(calling));
    let listeners = Listeners::default();
    println!("adapter hci{number}");

    let slot = || serve_callers(&attributes, &calling, &events, &listeners);
    let mut runner = stack.runner();
    tokio::select! {
        ended = runner.run() => ended.map_err(host_failed),
        ended = advertise(&stack, broadcast, &callers, &listeners) => ended,
        () = dispatch(commands, &broadcasts, &listeners) => Ok(()),
        () = slot() => Ok(()),
        () = slot() => Ok(()),
        () = slot() => Ok(()),
        () = slot() => Ok(()),
    }
}

/// Hands the host's wishes to those whom they concern.
async fn dispatch(
    mut commands: Commands,
    broadcasts: &watch::Sender<Option<Broadcast>>,
    listeners: &Listeners,
) {
    while let Some(command) = commands.recv().await {
        let (id, wanted) = match command {
            RadioCommand::Advertise(broadcast) => {
                let _ = broadcasts.send(Some(broadcast));
                continue;
            }
            RadioCommand::Notify(id, frame) => (id, Wanted::Notify(frame)),
            RadioCommand::Disconnect(id) => (id, Wanted::Disconnect),
        };
        if let Some(listener) = listeners.borrow_mut().get_mut(&id) {
            if matches!(wanted, Wanted::Disconnect) {
                drop(listener.leave.take());
            }
            let _ = listener.wants.send(wanted);
        }
    }
}

/// Advertises while a slot is free, always the newest broadcast.
async fn advertise<'a, P: PacketPool>(
    stack: &'a Stack<'_, Controller, P>,
    mut broadcasts: watch::Receiver<Option<Broadcast>>,
    callers: &UnboundedSender<Caller<'a, P>>,
    listeners: &Listeners,
) -> Result<(), RadioError> {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut next = 0_u32;
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return Ok(()) };
        let connection = next_connection(stack, &mut broadcasts).await?;
        let id = ConnectionId(next);
        next = next.wrapping_add(1);
        let (wants, wanted) = unbounded_channel();
        let (leaves, leave) = oneshot::channel();
        listeners.borrow_mut().insert(id, Listener { wants, leave: Some(leaves) });
        let _ = callers.send(Caller { id, connection, wanted, leave, _slot: slot });
    }
}

async fn next_connection<'a, P: PacketPool>(
    stack: &'a Stack<'_, Controller, P>,
    broadcasts: &mut watch::Receiver<Option<Broadcast>>,
) -> Result<Connection<'a, P>, RadioError> {
    let mut peripheral = stack.peripheral();
    loop {
        let Some(broadcast) = *broadcasts.borrow_and_update() else {
            broadcasts.changed().await.map_err(|_| RadioError::Host("the engine is gone".to_owned()))?;
            continue;
        };
        if broadcast.address == AddressChange::New {
            set_address(stack).await?;
        }
        let (advertisement, response) = payloads(broadcast)?;
        let interval = if broadcast.pace == Pace::Fast { FAST } else { NORMAL };
        let parameters =
            AdvertisementParameters { interval_min: interval, interval_max: interval, ..Default::default() };
        let data =
            Advertisement::ConnectableScannableUndirected { adv_data: &advertisement, scan_data: &response };
        let advertiser = match peripheral.advertise(&parameters, data).await {
            Ok(advertiser) => advertiser,
            Err(error) => {
                println!("cannot advertise: {error:?}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        tokio::select! {
            accepted = advertiser.accept() => match accepted {
                Ok(connection) => return Ok(connection),
                Err(error) => println!("cannot accept: {error:?}"),
            },
            changed = broadcasts.changed() => {
                changed.map_err(|_| RadioError::Host("the engine is gone".to_owned()))?;
            }
        }
    }
}

/// One of the slots: serves one phone after the other.
async fn serve_callers<P: PacketPool>(
    attributes: &Attributes<'_, P>,
    calling: &tokio::sync::Mutex<UnboundedReceiver<Caller<'_, P>>>,
    events: &Events,
    listeners: &Listeners,
) {
    loop {
        let Some(Caller { id, connection, mut wanted, leave, _slot }) = calling.lock().await.recv().await
        else {
            return;
        };
        let _ = events.send(RadioEvent::Connected(id)).await;
        match connection.with_attribute_server(&attributes.server) {
            Ok(connection) => {
                let serving = serve_phone(attributes, &connection, id, &mut wanted, events);
                ending(serving, leave, GRACE, || connection.raw().disconnect()).await;
            }
            Err(error) => println!("cannot serve {}: {error:?}", id.0),
        }
        listeners.borrow_mut().remove(&id);
        let _ = events.send(RadioEvent::Disconnected(id)).await;
    }
}

async fn serve_phone<P: PacketPool>(
    attributes: &Attributes<'_, P>,
    connection: &GattConnection<'_, '_, P>,
    id: ConnectionId,
    wanted: &mut UnboundedReceiver<Wanted>,
    events: &Events,
) {
    let mut mtu = 0;
    loop {
        tokio::select! {
            event = connection.next() => {
                if mtu != connection.raw().att_mtu() {
                    mtu = connection.raw().att_mtu();
                    let _ = events.send(RadioEvent::MtuChanged(id, AttMtu::clamped(mtu))).await;
                }
                match event {
                    GattConnectionEvent::Disconnected { .. } => return,
                    GattConnectionEvent::Gatt { event } => attend(attributes, connection, id, event, events).await,
                    _ => {}
                }
            }
            Some(wanted) = wanted.recv() => match wanted {
                Wanted::Notify(frame) => {
                    if let Err(error) = attributes.tx.notify_raw(connection, &frame, false).await {
                        println!("cannot notify {}: {error:?}", id.0);
                    }
                    let _ = events.send(RadioEvent::Writable(id)).await;
                }
                Wanted::Disconnect => connection.raw().disconnect(),
            }
        }
    }
}

/// A read, a write, or something else that the attribute table answers.
async fn attend<P: PacketPool>(
    attributes: &Attributes<'_, P>,
    connection: &GattConnection<'_, '_, P>,
    id: ConnectionId,
    event: GattEvent<'_, '_, P>,
    events: &Events,
) {
    let reply = match event {
        GattEvent::Write(write) if write.handle() == attributes.rx.handle => {
            let frame = write.with_data(|_, frame| frame.to_vec());
            let reply = if frame.len() > FRAME {
                write.reject(AttErrorCode::INVALID_ATTRIBUTE_VALUE_LENGTH)
            } else {
                // Not stored: nobody reads it back.
                let _ = events.send(RadioEvent::Received(id, frame)).await;
                write.accept_unprocessed()
            };
            send(reply).await;
            return;
        }
        event => event.accept(),
    };
    let subscribed = attributes.tx.should_notify(connection);
    send(reply).await;
    if subscribed {
        // Once is enough, more does no harm: the engine takes the first.
        let _ = events.send(RadioEvent::Subscribed(id)).await;
    }
}

async fn send<P: PacketPool>(reply: Result<Reply<'_, P>, Error>) {
    match reply {
        Ok(reply) => reply.send().await,
        Err(error) => println!("cannot answer: {error:?}"),
    }
}

/// A new random static address.
fn random_address() -> Result<Address, RadioError> {
    let mut bytes: [u8; 6] = thumbturn_protocol::random::random_bytes(&mut SystemRandom)
        .map_err(|error| RadioError::Host(error.to_string()))?;
    if let Some(highest) = bytes.last_mut() {
        *highest |= 0xc0;
    }
    Ok(Address::random(bytes))
}

async fn set_address<P: PacketPool>(stack: &Stack<'_, Controller, P>) -> Result<(), RadioError> {
    stack.command(LeSetRandomAddr::new(random_address()?.addr)).await.map_err(host_failed)
}

/// Advertisement and scan response (spec §4.2).
fn payloads(broadcast: Broadcast) -> Result<(Vec<u8>, Vec<u8>), RadioError> {
    let service = gatt::SERVICE.to_le_bytes();
    let data = [service.as_slice(), broadcast.service_data.as_bytes()].concat();
    Ok((
        payload(&[
            AdStructure::Flags(LE_GENERAL_DISCOVERABLE | BR_EDR_NOT_SUPPORTED),
            AdStructure::CompleteServiceUuids128(&[service]),
        ])?,
        payload(&[AdStructure::Unknown { ty: SERVICE_DATA_128, data: &data }])?,
    ))
}

/// Assigned number of service data under a UUID of 128 bits.
const SERVICE_DATA_128: u8 = 0x21;

fn payload(structures: &[AdStructure<'_>]) -> Result<Vec<u8>, RadioError> {
    let mut bytes = [0; 31];
    let length = AdStructure::encode_slice(structures, &mut bytes)
        .map_err(|error| RadioError::Host(format!("{error:?}")))?;
    Ok(bytes.get(..length).unwrap_or_default().to_vec())
}

fn host_failed(error: impl std::fmt::Debug) -> RadioError {
    RadioError::Host(format!("{error:?}"))
}
