//! Cards at the reader, against a simulated card: which open, which fail, and that a failure tells a card nothing (spec §14.8).

use thumbturn_lock::hardware::{CardAnswer, HardwareEvent, Readiness};
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::bulletin::{BulletinSubject, Denial};
use thumbturn_protocol::card::{CardKey, CardMaster, CardToken, CardVersion, DoorClass, READ_KEY};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::event::{Event, Refusal, UsedKey};
use thumbturn_protocol::ids::{self, Serial};
use thumbturn_protocol::schedule::{Days, Hours, Minute, Schedule};
use thumbturn_protocol::update::row::{Card as CardRow, CredentialNumber, Row, RowKey, ScheduleNumber};
use thumbturn_simulator::card::Card;
use thumbturn_simulator::nor::Moment;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::bench_random::BenchRandom;
use thumbturn_tests::keyed_door::{CARD_VERSION, KeyedDoor, card};
use thumbturn_tests::property::at;

use Signal::{Accepted, CardFailure, Refused, Unable, UnknownTime};

const TOKEN: CardToken = CardToken([1, 2, 3, 4, 5, 6, 7, 8]);
const STRANGER: CardToken = CardToken([9; 8]);

/// A door that knows one card.
fn stage_of(seed: u64, kind: DoorKind) -> KeyedDoor {
    let mut door = KeyedDoor::of_kind(seed, kind);
    let terms = door.terms();
    door.set_card(TOKEN, terms);
    door.update();
    door
}

fn stage(seed: u64) -> KeyedDoor {
    stage_of(seed, DoorKind::Residence)
}

/// What the door shows when a card is held to it.
fn shown(door: &mut KeyedDoor, card: &mut Card) -> Vec<Signal> {
    door.pass(10);
    door.hold(card);
    door.signals()
}

/// Failures that the log of the next hour tells of.
fn failures(door: &mut KeyedDoor) -> Vec<Event> {
    door.pass(3_600);
    door.logged(|event| matches!(event, Event::CardFailures { .. }))
}

/// What a door says to a card, without what is random.
fn outline(said: &[Vec<u8>]) -> Vec<(usize, Vec<u8>)> {
    said.iter().map(|command| (command.len(), command.iter().copied().take(5).collect())).collect()
}

#[test]
fn a_card_of_the_list_opens_and_the_log_names_its_row() {
    for kind in [DoorKind::Residence, DoorKind::BuildingEntrance] {
        let mut door = stage_of(1, kind);
        let before = door.openings();
        assert_eq!(door.hold(&mut card(TOKEN, CARD_VERSION)).len(), 5);
        assert_eq!(door.signals(), [Accepted]);
        assert_eq!(door.openings(), before + 1);
        let openings = door.logged(|event| matches!(event, Event::Keyed { .. }));
        let [Event::Keyed { operation, key }] = openings.as_slice() else { panic!("{openings:?}") };
        assert_eq!(*key, UsedKey::Card(CredentialNumber(1)));
        assert_eq!(door.door().bolt_moves().last(), Some(operation));
    }
}

#[test]
fn a_later_version_opens_and_an_earlier_one_does_not() {
    let mut door = stage(2);
    assert_eq!(shown(&mut door, &mut card(TOKEN, CardVersion(CARD_VERSION.0 + 1))), [Accepted]);
    assert_eq!(shown(&mut door, &mut card(TOKEN, CardVersion(CARD_VERSION.0 - 1))), [CardFailure]);
    assert_eq!(failures(&mut door), [Event::CardFailures { count: 1 }]);
}

#[test]
fn neither_another_key_nor_anothers_token_opens() {
    let mut door = stage(3);
    let openings = door.openings();
    assert_eq!(shown(&mut door, &mut Card::new(TOKEN, CARD_VERSION, [1; 16], [1; 16])), [CardFailure]);
    let second = door.terms();
    door.set_card(STRANGER, second);
    door.update();
    // A card of this door that says that it is another card of this door.
    assert_eq!(shown(&mut door, &mut card(STRANGER, CARD_VERSION).claiming(TOKEN)), [CardFailure]);
    assert_eq!(door.openings() - openings, 1, "the neighbour's");
    assert_eq!(failures(&mut door), [Event::CardFailures { count: 2 }]);
}

#[test]
fn a_card_for_common_doors_alone_opens_no_flat() {
    let mut door = stage(4);
    let master = CardMaster::from_bytes([0xca; 16]);
    let key = master.card_key(TOKEN, DoorClass::Common, READ_KEY).expect("a key");
    let mut borrowed = Card::new(TOKEN, CARD_VERSION, *key.as_bytes(), *key.as_bytes());
    assert_eq!(shown(&mut door, &mut borrowed), [CardFailure]);
}

