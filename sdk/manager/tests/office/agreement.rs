//! Whether the lists of doors say what the rule says.

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_manager::access::{Access, Spell, WeeklyHours, stretch};
use thumbturn_manager::office::use_case::audit::{AuditLog, VerifyAuditLog};
use thumbturn_manager::office::{Actor, Office, Store};
use thumbturn_protocol::bulletin::{BulletinSubject, Denial};
use thumbturn_protocol::deny::DenySubject;
use thumbturn_protocol::ids::{CardToken, DoorId, HolderId, PropertyId, Serial};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Row;

use crate::setting::{berlin, host};

/// What doors are to know.
pub(crate) struct Wanted<'a> {
    pub(crate) doors: &'a [DoorId],
    pub(crate) people: &'a BTreeSet<HolderId>,
    pub(crate) access: &'a Access,
    /// Who has a live card.
    pub(crate) cards: &'a BTreeMap<HolderId, CardToken>,
}

/// From when until when, at which hours.
type Said = (UnixSeconds, Option<UnixSeconds>, WeeklyHours);

/// Every door has a row for each doorcode and each card that is to open it, with the term and the hours of the rule, and no other.
pub(crate) async fn check((office, property): (&Office, PropertyId), wanted: &Wanted<'_>, now: UnixSeconds) {
    for door in wanted.doors {
        let list = office.door_list(property, *door).await.unwrap();
        let (mut codes, mut cards) = (BTreeMap::new(), BTreeMap::new());
        for person in wanted.people {
            let Some(open) = stretch(&wanted.access.spells(*person, *door), now) else { continue };
            if let Some(token) = wanted.cards.get(person) {
                cards.insert((*person, *token), open.clone());
            }
            if wanted.access.has_doorcode(*person, *door, now) {
                codes.insert(*person, open);
            }
        }
        let (mut found_codes, mut found_cards) = (BTreeMap::new(), BTreeMap::new());
        for row in &list.rows {
            // Of grants, `check_passes` knows more.
            let Some(terms) = row.terms() else { continue };
            let hours = terms
                .schedule()
                .map_or(WeeklyHours::Always, |number| list.schedules[&number.number()].clone());
            let said = (terms.not_before(), terms.not_after(), hours);
            let before = match row {
                Row::Card(card, _) => found_cards.insert((terms.holder(), card.token), said),
                _ => found_codes.insert(terms.holder(), said),
            };
            assert!(before.is_none());
        }
        agree(&found_codes, &codes, now);
        agree(&found_cards, &cards, now);
    }
}

/// No phone holds a grant that opens a door when its person may not, unless the door is to refuse it; and nothing that somebody may use is denied,
/// by a list or by a bulletin.
pub(crate) async fn check_passes(
    (office, property): (&Office, PropertyId),
    access: &Access,
    now: UnixSeconds,
) {
    let denials = office.denials(property, now).await.unwrap();
    let passes = office.passes(property, now).await.unwrap();
    let doors: BTreeSet<DoorId> = passes.iter().map(|pass| pass.door).collect();
    let mut lists = BTreeMap::new();
    for door in doors {
        lists.insert(door, office.door_list(property, door).await.unwrap().rows);
    }
    for pass in &passes {
        let is_listed = lists[&pass.door].iter().any(|row| match row {
            Row::Deny(entry) => {
                entry.subject == DenySubject::Phone(pass.phone) && pass.serial < entry.void_before
            }
            _ => false,
        });
        let subjects = [BulletinSubject::Holder(pass.person), BulletinSubject::Phone(pass.phone)];
        let is_told = is_denied(&denials, &subjects, pass.serial);
        assert!(is_listed || !pass.is_void, "{pass:?}");
        // A phone shows its newest grant, and no other.
        let of_phone = passes.iter().filter(|other| (other.phone, other.door) == (pass.phone, pass.door));
        let is_newest = of_phone.map(|other| other.serial).max() == Some(pass.serial);
        assert!(pass.is_void || !is_newest || !is_listed && !is_told, "{pass:?} {denials:?}");
        let end = pass.open.term.end().map_or(pass.lease_end, |end| end.min(pass.lease_end));
        for instant in (now.seconds()..end.seconds()).step_by(3_600 / 2) {
            let instant = UnixSeconds::new(instant).unwrap();
            let opens = pass.open.contains(instant, &berlin());
            let may = access.allowed(pass.person, pass.door, instant, &berlin());
            assert!(!opens || may || is_listed, "{pass:?} opens at {instant:?}");
        }
    }
    for row in lists.values().flatten() {
        let Some(terms) = row.terms() else { continue };
        let holder = BulletinSubject::Holder(terms.holder());
        let card = match row {
            Row::Card(card, _) => BulletinSubject::Card(card.token),
            _ => holder,
        };
        assert!(!is_denied(&denials, &[holder, card], terms.serial()), "{row:?} {denials:?}");
    }
}

fn is_denied(denials: &[Denial], subjects: &[BulletinSubject], serial: Serial) -> bool {
    denials.iter().any(|denial| subjects.contains(&denial.subject) && serial < denial.void_before)
}

/// Of what has begun, it does not matter when.
fn agree<T: Ord + core::fmt::Debug>(
    found: &BTreeMap<T, Said>,
    expected: &BTreeMap<T, Spell>,
    now: UnixSeconds,
) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (who, open) in expected {
        let (start, end, hours) = &found[who];
        assert_eq!(((*start).max(now), *end), (open.term.start().max(now), open.term.end()));
        assert_eq!(*hours, open.hours);
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
    let (access, cards) = (&everything.access, &BTreeMap::new());
    let wanted = Wanted { doors: &everything.doors, people: &everything.people, access, cards };
    check((&office, property), &wanted, everything.at).await;
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
