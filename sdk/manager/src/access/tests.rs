//! The rules of the domain about access, and lists against the rule that they are made from.

use proptest::prelude::*;
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::schedule::{Days, Minute, Weekday, Window};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::*;

/// Monday, 5 January 2026, 00:00 UTC.
const MONDAY: u64 = 1_767_571_200;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

const KEY: KeyId = KeyId([1; 16]);
const OTHER_KEY: KeyId = KeyId([2; 16]);
const RESIDENT: HolderId = HolderId([3; 8]);
const GUEST: HolderId = HolderId([4; 8]);
const HOME: DoorId = DoorId([5; 8]);
const ENTRANCE: DoorId = DoorId([6; 8]);

fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(MONDAY + seconds).unwrap()
}

fn term(start: u64, end: Option<u64>) -> Term {
    Term::new(at(start), end.map(at)).unwrap()
}

fn utc() -> Zone {
    Zone::fixed(UtcOffset::new(0).unwrap())
}

fn window(days: Days, start: u16, end: u16) -> Window {
    Window::new(days, Minute::new(start * 60).unwrap(), Minute::new(end * 60).unwrap()).unwrap()
}

fn within(windows: impl IntoIterator<Item = Window>) -> WeeklyHours {
    WeeklyHours::Within(windows.into_iter().collect())
}

fn key(doors: impl IntoIterator<Item = (DoorId, WeeklyHours)>) -> Key {
    Key { doors: doors.into_iter().map(|(door, hours)| KeyDoor { door, hours, doorcodes: true }).collect() }
}

fn held(key: KeyId, may_share: bool, term: Term) -> KeyGrant {
    KeyGrant { person: RESIDENT, key, role: Role::Resident, may_share, term }
}

fn given(doors: impl Into<Vec<DoorId>>, term: Term, hours: WeeklyHours) -> GuestGrant {
    GuestGrant { granter: RESIDENT, guest: GUEST, doors: doors.into(), term, hours, doorcodes: true }
}

/// A resident with a Key for both doors at any hour, for ten days.
fn home() -> Access {
    let mut access = Access::default();
    access.set_key(KEY, key([(HOME, WeeklyHours::Always), (ENTRANCE, WeeklyHours::Always)]));
    access.grant(held(KEY, true, term(0, Some(10 * DAY))));
    access
}

/// access begins at its start and ends at its end, with nobody doing anything.
#[test]
fn access_is_within_its_term() {
    let mut access = Access::default();
    access.set_key(KEY, key([(HOME, WeeklyHours::Always)]));
    access.grant(held(KEY, false, term(DAY, Some(2 * DAY))));
    let allowed = |seconds| access.allowed(RESIDENT, HOME, at(seconds), &utc());
    assert_eq!([DAY - 1, DAY, 2 * DAY - 1, 2 * DAY].map(allowed), [false, true, true, false]);
    assert!(!access.allowed(GUEST, HOME, at(DAY), &utc()));
    assert!(!access.allowed(RESIDENT, ENTRANCE, at(DAY), &utc()));
}

///
#[test]
fn a_term_ends_after_it_starts() {
    assert_eq!(Term::new(at(5), Some(at(5))), Err(EmptyTerm));
    assert_eq!(Term::new(at(5), Some(at(4))), Err(EmptyTerm));
    assert!(Term::new(at(5), Some(at(6))).is_ok());
}

///
#[test]
fn several_keys_on_one_door_are_open_at_the_hours_of_any() {
    let mut access = Access::default();
    access.set_key(KEY, key([(HOME, within([window(Days::WORKDAYS, 8, 12)]))]));
    access.set_key(OTHER_KEY, key([(HOME, within([window(Weekday::Monday.into(), 14, 16)]))]));
    access.grant(held(KEY, false, term(0, None)));
    access.grant(held(OTHER_KEY, false, term(0, None)));
    let allowed = |hour| access.allowed(RESIDENT, HOME, at(hour * HOUR), &utc());
    assert_eq!([7, 8, 12, 14, 16].map(allowed), [false, true, false, true, false]);
    assert_eq!([24 + 8, 24 + 14].map(allowed), [true, false], "on Tuesday");
}

