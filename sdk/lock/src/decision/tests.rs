//! The order of decisions: for each step a credential that fails there and at every later step.

use alloc::vec;

use thumbturn_protocol::claim::PropertyKeys;
use thumbturn_protocol::ids::{
    DoorId, Generation, HolderId, ListVersion, PhoneId, PropertyId, Serial, ShareId, TagKey,
};
use thumbturn_protocol::keys::{ExchangeKey, VerifyingKey};
use thumbturn_protocol::schedule::{Schedule, Window};
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::*;
use crate::facts::ShareFacts;

const NOW: u64 = 1_700_000_000; // Tuesday 2023-11-14T22:13:20Z

fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

/// Tuesday 00:00–01:00: not now.
fn closed() -> Schedule {
    Schedule::new(&[Window::try_from([0b10, 0x00, 0x00, 0x3c]).unwrap()]).unwrap()
}

fn configuration() -> DoorConfiguration {
    let keys = PropertyKeys {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        root_key: VerifyingKey([0; 32]),
        signing_key: VerifyingKey([0; 32]),
        sealing_key: ExchangeKey([0; 32]),
    };
    let zone = Zone::fixed(UtcOffset::UTC);
    DoorConfiguration::new(
        keys,
        DoorId([2; 8]),
        TagKey::from_bytes([3; 16]),
        DoorKind::Residence,
        at(NOW),
        zone,
    )
}

fn facts() -> Facts {
    Facts {
        phone: PhoneId([4; 16]),
        holder: HolderId([5; 8]),
        generation: Generation(2),
        serial: Serial(100),
        lease_end: at(NOW + 1_000),
        roles: Roles::UNLOCK,
        min_list_version: ListVersion(0),
        validity: Validity::from(at(NOW - 10)),
        share: None,
    }
}

fn guest() -> Facts {
    let share =
        ShareFacts { granter: PhoneId([6; 16]), id: ShareId([7; 8]), validity: Validity::from(at(NOW - 10)) };
    Facts { share: Some(share), ..facts() }
}

struct Scene {
    configuration: DoorConfiguration,
    signer_is_valid: bool,
    denied_by_bulletin: bool,
    facts: Facts,
    clock: Reading,
    motor: Motor,
    readiness: Readiness,
}

