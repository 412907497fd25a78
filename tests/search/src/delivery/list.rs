//! A door's list on its way to it (§10, §11.4), and invariants I2 and I3: a door's version never falls, and at version v
//! its list is the authority's list at v, also when the power is cut.

use std::collections::{BTreeMap, BTreeSet};

use super::breadth_first::{Model, Outcomes};
use super::list_rules::ListRules;

/// An authority, the couriers of its updates, one door, and a thief of the property key.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ListModel {
    /// What holds.
    pub rules: ListRules,
    /// How often the list changes in a run.
    pub changes: u8,
}

/// A breach of I2 or I3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests match every way of breaking I2 and I3")]
pub enum ListBreach {
    /// The door's list is not what the authority has at this version.
    WrongList,
    /// The door's version falls within a generation.
    VersionFell,
    /// However honest the couriers are from now on, the door never gets the newest list.
    Stuck,
}

/// Number of row keys.
const KEYS: usize = 2;
/// The version that a thief gives its own list: the highest there is.
const HIGHEST: Version = Version::MAX;

type Version = u8;
/// The state of each row key: there, or not.
type List = [bool; KEYS];
/// By version.
type History = BTreeMap<Version, List>;

/// What the parties and the air hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListState {
    authority: Authority,
    door: Door,
    /// Whatever was ever sent may arrive at any time.
    parcels: BTreeSet<Parcel>,
    changes: u8,
    thief: Thief,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Authority {
    history: History,
    /// The highest version ever used: what a clock remembers when a backup does not.
    highest: Version,
    restored: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Door {
    /// Of the property key that it believes.
    generation: u8,
    list: List,
    /// Generation and version of the list.
    version: (u8, Version),
    /// An update whose rows are in the list and whose version is not yet (where the rule is taken away).
    half: Option<Parcel>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Thief {
    /// The property key is safe.
    Absent,
    /// It is stolen; the thief has sent a list of its own.
    Present,
    /// The authority has rotated, voiding the stolen key.
    RotatedOut,
}

/// An update. The rows of a snapshot are all rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Parcel {
    generation: u8,
    /// None: a snapshot.
    from: Option<Version>,
    to: Version,
    /// The final state of each key that it holds.
    rows: [Option<bool>; KEYS],
    /// The list at `to`.
    digest: List,
}

/// An event of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListAction {
    /// The authority adds or removes the row of a key: a new version, and parcels from each earlier one.
    Change(usize),
    /// The authority takes its newest version back (where the rule is taken away).
    TakeBack,
    /// The authority comes back from the backup of a version.
    Restore(Version),
    /// The door gets an update; which one, of those on their way.
    Update(usize),
    /// The door finishes a switch (where the rule is taken away that it is one write).
    Finish,
    /// The door loses power between two writes of a switch.
    PowerCut,
    /// The property key is stolen.
    Steal,
    /// The root voids the stolen key and announces the next generation.
    Rotate,
    /// The door gets the rotation.
    TakeRotation,
}

impl Model for ListModel {
    type State = ListState;
    type Action = ListAction;
    type Breach = ListBreach;

    fn start(&self) -> ListState {
        let authority =
            Authority { history: History::from([(1, List::default())]), highest: 1, restored: false };
        let door = Door { generation: 1, list: List::default(), version: (1, 1), half: None };
        ListState { authority, door, parcels: BTreeSet::new(), changes: 0, thief: Thief::Absent }
    }

    fn next(&self, state: &ListState) -> Outcomes<Self> {
        let mut outcomes = self.at_the_authority(state);
        for (which, parcel) in state.parcels.iter().enumerate() {
            outcomes.push((ListAction::Update(which), self.update(state, parcel)));
        }
        if let Some(parcel) = &state.door.half {
            outcomes.push((ListAction::Finish, finish(state, parcel)));
            let mut after = state.clone();
            after.door.half = None;
            outcomes.push((ListAction::PowerCut, Ok(after)));
        }
        if state.thief == Thief::RotatedOut && state.door.generation == 1 {
            outcomes.push((ListAction::TakeRotation, Ok(with_rotation(state))));
        }
        outcomes
    }

    fn judge(&self, state: &ListState) -> Result<(), ListBreach> {
        let Door { list, version: (generation, version), half, .. } = &state.door;
        let is_thiefs = *generation == 1 && *version == HIGHEST;
        let should = state.authority.history.get(version);
        if half.is_none() && !is_thiefs && should.is_some_and(|should| should != list) {
            return Err(ListBreach::WrongList);
        }
        self.rescue(state)
    }
}

impl ListModel {
    /// A model with these rules, in which the list changes so often.
    pub const fn new(rules: ListRules, changes: u8) -> Self {
        Self { rules, changes }
    }

    fn at_the_authority(&self, state: &ListState) -> Outcomes<Self> {
        let mut outcomes = Vec::new();
        if state.changes < self.changes {
            for key in 0..KEYS {
                outcomes.push((ListAction::Change(key), Ok(self.change(state, key))));
            }
        }
        if !self.rules.never_taken_back && state.authority.history.len() > 1 {
            let mut after = state.clone();
            after.authority.history.pop_last();
            after.authority.highest -= 1;
            outcomes.push((ListAction::TakeBack, Ok(after)));
        }
        if !state.authority.restored {
            for version in state.authority.history.keys() {
                outcomes.push((ListAction::Restore(*version), Ok(restore(state, *version))));
            }
        }
        match state.thief {
            Thief::Absent => outcomes.push((ListAction::Steal, Ok(steal(state)))),
            Thief::Present => outcomes.push((ListAction::Rotate, Ok(rotate(state)))),
            Thief::RotatedOut => {}
        }
        outcomes
    }

