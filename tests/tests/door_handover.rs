//! I5: a residence changes hands. Whatever the previous holder kept, and however the news travel, it opens nothing once the new
//! holder has unlocked (spec §8.5 step 4, §10).

use proptest::prelude::*;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::code::{CodeEpoch, Doorcode};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::Serial;
use thumbturn_protocol::record::Progress;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::{Row, RowKey};
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied};
use thumbturn_tests::household::{Household, Way};
use thumbturn_tests::keyed_door::KeyedDoor;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::at;

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
/// What else happens around the handover.
#[derive(Clone, Copy, Debug)]
enum Step {
    Tries(Way),
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
    household: Household,
    neighbour: ManualPhone,
    before: Vec<Parcel>,
    delta: Parcel,
    successor: ManualPhone,
}

impl Residence {
    /// The new holder has a grant; the door knows nothing of it.
    fn new(seed: u64) -> Self {
        let mut door = KeyedDoor::new(seed);
        let household = Household::new(&mut door, seed);
        let neighbour = door.property.resident();
        let old_snapshot = snapshot(&mut door);

        let void_before = Serial(door.property.authority.last_serial().0 + 1);
        door.list.set(Row::Deny(DenyEntry {
            subject: DenySubject::Holder(household.phone.grant().holder),
            void_before,
        }));
        door.list.remove(&RowKey::card(Household::TOKEN));
        door.list.remove(&RowKey::doorcode(&Doorcode::parse(Household::CODE).expect("a code")));
        door.list.change_settings(|settings| {
            settings.daily_codes.as_mut().expect("daily codes").epoch = CodeEpoch(1);
        });
        let from = door.list.version();
        let delta = door.property.authority.delta(&mut door.list, from, at(door.seconds)).expect("a delta");
        let min_list_version = door.list.version();
        let terms = GrantTerms { min_list_version, ..GrantTerms::resident(at(-60)) };
        let successor = door.property.phone(&terms);
        Self { door, household, neighbour, before: vec![old_snapshot], delta, successor }
    }

    /// Whether the bolt moves for what the previous holder tries.
    fn opens(&mut self, way: Way) -> bool {
        self.household.opens(&mut self.door, way)
    }

    fn after(mut self, step: Step) -> Self {
        match step {
            Step::Tries(way) => {
                self.opens(way);
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
    for way in Way::ALL.into_iter().filter(|way| !matches!(way, Way::Ticket | Way::GuestTicket)) {
        assert!(Residence::new(1).opens(way), "{way:?}");
    }
    let mut residence = Residence::new(2);
    assert!(residence.opens(Way::Phone) && residence.opens(Way::Ticket));
    assert!(residence.opens(Way::Guest) && residence.opens(Way::GuestTicket));
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => proptest::sample::select(Way::ALL.to_vec()).prop_map(Step::Tries),
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
        for way in Way::ALL {
            prop_assert!(!residence.opens(way), "{:?}", way);
        }
        for step in after {
            residence = residence.after(step);
            for way in Way::ALL {
                prop_assert!(!residence.opens(way), "{:?} after {:?}", way, step);
            }
        }
        prop_assert_eq!(residence.neighbour.unlock_full(&mut residence.door.property.door), ACCEPTED);
    }
}
