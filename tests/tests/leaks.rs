//! Nothing secret and nothing personal in any text that a program might log: `Debug`, `Display`, errors, progress, traces.
//!
//! One story is run; the secrets that it used are collected (and proven to be the real ones, by what follows from them); then
//! everything public that it left behind is printed, and the secrets are searched for in every form in which bytes are printed.

use core::fmt::{Debug, Display};
use core::time::Duration;
use std::collections::BTreeSet;
use std::path::Path;

use thumbturn_lock::storage::Storage;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::radio::Policy;
use thumbturn_phone::testing::TestingKeyStore;
use thumbturn_phone::unlock::{Opened, Progress, UnlockError};
use thumbturn_phone::vault::Vault;
use thumbturn_phone::vault::keystore::{DataKey, KeyStore};
use thumbturn_phone::vault::storage::VaultRecord;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::event::Sequence;
use thumbturn_protocol::full::{self, RequestPayload};
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ClaimSecret, OperationId, TagKey};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, PhoneKeys, SigningKeyPair};
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::record::{Records, Side};
use thumbturn_protocol::ticket::Ticket;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::attacker::RawCentral;
use thumbturn_simulator::authority::{Authority, GrantTerms, shortly_before};
use thumbturn_simulator::building::{Building, BuildingDoor, Resident};
use thumbturn_simulator::probe::Probe;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::flash_image::FlashImage;

/// A secret is searched for in pieces of so many bytes; fewer could be met by chance.
const TELLTALE: usize = 5;
const NAMES: [&str; 3] = ["Annegret", "Bohumil", "Clementine"];

/// What must not be printed.
#[derive(Default)]
struct Secrets(Vec<(&'static str, Vec<u8>)>);

/// What was printed, by what it is.
#[derive(Default)]
struct Texts(Vec<(String, String)>);

impl Secrets {
    fn add(&mut self, name: &'static str, bytes: &[u8]) {
        assert!(bytes.len() >= 16 && bytes.iter().collect::<BTreeSet<_>>().len() > 4, "{name} is no secret");
        self.0.push((name, bytes.to_vec()));
    }

    /// The secret that a text gives away.
    fn found_in(&self, text: &str) -> Option<&'static str> {
        let raw = text.as_bytes();
        // Pretty printing puts every byte on a line of its own.
        let mut packed: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        packed.make_ascii_lowercase();
        let packed = packed.replace(':', ",").replace("0x", "");
        let gives_away = |part: &[u8]| {
            forms(part).iter().any(|form| packed.contains(form))
                || raw.windows(part.len()).any(|window| window == part)
        };
        let leaks = |secret: &&(&'static str, Vec<u8>)| secret.1.chunks_exact(TELLTALE).any(gives_away);
        self.0.iter().find(leaks).map(|(name, _)| *name)
    }
}

/// How bytes are printed: one long hexadecimal number, or a list of hexadecimal or decimal ones.
fn forms(bytes: &[u8]) -> [String; 4] {
    let list =
        |print: fn(&u8) -> String, between: &str| bytes.iter().map(print).collect::<Vec<_>>().join(between);
    [
        list(|byte| format!("{byte:02x}"), ""),
        list(|byte| format!("{byte:02x}"), ","),
        list(|byte| format!("{byte:x}"), ","),
        list(|byte| byte.to_string(), ","),
    ]
}

impl Texts {
    /// Prints something in all the ways in which a program prints for itself.
    fn debug(&mut self, name: &str, value: &dyn Debug) {
        self.print(name, format!("{value:?}\n{value:#?}\n{value:02x?}"));
    }

    fn error<E: Debug + Display>(&mut self, name: &str, value: &E) {
        self.debug(name, value);
        self.print(&format!("{name}, for people"), value.to_string());
    }

    fn print(&mut self, name: &str, text: String) {
        // The same words again tell nothing new.
        if !self.0.iter().any(|(_, printed)| *printed == text) {
            self.0.push((name.to_owned(), text));
        }
    }
}

#[test]
fn the_search_finds_what_was_planted() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "printed")]
    struct Careless {
        name: &'static str,
        key: [u8; 32],
    }
    let key: [u8; 32] = core::array::from_fn(|index| u8::try_from(index * 7 + 3).unwrap());
    let mut secrets = Secrets::default();
    secrets.add("key", &key);
    let careless = Careless { name: "door", key };
    let whole: String = key.iter().map(|byte| format!("{byte:02X}")).collect();
    let raw = String::from_utf8_lossy(&key).into_owned();
    for text in [
        format!("{careless:?}"),
        format!("{careless:#?}"),
        format!("{careless:02x?}"),
        format!("{careless:x?}"),
        format!("{:#04x?}", key),
        format!("key {whole} of the door"),
        whole[20..50].to_lowercase(),
        raw,
    ] {
        assert_eq!(secrets.found_in(&text), Some("key"), "{text}");
    }
    assert_eq!(secrets.found_in("Wallet { phone: 0a0b0c0d, .. }"), None);
}

