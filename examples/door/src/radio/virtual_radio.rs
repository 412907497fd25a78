//! Phones over a socket: each that connects to it is a radio with connections of its own.

use std::collections::HashMap;
use std::net::SocketAddr;

use thumbturn_lock::input::ConnectionId;
use thumbturn_lock::output::{Address, Broadcast, Pace};
use thumbturn_protocol::frame::AttMtu;
use thumbturn_virtual_radio::{Broadcast as VirtualBroadcast, Decoder, Message, ToDoor, ToPhones};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{Commands, Events, RadioCommand, RadioError, RadioEvent};

/// What the socket's side says to the one task that knows all radios.
enum Said {
    /// A radio came.
    Came(u32, UnboundedSender<Vec<u8>>),
    By(u32, ToDoor),
    /// A radio left.
    Left(u32),
}

/// All radios and their connections.
struct Radios {
    events: Events,
    radios: HashMap<u32, UnboundedSender<Vec<u8>>>,
    connections: HashMap<ConnectionId, (u32, u16)>,
    next_connection: u32,
    broadcast: Option<Broadcast>,
}

/// Serves whoever connects to `address`, for ever.
///
/// # Errors
///
/// When the address cannot be listened at.
pub(crate) async fn serve(
    address: SocketAddr,
    events: Events,
    mut commands: Commands,
) -> Result<(), RadioError> {
    let listener = TcpListener::bind(address).await.map_err(|error| RadioError::Listen { address, error })?;
    println!("listening at {}", listener.local_addr().unwrap_or(address));
    let (say, mut said) = unbounded_channel();
    let mut radios = Radios {
        events,
        radios: HashMap::new(),
        connections: HashMap::new(),
        next_connection: 0,
        broadcast: None,
    };
    let mut next_radio = 0_u32;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                next_radio = next_radio.wrapping_add(1);
                tokio::spawn(serve_radio(next_radio, stream, say.clone()));
            }
            Some(said) = said.recv() => radios.hear(said),
            command = commands.recv() => match command {
                Some(command) => radios.obey(command),
                None => return Ok(()),
            },
        }
    }
}

/// Carries one radio's bytes until it leaves.
async fn serve_radio(radio: u32, stream: TcpStream, say: UnboundedSender<Said>) {
    // Frames are short and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let (reader, mut writer) = stream.into_split();
    let (send, mut to_send) = unbounded_channel::<Vec<u8>>();
    let _ = say.send(Said::Came(radio, send));
    let writing = async {
        while let Some(bytes) = to_send.recv().await {
            if writer.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = read_all(radio, reader, &say) => {}
    }
    let _ = say.send(Said::Left(radio));
}

async fn read_all(radio: u32, mut reader: OwnedReadHalf, say: &UnboundedSender<Said>) {
    let (mut decoder, mut piece) = (Decoder::new(), vec![0; 4_096]);
    loop {
        let Ok(length @ 1..) = reader.read(&mut piece).await else { return };
        decoder.take(piece.get(..length).unwrap_or_default());
        loop {
            match decoder.message::<ToDoor>() {
                Ok(Some(message)) => drop(say.send(Said::By(radio, message))),
                Ok(None) => break,
                Err(error) => {
                    println!("radio {radio} {error}");
                    return;
                }
            }
        }
    }
}

impl Radios {
    fn hear(&mut self, said: Said) {
        match said {
            Said::Came(radio, send) => {
                if let Some(broadcast) = self.broadcast {
                    let _ = send.send(advertise(broadcast).to_bytes());
                }
                self.radios.insert(radio, send);
            }
            Said::By(radio, message) => self.hear_message(radio, message),
            Said::Left(radio) => {
                self.radios.remove(&radio);
                let gone: Vec<_> =
                    self.connections.extract_if(|_, (of, _)| *of == radio).map(|(id, _)| id).collect();
                gone.into_iter().for_each(|id| self.tell(RadioEvent::Disconnected(id)));
            }
        }
    }

    fn hear_message(&mut self, radio: u32, message: ToDoor) {
        let (number, event): (u16, fn(ConnectionId) -> RadioEvent) = match message {
            ToDoor::Connected(number) => {
                self.disconnected(radio, number);
                let id = ConnectionId(self.next_connection);
                self.next_connection = self.next_connection.wrapping_add(1);
                self.connections.insert(id, (radio, number));
                return self.tell(RadioEvent::Connected(id));
            }
            ToDoor::Disconnected(number) => return self.disconnected(radio, number),
            ToDoor::Mtu(number, mtu) => {
                let Some(id) = self.id(radio, number) else { return };
                return self.tell(RadioEvent::MtuChanged(id, AttMtu::clamped(mtu)));
            }
            ToDoor::Written(number, frame) => {
                let Some(id) = self.id(radio, number) else { return };
                return self.tell(RadioEvent::Received(id, frame));
            }
            ToDoor::Subscribed(number) => (number, RadioEvent::Subscribed),
            ToDoor::Sent(number) => (number, RadioEvent::Writable),
        };
        if let Some(id) = self.id(radio, number) {
            self.tell(event(id));
        }
    }

    fn disconnected(&mut self, radio: u32, number: u16) {
        if let Some(id) = self.id(radio, number) {
            self.connections.remove(&id);
            self.tell(RadioEvent::Disconnected(id));
        }
    }

    fn obey(&mut self, command: RadioCommand) {
        match command {
            RadioCommand::Notify(id, frame) => self.send(id, |number| ToPhones::Notify(number, frame)),
            RadioCommand::Disconnect(id) => {
                self.send(id, ToPhones::Disconnect);
                self.connections.remove(&id);
            }
            RadioCommand::Advertise(broadcast) => {
                self.broadcast = Some(broadcast);
                let bytes = advertise(broadcast).to_bytes();
                self.radios.values().for_each(|radio| drop(radio.send(bytes.clone())));
            }
        }
    }

    fn send(&self, id: ConnectionId, message: impl FnOnce(u16) -> ToPhones) {
        let Some((radio, number)) = self.connections.get(&id) else { return };
        if let Some(radio) = self.radios.get(radio) {
            let _ = radio.send(message(*number).to_bytes());
        }
    }

    fn id(&self, radio: u32, number: u16) -> Option<ConnectionId> {
        self.connections.iter().find(|(_, of)| **of == (radio, number)).map(|(id, _)| *id)
    }

    fn tell(&self, event: RadioEvent) {
        let _ = self.events.send(event);
    }
}

fn advertise(broadcast: Broadcast) -> ToPhones {
    ToPhones::Advertise(VirtualBroadcast {
        new_address: broadcast.address == Address::New,
        fast: broadcast.pace == Pace::Fast,
        service_data: *broadcast.service_data.as_bytes(),
    })
}
