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
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::oneshot;

use super::{Commands, Events, RadioCommand, RadioError, RadioEvent};

/// Radios at once; who else comes waits. Each may open connections, so it is no limit on phones.
const RADIOS: usize = 16;
/// Messages of all radios that wait for the one task that knows them. A radio that says more waits in its socket.
const SAID: usize = 16;
/// Messages that wait for one radio. The engine gives a connection four notifications ahead and has four connections, so that only a
/// radio that reads nothing, or says *sent* of what it has not read, comes so far. It is sent away.
const TO_SEND: usize = 64;

/// What the socket's side says to the one task that knows all radios.
enum Said {
    /// A radio came.
    Came(u32, Radio),
    By(u32, ToDoor),
    /// A radio left.
    Left(u32),
}

/// A radio, which is sent away when this is dropped.
struct Radio {
    send: Sender<Vec<u8>>,
    _leave: oneshot::Sender<()>,
}

/// All radios and their connections.
struct Radios {
    events: Events,
    radios: HashMap<u32, Radio>,
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
    serve_at(&listener, events, &mut commands).await;
    Ok(())
}

async fn serve_at(listener: &TcpListener, events: Events, commands: &mut Commands) {
    let (say, mut said) = channel(SAID);
    let mut radios = Radios {
        events,
        radios: HashMap::new(),
        connections: HashMap::new(),
        next_connection: 0,
        broadcast: None,
    };
    let (mut next_radio, mut present) = (0_u32, 0);
    loop {
        tokio::select! {
            // What the engine wants comes first, so that no more of it waits than what a few events lead to.
            biased;
            command = commands.recv() => match command {
                Some(command) => radios.obey(command),
                None => return,
            },
            Some(said) = said.recv() => {
                present -= usize::from(matches!(said, Said::Left(_)));
                radios.hear(said).await;
            }
            accepted = listener.accept(), if present < RADIOS => {
                let Ok((stream, _)) = accepted else { continue };
                present += 1;
                next_radio = next_radio.wrapping_add(1);
                tokio::spawn(serve_radio(next_radio, stream, say.clone()));
            }
        }
    }
}

/// Carries one radio's bytes until it leaves, or has to.
async fn serve_radio(radio: u32, stream: TcpStream, say: Sender<Said>) {
    // Frames are short and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let (reader, mut writer) = stream.into_split();
    let (send, mut to_send) = channel::<Vec<u8>>(TO_SEND);
    let (leave, left) = oneshot::channel();
    let _ = say.send(Said::Came(radio, Radio { send, _leave: leave })).await;
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
        _ = left => println!("radio {radio} takes nothing and is sent away"),
    }
    let _ = say.send(Said::Left(radio)).await;
}

