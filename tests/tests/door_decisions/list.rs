//! What the list says: whom it denies, and how new it must be (spec §8.5 steps 5 and 8).

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::ids::{HolderId, ListVersion, OperationId, PhoneId, Serial, ShareId};
use thumbturn_protocol::share::Share;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::list_update;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at};

use super::{ACCEPTED, assert_refused, grant_of, guest_of, outcomes, phones, resident};

#[test]
fn a_grant_that_needs_a_newer_list_requires_the_update() {
    let mut property = Property::with(413, |configuration| configuration.list_version = ListVersion(7));
    let mut needs_newer = property.phone(&GrantTerms { min_list_version: ListVersion(8), ..resident() });
    let mut content = property.phone(&GrantTerms { min_list_version: ListVersion(7), ..resident() });
    let reply = needs_newer.try_full(&mut property.door, OperationId([1; 8]), 1);
    let Reply::Answer(answer) = reply else { panic!("{reply:?}") };
    assert_eq!((answer.outcome, answer.ticket, answer.list_version), (Outcome::UpdateRequired, false, 7));
    assert_eq!(property.door.bolt_moves(), []);
    assert_eq!(content.unlock_full(&mut property.door), ACCEPTED);
}

#[test]
fn a_guest_needs_the_update_that_the_granters_grant_needs() {
    let mut property = Property::new(414);
    let mut granter = property.phone(&GrantTerms { min_list_version: ListVersion(2), ..resident() });
    let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::UpdateRequired);
}

/// A property whose door got this deny entry after the phones had their tickets.
fn denied(
    seed: u64,
    terms: &GrantTerms,
    subject: impl Fn(&Grant) -> DenySubject,
    void_before: impl Fn(Serial) -> u32,
) -> (Property, [ManualPhone; 2]) {
    let mut property = Property::new(seed);
    let phones = phones(&mut property, terms);
    // Both phones are of one person, as far as the entry is concerned: the second grant decides.
    let grant = phones[1].grant();
    let entry = DenyEntry { subject: subject(&grant), void_before: Serial(void_before(grant.serial)) };
    property.door = list_update::deny(property.door, entry);
    (property, phones)
}

#[test]
fn a_deny_entry_keeps_out_whom_it_names_and_nobody_else() {
    type Subject = fn(&Grant) -> DenySubject;
    let named: [Subject; 2] =
        [|grant| DenySubject::Holder(grant.holder), |grant| DenySubject::Phone(grant.phone)];
    for subject in named {
        let (mut property, mut phones) = denied(415, &resident(), subject, |serial| serial.0 + 1);
        assert_eq!(phones[1].unlock_fast(&mut property.door), Outcome::Denied);
        assert_eq!(phones[1].unlock_full(&mut property.door), Outcome::Denied);
        assert_eq!(phones[0].unlock_full(&mut property.door), ACCEPTED, "the other phone");
        property.grant_again(&mut phones[1], &resident());
        assert_eq!(phones[1].unlock_full(&mut property.door), ACCEPTED, "a newer grant");
    }
    let others: [Subject; 3] = [
        |_| DenySubject::Holder(HolderId([9; 8])),
        |_| DenySubject::Phone(PhoneId([9; 16])),
        |_| DenySubject::Share(ShareId([9; 8])),
    ];
    for subject in others {
        let (mut property, mut phones) = denied(416, &resident(), subject, |_| u32::MAX);
        assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    }
}

#[test]
fn a_deny_entry_voids_serials_below_it_only() {
    let subject = |grant: &Grant| DenySubject::Holder(grant.holder);
    let (mut property, mut phones) = denied(417, &resident(), subject, |serial| serial.0);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
}

#[test]
fn everybody_but_staff_can_be_kept_out() {
    let everybody = |_: &Grant| DenySubject::EverybodyButStaff;
    let (mut property, mut phones) = denied(418, &resident(), everybody, |_| u32::MAX);
    assert_refused(&mut property.door, &mut phones, Outcome::Denied);

    let staff = grant_of(Roles::UNLOCK.and(Roles::STAFF).and(Roles::MAY_SHARE));
    let (mut property, mut phones) = denied(419, &staff, everybody, |_| u32::MAX);
    assert_eq!(outcomes(&mut property.door, &mut phones), [ACCEPTED; 2]);
    let mut guest = guest_of(&mut phones[1], Validity::from(at(-1)));
    assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied, "a guest of staff is not staff");
}

#[test]
fn a_guest_is_denied_with_each_link_of_the_chain() {
    type Subject = fn(&Grant, &Share) -> DenySubject;
    let links: [Subject; 4] = [
        |grant, _| DenySubject::Holder(grant.holder),
        |grant, _| DenySubject::Phone(grant.phone),
        |_, share| DenySubject::Phone(share.guest),
        |_, share| DenySubject::Share(share.share_id),
    ];
    for subject in links {
        let mut property = Property::new(420);
        let mut granter = property.phone(&resident());
        let mut guest = guest_of(&mut granter, Validity::from(at(-1)));
        assert_eq!(guest.unlock_full(&mut property.door), ACCEPTED);
        let grant = granter.grant();
        let chain = guest.credential().share.clone().expect("a share");
        let share = chain.share.peek_unverified().expect("a share");
        let entry = DenyEntry { subject: subject(&grant, &share), void_before: Serial(grant.serial.0 + 1) };
        property.door = list_update::deny(property.door, entry);
        assert_eq!(guest.unlock_fast(&mut property.door), Outcome::Denied);
        assert_eq!(guest.unlock_full(&mut property.door), Outcome::Denied);
    }
}
