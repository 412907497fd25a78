//! The door engine as the air's peripheral: its calls are charged with the chip's and the flash's time.

use core::time::Duration;

use thumbturn_lock::engine::Engine;
use thumbturn_lock::platform::Board;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::time::{Millis, UnixSeconds};

use super::DoorParts;
use super::board::VirtualPlatform;
use crate::chip::Chip;
use crate::clock::{Instant, micros};
use crate::firmware;
use crate::nor::FlashUse;
use crate::peripheral::{Charge, Peripheral, PeripheralAction, PeripheralEvent};
use crate::trace::DoorNote;

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
        engine.handle(now, firmware::input(&event));
        self.charge(before)
    }

    fn poll(&mut self, now: Millis) -> (PeripheralAction, Charge) {
        let before = self.flash_use();
        self.parts.hardware.body().now = now;
        let Some(engine) = &mut self.engine else {
            return (PeripheralAction::Idle { until: None }, Charge::default());
        };
        let mut action = firmware::action(engine.poll(now), self.pace);
        if let PeripheralAction::Idle { until } = &mut action {
            let body = self.parts.hardware.body().next_change();
            *until = until.iter().copied().chain(body).min();
        }
        (action, self.charge(before))
    }

    fn take_notes(&mut self) -> Vec<DoorNote> {
        core::mem::take(&mut self.parts.hardware.body().notes)
    }
}
