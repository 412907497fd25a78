//! A door reads a keycard: both sides were written apart, and everything between them that is changed must be noticed.

#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]

use proptest::prelude::*;
use thumbturn_protocol::card::{
    CardKey, CardMaster, CardSession, CardToken, CardVersion, DoorClass, FirstAuthentication, PresentedCard,
    READ_KEY, Reading, SEALED_FILE,
};
use thumbturn_protocol::error::Error;
use thumbturn_simulator::card::Card;
use thumbturn_simulator::random::SeededRandom;

const TOKEN: CardToken = CardToken([1, 2, 3, 4, 5, 6, 7, 8]);
const VERSION: CardVersion = CardVersion(3);
const CHANGE_KEY: [u8; 16] = [0xcc; 16];

fn key(class: DoorClass) -> CardKey {
    CardMaster::from_bytes([9; 16]).card_key(TOKEN, class, READ_KEY).unwrap()
}

fn card() -> Card {
    let (common, residence) = (key(DoorClass::Common), key(DoorClass::Residence));
    Card::new(TOKEN, VERSION, *common.as_bytes(), *residence.as_bytes()).with_change_key(CHANGE_KEY)
}

/// What a door expects, and what happens to the card's answers on their way.
struct Door<F> {
    class: DoorClass,
    key: CardKey,
    minimum: CardVersion,
    random: SeededRandom,
    air: F,
}

impl Door<fn(usize, &mut Vec<u8>)> {
    fn of(class: DoorClass) -> Self {
        Self { class, key: key(class), minimum: VERSION, random: SeededRandom::new(1), air: |_, _| () }
    }
}

impl<F: FnMut(usize, &mut Vec<u8>)> Door<F> {
    fn through<G: FnMut(usize, &mut Vec<u8>)>(self, air: G) -> Door<G> {
        Door { class: self.class, key: self.key, minimum: self.minimum, random: self.random, air }
    }

    fn read(mut self, card: &mut Card) -> Result<PresentedCard, Error> {
        let mut chip = SeededRandom::new(2);
        let mut step = 0;
        let mut ask = |command: &[u8]| {
            let mut answer = card.answer(command, &mut chip);
            (self.air)(step, &mut answer);
            step += 1;
            answer
        };
        let (reading, command) = Reading::start(self.class)?;
        let (reading, command) = reading.selected(&ask(command.as_bytes()))?;
        let candidate = reading.token(&ask(command.as_bytes()))?;
        let (reading, command) = candidate.authenticate(&self.key, self.minimum, &mut self.random)?;
        let (reading, command) = reading.challenged(&ask(command.as_bytes()))?;
        let (reading, command) = reading.confirmed(&ask(command.as_bytes()))?;
        reading.presented(&ask(command.as_bytes()))
    }
}

#[test]
fn a_card_opens_doors_of_both_classes() {
    for class in [DoorClass::Common, DoorClass::Residence] {
        let presented = Door::of(class).read(&mut card()).unwrap();
        assert_eq!((presented.token(), presented.version()), (TOKEN, VERSION));
    }
}

#[test]
fn a_card_is_read_again_after_it_left_and_without_leaving() {
    let mut card = card();
    assert!(Door::of(DoorClass::Common).read(&mut card).is_ok());
    assert!(Door::of(DoorClass::Residence).read(&mut card).is_ok());
    card.leave();
    assert!(Door::of(DoorClass::Common).read(&mut card).is_ok());
}

#[test]
fn the_key_of_one_class_does_not_read_the_other() {
    let mut door = Door::of(DoorClass::Residence);
    door.key = key(DoorClass::Common);
    assert_eq!(door.read(&mut card()).err(), Some(Error::NotAuthentic));
}

#[test]
fn keys_of_different_cards_and_key_numbers_differ() {
    let master = CardMaster::from_bytes([9; 16]);
    let key = |token, class, number| master.card_key(CardToken([token; 8]), class, number).unwrap();
    let first = key(1, DoorClass::Common, 1);
    assert!(first == key(1, DoorClass::Common, 1));
    assert!(first != key(2, DoorClass::Common, 1));
    assert!(first != key(1, DoorClass::Residence, 1));
    assert!(first != key(1, DoorClass::Common, 0));
}

