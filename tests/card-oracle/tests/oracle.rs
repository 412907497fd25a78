//! What two implementations that were written apart agree on.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ntag424::key_diversification::diversify_aes128;
use ntag424::sdm::Verifier;
use ntag424::types::file_settings::CryptoMode;
use ntag424::types::{File, KeyNumber};
use ntag424::{AuthenticatedSession, CommMode, Response, Session, Transport, sdm_url_config};
use proptest::prelude::*;
use thumbturn_protocol::card::sun::{CardData, SunKey};
use thumbturn_protocol::card::{CardKey, CardMaster, CardToken, CardVersion, DoorClass, READ_KEY, Reading};
use thumbturn_simulator::card::Card;
use thumbturn_simulator::random::SeededRandom;

const TOKEN: CardToken = CardToken([1, 2, 3, 4, 5, 6, 7, 8]);
const READ: [u8; 16] = [0xaa; 16];
const CHANGE: [u8; 16] = [0xcc; 16];

/// The simulated card as the other crate sees cards. That crate's cards select their application by a name.
struct Field {
    card: Card,
    random: SeededRandom,
}

impl Field {
    fn new(seed: u64) -> Self {
        let card = Card::new(TOKEN, CardVersion(3), READ, [0; 16]).with_change_key(CHANGE);
        Self { card, random: SeededRandom::new(seed) }
    }

    fn ask(&mut self, command: &[u8]) -> Vec<u8> {
        self.card.answer(command, &mut self.random)
    }
}

impl Transport for Field {
    type Error = Infallible;
    type Data = Vec<u8>;

    async fn transmit(&mut self, command: &[u8]) -> Result<Response<Vec<u8>>, Infallible> {
        if let [0x00, 0xa4, ..] = command {
            let (_, select) = Reading::start(DoorClass::Common).unwrap();
            let answer = self.ask(select.as_bytes());
            assert_eq!(answer, [0x91, 0x00]);
            return Ok(Response { data: Vec::new(), sw1: 0x90, sw2: 0x00 });
        }
        let mut data = self.ask(command);
        let status = data.split_off(data.len() - 2);
        Ok(Response { data, sw1: status[0], sw2: status[1] })
    }

    async fn get_uid(&mut self) -> Result<Vec<u8>, Infallible> {
        Ok(vec![0x08, 1, 2, 3])
    }
}

/// The value of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the simulated card does not wait"),
    }
}

#[test]
fn their_reader_reads_our_card() {
    let mut field = Field::new(1);
    let session =
        ready(Session::new().authenticate_aes(&mut field, KeyNumber::Key1, &READ, [0x5a; 16])).unwrap();
    let mut session = session;
    // Twice, for the counter. Their second file is our sealed one.
    for _ in 0..2 {
        let mut file = [0; 16];
        let read = session.read_file_with_mode(&mut field, File::Ndef, 0, 9, CommMode::Full, &mut file);
        let (length, next) = ready(read).unwrap();
        assert_eq!(file[..length], [1, 2, 3, 4, 5, 6, 7, 8, 3]);
        session = next;
    }
}

#[test]
fn their_reader_is_refused_with_another_key() {
    let mut field = Field::new(2);
    let wrong = Session::new().authenticate_aes(&mut field, KeyNumber::Key1, &CHANGE, [0x5a; 16]);
    assert!(ready(wrong).is_err());
}