struct Story {
    building: Building,
    door: BuildingDoor,
    ann: Resident,
    guest: Resident,
    credential: Credential,
    outcomes: Vec<Result<Opened, UnlockError>>,
    progress: Vec<Progress>,
}

impl Story {
    /// First unlock, repeat unlock, a guest's, and one failure of each kind that costs little.
    fn tell() -> Self {
        let mut building = Building::new(61).unwrap();
        let door = building.add_door("Flat 12").unwrap();
        let ann = building.add_resident(NAMES[0]).unwrap();
        let guest = building.add_resident(NAMES[1]).unwrap();
        let terms = GrantTerms::resident(building.now());
        let credential = building.issue(&ann, ann.holder(), &door, &terms).unwrap();
        ann.wallet().unwrap().import(&credential.to_bytes().unwrap(), &mut ann.random()).unwrap();
        let validity = Validity::from(shortly_before(building.now())).until(building.now().plus(600));
        building.share(&ann, &guest, &door, validity).unwrap();
        let mut story =
            Self { building, door, ann, guest, credential, outcomes: Vec::new(), progress: Vec::new() };
        for person in [story.ann.clone(), story.ann.clone(), story.guest.clone(), story.guest.clone()] {
            story.tap(&person);
        }
        assert!(story.outcomes.iter().all(Result::is_ok), "{:?}", story.outcomes);
        let stranger = story.building.add_resident(NAMES[2]).unwrap();
        story.tap(&stranger);
        story.building.world().run_for(Duration::from_secs(900));
        let guest = story.guest.clone();
        story.tap(&guest);
        assert!(story.outcomes[4..].iter().all(Result::is_err), "{:?}", story.outcomes);
        // And one more, so that the newest tickets of door and phone are the same.
        let ann = story.ann.clone();
        story.tap(&ann);
        story
    }

    fn tap(&mut self, person: &Resident) {
        person.phone().stand(self.door.place().beside());
        let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
        let world = self.building.world();
        let outcome = world.block_on(person.unlock(self.door.id(), &cancel, &progress)).unwrap();
        self.progress.extend(core::iter::from_fn(|| progress.try_pop()));
        self.outcomes.push(outcome);
        world.run_for(Duration::from_secs(20));
    }

    fn storage(&self) -> Storage<FlashImage> {
        Storage::open(FlashImage(self.door.door().flash_image())).unwrap()
    }

    fn secrets(&mut self) -> Secrets {
        let mut secrets = Secrets::default();
        for (person, names) in [
            (self.ann.clone(), ["data key of Ann's vault", "Ann's session key", "Ann's signing key"]),
            (
                self.guest.clone(),
                ["data key of the guest's vault", "guest's session key", "guest's signing key"],
            ),
        ] {
            for (name, secret) in names.into_iter().zip(secrets_of_phone(&person)) {
                secrets.add(name, &secret);
            }
        }
        let door_id = self.door.id();
        let tag_key = self.building.authority().tag_key(door_id).unwrap();
        secrets.add("tag key", &tag_key_bytes(&self.credential, &tag_key));
        let keys = self.building.authority().door_keys(door_id).unwrap();
        let mut storage = self.storage();
        for (name, secret) in secrets_of_door(&storage.identity().unwrap().unwrap(), &keys) {
            secrets.add(name, &secret);
        }
        for person in [&self.ann, &self.guest] {
            let chain = storage.chain_of(person.wallet().unwrap().phone_id()).unwrap().unwrap();
            secrets.add("newest ticket", chain.current.ticket.secret());
            if let Some(previous) = chain.previous {
                secrets.add("ticket before it", previous.ticket.secret());
            }
        }
        secrets
    }
}

