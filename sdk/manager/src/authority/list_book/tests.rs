use proptest::prelude::*;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{HolderId, Serial};
use thumbturn_protocol::update::row::RowKey;

use super::*;
use crate::authority::fixture::{Counting, Door, Opened, book, configuration, deny, minute, property};
use crate::authority::generation_keys::GenerationKeys;
use crate::authority::receipt_book::ReceiptBook;
use crate::authority::task::{Confirmation, Task};

/// The authority's side and the door's, with couriers that lose nothing unless told.
struct Scene {
    keys: GenerationKeys,
    list: ListBook,
    receipts: ReceiptBook,
    door: Door,
    random: Counting,
    minutes: u64,
}

impl Scene {
    fn new() -> Self {
        let door = Door::claimed();
        let receipts = ReceiptBook::new(Door::id(), door.keys());
        Self { keys: property(), list: book(), receipts, door, random: Counting(7), minutes: 0 }
    }

    /// A list of so many denied holders that a door has confirmed.
    fn settled(rows: u8) -> Self {
        let mut scene = Self::new();
        for holder in 0..rows {
            scene.list.set(deny(holder, 1));
        }
        let update = scene.plan().expect("rows are new");
        assert!(scene.apply(&update));
        scene.confirm();
        assert!(scene.plan().is_none(), "everything is there");
        scene
    }

    fn plan(&mut self) -> Option<Opened> {
        let planned = self.list.plan(minute(self.minutes), &mut self.random).unwrap()?;
        Some(self.door.open(&planned, &self.keys, minute(self.minutes)))
    }

    fn apply(&mut self, update: &Opened) -> bool {
        self.door.apply(update, minute(self.minutes), &self.keys)
    }

    fn confirm(&mut self) -> Confirmation {
        let sealed = self.door.receipt(&self.keys);
        let receipt = self.receipts.take(&sealed, &self.keys).unwrap();
        let confirmation = Confirmation::of(&receipt, &self.list);
        self.list.learn(&receipt, minute(self.minutes));
        confirmation
    }

    fn is_settled(&self) -> bool {
        self.list.confirmed == Some(self.list.version)
            && !self.list.snapshot_wanted
            && self.door.rows == self.list.rows
            && self.door.version == self.list.version
    }

    /// Updates and receipts until nothing is to be done.
    fn settle(&mut self) {
        for _ in 0..4 {
            self.confirm();
            let Some(update) = self.plan() else { break };
            self.apply(&update);
        }
        assert!(self.is_settled(), "{:?} {:?}", self.list.version, self.door.version);
    }
}

/// A copy as an old backup has it.
fn copy(list: &ListBook) -> ListBook {
    ListBook {
        rows: list.rows.clone(),
        settings: Settings::from_bytes(&list.settings.to_bytes().unwrap()).unwrap(),
        key: list.key.clone(),
        left: list.left.clone(),
        touched: list.touched.clone(),
        pending: list.pending.clone(),
        ..*list
    }
}

fn key_of(holder: u8) -> RowKey {
    deny(holder, 1).key()
}

#[test]
fn a_claimed_door_needs_nothing_until_something_changes() {
    let mut scene = Scene::new();
    assert!(scene.plan().is_none());
    scene.confirm();
    assert!(scene.plan().is_none());
    scene.list.set(deny(1, 1));
    assert!(scene.plan().unwrap().is_snapshot, "no delta fits to a list without a list key");
}

#[test]
fn who_was_denied_at_the_claim_is_a_row_of_the_first_update() {
    let Row::Deny(entry) = deny(7, 3) else { panic!("a deny row") };
    let mut claimed = configuration();
    claimed.deny = vec![entry];
    let mut scene = Scene::new();
    scene.list = ListBook::claimed(&claimed, &mut Counting(0)).unwrap();
    let parcel = scene.plan().expect("the claim is not the list");
    assert!(scene.apply(&parcel));
    assert!(scene.door.rows.contains_key(&key_of(7)));
}

#[test]
fn the_smaller_one_of_delta_and_snapshot_is_chosen() {
    let mut scene = Scene::settled(100);
    scene.list.set(deny(200, 1));
    assert!(!scene.plan().unwrap().is_snapshot, "one row of a hundred");
    for holder in 1..100 {
        scene.list.remove(&key_of(holder));
    }
    let update = scene.plan().unwrap();
    assert!(update.is_snapshot, "two rows are left of a hundred and one that were touched");
    assert_eq!(update.changes.len(), 2);
    assert!(scene.apply(&update));
    scene.settle();
}