#[test]
fn a_card_that_the_door_does_not_know_is_spoken_to_like_one_with_a_wrong_key() {
    let mut door = stage(5);
    let unknown = door.hold(&mut card(STRANGER, CARD_VERSION));
    door.pass(10);
    let mistaken = door.hold(&mut Card::new(TOKEN, CARD_VERSION, [1; 16], [1; 16]));
    assert_eq!(outline(&unknown), outline(&mistaken));
    assert_eq!(unknown.len(), 4, "up to the door's own proof");
    assert_ne!(unknown[3], mistaken[3], "which is random");
    door.pass(10);
    let again = door.hold(&mut card(STRANGER, CARD_VERSION));
    assert_ne!(unknown[3], again[3], "each time");
    door.pass(10);
    let forged = door.hold(&mut Card::new(STRANGER, CARD_VERSION, [0; 16], [0; 16]));
    assert_eq!(outline(&forged), outline(&unknown), "and under no key that a card could guess");
    assert_eq!(door.signals(), [CardFailure; 4]);
    assert_eq!(failures(&mut door), [Event::CardFailures { count: 4 }]);
}

#[test]
fn an_answer_that_is_cut_lengthened_or_changed_in_any_bit_opens_nothing_and_looks_the_same() {
    let mut door = stage(6);
    let openings = door.openings();
    let mut tried = 0;
    let lengths = [2, 10, 18, 34, 26];
    for (step, length) in lengths.into_iter().enumerate() {
        for cut in 0..length {
            door.pass(2);
            door.hold_through(&mut card(TOKEN, CARD_VERSION), |at, answer| {
                if at == step {
                    assert_eq!(answer.len(), length);
                    answer.truncate(cut);
                }
            });
            assert_eq!(door.signals(), [CardFailure], "step {step} cut at {cut}");
            tried += 1;
        }
        for longer in [length + 1, 64, 65, 300] {
            door.pass(2);
            door.hold_through(&mut card(TOKEN, CARD_VERSION), |at, answer| {
                if at == step {
                    answer.resize(longer, 0);
                }
            });
            assert_eq!(door.signals(), [CardFailure], "step {step} of {longer}");
            tried += 1;
        }
        for bit in 0..length * 8 {
            door.pass(2);
            door.hold_through(&mut card(TOKEN, CARD_VERSION), |at, answer| {
                if at == step {
                    answer[bit / 8] ^= 1 << (bit % 8);
                }
            });
            // What a card says of its own abilities, encrypted and behind what it must prove, is not looked at.
            assert_eq!(door.signals(), [CardFailure], "step {step}, bit {bit}");
            tried += 1;
        }
    }
    assert_eq!(tried, lengths.iter().map(|length| length * 9 + 4).sum::<usize>());
    assert_eq!(door.openings(), openings);
}

#[test]
fn a_card_that_leaves_or_falls_silent_at_any_step_ends_the_reading_with_one_failure() {
    for step in 0..5 {
        for leaves in [true, false] {
            let mut door = stage(7);
            let mut card = card(TOKEN, CARD_VERSION);
            let mut random = SeededRandom::new(7);
            door.door().happens(HardwareEvent::CardPresent);
            for _ in 0..step {
                let command = door.door().hardware().card_commands.pop_front().expect("a command");
                let answer = card.answer(&command, &mut random);
                let answer = CardAnswer::new(&answer);
                door.door().happens(HardwareEvent::CardAnswered(answer));
            }
            if leaves {
                door.door().happens(HardwareEvent::CardGone);
            } else {
                door.property.door.pass(999);
                assert_eq!(door.signals(), []);
                door.property.door.pass(1);
            }
            assert_eq!(door.signals(), [CardFailure], "{step}");
            let command = door.door().hardware().card_commands.pop_front().expect("the last command");
            let answer = CardAnswer::new(&card.answer(&command, &mut random));
            door.door().happens(HardwareEvent::CardAnswered(answer));
            assert_eq!(door.signals(), [], "nobody listens any more");
            assert_eq!(failures(&mut door), [Event::CardFailures { count: 1 }]);
            card.leave();
            assert_eq!(shown(&mut door, &mut card), [Accepted], "and the next reading is a new one");
        }
    }
}

#[test]
fn a_reading_begins_at_most_once_a_second() {
    let mut door = stage(8);
    let mut card = card(STRANGER, CARD_VERSION);
    let begun = |door: &mut KeyedDoor, card: &mut Card| door.hold(card).len();
    assert_eq!(begun(&mut door, &mut card), 4);
    assert_eq!(begun(&mut door, &mut card), 0, "and it was gone before its time came");
    door.property.door.pass(999);
    assert_eq!(begun(&mut door, &mut card), 0);
    door.door().happens(HardwareEvent::CardPresent);
    assert!(door.door().hardware().card_commands.is_empty());
    door.property.door.pass(1);
    assert_eq!(door.door().hardware().card_commands.len(), 1, "a card that stays is read in its time");
}

