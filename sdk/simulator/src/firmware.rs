//! The door engine on a board of one's own: a lock maker's flash, randomness and hardware behind the simulated radio.
//!
//! [`crate::door::SimulatedDoor`] brings an emulated chip and body; a [`Firmware`] takes those that it is given, and is
//! built into a world with [`crate::world::World::add_peripheral`]. `tests/own_board.rs` of this crate is a whole program
//! to begin from.

use core::fmt;
use core::time::Duration;

use thumbturn_lock::engine::Engine;
use thumbturn_lock::input::{ConnectionId as EngineConnection, Input};
use thumbturn_lock::output::{Address, Broadcast, Output, Pace};
use thumbturn_lock::platform::{Board, Platform};
use thumbturn_phone::link::ConnectionId;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::time::Millis;

use crate::chip::Chip;
use crate::clock::Instant;
use crate::peripheral::{Advertisement, Charge, NewAddress, Peripheral, PeripheralAction, PeripheralEvent};
use crate::trace::DoorNote;

/// Between two advertisements unless a door's settings say otherwise: one of the values that iOS recommends.
const NORMAL_PACE: Duration = Duration::from_micros(211_250);
/// Between two advertisements after a touch.
const FAST_PACE: Duration = Duration::from_millis(20);

/// The door engine on any board.
///
/// Computing is charged with the time of [`Chip::CORTEX_M4`]; what the board itself does takes no simulated time. Power cuts
/// ([`crate::world::World::power_off`]) fall between two calls; the board outlives them. After the board's hardware has something
/// to report by itself, [`crate::world::World::nudge`] wakes the engine, as an interrupt does.
pub struct Firmware<P: Platform> {
    claim_secret: [u8; 16],
    board: Option<Board<P>>,
    engine: Option<Engine<P>>,
    notes: Vec<DoorNote>,
}

impl<P: Platform> Firmware<P> {
    /// Firmware that boots on `board` when the world switches it on. `claim_secret` is what the door's label says.
    #[must_use]
    pub const fn new(board: Board<P>, claim_secret: [u8; 16]) -> Self {
        Self { claim_secret, board: Some(board), engine: None, notes: Vec::new() }
    }

    fn charge(&mut self) -> Charge {
        Charge::busy(
            self.engine
                .as_mut()
                .map(Engine::take_work)
                .map_or(Duration::ZERO, |work| Chip::CORTEX_M4.time(work)),
        )
    }
}

impl<P: Platform> Peripheral for Firmware<P>
where
    Engine<P>: Send,
    Board<P>: Send,
{
    fn boot(&mut self, _: Instant) -> Charge {
        if let Some(board) = self.board.take() {
            match Engine::boot(board, ClaimSecret::from_bytes(self.claim_secret), Millis(0)) {
                Ok(engine) => self.engine = Some(engine),
                Err(error) => self.notes.push(DoorNote::DoesNotStart(error.to_string())),
            }
        }
        self.charge()
    }

    fn power_off(&mut self) {
        if let Some(engine) = self.engine.take() {
            self.board = Some(engine.into_board());
        }
    }

    fn handle(&mut self, now: Millis, event: PeripheralEvent) -> Charge {
        if let Some(engine) = &mut self.engine {
            engine.handle(now, input(&event));
        }
        self.charge()
    }

    fn poll(&mut self, now: Millis) -> (PeripheralAction, Charge) {
        let Some(engine) = &mut self.engine else {
            return (PeripheralAction::Idle { until: None }, Charge::default());
        };
        let action = action(engine.poll(now), NORMAL_PACE);
        (action, self.charge())
    }

    fn take_notes(&mut self) -> Vec<DoorNote> {
        core::mem::take(&mut self.notes)
    }
}

impl<P: Platform> fmt::Debug for Firmware<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Firmware").field("runs", &self.engine.is_some()).finish_non_exhaustive()
    }
}

/// What the air tells a door, in the engine's words.
pub(crate) fn input(event: &PeripheralEvent) -> Input<'_> {
    match event {
        PeripheralEvent::Connected(id) => Input::Connected(engine_id(*id)),
        PeripheralEvent::Disconnected(id) => Input::Disconnected(engine_id(*id)),
        PeripheralEvent::Subscribed(id) => Input::Subscribed(engine_id(*id)),
        PeripheralEvent::MtuChanged { connection, mtu } => {
            Input::MtuChanged(engine_id(*connection), AttMtu::clamped(*mtu))
        }
        PeripheralEvent::Received { connection, value } => Input::Received(engine_id(*connection), value),
        PeripheralEvent::Writable(id) => Input::Writable(engine_id(*id)),
    }
}

/// What the engine wants, in the air's words; `pace` is the door's setting for advertising.
pub(crate) fn action(output: Output, pace: Duration) -> PeripheralAction {
    match output {
        Output::Notify(id, value) => PeripheralAction::Notify { connection: air_id(id), value },
        Output::Disconnect(id) => PeripheralAction::Disconnect(air_id(id)),
        Output::Advertise(broadcast) => PeripheralAction::Advertise(advertisement(broadcast, pace)),
        Output::Worked => PeripheralAction::Worked,
        Output::Idle { until } => PeripheralAction::Idle { until },
    }
}

fn advertisement(broadcast: Broadcast, pace: Duration) -> Advertisement {
    Advertisement {
        service_data: broadcast.service_data.as_bytes().to_vec(),
        interval: match broadcast.pace {
            Pace::Normal => pace,
            Pace::Fast => FAST_PACE,
        },
        address: match broadcast.address {
            Address::New => NewAddress::Chosen,
            Address::Same => NewAddress::Kept,
        },
    }
}

/// The engine numbers connections with 32 bits; a world has fewer connections than that.
fn engine_id(id: ConnectionId) -> EngineConnection {
    EngineConnection(u32::try_from(id.0).unwrap_or(u32::MAX))
}

fn air_id(id: EngineConnection) -> ConnectionId {
    ConnectionId(u64::from(id.0))
}
