//! I4: once a door holds a bulletin, nothing that it denies opens – phone, guest, card, code, daily code – until a newer serial or a
//! newer bulletin says otherwise (spec §11.3).

use proptest::prelude::*;
use thumbturn_protocol::bulletin::{Bulletin, BulletinSubject, Denial};
use thumbturn_protocol::code::DailyKind;
use thumbturn_protocol::ids::Serial;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::household::{Household, Way};
use thumbturn_tests::keyed_door::{KeyedDoor, TODAY};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::at;

const KINDS: [DailyKind; 2] = [DailyKind::WholeDay, DailyKind::FirstUse];

/// Whom a bulletin can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Holder,
    Phone,
    GuestPhone,
    Share,
    Card,
    Daily(usize),
    Everybody,
}

const NAMED: [Named; 8] = [
    Named::Holder,
    Named::Phone,
    Named::GuestPhone,
    Named::Share,
    Named::Card,
    Named::Daily(0),
    Named::Daily(1),
    Named::Everybody,
];

impl Named {
    /// What is cut by it.
    fn cuts(self, way: Way) -> bool {
        use Way::{Card, DailyCode, Guest, GuestTicket, Phone, QuarterHour, Ticket};
        match self {
            Self::Holder => !matches!(way, DailyCode | QuarterHour),
            Self::Phone => matches!(way, Phone | Ticket | Guest | GuestTicket),
            Self::GuestPhone | Self::Share => matches!(way, Guest | GuestTicket),
            Self::Card => way == Card,
            Self::Daily(0) => way == DailyCode,
            Self::Daily(_) => way == QuarterHour,
            Self::Everybody => true,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A bulletin with these entries comes.
    Bulletin(Vec<Named>),
    PowerCut,
    /// Somebody brings every bulletin that there was.
    Replayed,
    /// The property gives phone and guest a credential with a newer serial.
    GrantedAgain,
}

struct Stage {
    door: KeyedDoor,
    household: Household,
    neighbour: ManualPhone,
    /// Serials of the grants that the two tickets stand for.
    tickets: [Serial; 2],
    bulletins: Vec<Bulletin>,
    /// Of the grant that card and code belong to.
    first_serial: Serial,
    /// What the newest bulletin names, and serials below which it does.
    named: Vec<Named>,
    void_before: Serial,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let mut door = KeyedDoor::new(seed);
        let household = Household::new(&mut door, seed);
        let neighbour = door.property.resident();
        let serial = household.phone.grant().serial;
        Self {
            door,
            household,
            neighbour,
            tickets: [serial; 2],
            first_serial: serial,
            bulletins: Vec::new(),
            named: Vec::new(),
            void_before: Serial(0),
        }
    }

    fn after(mut self, step: &Step) -> Self {
        match step {
            Step::Bulletin(named) => self.publish(named.clone()),
            Step::PowerCut => self.door = self.door.reboot(),
            Step::Replayed => {
                let bench = &mut self.door.property.door;
                let mut session = Conversation::begin(&mut self.neighbour, bench);
                for old in &self.bulletins {
                    assert!(!session.hand_over(bench, old), "not newer");
                }
                bench.disconnect(session.connection);
            }
            Step::GrantedAgain => {
                let terms = GrantTerms::resident(at(-60));
                self.door.property.grant_again(&mut self.household.phone, &terms);
                self.household.share_again();
            }
        }
        self.door.pass(60);
        self
    }

    fn publish(&mut self, named: Vec<Named>) {
        let void_before = Serial(self.door.property.authority.last_serial().0 + 1);
        let denial = |named: &Named| Denial { subject: self.subject(*named), void_before, until: None };
        let denials = named.iter().map(denial).collect();
        let bulletin =
            self.door.property.authority.bulletin(denials, at(self.door.seconds)).expect("a bulletin");
        let bench = &mut self.door.property.door;
        // Also whoever is denied brings it.
        let mut session = Conversation::begin(&mut self.household.phone, bench);
        assert!(session.hand_over(bench, &bulletin) || bulletin.entries.is_empty());
        bench.disconnect(session.connection);
        self.bulletins.push(bulletin);
        (self.named, self.void_before) = (named, void_before);
    }

    fn subject(&self, named: Named) -> BulletinSubject {
        match named {
            Named::Holder => BulletinSubject::Holder(self.household.phone.grant().holder),
            Named::Phone => BulletinSubject::Phone(self.household.phone.id()),
            Named::GuestPhone => BulletinSubject::Phone(self.household.guest.id()),
            Named::Share => BulletinSubject::Share(self.household.share),
            Named::Card => BulletinSubject::Card(Household::TOKEN),
            Named::Daily(kind) => BulletinSubject::DailyCode {
                door: self.door.property.configuration.door,
                day: TODAY.0,
                kind: KINDS[kind].code(),
                slot: 0,
            },
            Named::Everybody => BulletinSubject::Everybody,
        }
    }
}

impl Stage {
    /// Whether the bolt moved; a ticket that came of it stands for the newest grant.
    fn opens(&mut self, way: Way) -> bool {
        let opened = self.household.opens(&mut self.door, way);
        if opened {
            match way {
                Way::Phone => self.tickets[0] = self.household.phone.grant().serial,
                Way::Guest => self.tickets[1] = self.household.guest.grant().serial,
                _ => {}
            }
        }
        opened
    }

    fn is_denied(&self, way: Way) -> bool {
        let serial = match way {
            Way::Phone => self.household.phone.grant().serial,
            Way::Guest => self.household.guest.grant().serial,
            Way::Ticket => self.tickets[0],
            Way::GuestTicket => self.tickets[1],
            Way::Card | Way::Code => self.first_serial,
            Way::DailyCode | Way::QuarterHour => Serial(0),
        };
        serial < self.void_before && self.named.iter().any(|named| named.cuts(way))
    }
}

fn step() -> impl Strategy<Value = Step> {
    let bulletin = proptest::sample::subsequence(NAMED.to_vec(), 0..4).prop_map(Step::Bulletin);
    prop_oneof![4 => bulletin, 1 => Just(Step::PowerCut), 1 => Just(Step::Replayed), 1 => Just(Step::GrantedAgain)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_a_bulletin_denies_opens_nothing_until_a_newer_word(
        steps in proptest::collection::vec(step(), 1..4),
    ) {
        let mut stage = Stage::new(4);
        for way in Way::ALL {
            let has_one = !matches!(way, Way::Ticket | Way::GuestTicket);
            prop_assert!(stage.opens(way) || !has_one, "{:?}", way);
        }
        for step in steps {
            stage = stage.after(&step);
            for way in Way::ALL {
                let (denied, opened) = (stage.is_denied(way), stage.opens(way));
                prop_assert!(!(denied && opened), "{:?} opens after {:?}", way, step);
                prop_assert!(denied || opened || way.is_fleeting(), "{:?} does not open after {:?}", way, step);
            }
        }
    }
}
