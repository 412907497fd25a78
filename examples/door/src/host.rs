//! The loop around the engine: what happened goes in, what is to be done comes out, until there is nothing to do.

use std::ops::ControlFlow;
use std::time::Duration;

use thumbturn_lock::engine::Engine;
use thumbturn_lock::error::Error;
use thumbturn_lock::input::Input;
use thumbturn_lock::output::Output;
use thumbturn_lock::platform::Board;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::time::Millis;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use crate::board::DoorPlatform;
use crate::journal::Journal;
use crate::prompt::{self, Command};
use crate::radio::{RadioCommand, RadioEvent};

/// Why the door does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostError {
    #[error("the flash cannot be read ({0}): a new chip is a new file, name one with --flash")]
    Boot(Error),
}

/// The engine and what is around it.
pub(crate) struct Host {
    engine: Engine<DoorPlatform>,
    started: Instant,
    journal: Journal,
    events: Receiver<RadioEvent>,
    commands: UnboundedSender<RadioCommand>,
}

impl Host {
    /// Starts the engine on its board.
    pub(crate) fn boot(
        board: Board<DoorPlatform>,
        claim_secret: ClaimSecret,
        events: Receiver<RadioEvent>,
        commands: UnboundedSender<RadioCommand>,
    ) -> Result<Self, HostError> {
        let started = Instant::now();
        let mut engine = Engine::boot(board, claim_secret, Millis(0)).map_err(HostError::Boot)?;
        let journal = Journal::behind(engine.storage_mut());
        println!("{}", if engine.is_claimed() { "claimed" } else { "factory-fresh" });
        Ok(Self { engine, started, journal, events, commands })
    }

    /// Runs until the prompt says otherwise.
    pub(crate) async fn run(mut self, mut lines: UnboundedReceiver<String>) -> Result<(), HostError> {
        loop {
            let until = self.work().await;
            self.journal.print_news(self.engine.storage_mut());
            let due = self.due(until);
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.hear(&event),
                    None => return Ok(()),
                },
                Some(line) = lines.recv() => {
                    if self.obey(&line).is_break() {
                        return Ok(());
                    }
                }
                () = tokio::time::sleep_until(due) => {}
            }
        }
    }

    /// Polls until there is nothing to do; gives the next deadline.
    async fn work(&mut self) -> Option<Millis> {
        loop {
            let now = self.now();
            match self.engine.poll(now) {
                Output::Notify(id, frame) => self.ask(RadioCommand::Notify(id, frame)),
                Output::Disconnect(id) => self.ask(RadioCommand::Disconnect(id)),
                Output::Advertise(broadcast) => self.ask(RadioCommand::Advertise(broadcast)),
                // The radio runs on the same thread: it has its turn, and what happened meanwhile comes before the next slice.
                Output::Worked => {
                    tokio::task::yield_now().await;
                    while let Ok(event) = self.events.try_recv() {
                        self.hear(&event);
                    }
                }
                Output::Idle { until } => return until,
            }
        }
    }

    fn hear(&mut self, event: &RadioEvent) {
        let input = match event {
            RadioEvent::Connected(id) => {
                println!("connected {}", id.0);
                Input::Connected(*id)
            }
            RadioEvent::Disconnected(id) => {
                println!("disconnected {}", id.0);
                Input::Disconnected(*id)
            }
            RadioEvent::Subscribed(id) => Input::Subscribed(*id),
            RadioEvent::MtuChanged(id, mtu) => Input::MtuChanged(*id, *mtu),
            RadioEvent::Received(id, frame) => Input::Received(*id, frame),
            RadioEvent::Writable(id) => Input::Writable(*id),
        };
        self.engine.handle(self.now(), input);
    }

    fn obey(&mut self, line: &str) -> ControlFlow<()> {
        match prompt::parse(line) {
            Ok(Command::Quit) => return ControlFlow::Break(()),
            Ok(Command::Help) => println!("{}", prompt::HELP),
            Ok(Command::Log) => Journal::print_all(self.engine.storage_mut()),
            Ok(Command::Count) => println!("openings {}", self.engine.hardware_mut().openings),
            Ok(Command::Body(change)) => change.make(self.engine.hardware_mut()),
            Err(mistake) => println!("{mistake}"),
        }
        ControlFlow::Continue(())
    }

    fn ask(&self, command: RadioCommand) {
        // Without a radio there is nobody to tell; the process is ending.
        let _ = self.commands.send(command);
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// When to poll again: the engine's deadline, or the end of the motor's run.
    fn due(&mut self, until: Option<Millis>) -> Instant {
        let engine = until.map(|Millis(at)| self.started + Duration::from_millis(at));
        let body = self.engine.hardware_mut().next_change();
        let never = Instant::now() + Duration::from_secs(3_600);
        engine.into_iter().chain(body).min().unwrap_or(never)
    }
}