/// The data key and the two device keys, which a seeded phone draws first of all.
fn secrets_of_phone(person: &Resident) -> [[u8; 32]; 3] {
    let mut random = person.phone().random();
    let drawn: [[u8; 32]; 3] = core::array::from_fn(|_| {
        let mut bytes = [0; 32];
        random.bytes(&mut bytes);
        bytes
    });
    let record = person.storage().record(VaultRecord::Wallet).unwrap();
    let wrapped = &record[7..7 + usize::from(u16::from_be_bytes([record[5], record[6]]))];
    assert_eq!(person.keystore().unwrap_key(wrapped).unwrap().as_bytes(), &drawn[0], "the data key");
    let public = person.wallet().unwrap().public_keys();
    assert_eq!(ExchangeKeyPair::from_secret(drawn[1]).public(), public.session_key, "the session key");
    assert_eq!(SigningKeyPair::from_secret(drawn[2]).public(), public.signing_key, "the signing key");
    drawn
}

fn tag_key_bytes(credential: &Credential, tag_key: &TagKey) -> [u8; 16] {
    let bytes = credential.to_bytes().unwrap();
    let windows = bytes.windows(16).map(|window| <[u8; 16]>::try_from(window).unwrap());
    windows.into_iter().find(|window| TagKey::from_bytes(*window) == *tag_key).expect("in the credential")
}

/// The door's secret keys, found in its flash by the public keys that follow from them.
fn secrets_of_door(identity: &[u8], keys: &DoorPublicKeys) -> Vec<(&'static str, [u8; 32])> {
    let mut found = Vec::new();
    for window in identity.windows(32) {
        let secret: [u8; 32] = window.try_into().unwrap();
        let exchange = ExchangeKeyPair::from_secret(secret).public();
        if exchange == keys.session_key {
            found.push(("door's session key", secret));
        } else if exchange == keys.sealing_key {
            found.push(("door's sealing key", secret));
        } else if SigningKeyPair::from_secret(secret).public() == keys.receipt_key {
            found.push(("door's receipt key", secret));
        }
    }
    assert_eq!(found.len(), 3, "all three key pairs lie in its flash");
    found
}

