//! I4: once a door holds a bulletin, nothing that it denies opens – phone, guest, card, code, daily code – until a newer serial or a
//! newer bulletin says otherwise (spec §11.3).

use proptest::prelude::*;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::bulletin::{Bulletin, BulletinSubject, Denial};
use thumbturn_protocol::card::CardToken;
use thumbturn_protocol::code::DailyKind;
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::ids::{Serial, ShareId};
use thumbturn_protocol::update::row::{CredentialNumber, Terms};
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::keyed_door::{CARD_VERSION, KeyedDoor, TODAY, card};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::at;

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const TOKEN: CardToken = CardToken([4; 8]);
const CODE: &str = "0472";
const KINDS: [DailyKind; 2] = [DailyKind::WholeDay, DailyKind::FirstUse];

/// What opens the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Credential {
    Phone,
    Ticket,
    Guest,
    GuestTicket,
    Card,
    Code,
    Daily(usize),
}

const ALL: [Credential; 8] = [
    Credential::Phone,
    Credential::Ticket,
    Credential::Guest,
    Credential::GuestTicket,
    Credential::Card,
    Credential::Code,
    Credential::Daily(0),
    Credential::Daily(1),
];

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
    fn cuts(self, credential: Credential) -> bool {
        use Credential::{Card, Code, Daily, Guest, GuestTicket, Phone, Ticket};
        match self {
            Self::Holder => !matches!(credential, Daily(_)),
            Self::Phone => matches!(credential, Phone | Ticket | Guest | GuestTicket),
            Self::GuestPhone | Self::Share => matches!(credential, Guest | GuestTicket),
            Self::Card => credential == Card,
            Self::Daily(kind) => credential == Daily(kind),
            Self::Everybody => {
                matches!(credential, Phone | Ticket | Guest | GuestTicket | Card | Code | Daily(_))
            }
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
    phone: ManualPhone,
    guest: ManualPhone,
    neighbour: ManualPhone,
    share: ShareId,
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
        let mut phone = door.property.resident();
        let neighbour = door.property.resident();
        let mut guest = ManualPhone::new(seed + 77);
        let share = share(&mut phone, &mut guest);
        let Grant { holder, serial, .. } = phone.grant();
        door.set_card(TOKEN, Terms::new(holder, serial, CredentialNumber(1)));
        door.set_code(CODE, Terms::new(holder, serial, CredentialNumber(2)));
        door.update();
        Self {
            door,
            phone,
            guest,
            neighbour,
            share,
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
                self.door.property.grant_again(&mut self.phone, &terms);
                self.share = share(&mut self.phone, &mut self.guest);
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
        let mut session = Conversation::begin(&mut self.phone, bench);
        assert!(session.hand_over(bench, &bulletin) || bulletin.entries.is_empty());
        bench.disconnect(session.connection);
        self.bulletins.push(bulletin);
        (self.named, self.void_before) = (named, void_before);
    }

    fn subject(&self, named: Named) -> BulletinSubject {
        match named {
            Named::Holder => BulletinSubject::Holder(self.phone.grant().holder),
            Named::Phone => BulletinSubject::Phone(self.phone.id()),
            Named::GuestPhone => BulletinSubject::Phone(self.guest.id()),
            Named::Share => BulletinSubject::Share(self.share),
            Named::Card => BulletinSubject::Card(TOKEN),
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
    /// Whether the bolt moved. A wrong code costs a token, which comes back meanwhile.
    fn opens(&mut self, credential: Credential) -> bool {
        let before = self.door.openings();
        let bench = &mut self.door.property.door;
        match credential {
            Credential::Phone => {
                if self.phone.unlock_full(bench) == ACCEPTED {
                    self.tickets[0] = self.phone.grant().serial;
                }
            }
            Credential::Guest => {
                if self.guest.unlock_full(bench) == ACCEPTED {
                    self.tickets[1] = self.guest.grant().serial;
                }
            }
            Credential::Ticket => {
                self.phone.unlock_fast_or_not(bench);
            }
            Credential::GuestTicket => {
                self.guest.unlock_fast_or_not(bench);
            }
            Credential::Card => {
                self.door.hold(&mut card(TOKEN, CARD_VERSION));
            }
            Credential::Code => {
                self.door.enter(CODE);
            }
            Credential::Daily(kind) => {
                let code = self.door.daily(TODAY, KINDS[kind], 0);
                self.door.enter(&code);
            }
        }
        let opened = self.door.openings() > before;
        self.door.pass(601);
        opened
    }

    fn is_denied(&self, credential: Credential) -> bool {
        let serial = match credential {
            Credential::Phone => self.phone.grant().serial,
            Credential::Guest => self.guest.grant().serial,
            Credential::Ticket => self.tickets[0],
            Credential::GuestTicket => self.tickets[1],
            Credential::Card | Credential::Code => self.first_serial,
            Credential::Daily(_) => Serial(0),
        };
        serial < self.void_before && self.named.iter().any(|named| named.cuts(credential))
    }
}

/// A share behind the phone's newest grant.
fn share(phone: &mut ManualPhone, guest: &mut ManualPhone) -> ShareId {
    let credential = phone.share(guest.id(), Validity::from(at(-60)));
    let chain = credential.share.as_ref().expect("a share");
    let id = chain.share.peek_unverified().expect("a share").share_id;
    guest.keep(credential);
    id
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
        for credential in ALL {
            let has_one = !matches!(credential, Credential::Ticket | Credential::GuestTicket);
            prop_assert!(stage.opens(credential) || !has_one, "{:?}", credential);
        }
        for step in steps {
            stage = stage.after(&step);
            for credential in ALL {
                let (denied, opened) = (stage.is_denied(credential), stage.opens(credential));
                prop_assert!(!(denied && opened), "{:?} opens after {:?}", credential, step);
                // Tickets end with a denial, and the code of a quarter of an hour by itself.
                let stays = !matches!(
                    credential,
                    Credential::Ticket | Credential::GuestTicket | Credential::Daily(1)
                );
                prop_assert!(denied || opened || !stays, "{:?} does not open after {:?}", credential, step);
            }
        }
    }
}