    fn change(&self, state: &ListState, key: usize) -> ListState {
        let mut next = state.clone();
        next.changes += 1;
        let newest = next.authority.history.last_key_value();
        let (last, mut list) = newest.map(|(last, list)| (*last, *list)).unwrap_or_default();
        if let Some(row) = list.get_mut(key) {
            *row = !*row;
        }
        let last = if self.rules.rises_after_restore { next.authority.highest } else { last };
        next.authority.history.insert(last + 1, list);
        next.authority.highest = next.authority.highest.max(last + 1);
        let generation = if state.thief == Thief::RotatedOut { 2 } else { 1 };
        let parcels = self.parcels(&next.authority.history, generation);
        next.parcels.extend(parcels);
        next
    }

    /// A snapshot of the newest version and a delta from each earlier one: receipts may be of any age.
    fn parcels(&self, history: &History, generation: u8) -> Vec<Parcel> {
        let Some((to, digest)) = history.last_key_value().map(|(to, list)| (*to, *list)) else {
            return Vec::new();
        };
        let snapshot = Parcel { generation, from: None, to, rows: digest.map(Some), digest };
        let froms = history.keys().filter(|from| **from < to);
        let deltas = froms.map(|from| {
            let rows = self.rows(history, *from, &digest);
            Parcel { generation, from: Some(*from), to, rows, digest }
        });
        deltas.chain([snapshot]).collect()
    }

    fn rows(&self, history: &History, from: Version, digest: &List) -> [Option<bool>; KEYS] {
        let versions: Vec<&List> = history.range(from..).map(|(_, list)| list).collect();
        let state = |list: &List, key: usize| list.get(key).copied();
        let is_touched = |key: usize| {
            let mut pairs = versions.iter().zip(versions.iter().skip(1));
            let net = versions.first().is_some_and(|first| state(first, key) != state(digest, key));
            if self.rules.touched_keys_all_sent {
                pairs.any(|(one, next)| state(one, key) != state(next, key))
            } else {
                net
            }
        };
        core::array::from_fn(|key| state(digest, key).filter(|_| is_touched(key)))
    }

    fn update(&self, state: &ListState, parcel: &Parcel) -> Result<ListState, ListBreach> {
        let mut next = state.clone();
        let door = &mut next.door;
        let Some(list) = self.applied(door, parcel) else { return Ok(next) };
        door.list = list;
        if self.rules.switch_is_atomic {
            return finish(&next, parcel);
        }
        door.half = Some(parcel.clone());
        Ok(next)
    }

    /// The list after an update that the door takes.
    fn applied(&self, door: &Door, parcel: &Parcel) -> Option<List> {
        let (generation, version) = door.version;
        let is_newer = if self.rules.generation_counts_first {
            (parcel.generation, parcel.to) > (generation, version)
        } else {
            parcel.to > version
        };
        let continues = parcel.from.is_none_or(|from| from <= version);
        let is_usable = parcel.generation == door.generation
            && (is_newer || !self.rules.to_checked)
            && (continues || !self.rules.from_checked)
            && door.half.is_none();
        let mut list = door.list;
        for (row, change) in list.iter_mut().zip(parcel.rows) {
            *row = change.unwrap_or(*row);
        }
        let is_right = list == parcel.digest || !self.rules.digest_compared;
        (is_usable && is_right).then_some(list)
    }

    /// An honest courier brings the rotation and the newest snapshot.
    fn rescue(&self, state: &ListState) -> Result<(), ListBreach> {
        let Some((to, list)) = state.authority.history.last_key_value() else { return Ok(()) };
        let mut now = if state.thief == Thief::RotatedOut { with_rotation(state) } else { state.clone() };
        now.door.half = None;
        // A door that is ahead waits for what a restored authority, or one whose key is stolen, does next.
        let (generation, version) = now.door.version;
        let needs_own = state.thief == Thief::RotatedOut && generation == 1 && now.door.list != *list;
        let is_ahead = version >= *to && !needs_own;
        let is_sent = state.parcels.iter().any(|parcel| parcel.generation == now.door.generation);
        if is_ahead || !is_sent {
            return Ok(());
        }
        let newest = Parcel {
            generation: now.door.generation,
            from: None,
            to: *to,
            rows: list.map(Some),
            digest: *list,
        };
        let after = self.applied(&now.door, &newest).ok_or(ListBreach::Stuck)?;
        if after == *list { Ok(()) } else { Err(ListBreach::WrongList) }
    }
}

/// The version of an update whose rows are in the list.
fn finish(state: &ListState, parcel: &Parcel) -> Result<ListState, ListBreach> {
    let mut next = state.clone();
    let version = (parcel.generation, parcel.to);
    if version <= state.door.version {
        return Err(ListBreach::VersionFell);
    }
    next.door.version = version;
    next.door.half = None;
    Ok(next)
}

fn restore(state: &ListState, version: Version) -> ListState {
    let mut next = state.clone();
    next.authority.history.retain(|each, _| *each <= version);
    next.authority.restored = true;
    next
}

fn steal(state: &ListState) -> ListState {
    let mut next = state.clone();
    next.thief = Thief::Present;
    let digest = List::default();
    let rows = digest.map(Some);
    next.parcels.insert(Parcel { generation: 1, from: None, to: HIGHEST, rows, digest });
    next
}

/// The authority makes its list anew for the next generation.
fn rotate(state: &ListState) -> ListState {
    let mut next = state.clone();
    next.thief = Thief::RotatedOut;
    next
}

fn with_rotation(state: &ListState) -> ListState {
    let mut next = state.clone();
    next.door.generation = 2;
    next
}