/// what is open from 02:00 on opens at the first instant after the gap; in the fold both passes count.
#[test]
fn hours_are_those_of_the_clock_on_the_wall() {
    use thumbturn_protocol::zone::Transition;

    let [winter, summer] = [1, 2].map(|hours| UtcOffset::new(hours * 3_600).unwrap());
    // Berlin, 2026: 29 March and 25 October, 01:00 UTC.
    let [spring, autumn] = [1_774_746_000, 1_792_890_000].map(|at| UnixSeconds::new(at).unwrap());
    let transition = |at, offset| Transition { at, offset };
    let zone = Zone::new(winter, vec![transition(spring, summer), transition(autumn, winter)]).unwrap();
    let sunday = |start, end| within([window(Weekday::Sunday.into(), start, end)]);
    assert!(!sunday(2, 3).contains(spring, &zone), "an hour that does not exist");
    assert!(sunday(2, 4).contains(spring, &zone));
    for pass in [autumn.minus(1_800), autumn.plus(1_800)] {
        assert!(sunday(2, 3).contains(pass, &zone));
    }
}

/// when a resident loses access, so do the guests, also when it just runs out.
#[test]
fn a_guest_is_let_in_where_and_when_the_host_is() {
    let mut access = home();
    access.set_key(
        KEY,
        key([(HOME, within([window(Days::EVERY_DAY, 8, 20)])), (ENTRANCE, WeeklyHours::Always)]),
    );
    access.invite(given([HOME, ENTRANCE], term(DAY, None), within([window(Days::EVERY_DAY, 6, 10)])));
    let allowed = |door, seconds| access.allowed(GUEST, door, at(seconds), &utc());
    assert!(!allowed(HOME, 9 * HOUR), "before the invitation");
    assert!(allowed(HOME, DAY + 9 * HOUR));
    assert!(!allowed(HOME, DAY + 7 * HOUR), "the host may not, either");
    assert!(allowed(ENTRANCE, DAY + 7 * HOUR));
    assert!(!allowed(ENTRANCE, DAY + 11 * HOUR), "outside the guest's own hours");
    assert!(!allowed(ENTRANCE, 10 * DAY + 7 * HOUR), "the host has moved out");
    let spells = access.spells(GUEST, HOME);
    assert_eq!(spells.len(), 1);
    assert_eq!(spells[0].term.end(), Some(at(10 * DAY)), "a door ends it without an update");
}

///
#[test]
fn a_guest_gives_nothing_on() {
    let mut access = home();
    let third = HolderId([9; 8]);
    access.invite(given([HOME], term(0, None), WeeklyHours::Always));
    access.invite(GuestGrant {
        granter: GUEST,
        guest: third,
        ..given([HOME], term(0, None), WeeklyHours::Always)
    });
    assert!(access.allowed(GUEST, HOME, at(1), &utc()));
    assert!(!access.allowed(third, HOME, at(1), &utc()));
    assert_eq!(access.spells(third, HOME), []);
    assert_eq!(access.people(HOME), BTreeSet::from([RESIDENT, GUEST]));
}

/// What the resident was given first.
fn first(access: &mut Access) -> &mut KeyGrant {
    access.grants.get_mut(&RESIDENT).unwrap().first_mut().unwrap()
}

/// the guests on doors that another shareable Key still covers stay.
#[test]
fn revoking_one_key_ends_only_what_no_other_covers() {
    let mut access = home();
    access.set_key(OTHER_KEY, key([(ENTRANCE, WeeklyHours::Always)]));
    access.grant(held(OTHER_KEY, true, term(0, None)));
    access.invite(given([HOME, ENTRANCE], term(0, None), WeeklyHours::Always));
    assert_eq!(access.orphans(RESIDENT, at(DAY)), []);

    let revoked = at(2 * DAY);
    let first = first(&mut access);
    first.term = first.term.ended_at(revoked).unwrap();
    let orphans = access.orphans(RESIDENT, revoked);
    assert_eq!(orphans.len(), 1);
    assert_eq!(orphans[0].1, [HOME]);
    assert!(!access.allowed(GUEST, HOME, revoked, &utc()));
    assert!(access.allowed(GUEST, ENTRANCE, revoked, &utc()));
}