#[test]
fn what_is_too_long_for_a_delta_goes_as_a_snapshot_though_it_is_larger() {
    let rows = |numbers: core::ops::Range<u32>, void_before| {
        numbers.map(move |number| {
            let [a, b, c, d] = number.to_be_bytes();
            let subject = DenySubject::Holder(HolderId([1, a, b, c, d, 0, 0, 0]));
            Row::Deny(DenyEntry { subject, void_before: Serial(void_before) })
        })
    };
    let mut scene = Scene::settled(1);
    rows(0..4_000, 1).for_each(|row| scene.list.set(row));
    scene.settle();
    rows(0..1_500, 2).for_each(|row| scene.list.set(row));
    assert!(!scene.plan().unwrap().is_snapshot);
    rows(1_500..2_500, 2).for_each(|row| scene.list.set(row));
    let update = scene.plan().unwrap();
    assert_eq!((update.is_snapshot, update.changes.len()), (true, 4_001));
    assert!(scene.apply(&update));
    scene.settle();
}

#[test]
fn a_delta_names_every_touched_key_also_when_nothing_came_of_it() {
    let mut scene = Scene::settled(100);
    scene.list.set(deny(150, 1));
    let lost = scene.plan().unwrap();
    assert_eq!(lost.keys(), [key_of(150)]);
    // Somebody may still bring that version: taking it back is a change like any other.
    scene.list.remove(&key_of(150));
    let back = scene.plan().unwrap();
    assert_eq!(back.keys(), [key_of(150)]);
    assert!(matches!(back.changes[..], [thumbturn_protocol::update::row::Change::Remove(_)]));
    assert!(scene.apply(&lost) && scene.apply(&back));
    scene.settle();
}

#[test]
fn a_change_that_never_left_is_taken_back_for_nothing_but_a_version() {
    let mut scene = Scene::settled(3);
    let version = scene.list.version();
    scene.list.set(deny(1, 1));
    scene.list.remove(&key_of(99));
    assert!(scene.plan().is_none(), "a row as it was, and one that never was");
    assert_eq!(scene.list.version(), version);
}

#[test]
fn what_left_is_made_again_under_its_own_version_from_wherever_the_door_is() {
    let mut scene = Scene::settled(100);
    scene.list.set(deny(150, 1));
    let first = scene.plan().unwrap();
    scene.list.set(deny(151, 1));
    let second = scene.plan().unwrap();
    assert_eq!(second.keys(), [key_of(150), key_of(151)]);
    assert!(scene.apply(&first));
    scene.confirm();
    let again = scene.plan().unwrap();
    assert_eq!((again.header.to, again.keys()), (second.header.to, vec![key_of(151)]));
    assert!(scene.apply(&again));
    assert!(scene.confirm().closes(&Task::List(second.header.to)));
}

#[test]
fn after_a_snapshot_left_only_a_snapshot_fits_until_a_receipt_says_which_list_the_door_has() {
    let mut scene = Scene::settled(100);
    let snapshot = scene.list.snapshot(minute(0), &mut scene.random).unwrap();
    let snapshot = scene.door.open(&snapshot, &scene.keys, minute(0));
    scene.list.set(deny(150, 1));
    let next = scene.plan().unwrap();
    assert!(next.is_snapshot);
    assert!(scene.apply(&snapshot) && scene.apply(&next));
    scene.settle();
}

#[test]
fn a_restored_backup_repeats_no_version_that_a_door_has() {
    let mut scene = Scene::settled(100);
    let backup = copy(&scene.list);
    for holder in 150..160 {
        scene.list.set(deny(holder, 1));
        let update = scene.plan().unwrap();
        assert!(scene.apply(&update));
    }
    let (before, had) = (scene.list.version(), scene.door.version);
    assert_eq!(before, had);
    // Ten versions in one minute, and then the disk breaks.
    scene.list = backup;
    assert!(scene.list.version() < had);
    assert!(!scene.confirm().closes(&Task::List(had)), "a version that is not known here proves nothing");
    assert_eq!(scene.list.version(), had, "raised by the receipt");
    let update = scene.plan().unwrap();
    assert!(update.is_snapshot && update.header.to > had);
    assert!(scene.apply(&update));
    scene.settle();
}

#[test]
fn two_lists_under_one_version_are_told_apart_by_their_digests() {
    let mut scene = Scene::settled(100);
    let mut backup = copy(&scene.list);
    scene.list.set(deny(150, 1));
    let update = scene.plan().unwrap();
    assert!(scene.apply(&update));
    backup.set(deny(160, 1));
    scene.list = backup;
    let other = scene.plan().unwrap();
    assert_eq!(other.header.to, update.header.to);
    assert!(!scene.confirm().closes(&Task::List(update.header.to)));
    let cure = scene.plan().unwrap();
    assert!(cure.is_snapshot && cure.header.to > other.header.to);
    assert!(scene.apply(&cure));
    scene.settle();
}

