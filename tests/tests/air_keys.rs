//! Keypad and card reader of a door in the simulated world: a neighbour brings the list, then nobody needs a phone.

use core::time::Duration;

use thumbturn_lock::signal::Signal;
use thumbturn_phone::courier::End;
use thumbturn_protocol::card::{CardKey, CardToken, CardVersion};
use thumbturn_protocol::code::{CodeLength, Doorcode};
use thumbturn_protocol::ids::{HolderId, Serial};
use thumbturn_protocol::update::row::{Card as CardRow, CredentialNumber, Row, Terms};
use thumbturn_simulator::card::Card;
use thumbturn_simulator::door::BoltPosition;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_tests::air_stage::AirStage;

use Signal::{Accepted, CardFailure, LockedOut, Refused};

const TOKEN: CardToken = CardToken([7; 8]);
const KEY: [u8; 16] = [9; 16];

fn terms(number: u8) -> Terms {
    Terms::new(HolderId([number; 8]), Serial(u32::from(number)), CredentialNumber(number.into()))
}

/// A door whose list has one code and one card.
fn stage(seed: u64) -> AirStage {
    let mut stage = AirStage::new(seed, RadioSettings::default());
    let mut phone = stage.phone(PhoneProfile::android());
    stage.list.change_settings(|settings| settings.code_length = CodeLength::FOUR);
    stage.list.set(Row::Doorcode(Doorcode::parse("0472").expect("a code"), terms(1)));
    let card = CardRow { token: TOKEN, key: CardKey::from_bytes(KEY), lowest_version: CardVersion(1) };
    stage.list.set(Row::Card(card, terms(2)));
    let snapshot = stage.snapshot();
    phone.carry(&snapshot);
    assert_eq!(stage.visit(&phone).end, Some(End::Complete));
    stage.world.run_for(Duration::from_secs(60));
    stage
}

fn opened(stage: &AirStage) -> bool {
    stage.world.run_for(Duration::from_secs(1));
    let drawn = stage.door.bolt() == BoltPosition::Drawn;
    stage.world.run_for(Duration::from_secs(10));
    assert_eq!(stage.door.bolt(), BoltPosition::Thrown, "it relocks");
    drawn
}

#[test]
fn a_code_and_a_card_open_a_door_whose_list_a_neighbour_brought() {
    let stage = stage(1);
    stage.door.press("0472");
    assert!(opened(&stage));
    stage.door.hold(Card::new(TOKEN, CardVersion(1), [0; 16], KEY));
    assert!(opened(&stage));
    let card = stage.door.take_card().expect("the card");
    assert_eq!(stage.door.signals(), [Accepted, Accepted]);
    stage.door.hold(card);
    assert!(opened(&stage), "the same card once more");
}

#[test]
fn wrong_codes_and_cards_open_nothing_and_the_lockout_outlives_the_power() {
    let stage = stage(2);
    for _ in 0..6 {
        stage.door.press("1111*");
    }
    stage.door.press("0472");
    stage.door.hold(Card::new(TOKEN, CardVersion(1), [0; 16], [1; 16]));
    assert!(!opened(&stage));
    let mut shown = vec![Refused; 6];
    shown.extend([LockedOut, CardFailure]);
    assert_eq!(stage.door.signals(), shown);
    stage.door.power_off();
    stage.world.run_for(Duration::from_secs(86_400));
    stage.door.power_on();
    stage.world.run_for(Duration::from_secs(5));
    // Without a clock of its own it does not know the time, but knows cards.
    stage.door.press("0472");
    let _ = stage.door.take_card();
    stage.door.hold(Card::new(TOKEN, CardVersion(1), [0; 16], KEY));
    assert!(opened(&stage));
    assert_eq!(stage.door.signals()[shown.len()..], [Signal::UnknownTime, Accepted]);
}