/// Everything public that the story left behind.
fn print_story(story: &mut Story) -> Texts {
    let mut texts = Texts::default();
    for (name, person) in [("Ann", story.ann.clone()), ("guest", story.guest.clone())] {
        let wallet = person.wallet().unwrap();
        texts.debug(&format!("{name}: resident"), &person);
        texts.debug(&format!("{name}: wallet"), &*wallet);
        texts.debug(&format!("{name}: credentials"), &wallet.credentials());
        texts.debug(&format!("{name}: anchors"), &wallet.anchors());
        texts.debug(&format!("{name}: keystore"), person.keystore());
        texts.debug(&format!("{name}: storage"), person.storage());
        texts.debug(&format!("{name}: radio"), &*person.radio());
        texts.debug(&format!("{name}: random"), &person.random());
        texts.debug(&format!("{name}: phone"), person.phone());
        texts.debug(&format!("{name}: link"), &person.phone().random());
        let (storage, keystore) = (person.storage().clone(), TestingKeyStore::new());
        let vault =
            Vault::new(Box::new(move || Ok(Box::new(storage.clone()))), std::sync::Arc::new(keystore));
        texts.debug(&format!("{name}: vault"), &vault);
        let unlocker = Unlocker::new(person.radio(), std::sync::Arc::new(vault), Policy::DEFAULT);
        texts.debug(&format!("{name}: unlocker"), &unlocker);
        let record = person.storage().record(VaultRecord::Wallet).unwrap();
        let wrapped = &record[7..7 + usize::from(u16::from_be_bytes([record[5], record[6]]))];
        texts.debug(&format!("{name}: data key"), &person.keystore().unwrap_key(wrapped).unwrap());
        let [data_key, session, signing] = secrets_of_phone(&person);
        texts.debug("data key", &DataKey::from_bytes(data_key));
        let session = ExchangeKeyPair::from_secret(session);
        let signing = SigningKeyPair::from_secret(signing);
        texts.debug("key pair", &session);
        texts.debug("signing key pair", &signing);
        texts.debug("phone keys", &PhoneKeys { session, signing });
    }
    let invitation = {
        let validity =
            Validity::from(shortly_before(story.building.now())).until(story.building.now().plus(600));
        let guest = story.guest.wallet().unwrap().phone_id();
        let wallet = story.ann.wallet().unwrap();
        wallet.share(story.door.id(), guest, validity, &mut story.ann.random()).unwrap()
    };
    texts.debug("invitation", &invitation);
    texts.debug("credential", &story.credential);
    texts.debug("shared credential", &Credential::from_bytes(&invitation.bytes).unwrap());
    texts.debug("building", &story.building);
    texts.debug("building's door", &story.door);
    texts.debug("door", story.door.door());
    texts.debug("authority", story.building.authority());
    texts.debug("world", story.building.world());
    texts.debug("outcomes", &story.outcomes);
    texts.debug("progress", &story.progress);
    print_door(story, &mut texts);
    texts
}

/// The door's side: storage, log, chains.
fn print_door(story: &mut Story, texts: &mut Texts) {
    let mut storage = story.storage();
    texts.debug("door's storage", &storage);
    for person in [&story.ann, &story.guest] {
        let chain = storage.chain_of(person.wallet().unwrap().phone_id()).unwrap().unwrap();
        texts.debug("chain", &chain);
        texts.debug("chain's tickets", &(&chain.current, &chain.previous));
        texts.debug("ticket", &chain.current.ticket);
        texts.debug("ticket of the same secret", &Ticket::from_secret(*chain.current.ticket.secret()));
    }
    let mut from = Sequence::FIRST;
    while let Some(logged) = storage.next_event(from).unwrap() {
        from = logged.sequence.next();
        texts.debug("event", &logged);
    }
    assert!(from > Sequence(10), "the story is in the log");
}

/// Errors, each printed in both ways.
fn print_errors(story: &Story, texts: &mut Texts) {
    for outcome in &story.outcomes {
        if let Err(error) = outcome {
            texts.error("unlock error", error);
        }
    }
    let wallet = story.ann.wallet().unwrap();
    let mut random = story.ann.random();
    let bytes = story.credential.to_bytes().unwrap();
    // Every truncation and some changes of a credential, which holds the tag key.
    for length in 0..bytes.len() {
        texts.error("import error", &wallet.import(&bytes[..length], &mut random).unwrap_err());
    }
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 0x20;
        if let Err(error) = wallet.import(&changed, &mut random) {
            texts.error("import error", &error);
        }
    }
    let stranger = story.guest.wallet().unwrap().import(&bytes, &mut random).unwrap_err();
    texts.error("import error of another phone", &stranger);
    let enrolled = Vault::new(
        {
            let storage = story.ann.storage().clone();
            Box::new(move || Ok(Box::new(storage.clone())))
        },
        std::sync::Arc::new(TestingKeyStore::new()),
    );
    texts.error("wallet error", &enrolled.enrol(&mut random).unwrap_err());
}

#[test]
fn nothing_secret_or_personal_is_printed() {
    let mut story = Story::tell();
    let secrets = story.secrets();
    assert_eq!(secrets.0.iter().filter(|(name, _)| name.ends_with("ticket")).count(), 2);
    let mut texts = print_story(&mut story);
    print_errors(&story, &mut texts);
    assert!(texts.0.len() > 60, "{} texts", texts.0.len());
    for (name, text) in &texts.0 {
        assert_eq!(
            secrets.found_in(text),
            None,
            "in {name}: {}",
            text.chars().take(2_000).collect::<String>()
        );
        let named = NAMES.into_iter().find(|person| text.contains(person));
        assert_eq!(named, None, "in {name}");
    }
}