#[test]
fn a_version_that_only_a_thief_can_have_given_is_not_followed() {
    let mut scene = Scene::settled(3);
    let version = scene.list.version();
    scene.door.version = ListVersion(u32::MAX);
    scene.confirm();
    assert_eq!(scene.list.version(), version);
    assert!(
        scene.plan().unwrap().is_snapshot,
        "what the door takes once a rotation has told it the new keys"
    );
}

#[test]
fn a_failed_plan_changes_nothing() {
    let mut scene = Scene::settled(3);
    let version = scene.list.version();
    scene.list.set(deny(9, 1));
    scene.list.change_settings(|settings| settings.relock_seconds = 0);
    assert!(scene.list.plan(minute(0), &mut scene.random).is_err());
    assert_eq!(scene.list.version(), version);
    scene.list.change_settings(|settings| settings.relock_seconds = 7);
    let update = scene.plan().unwrap();
    assert!(scene.apply(&update));
    scene.settle();
}

#[test]
fn a_door_that_asks_for_a_snapshot_gets_one_and_only_one() {
    let mut scene = Scene::settled(100);
    let version = scene.list.version();
    scene.door.wants_snapshot = true;
    scene.confirm();
    let update = scene.plan().unwrap();
    assert!(update.is_snapshot && update.header.to > version);
    scene.confirm();
    assert_eq!(scene.plan().unwrap().header.to, update.header.to, "the first one is on its way");
    scene.list.set(deny(150, 1));
    assert!(scene.plan().unwrap().is_snapshot);
    assert!(scene.apply(&update));
    scene.settle();
}

#[test]
fn forgotten_changes_make_no_delta() {
    let mut scene = Scene::settled(3);
    let error = scene.list.delta(ListVersion(1), minute(0)).unwrap_err();
    assert_eq!(error, AuthorityError::Forgotten);
}

#[derive(Clone, Debug)]
enum Action {
    Set(u8, u32),
    Remove(u8),
    Relock(u8),
    /// Makes a parcel, which couriers then have for ever.
    Plan,
    /// Somebody brings one of all parcels that ever left.
    Bring(prop::sample::Index),
    /// A receipt arrives, or is lost.
    Receipt(bool),
    Backup,
    Restore,
    Minute,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0..12_u8, 1..4_u32).prop_map(|(holder, serial)| Action::Set(holder, serial)),
        3 => (0..12_u8).prop_map(Action::Remove),
        1 => (1..9_u8).prop_map(Action::Relock),
        5 => Just(Action::Plan),
        6 => any::<prop::sample::Index>().prop_map(Action::Bring),
        3 => any::<bool>().prop_map(Action::Receipt),
        1 => Just(Action::Backup),
        1 => Just(Action::Restore),
        1 => Just(Action::Minute),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever leaves, is lost, is brought late or twice, and whichever backup comes back: a version names one list as long as no
    /// backup was restored, a door that says it has a version has that list, and in the end it has the wanted one.
    #[test]
    fn a_door_ends_with_the_wanted_list(actions in prop::collection::vec(action(), 1..60)) {
        let mut scene = Scene::new();
        let mut parcels: Vec<Opened> = Vec::new();
        let mut backup = copy(&scene.list);
        let mut is_restored = false;
        for action in actions {
            match action {
                Action::Set(holder, serial) => scene.list.set(deny(holder, serial)),
                Action::Remove(holder) => scene.list.remove(&key_of(holder)),
                Action::Relock(seconds) => {
                    scene.list.change_settings(|settings| settings.relock_seconds = seconds);
                }
                Action::Plan => {
                    if let Some(parcel) = scene.plan() {
                        let newest = parcels.iter().map(|parcel| parcel.header.to).max();
                        prop_assert!(is_restored || newest.is_none_or(|newest| parcel.header.to >= newest));
                        parcels.push(parcel);
                    }
                }
                Action::Bring(index) if !parcels.is_empty() => {
                    let parcel = index.get(&parcels).clone();
                    let before = scene.door.version;
                    let applied = scene.apply(&parcel);
                    prop_assert!(scene.door.version >= before);
                    prop_assert!(!applied || scene.door.version == parcel.header.to);
                }
                Action::Bring(_) => {}
                Action::Receipt(true) => {
                    let confirmation = scene.confirm();
                    if scene.list.confirmed() == Some(scene.list.version()) && !scene.list.snapshot_wanted
                        && scene.list.pending.is_empty() && !scene.list.settings_pending {
                        prop_assert_eq!(&scene.door.rows, &scene.list.rows);
                    }
                    prop_assert!(!confirmation.closes(&Task::List(ListVersion(u32::MAX))));
                }
                Action::Receipt(false) => drop(scene.door.receipt(&scene.keys)),
                Action::Backup => backup = copy(&scene.list),
                Action::Restore => {
                    is_restored = true;
                    scene.list = copy(&backup);
                }
                Action::Minute => scene.minutes += 1,
            }
        }
        scene.settle();
    }
}