#[test]
fn a_deny_row_a_window_and_a_schedule_bite() {
    let mut door = stage(9);
    let terms = *door.list.rows().find_map(Row::terms).expect("the card");
    let first = ScheduleNumber::new(1).expect("a number");
    let hours = Hours {
        days: Days::WORKDAYS,
        from: Minute::at(18, 0).expect("a minute"),
        to: Minute::at(20, 0).expect("a minute"),
    };
    let schedule = Schedule::from_hours(&[hours]).expect("a schedule");
    door.list.change_settings(|settings| settings.schedules = vec![schedule]);
    let deny = |subject| Row::Deny(DenyEntry { subject, void_before: Serial(terms.serial().0 + 1) });
    let holder = DenySubject::Holder(terms.holder());
    let everybody = DenySubject::EverybodyButStaff;
    let expired = terms.during(at(-9), Some(at(9))).expect("terms");
    let early = terms.during(at(86_400), None).expect("terms");
    let cases = [
        (Some(deny(holder)), terms, Some(Refusal::Denied)),
        (Some(deny(everybody)), terms, Some(Refusal::Denied)),
        (Some(deny(everybody)), terms.for_staff(), None),
        (None, expired, Some(Refusal::Expired)),
        (None, early, Some(Refusal::NotYet)),
        (None, terms.within(first), Some(Refusal::OutOfSchedule)),
        (None, terms, None),
    ];
    for (row, terms, refusal) in cases {
        for subject in [&holder, &everybody] {
            door.list.remove(&RowKey::deny(subject));
        }
        let known = door.logged(|event| matches!(event, Event::CardRefused { .. })).len();
        door.list.set(row.unwrap_or_else(|| deny(DenySubject::Holder(ids::HolderId([99; 8])))));
        door.set_card(TOKEN, terms);
        door.update();
        let expected = if refusal.is_some() { Refused } else { Accepted };
        assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [expected], "{refusal:?}");
        let credential = CredentialNumber(1);
        let logged = door.logged(|event| matches!(event, Event::CardRefused { .. }));
        let expected: Vec<Event> =
            refusal.into_iter().map(|reason| Event::CardRefused { credential, reason }).collect();
        assert_eq!(logged[known..], expected);
    }
}

#[test]
fn a_bulletin_cuts_a_card_by_its_token_and_by_its_holder() {
    for by_token in [true, false] {
        let mut door = stage(10);
        let terms = *door.list.rows().find_map(Row::terms).expect("the card");
        let subject =
            if by_token { BulletinSubject::Card(TOKEN) } else { BulletinSubject::Holder(terms.holder()) };
        assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Accepted]);
        let void_before = Serial(terms.serial().0 + 1);
        door.bulletin(vec![Denial { subject, void_before, until: None }]);
        assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Refused]);
        door.bulletin(vec![Denial { subject, void_before: terms.serial(), until: None }]);
        assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Accepted], "serials below it only");
    }
}

#[test]
fn the_list_that_counts_is_the_one_at_the_end_of_the_reading() {
    let mut door = stage(11);
    let mut card = card(TOKEN, CARD_VERSION);
    let mut random = SeededRandom::new(11);
    door.door().happens(HardwareEvent::CardPresent);
    for step in 0..5 {
        let command = door.door().hardware().card_commands.pop_front().expect("a command");
        let answer = card.answer(&command, &mut random);
        if step == 4 {
            // The card is held still for as long as an update takes, which no reading may.
            let now = door.door().now;
            door.list.remove(&RowKey::card(TOKEN));
            door.update_at_once();
            assert!(door.door().now.since(now) < 1_000);
        }
        let answer = CardAnswer::new(&answer);
        door.door().happens(HardwareEvent::CardAnswered(answer));
    }
    assert_eq!(door.signals(), [CardFailure]);
}

#[test]
fn a_card_whose_key_the_list_has_replaced_meanwhile_does_not_open() {
    let mut door = stage(20);
    let terms = *door.list.rows().find_map(Row::terms).expect("the card");
    let mut card = card(TOKEN, CARD_VERSION);
    let mut random = SeededRandom::new(20);
    door.door().happens(HardwareEvent::CardPresent);
    while let Some(command) = door.door().hardware().card_commands.pop_front() {
        // The door's proof: the card has said its name, and all that follows is under the key of its row.
        if command[1] == 0xaf {
            let (token, key) = (TOKEN, CardKey::from_bytes([1; 16]));
            door.list.set(Row::Card(CardRow { token, key, lowest_version: CARD_VERSION }, terms));
            door.update_at_once();
        }
        let answer = CardAnswer::new(&card.answer(&command, &mut random));
        door.door().happens(HardwareEvent::CardAnswered(answer));
    }
    assert_eq!(door.signals(), [CardFailure]);
}