/// A timeline shows names, since whoever writes a story gives them; secrets it does not show, although it shows all packets.
#[test]
fn traces_hold_no_secrets() {
    let mut story = Story::tell();
    let secrets = story.secrets();
    let trace = story.building.timeline();
    assert!(trace.frames().count() > 20);
    let mut texts = Texts::default();
    texts.0.push(("trace".to_owned(), format!("{trace:?}")));
    texts.0.push(("timeline".to_owned(), trace.to_string()));
    for (name, text) in &texts.0 {
        assert_eq!(secrets.found_in(text), None, "in {name}");
    }
    // The packets themselves are free of them, too, and of names.
    let air: Vec<u8> = trace.frames().flat_map(|packet| packet.value.clone()).collect();
    for (name, secret) in &secrets.0 {
        assert!(!air.windows(TELLTALE).any(|window| secret.starts_with(window)), "{name} is on the air");
    }
    for name in NAMES {
        assert!(!air.windows(name.len()).any(|window| window == name.as_bytes()), "{name} is on the air");
    }
}

/// Objects of one exchange, which live while it runs: handshake, session, records, probe, claim.
#[test]
fn an_exchange_in_the_middle_prints_no_secrets() {
    let mut random = SeededRandom::new(62);
    let mut secrets = Secrets::default();
    let draw = |random: &mut SeededRandom| {
        let mut bytes = [0; 32];
        random.bytes(&mut bytes);
        bytes
    };
    let mut texts = Texts::default();
    let tag = draw(&mut random);
    let tag: [u8; 16] = tag[..16].try_into().unwrap();
    secrets.add("tag key", &tag);
    texts.debug("tag key", &TagKey::from_bytes(tag));
    secrets.add("claim secret", &draw(&mut random)[..16]);
    let claim: [u8; 16] = secrets.0[1].1.clone().try_into().unwrap();
    texts.debug("claim secret", &ClaimSecret::from_bytes(claim));

    let mut twin = random.clone();
    let ephemeral = Ephemeral::generate(&mut random).unwrap();
    secrets.add("ephemeral", &draw(&mut twin));
    texts.debug("ephemeral", &ephemeral);

    let mut story = Story::tell();
    let keys = story.building.authority().door_keys(story.door.id()).unwrap();
    let [_, session, signing] = secrets_of_phone(&story.ann);
    let phone = PhoneKeys {
        session: ExchangeKeyPair::from_secret(session),
        signing: SigningKeyPair::from_secret(signing),
    };
    let hello = Hello::new(DoorState::Claimed, [7; 12], &TagKey::from_bytes(tag));
    let payload = RequestPayload {
        phone_signing_key: phone.signing.public(),
        operation: Operation { kind: OperationKind::Unlock, id: OperationId([3; 8]), attempt: 1 },
        grant: story.credential.grant.clone(),
        share: None,
    };
    texts.debug("hello", &hello);
    texts.debug("request payload", &payload);
    let tag_key = TagKey::from_bytes(tag);
    let (_, request) =
        full::request(&phone.session, keys.session_key, &tag_key, &hello, &payload, ephemeral).unwrap();
    texts.0.push(("request on the air".to_owned(), format!("{request:?}")));

    // A real session over the air, with the keys of the story.
    let world = story.building.world().clone();
    let central = RawCentral::new(&world, story.door.place().beside());
    let operation = Operation { kind: OperationKind::Unlock, id: OperationId([4; 8]), attempt: 1 };
    let door = story.door.door().index();
    let exchange = async {
        let mut probe = Probe::open(&central, door).await.unwrap();
        let (answer, session) = probe.full(&phone, &story.credential, operation, &mut random).await.unwrap();
        let unexpected = probe.full(&phone, &story.credential, operation, &mut random).await.unwrap_err();
        (probe, answer, session, unexpected)
    };
    let (probe, answer, session, unexpected) = world.block_on(exchange).unwrap();
    secrets.add("session secret", session.dangerous_bytes());
    secrets.add("first ticket", Ticket::first(&session).secret());
    texts.debug("probe", &probe);
    texts.debug("answer", &answer);
    texts.debug("session", &session);
    texts.debug("records", &Records::new(&session, Side::Phone));
    texts.debug("ticket", &Ticket::first(&session));
    texts.error("probe error", &unexpected);
    texts.debug("central", &central);
    texts.debug("authority", &Authority::new(SeededRandom::new(1)).unwrap());
    texts.debug("random", &random);
    assert_eq!(secrets.0.len(), 5);
    for (name, text) in &texts.0 {
        assert_eq!(secrets.found_in(text), None, "in {name}: {text}");
    }
}