/// who may no longer share keeps the guests that are there; a Key that is revoked takes them along whatever it said.
#[test]
fn guests_outlive_the_right_to_share_and_not_the_key() {
    let mut access = home();
    access.invite(given([HOME], term(0, None), WeeklyHours::Always));
    first(&mut access).may_share = false;
    assert!(access.allowed(GUEST, HOME, at(DAY), &utc()));
    let grant = first(&mut access);
    grant.term = grant.term.ended_at(at(DAY)).unwrap();
    assert!(!access.allowed(GUEST, HOME, at(DAY), &utc()));
}

fn any_hours() -> impl Strategy<Value = WeeklyHours> {
    let any_window = (1_u8..=0x7f, 0_u16..24, 1_u16..=24).prop_map(|(days, start, length)| {
        window(Days::from_bits(days).unwrap(), start, (start + length).min(24))
    });
    prop_oneof![
        Just(WeeklyHours::Always),
        proptest::collection::btree_set(any_window, 0..4).prop_map(WeeklyHours::Within)
    ]
}

fn any_term() -> impl Strategy<Value = Term> {
    (0..10 * DAY, proptest::option::of(1..10 * DAY))
        .prop_map(|(start, length)| term(start, length.map(|length| start + length)))
}

fn any_door() -> impl Strategy<Value = DoorId> {
    (0_u8..3).prop_map(|door| DoorId([door; 8]))
}

fn any_person() -> impl Strategy<Value = HolderId> {
    (0_u8..4).prop_map(|person| HolderId([person; 8]))
}

prop_compose! {
    fn any_access()(
        keys in proptest::collection::vec(proptest::collection::vec((any_door(), any_hours()), 0..3), 3),
        grants in proptest::collection::vec((any_person(), 0_u8..3, any::<bool>(), any_term()), 0..6),
        guests in proptest::collection::vec(
            (any_person(), any_person(), proptest::collection::vec(any_door(), 1..3), any_term(), any_hours()), 0..6),
    ) -> Access {
        let mut access = Access::default();
        for (number, doors) in (0_u8..).zip(keys) {
            access.set_key(KeyId([number; 16]), key(doors));
        }
        for (person, number, may_share, term) in grants {
            access.grant(KeyGrant { person, ..held(KeyId([number; 16]), may_share, term) });
        }
        for (granter, guest, doors, term, hours) in guests {
            access.invite(GuestGrant { granter, guest, ..given(doors, term, hours) });
        }
        access
    }
}

proptest! {
    /// What a door knows from its list is what the rule says, for everybody at any moment.
    #[test]
    fn spells_say_what_the_rule_says(
        access in any_access(), person in any_person(), door in any_door(),
        seconds in 0..20 * DAY, offset in -12_i32..=14,
    ) {
        let zone = Zone::fixed(UtcOffset::new(offset * 3_600).unwrap());
        let by_list = access.spells(person, door).iter().any(|spell| spell.contains(at(seconds), &zone));
        prop_assert_eq!(by_list, access.allowed(person, door, at(seconds), &zone));
    }

    /// Nobody is on a list whom the rule never lets in.
    #[test]
    fn a_list_has_no_empty_spells(access in any_access(), door in any_door()) {
        for person in access.people(door) {
            for spell in access.spells(person, door) {
                prop_assert!(!spell.hours.are_none());
            }
        }
    }

    /// What fits one row is what the rule says, from now to its end, and nothing comes before it.
    #[test]
    fn a_stretch_says_what_the_rule_says(
        access in any_access(), person in any_person(), door in any_door(),
        now in 0..20 * DAY, later in 0..20 * DAY,
    ) {
        let stretch = stretch(&access.spells(person, door), at(now));
        let instant = at(now + later);
        let allowed = access.allowed(person, door, instant, &utc());
        match stretch {
            None => prop_assert!(!allowed),
            Some(stretch) if stretch.term.is_over(instant) => {}
            Some(stretch) => prop_assert_eq!(stretch.contains(instant, &utc()), allowed),
        }
    }
}
