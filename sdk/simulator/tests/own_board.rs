//! What a lock maker does: the engine on a board of one's own, claimed and opened by the real phone core through simulated air.
//!
//! Copy it, and put your flash driver, your random source and your motor in the place of these.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

use core::time::Duration;
use std::sync::{Arc, Mutex};

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError, WRITE_GRANULE};
use thumbturn_lock::hardware::{Hardware, HardwareEvent, Readiness};
use thumbturn_lock::platform::{Board, Platform};
use thumbturn_lock::storage::layout;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::unlock::UnlockPath;
use thumbturn_phone::vault::Vault;
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::authority::{Authority, GrantTerms};
use thumbturn_simulator::firmware::Firmware;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::station::DoorSettings;
use thumbturn_simulator::world::World;

/// What the label on the door's secured side says.
const CLAIM_SECRET: [u8; 16] = [3; 16];

/// A chip of NOR flash: programming clears bits, erasing sets them.
struct Chip(Vec<u8>);

impl Flash for Chip {
    fn capacity(&self) -> usize {
        self.0.len()
    }

    fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        let cells = self.0.get(address..address + bytes.len()).ok_or(FlashError::OutOfBounds)?;
        bytes.copy_from_slice(cells);
        Ok(())
    }

    fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
        if !address.is_multiple_of(WRITE_GRANULE) || !bytes.len().is_multiple_of(WRITE_GRANULE) {
            return Err(FlashError::Misaligned);
        }
        let cells = self.0.get_mut(address..address + bytes.len()).ok_or(FlashError::OutOfBounds)?;
        cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        Ok(())
    }

    fn erase(&mut self, address: usize) -> Result<(), FlashError> {
        if !address.is_multiple_of(ERASE_BLOCK) {
            return Err(FlashError::Misaligned);
        }
        self.0.get_mut(address..address + ERASE_BLOCK).ok_or(FlashError::OutOfBounds)?.fill(0xff);
        Ok(())
    }
}

/// A true random source on a chip; here one that can be replayed.
struct Noise(SeededRandom);

impl SecureRandom for Noise {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        self.0.fill(bytes)
    }
}

/// A motor that is done at once, and writes down what it was told.
struct Motor {
    told: Arc<Mutex<Vec<&'static str>>>,
    done: Option<HardwareEvent>,
}

impl Hardware for Motor {
    fn unlock(&mut self, _: UnlockOrder) {
        self.told.lock().unwrap().push("unlock");
        self.done = Some(HardwareEvent::BoltMoved);
    }

    fn lock(&mut self) {
        self.told.lock().unwrap().push("lock");
    }

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    fn battery_low(&self) -> bool {
        false
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.done.take()
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        None
    }
}

/// The three together.
struct MyLock;

impl Platform for MyLock {
    type Flash = Chip;
    type Hardware = Motor;
    type Random = Noise;
}

#[test]
fn the_engine_on_a_board_of_ones_own_is_claimed_and_opens() {
    let world = World::new(1);
    let told = Arc::default();
    let board = Board {
        flash: Chip(vec![0xff; layout::END]),
        random: Noise(SeededRandom::new(2)),
        hardware: Motor { told: Arc::clone(&told), done: None },
    };
    let firmware = Firmware::<MyLock>::new(board, CLAIM_SECRET);
    let door = world.add_peripheral("my lock", DoorSettings::default(), Box::new(firmware));

    // A property and an installer's phone claim the door.
    let phone = world.add_phone("phone", PhoneProfile::android(), Place::metres(1, 0));
    let radio = Arc::new(Radio::new(phone.link(), phone.timer(), Box::new(phone.random())));
    let mut property = Authority::new(SeededRandom::new(3)).unwrap();
    let now = UnixSeconds::new(1_772_438_400).unwrap();
    let configuration = property.configure(DoorKind::Residence, Zone::fixed(UtcOffset::UTC), now).unwrap();
    let claimer = Claimer::new(Arc::clone(&radio), Policy::DEFAULT);
    let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
    let secret = ClaimSecret::from_bytes(CLAIM_SECRET);
    let claim = claimer.claim(secret, configuration.clone(), &cancel, &progress);
    let keys = world.block_on(claim).unwrap().unwrap();
    property.enter(&configuration, keys, now).unwrap();

    // The same phone is a resident's, too, and opens it: first with a grant, then with a ticket, and after a power cut.
    let files = TestingStorage::new();
    let keystore = Arc::new(TestingKeyStore::new());
    let vault = Arc::new(Vault::new(Box::new(move || Ok(Box::new(files.clone()))), keystore));
    let mut random = phone.random();
    let wallet = vault.enrol(&mut random).unwrap();
    wallet.trust(property.trust_anchor(), &mut random).unwrap();
    let (holder, terms) = (property.new_holder().unwrap(), GrantTerms::resident(now));
    let grant = property.issue(configuration.door, wallet.phone_id(), holder, &terms, now).unwrap();
    wallet.import(&grant.to_bytes().unwrap(), &mut random).unwrap();

    let unlocker = Unlocker::new(radio, vault, Policy::DEFAULT);
    let unlock = || {
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        world.block_on(unlocker.unlock(configuration.door, &cancel, &progress)).unwrap().unwrap().path
    };
    assert_eq!(unlock(), UnlockPath::Full);
    world.run_for(Duration::from_secs(10));
    assert_eq!(unlock(), UnlockPath::Fast);
    world.run_for(Duration::from_secs(10));
    world.power_off(door);
    world.power_on(door);
    assert_eq!(unlock(), UnlockPath::Fast);
    // After the power cut the door locks first: where its bolt was, nobody knows.
    assert_eq!(*told.lock().unwrap(), ["unlock", "lock", "unlock", "lock", "lock", "unlock"]);
}
