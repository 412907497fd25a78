//! I5: a residence changes hands. Whatever the previous holder kept, and however the news travel, it opens nothing once the new
//! holder has unlocked (spec §8.5 step 4, §10).

use proptest::prelude::*;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::card::CardToken;
use thumbturn_protocol::code::{CodeEpoch, DailyKind, Doorcode};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::Serial;
use thumbturn_protocol::record::Progress;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::{CredentialNumber, Row, RowKey, Terms};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied};
use thumbturn_tests::keyed_door::{CARD_VERSION, KeyedDoor, TODAY, card};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::at;

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const TOKEN: CardToken = CardToken([4; 8]);
const CODE: &str = "0472";

/// What a previous holder may try.
#[derive(Clone, Copy, Debug)]
enum Old {
    Phone,
    Ticket,
    Guest,
    GuestTicket,
    Card,
    Code,
    DailyCode,
    QuarterHour,
}

const ALL: [Old; 8] = [
    Old::Phone,
    Old::Ticket,
    Old::Guest,
    Old::GuestTicket,
    Old::Card,
    Old::Code,
    Old::DailyCode,
    Old::QuarterHour,
];

/// What else happens around the handover.
#[derive(Clone, Copy, Debug)]
enum Step {
    Tries(Old),
    PowerCut,
    /// A neighbour carries the news, and leaves after so many records.
    Carried(usize),
    /// The new holder comes with empty hands.
    ComesTooEarly,
    /// Somebody carries what was true before.
    Replayed,
}

struct Residence {
    door: KeyedDoor,
    phone: ManualPhone,
    guest: ManualPhone,
    neighbour: ManualPhone,
    before: Vec<Parcel>,
    delta: Parcel,
    successor: ManualPhone,
}

impl Residence {
    /// The new holder has a grant; the door knows nothing of it.
    fn new(seed: u64) -> Self {
        let mut door = KeyedDoor::new(seed);
        let mut phone = door.property.resident();
        let neighbour = door.property.resident();
        let mut guest = ManualPhone::new(seed + 77);
        guest.keep(phone.share(guest.id(), Validity::from(at(-60))));
        let grant = phone.grant();
        let terms = Terms::new(grant.holder, grant.serial, CredentialNumber(1));
        door.set_card(TOKEN, terms);
        door.set_code(CODE, Terms::new(grant.holder, grant.serial, CredentialNumber(2)));
        door.update();
        let old_snapshot = snapshot(&mut door);

        let void_before = Serial(door.property.authority.last_serial().0 + 1);
        door.list.set(Row::Deny(DenyEntry { subject: DenySubject::Holder(grant.holder), void_before }));
        door.list.remove(&RowKey::card(TOKEN));
        door.list.remove(&RowKey::doorcode(&Doorcode::parse(CODE).expect("a code")));
        door.list.change_settings(|settings| {
            settings.daily_codes.as_mut().expect("daily codes").epoch = CodeEpoch(1);
        });
        let from = door.list.version();
        let delta = door.property.authority.delta(&mut door.list, from, at(door.seconds)).expect("a delta");
        let min_list_version = door.list.version();
        let terms = GrantTerms { min_list_version, ..GrantTerms::resident(at(-60)) };
        let successor = door.property.phone(&terms);
        Self { door, phone, guest, neighbour, before: vec![old_snapshot], delta, successor }
    }

    /// Whether the bolt moved for what the previous holder tried. A code costs a token; it comes back meanwhile.
    fn opens(&mut self, old: Old) -> bool {
        let before = self.door.openings();
        let bench = &mut self.door.property.door;
        match old {
            Old::Phone => {
                self.phone.unlock_full(bench);
            }
            Old::Ticket => {
                self.phone.unlock_fast_or_not(bench);
            }
            Old::Guest => {
                self.guest.unlock_full(bench);
            }
            Old::GuestTicket => {
                self.guest.unlock_fast_or_not(bench);
            }
            Old::Card => {
                self.door.hold(&mut card(TOKEN, CARD_VERSION));
            }
            Old::Code => {
                self.door.enter(CODE);
            }
            Old::DailyCode => {
                let code = self.door.daily(TODAY, DailyKind::WholeDay, 0);
                self.door.enter(&code);
            }
            Old::QuarterHour => {
                let code = self.door.daily(TODAY, DailyKind::FirstUse, 1);
                self.door.enter(&code);
            }
        }
        let opened = self.door.openings() > before;
        self.door.pass(601);
        opened
    }

