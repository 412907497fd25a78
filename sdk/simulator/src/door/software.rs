//! The door engine as the air's peripheral: its calls are charged with the chip's and the flash's time.

use core::time::Duration;

use thumbturn_lock::engine::Engine;
use thumbturn_lock::input::{ConnectionId as EngineConnection, Input};
use thumbturn_lock::output::{Address, Output, Pace};
use thumbturn_lock::platform::Board;
use thumbturn_phone::link::ConnectionId;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::time::{Millis, UnixSeconds};

use super::DoorParts;
use super::board::VirtualPlatform;
use crate::chip::Chip;
use crate::clock::{Instant, micros};
use crate::nor::FlashUse;
use crate::peripheral::{Advertisement, Charge, NewAddress, Peripheral, PeripheralAction, PeripheralEvent};
use crate::trace::DoorNote;

/// Advertising after a touch.
const FAST_PACE: Duration = Duration::from_millis(20);

/// What runs on a simulated door.
pub(super) struct DoorSoftware {
    parts: DoorParts,
    chip: Chip,
    claim_secret: [u8; 16],
    pace: Duration,
    /// What a battery-backed clock showed when the world began; `None`: the door has none.
    real_time_clock: Option<UnixSeconds>,
    engine: Option<Engine<VirtualPlatform>>,
}

impl DoorSoftware {
    pub(super) const fn new(
        parts: DoorParts,
        chip: Chip,
        claim_secret: [u8; 16],
        pace: Duration,
        real_time_clock: Option<UnixSeconds>,
    ) -> Self {
        Self { parts, chip, claim_secret, pace, real_time_clock, engine: None }
    }

    /// What the flash was used for so far.
    fn flash_use(&self) -> FlashUse {
        self.parts.flash.chip().usage()
    }

    /// The price of the call that began with `before`.
    fn charge(&mut self, before: FlashUse) -> Charge {
        let work = self.engine.as_mut().map(Engine::take_work).unwrap_or_default();
        let chip = self.parts.flash.chip();
        let flash = Duration::from_micros(chip.usage().since(&before).micros());
        Charge { busy: self.chip.time(work).saturating_add(flash), power_lost: !chip.is_powered() }
    }
}

impl Peripheral for DoorSoftware {
    fn boot(&mut self, at: Instant) -> Charge {
        self.parts.flash.chip().power_on();
        let before = self.flash_use();
        {
            let mut body = self.parts.hardware.body();
            body.now = Millis(0);
            let uptime = micros(at.since(Instant::START)) / 1_000_000;
            body.real_time_clock = self.real_time_clock.map(|start| start.plus(uptime));
        }
        let board = Board {
            flash: self.parts.flash.clone(),
            random: self.parts.random.clone(),
            hardware: self.parts.hardware.clone(),
        };
        match Engine::boot(board, ClaimSecret::from_bytes(self.claim_secret), Millis(0)) {
            Ok(engine) => self.engine = Some(engine),
            Err(error) => self.parts.hardware.body().notes.push(DoorNote::DoesNotStart(error.to_string())),
        }
        self.charge(before)
    }

    fn power_off(&mut self) {
        self.engine = None;
        self.parts.hardware.body().lose_power();
    }

    fn handle(&mut self, now: Millis, event: PeripheralEvent) -> Charge {
        let before = self.flash_use();
        self.parts.hardware.body().now = now;
        let Some(engine) = &mut self.engine else { return Charge::default() };
        match &event {
            PeripheralEvent::Connected(id) => engine.handle(now, Input::Connected(engine_id(*id))),
            PeripheralEvent::Disconnected(id) => engine.handle(now, Input::Disconnected(engine_id(*id))),
            PeripheralEvent::Subscribed(id) => engine.handle(now, Input::Subscribed(engine_id(*id))),
            PeripheralEvent::MtuChanged { connection, mtu } => {
                engine.handle(now, Input::MtuChanged(engine_id(*connection), AttMtu::clamped(*mtu)));
            }
            PeripheralEvent::Received { connection, value } => {
                engine.handle(now, Input::Received(engine_id(*connection), value));
            }
            PeripheralEvent::Writable(id) => engine.handle(now, Input::Writable(engine_id(*id))),
        }
        self.charge(before)
    }

    fn poll(&mut self, now: Millis) -> (PeripheralAction, Charge) {
        let before = self.flash_use();
        self.parts.hardware.body().now = now;
        let Some(engine) = &mut self.engine else {
            return (PeripheralAction::Idle { until: None }, Charge::default());
        };
        let action = match engine.poll(now) {
            Output::Notify(id, value) => PeripheralAction::Notify { connection: air_id(id), value },
            Output::Disconnect(id) => PeripheralAction::Disconnect(air_id(id)),
            Output::Advertise(broadcast) => PeripheralAction::Advertise(Advertisement {
                service_data: broadcast.service_data.as_bytes().to_vec(),
                interval: match broadcast.pace {
                    Pace::Normal => self.pace,
                    Pace::Fast => FAST_PACE,
                },
                address: match broadcast.address {
                    Address::New => NewAddress::Chosen,
                    Address::Same => NewAddress::Kept,
                },
            }),
            Output::Worked => PeripheralAction::Worked,
            Output::Idle { until } => {
                let motor = self.parts.hardware.body().motor_ends();
                PeripheralAction::Idle { until: until.into_iter().chain(motor).min() }
            }
        };
        (action, self.charge(before))
    }

    fn take_notes(&mut self) -> Vec<DoorNote> {
        core::mem::take(&mut self.parts.hardware.body().notes)
    }
}

/// The engine numbers connections with 32 bits; a world has fewer connections than that.
fn engine_id(id: ConnectionId) -> EngineConnection {
    EngineConnection(u32::try_from(id.0).unwrap_or(u32::MAX))
}

fn air_id(id: EngineConnection) -> ConnectionId {
    ConnectionId(u64::from(id.0))
}