#[test]
fn a_lower_version_than_the_row_asks_for_is_refused() {
    for (minimum, accepted) in [(0, true), (2, true), (3, true), (4, false), (255, false)] {
        let mut door = Door::of(DoorClass::Common);
        door.minimum = CardVersion(minimum);
        assert_eq!(door.read(&mut card()).is_ok(), accepted, "{minimum}");
    }
}

#[test]
fn a_card_whose_files_name_two_tokens_is_refused() {
    let mut forged = card().claiming(CardToken([9; 8]));
    assert_eq!(Door::of(DoorClass::Common).read(&mut forged).err(), Some(Error::NotAuthentic));
}

#[test]
fn a_token_without_a_row_fails_after_as_many_steps_as_a_wrong_key() {
    let mut steps = 0;
    let mut door = Door::of(DoorClass::Common).through(|step, _: &mut Vec<u8>| steps = step);
    door.key = CardKey::of_nobody(&mut SeededRandom::new(5)).unwrap();
    assert!(door.read(&mut card()).is_err());
    let (of_nobody, mut of_another) = (steps, 0);
    let mut door = Door::of(DoorClass::Common).through(|step, _: &mut Vec<u8>| of_another = step);
    door.key = key(DoorClass::Residence);
    assert!(door.read(&mut card()).is_err());
    assert_eq!(of_nobody, of_another);
}

/// The lengths of the card's five answers.
fn lengths() -> Vec<usize> {
    let mut lengths = Vec::new();
    Door::of(DoorClass::Common).through(|_, answer| lengths.push(answer.len())).read(&mut card()).unwrap();
    assert_eq!(lengths, [2, 10, 18, 34, 26]);
    lengths
}

#[test]
fn every_flipped_bit_of_every_answer_is_noticed() {
    for (step, length) in lengths().into_iter().enumerate() {
        for bit in 0..length * 8 {
            let flip = |at: usize, answer: &mut Vec<u8>| {
                if at == step {
                    answer[bit / 8] ^= 1 << (bit % 8);
                }
            };
            let read = Door::of(DoorClass::Common).through(flip).read(&mut card());
            assert!(read.is_err(), "answer {step}, bit {bit}");
        }
    }
}

#[test]
fn every_answer_of_another_length_is_refused() {
    for (step, length) in lengths().into_iter().enumerate() {
        for other in (0..300).filter(|other| *other != length) {
            let resize = |at: usize, answer: &mut Vec<u8>| {
                if at == step {
                    // Keeps the status where it is looked for.
                    let status = answer.split_off(answer.len() - 2);
                    answer.resize(other.saturating_sub(2), 0);
                    answer.extend(status);
                    answer.truncate(other);
                }
            };
            let read = Door::of(DoorClass::Common).through(resize).read(&mut card());
            assert!(read.is_err(), "answer {step} of {other} bytes");
        }
    }
}

#[test]
fn a_recording_of_a_card_opens_nothing() {
    let mut recording = Vec::new();
    let record = |_: usize, answer: &mut Vec<u8>| recording.push(answer.clone());
    Door::of(DoorClass::Common).through(record).read(&mut card()).unwrap();
    // Everything recorded from some step on, with the card's live answers before.
    for from in 2..5 {
        let replay = |step: usize, answer: &mut Vec<u8>| {
            if step >= from {
                answer.clone_from(&recording[step]);
            }
        };
        let mut door = Door::of(DoorClass::Common).through(replay);
        door.random = SeededRandom::new(77);
        assert!(door.read(&mut card()).is_err(), "from answer {from}");
    }
}

#[test]
fn the_cards_own_challenge_sent_back_proves_nothing() {
    let mut challenge = Vec::new();
    let reflect = |step: usize, answer: &mut Vec<u8>| match step {
        2 => challenge.clone_from(answer),
        3 => *answer = [&challenge[..16], &challenge[..16], &[0x91, 0x00]].concat(),
        _ => {}
    };
    assert!(Door::of(DoorClass::Common).through(reflect).read(&mut card()).is_err());
}