async fn read_all(radio: u32, mut reader: OwnedReadHalf, say: &Sender<Said>) {
    let (mut decoder, mut piece) = (Decoder::new(), vec![0; 4_096]);
    loop {
        let Ok(length @ 1..) = reader.read(&mut piece).await else { return };
        decoder.take(piece.get(..length).unwrap_or_default());
        loop {
            match decoder.message::<ToDoor>() {
                Ok(Some(message)) => drop(say.send(Said::By(radio, message)).await),
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
    async fn hear(&mut self, said: Said) {
        match said {
            Said::Came(number, radio) => {
                self.radios.insert(number, radio);
                if let Some(broadcast) = self.broadcast {
                    self.send(number, &advertise(broadcast));
                }
            }
            Said::By(radio, message) => self.hear_message(radio, message).await,
            Said::Left(radio) => {
                self.radios.remove(&radio);
                let gone: Vec<_> =
                    self.connections.extract_if(|_, (of, _)| *of == radio).map(|(id, _)| id).collect();
                for id in gone {
                    self.tell(RadioEvent::Disconnected(id)).await;
                }
            }
        }
    }

    async fn hear_message(&mut self, radio: u32, message: ToDoor) {
        match message {
            ToDoor::Connected(number) => self.connected(radio, number).await,
            ToDoor::Disconnected(number) => self.disconnected(radio, number).await,
            ToDoor::Subscribed(number) => self.tell_of(radio, number, RadioEvent::Subscribed).await,
            ToDoor::Mtu(number, mtu) => {
                self.tell_of(radio, number, |id| RadioEvent::MtuChanged(id, AttMtu::clamped(mtu))).await;
            }
            ToDoor::Written(number, frame) => {
                self.tell_of(radio, number, |id| RadioEvent::Received(id, frame)).await;
            }
            ToDoor::Sent(number) => self.tell_of(radio, number, RadioEvent::Writable).await,
        }
    }

    async fn connected(&mut self, radio: u32, number: u16) {
        self.disconnected(radio, number).await;
        let id = ConnectionId(self.next_connection);
        self.next_connection = self.next_connection.wrapping_add(1);
        self.connections.insert(id, (radio, number));
        self.tell(RadioEvent::Connected(id)).await;
    }

    async fn disconnected(&mut self, radio: u32, number: u16) {
        if let Some(id) = self.id(radio, number) {
            self.connections.remove(&id);
            self.tell(RadioEvent::Disconnected(id)).await;
        }
    }

    fn obey(&mut self, command: RadioCommand) {
        match command {
            RadioCommand::Notify(id, frame) => self.send_to(id, |number| ToPhones::Notify(number, frame)),
            RadioCommand::Disconnect(id) => {
                self.send_to(id, ToPhones::Disconnect);
                self.connections.remove(&id);
            }
            RadioCommand::Advertise(broadcast) => {
                self.broadcast = Some(broadcast);
                let message = advertise(broadcast);
                let all: Vec<_> = self.radios.keys().copied().collect();
                all.into_iter().for_each(|radio| self.send(radio, &message));
            }
        }
    }

    fn send_to(&mut self, id: ConnectionId, message: impl FnOnce(u16) -> ToPhones) {
        let Some((radio, number)) = self.connections.get(&id).copied() else { return };
        self.send(radio, &message(number));
    }

    /// Sends a message to a radio; one for which too much waits already has to leave.
    fn send(&mut self, radio: u32, message: &ToPhones) {
        let Some(present) = self.radios.get(&radio) else { return };
        if present.send.try_send(message.to_bytes()).is_err() {
            self.radios.remove(&radio);
        }
    }

    fn id(&self, radio: u32, number: u16) -> Option<ConnectionId> {
        self.connections.iter().find(|(_, of)| **of == (radio, number)).map(|(id, _)| *id)
    }

    /// Tells what happened on a connection, if it stands.
    async fn tell_of(&self, radio: u32, number: u16, event: impl FnOnce(ConnectionId) -> RadioEvent) {
        if let Some(id) = self.id(radio, number) {
            self.tell(event(id)).await;
        }
    }

    /// Waits while the host is behind: so do the radios then.
    async fn tell(&self, event: RadioEvent) {
        let _ = self.events.send(event).await;
    }
}

fn advertise(broadcast: Broadcast) -> ToPhones {
    ToPhones::Advertise(VirtualBroadcast {
        new_address: broadcast.address == Address::New,
        fast: broadcast.pace == Pace::Fast,
        service_data: *broadcast.service_data.as_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{Receiver, UnboundedSender, unbounded_channel};
    use tokio::task::yield_now;

    use super::super::EVENTS;
    use super::*;

    /// More turns than the socket's buffers take at one piece each.
    const TURNS: usize = 20_000;

    /// A door's radio, the other end of it, and a phones' radio that has connected.
    async fn radio() -> (TcpStream, Receiver<RadioEvent>, UnboundedSender<RadioCommand>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, told) = channel(EVENTS);
        let (command, mut commands) = unbounded_channel();
        tokio::spawn(async move { serve_at(&listener, events, &mut commands).await });
        (TcpStream::connect(address).await.unwrap(), told, command)
    }

    async fn many_turns() {
        for _ in 0..TURNS {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_radio_that_says_more_than_the_host_hears_waits() {
        let (mut stream, told, _command) = radio().await;
        let said: Vec<u8> = [ToDoor::Connected(1)]
            .iter()
            .chain(&vec![ToDoor::Sent(1); 1 << 21])
            .flat_map(Message::to_bytes)
            .collect();
        tokio::select! {
            _ = stream.write_all(&said) => panic!("all of it was taken, and nobody hears it"),
            () = many_turns() => {}
        }
        assert_eq!(told.len(), EVENTS);
    }

    #[tokio::test]
    async fn a_radio_that_takes_nothing_is_sent_away() {
        let (mut stream, mut told, command) = radio().await;
        stream.write_all(&ToDoor::Connected(1).to_bytes()).await.unwrap();
        let Some(RadioEvent::Connected(id)) = told.recv().await else { panic!("nobody connected") };
        for _ in 0..TURNS {
            command.send(RadioCommand::Notify(id, vec![7; 512])).unwrap();
            command.send(RadioCommand::Notify(id, vec![7; 512])).unwrap();
            yield_now().await;
            match told.try_recv() {
                Ok(RadioEvent::Disconnected(gone)) if gone == id => return,
                Ok(other) => panic!("{other:?}"),
                Err(_) => {}
            }
        }
        panic!("what nobody reads is kept");
    }

    #[tokio::test]
    async fn a_radio_more_than_there_is_room_for_waits_until_one_leaves() {
        let (first, mut told, _command) = radio().await;
        let address = first.peer_addr().unwrap();
        let mut present = vec![first];
        for _ in 0..RADIOS {
            present.push(TcpStream::connect(address).await.unwrap());
        }
        let last = present.last_mut().unwrap();
        last.write_all(&ToDoor::Connected(1).to_bytes()).await.unwrap();
        many_turns().await;
        assert!(told.is_empty());
        drop(present.remove(0));
        assert!(matches!(told.recv().await, Some(RadioEvent::Connected(_))));
    }
}