    fn after(mut self, step: Step) -> Self {
        match step {
            Step::Tries(old) => {
                self.opens(old);
            }
            Step::PowerCut => {
                self.door = self.door.reboot();
                self.door.pass(60);
            }
            Step::Carried(records) => self.carry(&self.delta.clone(), records),
            Step::Replayed => {
                for parcel in self.before.clone() {
                    self.carry(&parcel, usize::MAX);
                }
            }
            Step::ComesTooEarly => {
                let outcome = self.successor.unlock_full(&mut self.door.property.door);
                assert!(matches!(outcome, Outcome::UpdateRequired | ACCEPTED), "{outcome:?}");
                self.door.pass(60);
            }
        }
        self
    }

    /// A neighbour opens, offers a parcel and sends at most so many records of it.
    fn carry(&mut self, parcel: &Parcel, records: usize) {
        let bench = &mut self.door.property.door;
        let mut session = Conversation::begin(&mut self.neighbour, bench);
        let mut courier = Courier::new(parcel);
        if let Progress::Next { chunk, .. } = courier.offer(&mut session, bench) {
            for record in
                (chunk..parcel.size().chunks()).flat_map(|chunk| courier.records(chunk)).take(records)
            {
                session.say(bench, &record);
            }
        }
        bench.disconnect(session.connection);
        self.door.pass(60);
    }

    /// The new holder comes with what the property gave him.
    fn takes_over(&mut self) {
        let bench = &mut self.door.property.door;
        let mut session = Conversation::begin(&mut self.successor, bench);
        if session.answer.outcome == Outcome::UpdateRequired {
            let progress = Courier::new(&self.delta).deliver(&mut session, bench);
            assert_eq!(progress, applied(self.door.list.version()));
            assert_eq!(session.unlock_again(&mut self.successor, bench), ACCEPTED);
        } else {
            assert_eq!(session.answer.outcome, ACCEPTED);
            bench.disconnect(session.connection);
        }
        self.door.pass(60);
    }
}

fn snapshot(door: &mut KeyedDoor) -> Parcel {
    let now = at(door.seconds);
    let snapshot = door.property.authority.snapshot(&mut door.list, now).expect("a snapshot");
    let mut phone = door.property.resident();
    let mut session = Conversation::begin(&mut phone, &mut door.property.door);
    Courier::new(&snapshot).deliver(&mut session, &mut door.property.door);
    door.property.door.disconnect(session.connection);
    door.pass(60);
    snapshot
}

#[test]
fn all_that_a_holder_has_opens_before_the_handover() {
    for old in [Old::Phone, Old::Guest, Old::Card, Old::Code, Old::DailyCode, Old::QuarterHour] {
        assert!(Residence::new(1).opens(old), "{old:?}");
    }
    let mut residence = Residence::new(2);
    assert!(residence.opens(Old::Phone) && residence.opens(Old::Ticket));
    assert!(residence.opens(Old::Guest) && residence.opens(Old::GuestTicket));
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => proptest::sample::select(ALL.to_vec()).prop_map(Step::Tries),
        1 => Just(Step::PowerCut),
        1 => (0_usize..4).prop_map(Step::Carried),
        1 => Just(Step::ComesTooEarly),
        1 => Just(Step::Replayed),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_previous_holder_opens_nothing_once_the_new_one_has_unlocked(
        before in proptest::collection::vec(step(), 0..5),
        after in proptest::collection::vec(step(), 0..4),
    ) {
        let mut residence = Residence::new(3);
        residence = before.into_iter().fold(residence, Residence::after);
        residence.takes_over();
        for old in ALL {
            prop_assert!(!residence.opens(old), "{:?}", old);
        }
        for step in after {
            residence = residence.after(step);
            for old in ALL {
                prop_assert!(!residence.opens(old), "{:?} after {:?}", old, step);
            }
        }
        prop_assert_eq!(residence.neighbour.unlock_full(&mut residence.door.property.door), ACCEPTED);
    }
}