fn session(card: &mut Card, key: [u8; 16], number: u8) -> Result<CardSession, Error> {
    let mut random = SeededRandom::new(3);
    let (_, command) = Reading::start(DoorClass::Common)?;
    card.answer(command.as_bytes(), &mut random);
    let (first, command) = FirstAuthentication::start(&CardKey::from_bytes(key), number, &mut random)?;
    let (second, command) = first.challenged(&card.answer(command.as_bytes(), &mut random))?;
    second.finish(&card.answer(command.as_bytes(), &mut random))
}

const WRITE_DATA: u8 = 0x8d;
/// The version byte behind the token.
const VERSION_HEADER: [u8; 7] = [SEALED_FILE, 8, 0, 0, 1, 0, 0];

#[test]
fn a_version_that_the_authority_writes_is_the_one_that_doors_read() {
    let mut card = card();
    let mut random = SeededRandom::new(4);
    let mut session = session(&mut card, CHANGE_KEY, 0).unwrap();
    for version in [7, 8] {
        let (exchange, command) = session.command(WRITE_DATA, &VERSION_HEADER, &[version]).unwrap();
        let answer = card.answer(command.as_bytes(), &mut random);
        let (next, data) = exchange.receive(&answer).unwrap();
        assert!(data.is_empty());
        session = next;
    }
    let presented = Door::of(DoorClass::Common).read(&mut card).unwrap();
    assert_eq!(presented.version(), CardVersion(8));
}

#[test]
fn the_key_that_doors_hold_changes_no_card() {
    let mut card = card();
    let read_key = *key(DoorClass::Common).as_bytes();
    let (exchange, command) =
        session(&mut card, read_key, READ_KEY).unwrap().command(WRITE_DATA, &VERSION_HEADER, &[7]).unwrap();
    let answer = card.answer(command.as_bytes(), &mut SeededRandom::new(4));
    assert_eq!(exchange.receive(&answer).err(), Some(Error::NotAuthentic));
    assert_eq!(Door::of(DoorClass::Common).read(&mut card).unwrap().version(), VERSION);
}

#[test]
fn an_answer_to_one_command_is_none_to_the_next() {
    let mut card = card();
    let mut random = SeededRandom::new(4);
    let read_key = *key(DoorClass::Common).as_bytes();
    let (exchange, command) = session(&mut card, read_key, READ_KEY).unwrap().read::<9>(SEALED_FILE).unwrap();
    let answer = card.answer(command.as_bytes(), &mut random);
    let (session, first) = exchange.receive(&answer).unwrap();
    assert_eq!(first.as_slice(), [1, 2, 3, 4, 5, 6, 7, 8, 3]);
    let (exchange, _) = session.read::<9>(SEALED_FILE).unwrap();
    assert_eq!(exchange.receive(&answer).err(), Some(Error::NotAuthentic));
}

#[test]
fn a_card_reads_out_its_sealed_file_to_nobody_without_the_key() {
    let mut card = card();
    let mut random = SeededRandom::new(4);
    let (_, command) = Reading::start(DoorClass::Common).unwrap();
    card.answer(command.as_bytes(), &mut random);
    let plain = [0x90, 0xad, 0, 0, 7, SEALED_FILE, 0, 0, 0, 9, 0, 0, 0];
    assert_eq!(card.answer(&plain, &mut random), [0x91, 0x9d]);
}

proptest! {
    #[test]
    fn no_answer_of_a_stranger_is_accepted_or_panics(answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 5)) {
        let air = |step: usize, answer: &mut Vec<u8>| answer.clone_from(&answers[step]);
        prop_assert!(Door::of(DoorClass::Common).through(air).read(&mut card()).is_err());
    }

    #[test]
    fn no_command_makes_a_card_panic(commands in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..20)) {
        let mut card = card();
        let mut random = SeededRandom::new(6);
        for mut command in commands {
            // Half of them well-formed around what is inside.
            if command.len() > 6 && command[0] % 2 == 0 {
                let length = u8::try_from(command.len() - 6).unwrap();
                let known = [0x5a, 0x71, 0xaf, 0xad, 0x8d][usize::from(command[1]) % 5];
                command[..5].copy_from_slice(&[0x90, known, 0, 0, length]);
                *command.last_mut().unwrap() = 0;
            }
            let answer = card.answer(&command, &mut random);
            prop_assert!(answer.len() >= 2);
        }
        card.leave();
        prop_assert!(Door::of(DoorClass::Common).read(&mut card).is_ok());
    }
}
