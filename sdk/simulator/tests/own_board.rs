//! What a lock maker does: the engine on a board of one's own, claimed, opened and updated by the real phone core through simulated
//! air; then a code is typed at its keypad, and a card held to its reader.
//!
//! Copy it, and put your flash driver, your random source, your motor, keypad and reader in the place of these.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError, WRITE_GRANULE};
use thumbturn_lock::hardware::{CardAnswer, Hardware, HardwareEvent, Readiness};
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::platform::{Board, Platform};
use thumbturn_lock::signal::Signal;
use thumbturn_lock::storage::layout;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::unlock::UnlockPath;
use thumbturn_phone::vault::Vault;
use thumbturn_protocol::card::{CardKey, CardToken, CardVersion};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::Doorcode;
use thumbturn_protocol::ids::{ClaimSecret, DoorId, HolderId, Serial};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::{Card as CardRow, CredentialNumber, Row, Terms};
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::authority::{Authority, GrantTerms};
use thumbturn_simulator::card::Card;
use thumbturn_simulator::firmware::Firmware;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::place::Place;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_simulator::station::{DoorIndex, DoorSettings};
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

/// Motor, keypad and card reader. Bolt and card answer at once; what happens is taken one by one, the oldest first.
#[derive(Clone, Default)]
struct Fittings(Arc<Mutex<Body>>);

#[derive(Default)]
struct Body {
    told: Vec<&'static str>,
    shown: Vec<Signal>,
    happened: VecDeque<HardwareEvent>,
    /// In the field of the reader.
    card: Option<Card>,
}

impl Hardware for Fittings {
    fn unlock(&mut self, _: UnlockOrder) {
        let mut body = self.0.lock().unwrap();
        body.told.push("unlock");
        body.happened.push_back(HardwareEvent::BoltMoved);
    }

    fn lock(&mut self) {
        self.0.lock().unwrap().told.push("lock");
    }

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    fn battery_low(&self) -> bool {
        false
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.0.lock().unwrap().happened.pop_front()
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        None
    }

    fn signal(&mut self, signal: Signal) {
        self.0.lock().unwrap().shown.push(signal);
    }

    fn send_to_card(&mut self, command: &[u8]) {
        let mut body = self.0.lock().unwrap();
        let Some(card) = body.card.as_mut() else { return };
        let answer = card.answer(command, &mut SeededRandom::new(4));
        body.happened.push_back(HardwareEvent::CardAnswered(CardAnswer::new(&answer)));
    }
}

/// The three together.
struct MyLock;

impl Platform for MyLock {
    type Flash = Chip;
    type Hardware = Fittings;
    type Random = Noise;
}

/// My lock, claimed for a property, and a resident before it.
struct Scene {
    world: World,
    door: DoorIndex,
    id: DoorId,
    fittings: Fittings,
    property: Authority,
    vault: Arc<Vault>,
    unlocker: Unlocker,
    now: UnixSeconds,
}

impl Scene {
    fn new() -> Self {
        let world = World::new(1);
        let fittings = Fittings::default();
        let board = Board {
            flash: Chip(vec![0xff; layout::END]),
            random: Noise(SeededRandom::new(2)),
            hardware: fittings.clone(),
        };
        let firmware = Firmware::<MyLock>::new(board, CLAIM_SECRET);
        let door = world.add_peripheral("my lock", DoorSettings::default(), Box::new(firmware));

        // A property and an installer's phone claim the door.
        let phone = world.add_phone("phone", PhoneProfile::android(), Place::metres(1, 0));
        let radio = Arc::new(Radio::new(phone.link(), phone.timer(), Box::new(phone.random())));
        let mut property = Authority::new(SeededRandom::new(3)).unwrap();
        let now = UnixSeconds::new(1_772_438_400).unwrap();
        let zone = Zone::fixed(UtcOffset::UTC);
        let configuration = property.configure(DoorKind::Residence, zone, now).unwrap();
        let claimer = Claimer::new(Arc::clone(&radio), Policy::DEFAULT);
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        let secret = ClaimSecret::from_bytes(CLAIM_SECRET);
        let claim = claimer.claim(secret, configuration.clone(), &cancel, &progress);
        let keys = world.block_on(claim).unwrap().unwrap();
        property.enter(&configuration, keys, now).unwrap();

        // The same phone is a resident's, too.
        let files = TestingStorage::new();
        let keystore = Arc::new(TestingKeyStore::new());
        let vault = Arc::new(Vault::new(Box::new(move || Ok(Box::new(files.clone()))), keystore));
        let mut random = phone.random();
        let wallet = vault.enrol(&mut random).unwrap();
        wallet.trust(property.trust_anchor(), &mut random).unwrap();
        let (holder, terms) = (property.new_holder().unwrap(), GrantTerms::resident(now));
        let grant = property.issue(configuration.door, wallet.phone_id(), holder, &terms, now).unwrap();
        wallet.import(&grant.to_bytes().unwrap(), &mut random).unwrap();

        let unlocker = Unlocker::new(radio, Arc::clone(&vault), Policy::DEFAULT);
        Self { world, door, id: configuration.door, fittings, property, vault, unlocker, now }
    }

