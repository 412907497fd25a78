//! A door in the world: the door engine on an emulated board, with a body that can fail and a power that can be cut.

mod board;
mod body;
mod software;

use core::fmt;
use core::time::Duration;

use thumbturn_lock::CONNECTIONS;
use thumbturn_lock::hardware::{HardwareEvent, Readiness};
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::ids::{ClaimSecret, OperationId};
use thumbturn_protocol::time::UnixSeconds;

pub use self::board::{VirtualFlash, VirtualPlatform, VirtualRandom};
use self::body::Body;
pub use self::body::{BoltPosition, MotorRun, VirtualHardware};
use self::software::DoorSoftware;
use crate::card::Card;
use crate::chip::Chip;
use crate::echo::ADVERTISING_INTERVAL;
use crate::energy::Meter;
use crate::nor::{FlashUse, Moment, NorFlash};
use crate::radio::place::Place;
use crate::random::{Purpose, SeededRandom};
use crate::station::{DoorIndex, DoorSettings};
use crate::world::World;

/// Bytes of a simulated door's flash.
pub const FLASH_BYTES: usize = 4 * 1024 * 1024;

/// How a simulated door is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedDoorSettings {
    /// Place, slots, timer, boot time.
    pub station: DoorSettings,
    /// The chip whose time is charged.
    pub chip: Chip,
    /// How long the motor needs to draw the bolt.
    pub motor_time: Duration,
    /// Time between advertising events.
    pub advertising_interval: Duration,
    /// What a battery-backed clock showed when the world began; `None`: the door has none and loses the time with its power.
    pub real_time_clock: Option<UnixSeconds>,
}

impl Default for SimulatedDoorSettings {
    fn default() -> Self {
        Self {
            station: DoorSettings { max_connections: CONNECTIONS, ..DoorSettings::default() },
            chip: Chip::CORTEX_M4,
            motor_time: Duration::from_millis(600),
            advertising_interval: ADVERTISING_INTERVAL,
            real_time_clock: None,
        }
    }
}

/// The parts that survive a power cut, held by the door's software and by the test.
#[derive(Clone, Debug)]
struct DoorParts {
    flash: VirtualFlash,
    random: VirtualRandom,
    hardware: VirtualHardware,
}

/// A door. Clones are handles to the same door.
#[derive(Clone)]
pub struct SimulatedDoor {
    world: World,
    index: DoorIndex,
    parts: DoorParts,
    claim_secret: [u8; 16],
}

impl SimulatedDoor {
    /// Builds a factory-fresh door into a world and switches it on.
    #[must_use]
    pub fn new(world: &World, name: &str, settings: SimulatedDoorSettings) -> Self {
        let number = world.doors();
        let mut random = world.random(Purpose::Door(number));
        let mut claim_secret = [0; 16];
        random.bytes(&mut claim_secret);
        let wear_seed = random.below(u64::MAX);
        let parts = DoorParts {
            flash: VirtualFlash::new(NorFlash::with_capacity(FLASH_BYTES, wear_seed)),
            random: VirtualRandom::new(random),
            hardware: VirtualHardware::new(Body::new(settings.motor_time, SeededRandom::new(wear_seed))),
        };
        let software = DoorSoftware::new(
            parts.clone(),
            settings.chip,
            claim_secret,
            settings.advertising_interval,
            settings.real_time_clock,
        );
        let index = world.add_peripheral(name, settings.station, Box::new(software));
        Self { world: world.clone(), index, parts, claim_secret }
    }

    /// Its number in the world.
    #[must_use]
    pub const fn index(&self) -> DoorIndex {
        self.index
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.world.door_place(self.index)
    }

    /// The world that it is in.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The claim secret, as printed on the secured side.
    #[must_use]
    pub const fn claim_secret(&self) -> ClaimSecret {
        ClaimSecret::from_bytes(self.claim_secret)
    }

    /// Operations for which the motor was started, oldest first.
    #[must_use]
    pub fn bolt_movements(&self) -> Vec<OperationId> {
        self.parts.hardware.body().orders.clone()
    }