#[test]
fn a_lost_clock_opens_flats_for_what_is_not_known_to_have_ended_and_nothing_else() {
    for kind in [DoorKind::Residence, DoorKind::Communal] {
        let mut door = stage_of(12, kind);
        door.property.door = door.property.door.reboot();
        let expected = if kind == DoorKind::Residence { Accepted } else { UnknownTime };
        assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [expected]);
    }
}

#[test]
fn a_residence_without_the_time_counts_cards_with_the_openings_that_it_allows() {
    let mut door = stage(13);
    door.property.door = door.property.door.reboot();
    for _ in 0..200 {
        assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Accepted]);
    }
    assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [UnknownTime]);
}

#[test]
fn a_bolt_that_cannot_move_refuses_a_card_and_says_why_in_the_log() {
    let mut door = stage(14);
    door.door().hardware().readiness = Readiness::Jammed;
    assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Unable]);
    let refused = Event::CardRefused { credential: CredentialNumber(1), reason: Refusal::DoorFault };
    assert_eq!(door.logged(|event| matches!(event, Event::CardRefused { .. })), [refused]);
}

#[test]
fn a_locked_keypad_takes_cards() {
    let mut door = stage(15);
    for _ in 0..6 {
        let _ = door.enter("1111");
    }
    assert_eq!(door.enter("1111"), [Signal::LockedOut]);
    assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Accepted]);
}

#[test]
fn nobody_waits_for_a_card_that_takes_its_time_or_for_an_entry_that_is_not_finished() {
    let mut door = stage(19);
    let mut resident = door.property.ticket_holder();
    door.press("047");
    door.door().happens(HardwareEvent::CardPresent);
    assert_eq!(door.door().hardware().card_commands.len(), 1);
    let accepted = Outcome::Accepted { relock_seconds: door.property.configuration.relock_seconds };
    let now = door.door().now;
    assert_eq!(resident.unlock_fast(&mut door.property.door), accepted);
    assert_eq!(door.door().now, now, "at once");
    let command = door.door().hardware().card_commands.pop_front().expect("the reading goes on");
    let answer = card(TOKEN, CARD_VERSION).answer(&command, &mut SeededRandom::new(19));
    door.door().happens(HardwareEvent::CardAnswered(CardAnswer::new(&answer)));
    assert_eq!(door.door().hardware().card_commands.len(), 1);
}

#[test]
fn a_door_without_randomness_reads_no_card_and_opens_for_none() {
    let mut door = stage(16);
    let mut board = door.property.door.into_board();
    board.random = BenchRandom::Broken;
    door.property.door = BenchDoor::boot(board).expect("the door boots");
    let openings = door.openings();
    assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [CardFailure]);
    assert_eq!(door.openings(), openings);
}

#[test]
fn refusals_of_a_card_fill_no_log() {
    let mut door = stage(17);
    let terms = *door.list.rows().find_map(Row::terms).expect("the card");
    let subject = DenySubject::Holder(terms.holder());
    door.list.set(Row::Deny(DenyEntry { subject, void_before: Serial(u32::MAX) }));
    door.update();
    for _ in 0..100 {
        assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Refused]);
    }
    assert!(door.logged(|event| matches!(event, Event::CardRefused { .. })).len() <= 8);
}

#[test]
fn a_power_cut_anywhere_in_an_opening_by_card_leaves_event_and_bolt_together() {
    for moment in [Moment::Before, Moment::Middle, Moment::After] {
        for operation in 0.. {
            let mut door = stage(18);
            let before = door.openings();
            door.door().flash.cut_power(operation, moment);
            door.hold(&mut card(TOKEN, CARD_VERSION));
            let was_cut = !door.door().flash.is_powered();
            let shown_before = door.signals();
            door = door.reboot();
            let opened = door.openings() - before;
            assert!(shown_before.iter().filter(|signal| **signal == Accepted).count() <= opened);
            let logged = door.logged(|event| matches!(event, Event::Keyed { .. })).len();
            assert!(opened <= logged && logged <= 1, "{moment:?} {operation}: {opened} of {logged}");
            assert_eq!(shown(&mut door, &mut card(TOKEN, CARD_VERSION)), [Accepted]);
            if !was_cut {
                assert_eq!((opened, logged), (1, 1));
                break;
            }
        }
    }
}