/// The claim secret is on a label and in the simulated door; two doors that differ in it alone are printed alike.
#[test]
fn a_door_is_printed_alike_whatever_its_secrets_are() {
    let printed = |seed| {
        let building = &mut Building::new(seed).unwrap();
        let door = building.add_door("Flat 12").unwrap();
        format!("{:?} {:#?}", door.door(), door.door())
    };
    assert_eq!(printed(1).replace("seed: 1", ""), printed(2).replace("seed: 2", ""));
}

fn sources(directory: &Path, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn sources_of_the_sdk() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk");
    let mut files = Vec::new();
    for part in ["protocol/src", "lock/src", "phone/src"] {
        sources(&root.join(part), &mut files);
    }
    assert!(files.len() > 80, "{} files", files.len());
    files
}

/// What an error may carry: numbers of platforms, words from the source, other errors. No bytes, no ids, no text of others.
const CARRIED: [&str; 18] = [
    "&'static str",
    "i32",
    "Option<i32>",
    "RandomFailed",
    "SignerFailed",
    "FlashError",
    "StorageError",
    "KeyStoreError",
    "WalletError",
    "SealError",
    "DoorFault",
    "Error",
    "ImportError",
    "LinkError",
    "TransportError",
    "UnlockError",
    "u8",
    "MessageType",
];

/// The types that the variants of an enum carry, read from its source.
fn carried(body: &str) -> Vec<String> {
    let mut types = Vec::new();
    for line in
        body.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with("#[error"))
    {
        let line = line.replace("#[from] ", "").replace("#[source] ", "");
        if let Some((_, inside)) = line.split_once('(').filter(|_| line.starts_with(char::is_uppercase)) {
            let inside = inside.trim_end_matches([',', ')']);
            types.extend(inside.split(',').map(|carried| carried.trim().to_owned()));
        } else if let Some((_, of_field)) = line.split_once(": ") {
            types.push(of_field.trim_end_matches([',', '}', ' ']).to_owned());
        }
    }
    types
}

#[test]
fn errors_carry_nothing_that_could_be_secret() {
    let mut seen = 0;
    for (path, source) in sources_of_the_sdk() {
        for part in source.split("\npub enum ").chain(source.split("\npub(crate) enum ").skip(1)).skip(1) {
            let name: String = part.chars().take_while(|letter| letter.is_alphanumeric()).collect();
            if !name.ends_with("Error") && !name.ends_with("Fault") {
                continue;
            }
            seen += 1;
            let body = part.split("\n}").next().unwrap();
            for carried in carried(body.split_once('{').unwrap().1) {
                assert!(CARRIED.contains(&carried.as_str()), "{name} in {path} carries {carried}");
            }
        }
    }
    assert!(seen >= 12, "{seen} error types");
    assert_eq!(carried("Lost(Vec<u8>),\n Of { phone: PhoneId },\n"), ["Vec<u8>", "PhoneId"]);
}

/// There is no log line in the protocol, the door engine and the phone core at all: what a program logs is what it prints.
#[test]
fn the_sdk_logs_nothing_by_itself() {
    for (path, source) in sources_of_the_sdk() {
        for line in source.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
            let logs = ["print!(", "println!", "dbg!", "use log", " log::", "tracing::", "defmt::", "syslog"];
            let log = logs.into_iter().find(|log| line.contains(log));
            assert_eq!(log, None, "{path}: {line}");
        }
    }
}