    /// The resident taps, walks in, and the door relocks.
    fn unlock(&self) -> UnlockPath {
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        let unlock = self.unlocker.unlock_first(self.id, &cancel, &progress);
        let unlocked = self.world.block_on(unlock).unwrap().unwrap();
        let path = unlocked.opened.path;
        self.world.block_on(unlocked.deliver(&cancel, &EventQueue::new(64))).unwrap();
        self.world.run_for(Duration::from_secs(10));
        path
    }

    /// The property enters a row; the resident's phone brings it behind the next unlock.
    fn enter(&mut self, row: Row) {
        let mut list = self.property.list(self.id).unwrap();
        list.set(row);
        let parcel = self.property.update(&mut list, self.now).unwrap().unwrap();
        let mut random = SeededRandom::new(5);
        self.vault.inbox(&mut random).unwrap().take_parcel(&parcel.to_bytes(), &mut random).unwrap();
        self.unlock();
    }

    /// Something happens at the door. What it shows, and what its motor is told, until it is locked again.
    fn happen(&self, events: impl IntoIterator<Item = HardwareEvent>) -> (Vec<Signal>, Vec<&'static str>) {
        let shown = self.body().shown.len();
        let told = self.body().told.len();
        self.body().happened.extend(events);
        self.world.nudge(self.door);
        self.world.run_for(Duration::from_secs(10));
        let body = self.body();
        (body.shown.iter().skip(shown).copied().collect(), body.told.iter().skip(told).copied().collect())
    }

    fn type_code(&self, code: &str) -> (Vec<Signal>, Vec<&'static str>) {
        self.happen(code.bytes().map(|key| HardwareEvent::Digit(Digit::new(key - b'0').unwrap())))
    }

    fn body(&self) -> std::sync::MutexGuard<'_, Body> {
        self.fittings.0.lock().unwrap()
    }

    fn power_cut(&self) {
        self.world.power_off(self.door);
        self.world.power_on(self.door);
    }
}

const fn terms() -> Terms {
    Terms::new(HolderId([8; 8]), Serial(u32::MAX), CredentialNumber(1))
}

#[test]
fn the_engine_on_a_board_of_ones_own_is_claimed_and_opens() {
    let scene = Scene::new();
    assert_eq!(scene.unlock(), UnlockPath::Full, "with the grant");
    assert_eq!(scene.unlock(), UnlockPath::Fast, "with a ticket");
    scene.power_cut();
    assert_eq!(scene.unlock(), UnlockPath::Fast);
    // After the power cut the door locks first: where its bolt was, nobody knows.
    assert_eq!(scene.body().told, ["unlock", "lock", "unlock", "lock", "lock", "unlock", "lock"]);
}

#[test]
fn a_code_that_a_phone_has_brought_opens_at_the_keypad() {
    let mut scene = Scene::new();
    scene.enter(Row::Doorcode(Doorcode::parse("0972587").unwrap(), terms()));
    assert_eq!(scene.type_code("0972588"), (vec![Signal::Refused], vec![]));
    assert_eq!(scene.type_code("0972587"), (vec![Signal::Accepted], vec!["unlock", "lock"]));
    // This board has no battery-backed clock: after a power cut no code opens until a phone has brought the time.
    scene.power_cut();
    assert_eq!(scene.type_code("0972587"), (vec![Signal::UnknownTime], vec!["lock"]));
}

#[test]
fn a_card_that_a_phone_has_brought_opens_at_the_reader() {
    const TOKEN: CardToken = CardToken(*b"newcomer");
    const VERSION: CardVersion = CardVersion(1);
    let mut scene = Scene::new();
    scene.body().card = Some(Card::new(TOKEN, VERSION, [6; 16], [7; 16]));
    let unknown = scene.happen([HardwareEvent::CardPresent]);
    assert_eq!(unknown, (vec![Signal::CardFailure], vec![]));
    scene.happen([HardwareEvent::CardGone]);

    // A residence asks with the card's second key.
    let key = CardKey::from_bytes([7; 16]);
    scene.enter(Row::Card(CardRow { token: TOKEN, key, lowest_version: VERSION }, terms()));
    scene.body().card.as_mut().unwrap().leave();
    let known = scene.happen([HardwareEvent::CardPresent]);
    assert_eq!(known, (vec![Signal::Accepted], vec!["unlock", "lock"]));
}
