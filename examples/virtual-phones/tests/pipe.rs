//! The pipe between phones and a door, whose end of it is played by hand.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

use std::sync::Arc;

use thumbturn_phone::link::{
    ConnectionEvent, ConnectionId, DisconnectReason, Link as _, LinkError, PeerId, ScanEvent, WriteKind,
};
use thumbturn_phone::queue::EventQueue;
use thumbturn_virtual_phones::{Pipe, VirtualRadio};
use thumbturn_virtual_radio::{Broadcast, Decoder, Message as _, ToDoor, ToPhones};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The door's end of the pipe.
struct Door {
    stream: TcpStream,
    decoder: Decoder,
}

impl Door {
    async fn says(&mut self, message: &ToPhones) {
        self.stream.write_all(&message.to_bytes()).await.unwrap();
    }

    async fn advertises(&mut self) {
        let broadcast = Broadcast { new_address: true, fast: false, service_data: [7; 13] };
        self.says(&ToPhones::Advertise(broadcast)).await;
    }

    async fn hears(&mut self) -> ToDoor {
        loop {
            if let Some(message) = self.decoder.message().unwrap() {
                return message;
            }
            let mut piece = vec![0; 64];
            let length = self.stream.read(&mut piece).await.unwrap();
            assert!(length > 0, "the phones' end has gone");
            self.decoder.take(piece.get(..length).unwrap());
        }
    }
}

/// A door, the pipe to it, and a phone.
async fn set_up() -> (Door, Arc<Pipe>, VirtualRadio) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (of_phones, _) = listener.accept().await.unwrap();
    let pipe = Pipe::over(of_phones, 247).unwrap();
    let phone = VirtualRadio::new(Arc::clone(&pipe), Arc::new(()));
    (Door { stream, decoder: Decoder::new() }, pipe, phone)
}

async fn found(phone: &VirtualRadio) -> PeerId {
    let events = Arc::new(EventQueue::new(16));
    phone.start_scan(Arc::clone(&events)).await.unwrap();
    let ScanEvent::Heard(result) = events.pop().await else { unreachable!("the pipe stands") };
    phone.stop_scan().await;
    result.peer
}

async fn connected(
    door: &mut Door,
    phone: &VirtualRadio,
) -> (ConnectionId, Arc<EventQueue<ConnectionEvent>>) {
    door.advertises().await;
    let events = Arc::new(EventQueue::new(16));
    let id = phone.connect(&found(phone).await, Arc::clone(&events)).await.unwrap();
    assert!(matches!(door.hears().await, ToDoor::Connected(_)));
    (id, events)
}

#[tokio::test]
async fn what_one_end_says_the_other_hears() {
    let (mut door, _pipe, phone) = set_up().await;
    let (id, events) = connected(&mut door, &phone).await;
    let number = u16::try_from(id.0).unwrap();
    phone.subscribe(id).await.unwrap();
    assert_eq!(door.hears().await, ToDoor::Subscribed(number));
    assert_eq!((phone.mtu(id), phone.request_mtu(id).await, phone.mtu(id)), (23, Ok(247), 247));
    assert_eq!(door.hears().await, ToDoor::Mtu(number, 247));
    phone.write(id, vec![1, 2], WriteKind::WithoutResponse).await.unwrap();
    assert_eq!(door.hears().await, ToDoor::Written(number, vec![1, 2]));
    door.says(&ToPhones::Notify(number, vec![3])).await;
    assert_eq!(events.pop().await, ConnectionEvent::Notified(vec![3]));
    assert_eq!(door.hears().await, ToDoor::Sent(number));
    door.says(&ToPhones::Disconnect(number)).await;
    assert_eq!(events.pop().await, ConnectionEvent::Disconnected(DisconnectReason::Remote));
    assert_eq!(phone.subscribe(id).await, Err(LinkError::NotConnected));
}

#[tokio::test]
async fn a_loss_of_power_ends_connections_and_forgets_what_was_half_said() {
    let (mut door, pipe, phone) = set_up().await;
    let (_, events) = connected(&mut door, &phone).await;
    let half = ToPhones::Notify(1, vec![9; 100]).to_bytes();
    door.stream.write_all(half.get(..50).unwrap()).await.unwrap();
    pipe.door_lost_power().await;
    assert_eq!(events.pop().await, ConnectionEvent::Disconnected(DisconnectReason::LinkLoss));
    connected(&mut door, &phone).await;
}

#[tokio::test]
async fn a_door_that_has_gone_is_told_to_every_phone() {
    let (mut door, pipe, phone) = set_up().await;
    let (_, events) = connected(&mut door, &phone).await;
    let peer = found(&phone).await;
    drop(door);
    assert_eq!(events.pop().await, ConnectionEvent::Disconnected(DisconnectReason::LinkLoss));
    assert!(pipe.ended().is_some());
    let again = phone.connect(&peer, Arc::new(EventQueue::new(16))).await;
    assert_eq!(again, Err(LinkError::BluetoothOff));
}
