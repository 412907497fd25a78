//! A property with one claimed door on the bench.

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::claim::{self, DoorConfiguration, DoorKind};
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::authority::{Authority, GrantTerms};
use thumbturn_simulator::random::SeededRandom;

use crate::bench_door::{BenchDoor, CLAIM_SECRET};
use crate::manual_phone::ManualPhone;

/// When the door is claimed: a Monday, 2026-03-02T12:00:00Z.
pub const NOW: u64 = 1_772_452_800;

/// An instant `seconds` after the claim.
///
/// # Panics
///
/// Beyond the year 36,812.
#[must_use]
pub fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds::new(NOW.saturating_add_signed(seconds)).expect("a near instant")
}

/// A property, its authority, and one door.
pub struct Property {
    /// Signs everything.
    pub authority: Authority,
    /// What the door was told.
    pub configuration: DoorConfiguration,
    /// The door.
    pub door: BenchDoor,
    seed: u64,
}

impl Property {
    /// A property with a claimed residence door.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(seed, |_| {})
    }

    /// The same, with a configuration of the test's own.
    ///
    /// # Panics
    ///
    /// When the claim fails.
    #[must_use]
    pub fn with(seed: u64, change: impl FnOnce(&mut DoorConfiguration)) -> Self {
        Self::at(BenchDoor::new(seed), seed, change)
    }

    /// The same, at a factory-fresh door of the test's own.
    ///
    /// # Panics
    ///
    /// When the claim fails.
    #[must_use]
    pub fn at(mut door: BenchDoor, seed: u64, change: impl FnOnce(&mut DoorConfiguration)) -> Self {
        let mut authority = Authority::new(SeededRandom::new(seed)).expect("a seeded source");
        let zone = Zone::fixed(UtcOffset::UTC);
        let mut configuration =
            authority.configure(DoorKind::Residence, zone, at(0)).expect("a seeded source");
        change(&mut configuration);
        let keys = claim_door(&mut door, &configuration);
        authority.enter(&configuration, keys, at(0)).expect("the door is certified");
        Self { authority, configuration, door, seed }
    }

    /// A resident's phone with a grant for the door, at any hour.
    pub fn resident(&mut self) -> ManualPhone {
        self.phone(&GrantTerms::resident(at(-60)))
    }

    /// A resident's phone that has unlocked once, a minute ago, and has a ticket.
    ///
    /// # Panics
    ///
    /// When the door does not open.
    pub fn ticket_holder(&mut self) -> ManualPhone {
        let mut phone = self.resident();
        let relock_seconds = self.configuration.relock_seconds;
        assert_eq!(phone.unlock_full(&mut self.door), Outcome::Accepted { relock_seconds });
        self.door.pass(60_000);
        phone
    }

    /// A new credential for a phone that has one already: another grant for the same holder, with a higher serial.
    ///
    /// # Panics
    ///
    /// For terms that no door would accept.
    pub fn grant_again(&mut self, phone: &mut ManualPhone, terms: &GrantTerms) {
        let grant = phone.grant();
        let again = self.authority.issue(grant.door, phone.id(), grant.holder, terms, at(0));
        phone.keep(again.expect("sensible terms"));
    }

    /// A phone with a grant of these terms.
    ///
    /// # Panics
    ///
    /// For terms that no door would accept.
    pub fn phone(&mut self, terms: &GrantTerms) -> ManualPhone {
        self.seed += 1;
        let mut phone = ManualPhone::new(self.seed);
        let holder = self.authority.new_holder().expect("a seeded source");
        let door = self.configuration.door;
        let credential =
            self.authority.issue(door, phone.id(), holder, terms, at(0)).expect("sensible terms");
        phone.keep(credential);
        phone
    }
}

/// Claims a factory-fresh door by hand.
///
/// # Panics
///
/// When the door does not answer as it should.
pub fn claim_door(
    door: &mut BenchDoor,
    configuration: &DoorConfiguration,
) -> thumbturn_protocol::keys::DoorPublicKeys {
    let secret = ClaimSecret::from_bytes(CLAIM_SECRET);
    let connection = door.connect();
    let hello = door.hello(connection);
    let ephemeral = Ephemeral::generate(&mut SeededRandom::new(99)).expect("a seeded source");
    let (claimer, request) = claim::request(&secret, &hello, configuration, ephemeral).expect("a claim");
    door.send(connection, MessageType::ClaimRequest, &request);
    let answer = door.messages(connection).pop().expect("a claim answer");
    assert_eq!(answer.message_type, MessageType::ClaimAnswer);
    let (keys, session) = claimer.finish(&answer.payload).expect("the door's keys");
    let mut records = Records::new(&session, Side::Phone);
    let confirm = records.seal(&Record::ClaimConfirm).expect("a record");
    door.send(connection, MessageType::Record, &confirm);
    let claimed = door.messages(connection).pop().expect("a record");
    assert_eq!(records.open(&claimed.payload), Ok(Record::Claimed));
    door.disconnect(connection);
    keys
}