#[test]
fn what_their_writer_writes_our_reader_reads() {
    let mut field = Field::new(3);
    let session = Session::new().authenticate_aes(&mut field, KeyNumber::Key0, &CHANGE, [0x5a; 16]);
    let session = ready(session).unwrap();
    ready(session.write_file_with_mode(&mut field, File::Ndef, 8, &[9], CommMode::Full)).unwrap();

    let (reading, command) = Reading::start(DoorClass::Common).unwrap();
    let (reading, command) = reading.selected(&field.ask(command.as_bytes())).unwrap();
    let candidate = reading.token(&field.ask(command.as_bytes())).unwrap();
    let key = CardKey::from_bytes(READ);
    let (reading, command) = candidate.authenticate(&key, CardVersion(9), &mut SeededRandom::new(4)).unwrap();
    let (reading, command) = reading.challenged(&field.ask(command.as_bytes())).unwrap();
    let (reading, command) = reading.confirmed(&field.ask(command.as_bytes())).unwrap();
    assert_eq!(reading.presented(&field.ask(command.as_bytes())).unwrap().version(), CardVersion(9));
}

/// The link of AN12196, as a card writes it into its file.
const E: [u8; 16] = 0xef96_3ff7_8286_58a5_99f3_0415_1067_1e88_u128.to_be_bytes();
const C: [u8; 8] = 0x94ee_d9ee_6533_7086_u64.to_be_bytes();

#[test]
fn both_believe_the_same_links() {
    let (file, settings) = sdm_url_config!("https://example.com/?e={picc}&c=[[{mac}", CryptoMode::Aes);
    let verifier = Verifier::try_new(settings, CryptoMode::Aes).unwrap();
    let text = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    let believed = |e: [u8; 16], c: [u8; 8]| {
        let mut file = file.to_vec();
        let at = |name: &str| file.windows(2).position(|pair| pair == name.as_bytes()).unwrap() + 2;
        let (e_at, c_at) = (at("e="), at("c="));
        file[e_at..e_at + 32].copy_from_slice(text(&e).as_bytes());
        file[c_at..c_at + 16].copy_from_slice(text(&c).as_bytes());
        let theirs = verifier.verify_with_meta_key(&file, &[0; 16], &[0; 16]);
        let key = SunKey::from_bytes([0; 16]);
        let ours = CardData::open(&key, &e).and_then(|data| data.verify(&key, &c, None));
        assert_eq!(theirs.is_ok(), ours.is_ok());
        if let (Ok(theirs), Ok(ours)) = (theirs, ours) {
            assert_eq!(theirs.uid, Some(ours.uid()));
            assert_eq!(theirs.read_ctr, Some(ours.counter().count()));
            return true;
        }
        false
    };
    assert!(believed(E, C));
    for bit in 0..128 {
        let mut e = E;
        e[bit / 8] ^= 1 << (bit % 8);
        assert!(!believed(e, C));
    }
    for bit in 0..64 {
        let mut c = C;
        c[bit / 8] ^= 1 << (bit % 8);
        assert!(!believed(E, c));
    }
}

proptest! {
    #[test]
    fn both_derive_the_same_card_keys(master: [u8; 16], token: [u8; 8], residence: bool, number in 0_u8..3) {
        let class = if residence { DoorClass::Residence } else { DoorClass::Common };
        let application = class.application();
        let input = [token.as_slice(), &application, &[class.code(), number], b"Thumbturn"].concat();
        let ours = CardMaster::from_bytes(master).card_key(CardToken(token), class, number).unwrap();
        prop_assert_eq!(ours.as_bytes(), &diversify_aes128(&master, &input));
    }

    #[test]
    fn their_reader_reads_any_card_of_ours(seed: u64, key: [u8; 16], rnd_a: [u8; 16], token: [u8; 8], version: u8) {
        let card = Card::new(CardToken(token), CardVersion(version), key, [0; 16]);
        let mut field = Field { card, random: SeededRandom::new(seed) };
        let number = KeyNumber::Key1;
        prop_assert_eq!(READ_KEY, 1);
        let session = ready(Session::new().authenticate_aes(&mut field, number, &key, rnd_a)).unwrap();
        let mut file = [0; 16];
        let read = session.read_file_with_mode(&mut field, File::Ndef, 0, 9, CommMode::Full, &mut file);
        let (length, _) = ready(read).unwrap();
        prop_assert_eq!(&file[..length], &[token.as_slice(), &[version]].concat());
    }
}