impl Scene {
    fn new(facts: Facts) -> Self {
        Self {
            configuration: configuration(),
            signer_is_valid: true,
            denied_by_bulletin: false,
            facts,
            clock: Reading::Sure(at(NOW)),
            motor: Motor::Free,
            readiness: Readiness::Ready,
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        let circumstances = Circumstances {
            configuration: &self.configuration,
            list_generation: Generation(2),
            signer_is_valid: self.signer_is_valid,
            denied_by_bulletin: self.denied_by_bulletin,
            deny_rows: &[],
            clock: self.clock,
            motor: self.motor,
            readiness: self.readiness,
        };
        decide(&self.facts, OperationId([9; 8]), &circumstances).err()
    }

    fn outcome_with(mut self, change: impl FnOnce(&mut Self)) -> Option<Outcome> {
        change(&mut self);
        self.outcome()
    }

    fn deny(mut self, subject: DenySubject, void_before: u32) -> Self {
        self.configuration.deny = vec![DenyEntry { subject, void_before: Serial(void_before) }];
        self
    }
}

fn unsure(floor: u64) -> Reading {
    Reading::Unsure { floor: at(floor), allowance: Allowance::Left }
}

#[test]
fn a_valid_credential_is_permitted() {
    assert_eq!(Scene::new(facts()).outcome(), None);
    assert_eq!(Scene::new(guest()).outcome(), None);
}

#[test]
fn the_first_failing_step_is_the_outcome() {
    let mut scene = Scene::new(Facts {
        roles: Roles::NONE,
        validity: Validity::from(at(NOW + 1)).within(closed()),
        lease_end: at(NOW),
        min_list_version: ListVersion(2),
        ..facts()
    })
    .deny(DenySubject::Holder(HolderId([5; 8])), 101);
    scene.clock = unsure(NOW - 100);
    scene.motor = Motor::Moving;
    scene.readiness = Readiness::Jammed;

    assert_eq!(scene.outcome(), Some(Outcome::Denied));
    scene.configuration.deny.clear();
    assert_eq!(scene.outcome(), Some(Outcome::UnknownTime));
    scene.clock = Reading::Sure(at(NOW));
    assert_eq!(scene.outcome(), Some(Outcome::Denied));
    scene.facts.roles = Roles::UNLOCK;
    assert_eq!(scene.outcome(), Some(Outcome::NotYet));
    scene.facts.validity.not_before = at(NOW - 10);
    scene.facts.validity.not_after = Some(at(NOW));
    assert_eq!(scene.outcome(), Some(Outcome::Expired));
    scene.facts.validity.not_after = Some(at(NOW + 1));
    assert_eq!(scene.outcome(), Some(Outcome::LeaseEnded));
    scene.facts.lease_end = at(NOW + 1);
    assert_eq!(scene.outcome(), Some(Outcome::OutOfSchedule));
    scene.facts.validity.schedule = None;
    assert_eq!(scene.outcome(), Some(Outcome::UpdateRequired));
    scene.facts.min_list_version = ListVersion(1);
    assert_eq!(scene.outcome(), Some(Outcome::Busy));
    scene.motor = Motor::Free;
    assert_eq!(scene.outcome(), Some(Outcome::DoorFault(Fault::Jammed)));
    scene.readiness = Readiness::BatteryTooLow;
    assert_eq!(scene.outcome(), Some(Outcome::DoorFault(Fault::Battery)));
    scene.readiness = Readiness::Ready;
    assert_eq!(scene.outcome(), None);
}

#[test]
fn a_share_is_checked_like_its_grant() {
    let mut scene = Scene::new(guest());
    let share = |scene: &mut Scene, validity: Validity| {
        scene.facts.share = Some(ShareFacts { validity, ..guest().share.unwrap() });
    };
    share(&mut scene, Validity::from(at(NOW + 1)));
    assert_eq!(scene.outcome(), Some(Outcome::NotYet));
    share(&mut scene, Validity::from(at(NOW - 1)).until(at(NOW)));
    assert_eq!(scene.outcome(), Some(Outcome::Expired));
    share(&mut scene, Validity::from(at(NOW - 1)).within(closed()));
    assert_eq!(scene.outcome(), Some(Outcome::OutOfSchedule));
}

#[test]
fn a_guest_ends_with_the_granter() {
    let ended = Scene::new(Facts { lease_end: at(NOW), ..guest() });
    assert_eq!(ended.outcome(), Some(Outcome::LeaseEnded));
    let expired = Scene::new(Facts { validity: Validity::from(at(1)).until(at(NOW)), ..guest() });
    assert_eq!(expired.outcome(), Some(Outcome::Expired));
}

#[test]
fn every_id_of_a_chain_can_be_denied() {
    let subjects = [
        DenySubject::Holder(HolderId([5; 8])),
        DenySubject::Phone(PhoneId([4; 16])),
        DenySubject::Phone(PhoneId([6; 16])),
        DenySubject::Share(ShareId([7; 8])),
        DenySubject::EverybodyButStaff,
    ];
    for subject in subjects {
        assert_eq!(Scene::new(guest()).deny(subject, 101).outcome(), Some(Outcome::Denied));
        assert_eq!(Scene::new(guest()).deny(subject, 100).outcome(), None, "a grant of that serial is newer");
    }
}

#[test]
fn others_are_not_denied() {
    for subject in [
        DenySubject::Holder(HolderId([6; 8])),
        DenySubject::Phone(PhoneId([5; 16])),
        DenySubject::Share(ShareId([8; 8])),
    ] {
        assert_eq!(Scene::new(guest()).deny(subject, 101).outcome(), None);
    }
    let staff = Facts { roles: Roles::UNLOCK.and(Roles::STAFF), ..facts() };
    assert_eq!(Scene::new(staff).deny(DenySubject::EverybodyButStaff, 101).outcome(), None);
}

#[test]
fn a_residence_with_an_unsure_clock_opens_for_what_asks_no_time() {
    let mut scene = Scene::new(facts());
    scene.clock = unsure(NOW);
    assert_eq!(scene.outcome(), None);
    scene.clock = Reading::Unsure { floor: at(NOW), allowance: Allowance::UsedUp };
    assert_eq!(scene.outcome(), Some(Outcome::UnknownTime));
    scene.clock = unsure(NOW);
    scene.configuration.kind = DoorKind::Communal;
    assert_eq!(scene.outcome(), Some(Outcome::UnknownTime));
}

#[test]
fn an_unsure_clock_still_knows_what_ended_before_its_floor() {
    let mut scene = Scene::new(Facts { lease_end: at(NOW), ..facts() });
    scene.clock = unsure(NOW);
    assert_eq!(scene.outcome(), Some(Outcome::LeaseEnded));
    scene.facts.validity.not_after = Some(at(NOW));
    assert_eq!(scene.outcome(), Some(Outcome::Expired));
}

#[test]
fn an_unsure_clock_opens_nothing_with_hours_or_a_later_beginning() {
    let mut scene = Scene::new(facts());
    scene.clock = unsure(NOW);
    scene.facts.validity.schedule = Some(closed());
    assert_eq!(scene.outcome(), Some(Outcome::UnknownTime));
    scene.facts.validity = Validity::from(at(NOW + 1));
    assert_eq!(scene.outcome(), Some(Outcome::UnknownTime));
    scene.facts = guest();
    scene.facts.share =
        Some(ShareFacts { validity: Validity::from(at(1)).within(closed()), ..guest().share.unwrap() });
    assert_eq!(scene.outcome(), Some(Outcome::UnknownTime));
}

#[test]
fn a_grant_of_a_void_generation_and_one_that_the_bulletin_names_are_denied() {
    assert_eq!(
        Scene::new(facts()).outcome_with(|scene| scene.signer_is_valid = false),
        Some(Outcome::Denied)
    );
    assert_eq!(
        Scene::new(facts()).outcome_with(|scene| scene.denied_by_bulletin = true),
        Some(Outcome::Denied)
    );
}

#[test]
fn deny_entries_void_all_serials_of_earlier_generations_and_none_of_later_ones() {
    let of =
        |generation, serial| Facts { generation: Generation(generation), serial: Serial(serial), ..facts() };
    let outcome = |facts| Scene::new(facts).deny(DenySubject::Holder(HolderId([5; 8])), 50).outcome();
    assert_eq!(outcome(of(1, u32::MAX)), Some(Outcome::Denied));
    assert_eq!(outcome(of(2, 49)), Some(Outcome::Denied));
    assert_eq!(outcome(of(2, 50)), None);
    assert_eq!(outcome(of(3, 0)), None);
}

#[test]
fn a_list_of_an_earlier_generation_meets_no_requirement_of_a_later_one() {
    let outcome = |generation, minimum| {
        let facts =
            Facts { generation: Generation(generation), min_list_version: ListVersion(minimum), ..facts() };
        Scene::new(facts).outcome()
    };
    let version = configuration().list_version.0;
    assert_eq!(outcome(2, version), None);
    assert_eq!(outcome(2, version + 1), Some(Outcome::UpdateRequired));
    assert_eq!(outcome(1, version + 1), None);
    assert_eq!(outcome(3, 1), Some(Outcome::UpdateRequired));
    assert_eq!(outcome(3, 0), None);
}
