//! Whether the lists of doors say what the rule says.

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_manager::access::{Access, WeeklyHours, stretch};
use thumbturn_manager::office::use_case::audit::{AuditLog, VerifyAuditLog};
use thumbturn_manager::office::{Actor, Office, Store};
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use crate::setting::host;

/// Every door has a row for everybody who is to have a doorcode there, with the term and the hours of the rule, and no other.
pub(crate) async fn check(
    (office, property): (&Office, PropertyId),
    (doors, people): (&[DoorId], &BTreeSet<HolderId>),
    access: &Access,
    now: UnixSeconds,
) {
    for door in doors {
        let list = office.door_list(property, *door).await.unwrap();
        let mut expected = BTreeMap::new();
        for person in people {
            let open = stretch(&access.spells(*person, *door), now);
            if let Some(open) = open.filter(|_| access.has_doorcode(*person, *door, now)) {
                expected.insert(*person, open);
            }
        }
        let mut found = BTreeMap::new();
        for row in &list.rows {
            let terms = row.terms().unwrap();
            let hours = terms
                .schedule()
                .map_or(WeeklyHours::Always, |number| list.schedules[&number.number()].clone());
            assert!(found.insert(terms.holder(), (terms.not_before(), terms.not_after(), hours)).is_none());
        }
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (person, open) in expected {
            let (start, end, hours) = &found[&person];
            // Of what has begun, it does not matter when.
            let same = |start: UnixSeconds| start.max(now);
            assert_eq!((same(*start), *end), (same(open.term.start()), open.term.end()));
            assert_eq!(*hours, open.hours);
        }
    }
}

/// The same with the store's own word for people, Keys and grants; and no use case is half done: whoever was deleted holds nothing, nobody
/// holds a Key that is gone, and the audit log is whole up to the last change.
pub(crate) async fn check_store(store: Store, property: PropertyId) {
    let office = Office::new(store, host());
    let everything = office.everything(property).await.unwrap();
    for (_, grant) in &everything.grants {
        assert!(everything.people.contains(&grant.person), "{grant:?} of somebody who was deleted");
        assert!(everything.keys.contains(&grant.key), "{grant:?} of a Key that is gone");
    }
    let who = (&everything.doors[..], &everything.people);
    check((&office, property), who, &everything.access, everything.at).await;
    let revisions = revisions(&office, property, everything.at).await;
    assert!((0..=everything.revision).eq(revisions), "an entry for each revision");
}

/// Those of the audit log, which is as it was written.
async fn revisions(office: &Office, property: PropertyId, now: UnixSeconds) -> Vec<u64> {
    office.ask(Actor::Host, property, &VerifyAuditLog, now).await.unwrap();
    let mut revisions: Vec<u64> = Vec::new();
    loop {
        let page = AuditLog { after: revisions.last().copied() };
        let entries = office.ask(Actor::Host, property, &page, now).await.unwrap();
        if entries.is_empty() {
            return revisions;
        }
        revisions.extend(entries.iter().map(|entry| entry.revision));
    }
}
