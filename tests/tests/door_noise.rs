//! Whatever keypad and reader report, in whatever order, opens nothing, hides nothing and keeps nobody out (I10).

use std::sync::LazyLock;

use proptest::prelude::*;
use thumbturn_lock::hardware::{CardAnswer, HardwareEvent};
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::platform::Board;
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::card::CardToken;
use thumbturn_protocol::event::Event;
use thumbturn_simulator::nor::NorFlash;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::bench_flash::BenchFlash;
use thumbturn_tests::keyed_door::{CARD_VERSION, KeyedDoor, card, hold};
use thumbturn_tests::property::at;

const TOKEN: CardToken = CardToken([1, 2, 3, 4, 5, 6, 7, 8]);

/// The chip of a door that knows one card.
static CHIP: LazyLock<NorFlash> = LazyLock::new(|| {
    let mut door = KeyedDoor::new(80);
    let terms = door.terms();
    door.set_card(TOKEN, terms);
    door.update();
    door.door().flash.copy()
});

fn door() -> BenchDoor {
    let Board { random, mut hardware, .. } = BenchDoor::fresh_board(81);
    hardware.real_time_clock = Some(at(600));
    let flash = BenchFlash::from_chip(CHIP.clone());
    BenchDoor::boot(Board { flash, random, hardware }).expect("the door boots")
}

#[derive(Clone, Debug)]
enum Noise {
    Event(HardwareEvent),
    /// As long and with the status that the door waits for, and the rest random.
    Plausible(usize, u8),
    Waits(u64),
}

fn noise() -> impl Strategy<Value = Noise> {
    let event = Noise::Event;
    prop_oneof![
        6 => (0_u8..10).prop_map(move |digit| event(HardwareEvent::Digit(Digit::new(digit).expect("a digit")))),
        1 => Just(event(HardwareEvent::KeypadCleared)),
        3 => Just(event(HardwareEvent::CardPresent)),
        1 => Just(event(HardwareEvent::CardGone)),
        4 => prop::collection::vec(any::<u8>(), 0..70)
            .prop_map(move |bytes| event(HardwareEvent::CardAnswered(CardAnswer::new(&bytes)))),
        8 => (0_usize..5, any::<u8>()).prop_map(|(step, fill)| Noise::Plausible(step, fill)),
        3 => (0_u64..6_000).prop_map(Noise::Waits),
    ]
}

/// An answer of the right form for a step of §14.8.
fn plausible(step: usize, fill: u8) -> Vec<u8> {
    let (length, status) = [(0, 0x00), (8, 0x00), (16, 0xaf), (32, 0x00), (24, 0x00)][step];
    [vec![fill; length], vec![0x91, status]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn noise_opens_nothing_and_a_card_still_does(noises in prop::collection::vec(noise(), 1..200)) {
        let mut door = door();
        for noise in noises {
            match noise {
                Noise::Event(event) => door.happens(event),
                Noise::Plausible(step, fill) => {
                    door.happens(HardwareEvent::CardAnswered(CardAnswer::new(&plausible(step, fill))));
                }
                Noise::Waits(milliseconds) => door.pass(milliseconds),
            }
            let until = door.settle();
            prop_assert!(until.is_none_or(|until| until > door.now), "idle until a moment that has come");
            prop_assert!(door.hardware().card_commands.len() <= 200);
        }
        prop_assert_eq!(door.bolt_moves().len(), 0);
        prop_assert!(!door.hardware().signals.contains(&Signal::Accepted));
        door.happens(HardwareEvent::CardGone);
        door.pass(2_000);
        door.hardware().card_commands.clear();
        hold(&mut door, &mut card(TOKEN, CARD_VERSION), &mut SeededRandom::new(82), |_, _| ());
        prop_assert_eq!(door.hardware().signals.last(), Some(&Signal::Accepted));
        let failures = door.hardware().signals.iter().filter(|signal| **signal == Signal::CardFailure).count();
        door.pass(3_600_000);
        let counted = door.log().iter().map(|logged| match logged.event {
            Event::CardFailures { count } => usize::try_from(count).expect("few"),
            _ => 0,
        }).sum::<usize>();
        prop_assert_eq!(counted, failures, "each failure that was shown is counted");
    }
}