    /// Where the bolt is.
    #[must_use]
    pub fn bolt(&self) -> BoltPosition {
        self.parts.hardware.body().position
    }

    /// What keypad and card reader showed so far.
    #[must_use]
    pub fn signals(&self) -> Vec<Signal> {
        self.parts.hardware.body().signals.clone()
    }

    /// What its radio, CPU and motor did so far.
    #[must_use]
    pub fn meter(&self) -> Meter {
        Meter { motor: self.parts.hardware.body().motor_total, ..self.world.meter(self.index) }
    }

    /// What its flash was used for so far.
    #[must_use]
    pub fn flash_use(&self) -> FlashUse {
        self.parts.flash.chip().usage()
    }

    /// A copy of its flash, as a thief who opens the door finds it.
    #[must_use]
    pub fn flash_image(&self) -> Vec<u8> {
        self.parts.flash.chip().image().to_vec()
    }
}

/// What a test does to it.
impl SimulatedDoor {
    /// How the motor's runs end from now on.
    pub fn motor(&self, run: MotorRun) {
        self.parts.hardware.body().next_run = run;
    }

    /// Whether the motor could open the door, as its own sensors tell.
    pub fn set_readiness(&self, readiness: Readiness) {
        self.parts.hardware.body().readiness = readiness;
    }

    /// Whether the battery should be changed.
    pub fn set_battery_low(&self, low: bool) {
        self.parts.hardware.body().battery_low = low;
    }

    /// Whether its random source has failed.
    pub fn set_random_broken(&self, broken: bool) {
        self.parts.random.set_broken(broken);
    }

    /// Somebody touches it: it advertises faster for a while.
    pub fn touch(&self) {
        self.happen(HardwareEvent::Touched);
    }

    /// Somebody opens the door leaf.
    pub fn open_leaf(&self) {
        self.happen(HardwareEvent::DoorOpened);
    }

    /// The door leaf falls shut.
    pub fn close_leaf(&self) {
        self.happen(HardwareEvent::DoorClosed);
    }

    /// Somebody on the secured side holds the reset control.
    pub fn press_reset(&self) {
        self.happen(HardwareEvent::ResetPressed);
    }

    /// Somebody types at the keypad; what is no digit is the clear key.
    pub fn press(&self, keys: &str) {
        for key in keys.bytes() {
            let digit = key.checked_sub(b'0').and_then(Digit::new);
            self.happen(digit.map_or(HardwareEvent::KeypadCleared, HardwareEvent::Digit));
        }
    }

    /// Somebody holds a card to the reader.
    pub fn hold(&self, card: Card) {
        self.parts.hardware.body().hold(card);
        self.world.nudge(self.index);
    }

    /// Takes the card away again, if one is there.
    #[must_use]
    pub fn take_card(&self) -> Option<Card> {
        let card = self.parts.hardware.body().take_card();
        self.world.nudge(self.index);
        card
    }

    /// Cuts the power now; it stays off.
    pub fn power_off(&self) {
        self.world.power_off(self.index);
    }

    /// Gives the power back.
    pub fn power_on(&self) {
        self.world.power_on(self.index);
    }

    /// Cuts the power in the flash write or erase after `operations` more of them; the door boots again by itself.
    pub fn cut_power_after(&self, operations: u64, moment: Moment) {
        self.parts.flash.chip().cut_power(operations, moment);
    }

    /// Lets `operations` more flash writes and erases succeed and the one after them fail; the door works on.
    pub fn fail_flash_after(&self, operations: u64, moment: Moment) {
        self.parts.flash.chip().fail_operation(operations, moment);
    }

    fn happen(&self, event: HardwareEvent) {
        self.parts.hardware.body().happen(event);
        self.world.nudge(self.index);
    }
}

/// Without the claim secret and what is in the flash.
impl fmt::Debug for SimulatedDoor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SimulatedDoor").field("index", &self.index).finish_non_exhaustive()
    }
}
