//! Authentic requests that the door must refuse, each for its reason (§8.4, §8.5). None of them moves the bolt.

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::ids::{DoorId, DoorKeyId, Generation, ListVersion, PhoneId, PropertyId};
use thumbturn_protocol::operation::OperationKind;

use super::case::Verdict;
use super::subject::Subject;
use crate::clock::time_of_day;

/// Longer than any honest clocks differ.
const DAY: u64 = 86_400;

async fn outcome(subject: &Subject, change: impl FnOnce(&mut Grant) + Send, expected: Outcome) -> Verdict {
    let mut grant = subject.grant()?;
    change(&mut grant);
    subject.ask(&grant, OperationKind::Unlock).await?.expect_outcome(expected)
}

pub(super) async fn another_phones_grant(subject: &Subject) -> Verdict {
    outcome(subject, |grant| grant.phone = PhoneId([0x99; 16]), Outcome::Denied).await
}

pub(super) async fn a_grant_for_another_door(subject: &Subject) -> Verdict {
    outcome(subject, |grant| grant.door = DoorId([0x99; 8]), Outcome::Denied).await
}

pub(super) async fn a_grant_of_another_property(subject: &Subject) -> Verdict {
    outcome(subject, |grant| grant.property = PropertyId([0x99; 8]), Outcome::Denied).await
}

pub(super) async fn a_grant_of_unknown_keys(subject: &Subject) -> Verdict {
    outcome(subject, |grant| grant.generation = Generation(u32::MAX), Outcome::Denied).await
}

pub(super) async fn a_grant_for_an_earlier_life(subject: &Subject) -> Verdict {
    outcome(subject, |grant| grant.door_key = DoorKeyId([0x99; 4]), Outcome::Denied).await
}

pub(super) async fn a_grant_without_unlock(subject: &Subject) -> Verdict {
    outcome(subject, |grant| grant.roles = Roles::COURIER, Outcome::Denied).await
}

pub(super) async fn a_grant_of_tomorrow(subject: &Subject) -> Verdict {
    let tomorrow = time_of_day().plus(DAY);
    outcome(subject, |grant| grant.validity.not_before = tomorrow, Outcome::NotYet).await
}

pub(super) async fn a_grant_of_yesterday(subject: &Subject) -> Verdict {
    let (before, yesterday) = (time_of_day().minus(2 * DAY), time_of_day().minus(DAY));
    let change = |grant: &mut Grant| {
        grant.validity.not_before = before;
        grant.validity.not_after = Some(yesterday);
    };
    outcome(subject, change, Outcome::Expired).await
}

pub(super) async fn a_lease_of_yesterday(subject: &Subject) -> Verdict {
    let (before, yesterday) = (time_of_day().minus(2 * DAY), time_of_day().minus(DAY));
    let change = |grant: &mut Grant| {
        grant.validity.not_before = before;
        grant.lease_end = yesterday;
    };
    outcome(subject, change, Outcome::LeaseEnded).await
}

pub(super) async fn a_grant_that_waits_for_an_update(subject: &Subject) -> Verdict {
    outcome(subject, |grant| grant.min_list_version = ListVersion(u32::MAX), Outcome::UpdateRequired).await
}