#[cfg(test)]
mod tests {
    use thumbturn_lock::input::ConnectionId;
    use thumbturn_protocol::Ephemeral;
    use thumbturn_protocol::claim::{self, DoorConfiguration, DoorKind};
    use thumbturn_protocol::frame::{AttMtu, Fragmenter, MessageType};
    use thumbturn_protocol::hello::Hello;
    use thumbturn_protocol::time::UnixSeconds;
    use thumbturn_protocol::zone::{UtcOffset, Zone};
    use thumbturn_simulator::authority::Authority;
    use thumbturn_simulator::random::SeededRandom;
    use tokio::sync::mpsc::{Sender, channel, unbounded_channel};
    use tokio::task::yield_now;

    use super::*;
    use crate::board::SystemRandom;
    use crate::body::Body;
    use crate::flash_file::FlashFile;
    use crate::private::Folder;

    const SECRET: [u8; 16] = [7; 16];
    const PHONE: ConnectionId = ConnectionId(1);

    /// What the door notifies next, and how many turns the radio had until then.
    async fn notified(commands: &mut UnboundedReceiver<RadioCommand>) -> (Vec<u8>, u32) {
        let mut turns = 0;
        loop {
            match commands.try_recv() {
                Ok(RadioCommand::Notify(PHONE, frame)) => return (frame, turns),
                Ok(_) => {}
                Err(_) => {
                    turns += 1;
                    yield_now().await;
                }
            }
        }
    }

    fn configuration() -> DoorConfiguration {
        let mut authority = Authority::new(SeededRandom::new(1)).unwrap();
        let (zone, now) = (Zone::fixed(UtcOffset::UTC), UnixSeconds::new(1_800_000_000).unwrap());
        authority.configure(DoorKind::Residence, zone, now).unwrap()
    }

    /// Begins a claim: the door reads the request, makes its keys, and answers. How many turns the radio has meanwhile.
    async fn claim_begun(radio: Sender<RadioEvent>, mut commands: UnboundedReceiver<RadioCommand>) -> u32 {
        for event in [RadioEvent::Connected(PHONE), RadioEvent::MtuChanged(PHONE, AttMtu::clamped(517))] {
            radio.send(event).await.unwrap();
        }
        radio.send(RadioEvent::Subscribed(PHONE)).await.unwrap();
        let hello = Hello::parse(&notified(&mut commands).await.0).unwrap();
        let ephemeral = Ephemeral::generate(&mut SystemRandom).unwrap();
        let (_, request) =
            claim::request(&ClaimSecret::from_bytes(SECRET), &hello, &configuration(), ephemeral).unwrap();
        let mut frames = Fragmenter::new(MessageType::ClaimRequest, request).unwrap();
        while let Some(frame) = frames.next_frame(AttMtu::clamped(517)) {
            radio.send(RadioEvent::Received(PHONE, frame)).await.unwrap();
        }
        let (answer, turns) = notified(&mut commands).await;
        assert_eq!(answer.first(), Some(&(0xc0 | 0x09)), "a claim answer");
        turns
    }

    #[tokio::test]
    async fn the_radio_has_its_turn_between_two_slices_of_a_handshake() {
        let folder = Folder::new("slices");
        let flash = FlashFile::open(&folder.path("door.flash")).unwrap();
        let board = Board::<DoorPlatform> { flash, random: SystemRandom, hardware: Body::new(1, true) };
        let (radio, events) = channel(crate::radio::EVENTS);
        let (to_radio, commands) = unbounded_channel();
        let host = Host::boot(board, ClaimSecret::from_bytes(SECRET), events, to_radio).unwrap();
        let (_prompt, lines) = unbounded_channel();
        tokio::select! {
            ended = host.run(lines) => panic!("{ended:?}"),
            // Reading the request, making the keys, writing the answer.
            turns = claim_begun(radio, commands) => assert!(turns >= 3, "{turns} turns"),
        }
    }
}
