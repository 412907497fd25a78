//! I9: no step of an unlock waits for a network.
//!
//! True by construction: the phone core depends on no network crate, and all that it is given are the traits of `Link` (the
//! Bluetooth radio), `Timer`, `SecureRandom`, `KeyStore` and `VaultStorage`. There is nothing through which it could ask a server.
//! The tests below keep the construction as it is, and open doors in a world that holds nothing but a phone and a door.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::link::Link;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
use thumbturn_phone::timer::Timer;
use thumbturn_phone::unlock::{Bolt, Opened, UnlockPath};
use thumbturn_phone::vault::Vault;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::shortly_before;
use thumbturn_simulator::building::Building;

/// What a network client would need; none of it is in the core, nor in the protocol below it.
const NETWORK: [&str; 6] = ["std::net", "TcpStream", "UdpSocket", "ToSocketAddrs", "http://", "https://"];

/// All that the phone core may depend on.
const DEPENDENCIES: [&str; 8] = [
    "thumbturn-protocol",
    "aes-gcm",
    "async-trait",
    "futures-util",
    "postcard",
    "serde",
    "thiserror",
    "zeroize",
];

fn sources(directory: &std::path::Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_phone_core_knows_no_network() {
    let manifest = include_str!("../../sdk/phone/Cargo.toml");
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
    let is_dependency = |line: &&str| line.starts_with(char::is_alphabetic);
    let named: BTreeSet<String> = section.lines().filter(is_dependency).map(name).collect();
    assert_eq!(named, DEPENDENCIES.map(str::to_owned).into(), "a new dependency: does it use a network?");

    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk");
    let mut files = Vec::new();
    for part in ["phone/src", "protocol/src"] {
        sources(&root.join(part), &mut files);
    }
    assert!(files.len() > 50, "{} files", files.len());
    for word in NETWORK {
        assert!(!files.iter().any(|source| source.contains(word)), "{word}");
    }
}

/// Who taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Resident,
    Guest,
}

/// Taps in this order, each so many seconds after the one before, with the authority gone: dropped before the first tap, the whole
/// building with it. What is left is exactly the list of parts in the signature of [`open`].
fn tap(seed: u64, taps: &[(Who, u64)]) -> Vec<Opened> {
    let mut building = Building::new(seed).unwrap();
    let door = building.add_door("Flat 12").unwrap();
    let ann = building.add_resident("Ann").unwrap();
    let guest = building.add_resident("Bo").unwrap();
    building.grant(&ann, &door).unwrap();
    let validity = Validity::from(shortly_before(building.now())).until(building.now().plus(3_600));
    let world = building.world().clone();
    drop(building);

    // A share is made offline, too: from wallet to wallet.
    let (host_wallet, guest_wallet) = (ann.wallet().unwrap(), guest.wallet().unwrap());
    let shared = host_wallet.share(door.id(), guest_wallet.phone_id(), validity, &mut ann.random()).unwrap();
    guest_wallet.import(&shared.bytes, &mut guest.random()).unwrap();
    drop((host_wallet, guest_wallet));

    let mut opened = Vec::new();
    for (who, seconds) in taps {
        world.run_for(Duration::from_secs(*seconds));
        let person = match who {
            Who::Resident => &ann,
            Who::Guest => &guest,
        };
        person.phone().stand(door.place().beside());
        let phone = person.phone();
        let (storage, keystore) = (person.storage().clone(), TestingKeyStore::new());
        let unlocker = open(phone.link(), phone.timer(), Box::new(person.random()), storage, keystore);
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        opened.push(world.block_on(unlocker.unlock(door.id(), &cancel, &progress)).unwrap().unwrap());
    }
    assert_eq!(door.door().bolt_movements().len(), taps.len());
    opened
}

/// First unlock, repeat unlock and a guest's.
#[test]
fn unlocks_need_a_radio_a_clock_and_a_vault_and_nothing_else() {
    let taps = [(Who::Resident, 0), (Who::Resident, 20), (Who::Guest, 20), (Who::Guest, 20)];
    let paths = [UnlockPath::Full, UnlockPath::Fast, UnlockPath::Full, UnlockPath::Fast];
    let opened = tap(31, &taps);
    assert!(opened.iter().all(|opened| opened.bolt == Bolt::Moved));
    assert_eq!(opened.iter().map(|opened| opened.path).collect::<Vec<_>>(), paths);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_unlocks_needs_a_network(
        seed in any::<u64>(),
        taps in proptest::collection::vec((prop_oneof![Just(Who::Resident), Just(Who::Guest)], 0..600_u64), 1..6),
    ) {
        // That every tap opens is asserted inside.
        tap(seed, &taps);
    }
}

/// Everything that the phone core is given.
fn open(
    link: Arc<dyn Link>,
    timer: Arc<dyn Timer>,
    random: Box<dyn SecureRandom + Send>,
    storage: TestingStorage,
    keystore: TestingKeyStore,
) -> Unlocker {
    let vault = Vault::new(Box::new(move || Ok(Box::new(storage.clone()))), Arc::new(keystore));
    Unlocker::new(Arc::new(Radio::new(link, timer, random)), Arc::new(vault), Policy::DEFAULT)
}
