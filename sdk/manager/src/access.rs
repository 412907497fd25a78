//! Who may open which door, and when: the rule that lists, grants, bulletins and reports are all checked against.
//!
//! `allowed(person, door, t)` holds when a grant of the person is live at *t* whose Key has the door within its hours then; or when a
//! guest access does, and whoever gave it is allowed there, too (R-115). Granters are holders of Keys: guests give nothing on (R-136).
//!
//! ```
//! use thumbturn_manager::access::{Access, WeeklyHours, Key, KeyDoor, KeyGrant, Role, Term};
//! use thumbturn_manager::ids::KeyId;
//! use thumbturn_protocol::ids::{DoorId, HolderId};
//! use thumbturn_protocol::time::UnixSeconds;
//! use thumbturn_protocol::zone::{UtcOffset, Zone};
//!
//! let (ada, entrance) = (HolderId([1; 8]), DoorId([7; 8]));
//! let start = UnixSeconds::new(1_800_000_000).unwrap();
//! let mut access = Access::default();
//! let key = Key { doors: vec![KeyDoor { door: entrance, hours: WeeklyHours::Always, doorcodes: true }] };
//! access.set_key(KeyId([2; 16]), key);
//! let term = Term::new(start, None).unwrap();
//! access.grant(KeyGrant { person: ada, key: KeyId([2; 16]), role: Role::Resident, may_share: true, term });
//!
//! let zone = Zone::fixed(UtcOffset::new(0).unwrap());
//! assert!(access.allowed(ada, entrance, start, &zone));
//! assert!(!access.allowed(ada, entrance, start.minus(1), &zone), "access begins at its start, not before (R-084)");
//! ```

mod hours;
mod spell;
mod stretch;
mod term;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;

use crate::ids::KeyId;

pub use self::hours::WeeklyHours;
pub use self::spell::Spell;
pub use self::stretch::stretch;
pub use self::term::{EmptyTerm, Term};

/// What a Key opens. A door that it names twice is open at the hours of either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// Its doors.
    pub doors: Vec<KeyDoor>,
}

/// A door of a Key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDoor {
    /// The door.
    pub door: DoorId,
    /// When the Key opens it: for app, doorcode and keycard alike (R-060).
    pub hours: WeeklyHours,
    /// Whether holders of the Key get a doorcode here (R-042).
    pub doorcodes: bool,
}

/// Whether somebody lives behind the doors of a Key: a mark of each grant, not of the person (R-083).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Lives there.
    Resident,
    /// Everybody else (R-150).
    NonResident,
}

/// A Key in somebody's hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGrant {
    /// Who holds it.
    pub person: HolderId,
    /// What is held.
    pub key: KeyId,
    /// As whom.
    pub role: Role,
    /// Whether the person may let guests in with it (R-130).
    pub may_share: bool,
    /// From when until when. One that was revoked ends at that moment.
    pub term: Term,
}

/// What a holder gave a guest: single doors (R-041), never to be given on (R-136).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestGrant {
    /// Who gave it.
    pub granter: HolderId,
    /// Who got it.
    pub guest: HolderId,
    /// Which doors.
    pub doors: Vec<DoorId>,
    /// From when until when.
    pub term: Term,
    /// When within that.
    pub hours: WeeklyHours,
    /// Whether the guest gets doorcodes of these doors.
    pub doorcodes: bool,
}

/// The Keys of a property, and who holds what.
#[derive(Clone, Debug, Default)]
pub struct Access {
    keys: BTreeMap<KeyId, Key>,
    /// By who holds them.
    grants: BTreeMap<HolderId, Vec<KeyGrant>>,
    /// By who got them.
    guests: BTreeMap<HolderId, Vec<GuestGrant>>,
    withheld: BTreeSet<HolderId>,
}

impl Access {
    /// Makes a Key, or changes it for everybody who holds it (R-047).
    pub fn set_key(&mut self, id: KeyId, key: Key) {
        self.keys.insert(id, key);
    }

    /// Gives a Key to somebody. One that nobody has made opens nothing.
    pub fn grant(&mut self, grant: KeyGrant) {
        self.grants.entry(grant.person).or_default().push(grant);
    }

    /// Lets a guest in.
    pub fn invite(&mut self, guest: GuestGrant) {
        self.guests.entry(guest.guest).or_default().push(guest);
    }

    /// Gives a person nothing of what is the person's until there is a consent (R-500), and so nothing to the person's guests (R-115). What was
    /// given stays given: who lives where, and whom the person may let in, is as before.
    pub fn withhold(&mut self, person: HolderId) {
        self.withheld.insert(person);
    }

    /// Whether the person may open the door at `instant`, in the zone of the door (R-029).
    #[must_use]
    pub fn allowed(&self, person: HolderId, door: DoorId, instant: UnixSeconds, zone: &Zone) -> bool {
        let holds = |person| {
            !self.withheld.contains(&person)
                && self
                    .entries(person, door)
                    .any(|(grant, entry)| grant.term.contains(instant) && entry.hours.contains(instant, zone))
        };
        let as_guest = |guest: &GuestGrant| {
            guest.term.contains(instant) && guest.hours.contains(instant, zone) && holds(guest.granter)
        };
        let is_withheld = self.withheld.contains(&person);
        holds(person) || (!is_withheld && self.invitations(person, door).any(as_guest))
    }

    /// The stretches of time in which the person may open the door, each of which becomes rows of the door's list. They may overlap:
    /// several Keys on one door are open at the hours of any (R-066). A guest's are cut to those of whoever gave them (R-115), so that
    /// a door that knows only its list ends them in time.
    #[must_use]
    pub fn spells(&self, person: HolderId, door: DoorId) -> Vec<Spell> {
        if self.withheld.contains(&person) {
            return Vec::new();
        }
        let own = self.held(person, door);
        let given = self.invitations(person, door).flat_map(|guest| {
            let wide = Spell { term: guest.term, hours: guest.hours.clone() };
            self.held(guest.granter, door).filter_map(move |of_granter| wide.and(&of_granter))
        });
        own.chain(given).collect()
    }

    /// Whether the person is to have a doorcode of the door: one Key with the door's doorcodes on is enough (R-042). A guest has one when
    /// whoever gave the access wished so.
    #[must_use]
    pub fn has_doorcode(&self, person: HolderId, door: DoorId, now: UnixSeconds) -> bool {
        !self.withheld.contains(&person)
            && (self.entries(person, door).any(|(grant, entry)| entry.doorcodes && !grant.term.is_over(now))
                || self.invitations(person, door).any(|guest| guest.doorcodes && !guest.term.is_over(now)))
    }

    /// When the person lives behind the door: the terms of grants with that mark (R-083), together and in order. No one touches the next.
    #[must_use]
    pub fn residence(&self, person: HolderId, door: DoorId) -> Vec<Term> {
        let marked = self.entries(person, door).filter(|(grant, _)| grant.role == Role::Resident);
        let mut terms: Vec<Term> = marked.map(|(grant, _)| grant.term).collect();
        terms.sort_by_key(|term| term.start());
        let mut together: Vec<Term> = Vec::new();
        for term in terms {
            match together.last_mut().and_then(|last| Some((last.or(term)?, last))) {
                Some((both, last)) => *last = both,
                None => together.push(term),
            }
        }
        together
    }

    /// When the person's doorcode of the door is over: with the last of what gives one (R-046). `None`: never, or there is none.
    #[must_use]
    pub fn doorcode_end(&self, person: HolderId, door: DoorId, now: UnixSeconds) -> Option<UnixSeconds> {
        if self.withheld.contains(&person) {
            return None;
        }
        let own = self.entries(person, door).filter(|(_, entry)| entry.doorcodes);
        let given = self.invitations(person, door).filter(|guest| guest.doorcodes);
        let terms = own.map(|(grant, _)| grant.term).chain(given.map(|guest| guest.term));
        let mut last = None;
        for term in terms.filter(|term| !term.is_over(now)) {
            last = last.max(Some(term.end()?));
        }
        last
    }

    /// Every door that a Key or a guest access of the person names, whether open or not.
    #[must_use]
    pub fn doors(&self, person: HolderId) -> BTreeSet<DoorId> {
        let grants = self.grants.get(&person).into_iter().flatten();
        let of_keys = grants.flat_map(|grant| self.keys.get(&grant.key).map_or(&[][..], |key| &key.doors));
        let given = self.guests.get(&person).into_iter().flatten().flat_map(|guest| &guest.doors);
        of_keys.map(|entry| entry.door).chain(given.copied()).collect()
    }

    /// Everybody whom the list of the door has rows for.
    #[must_use]
    pub fn people(&self, door: DoorId) -> BTreeSet<HolderId> {
        let mut people: BTreeSet<HolderId> = self.grants.keys().chain(self.guests.keys()).copied().collect();
        people.retain(|person| !self.spells(*person, door).is_empty());
        people
    }

    /// Whether the person may let guests in at a door now or later, with any Key (R-130).
    #[must_use]
    pub fn covers(&self, granter: HolderId, door: DoorId, now: UnixSeconds) -> bool {
        self.entries(granter, door).any(|(grant, _)| grant.may_share && !grant.term.is_over(now))
    }

    /// Guest accesses that the person gave, with the doors that no grant with *may share* covers at `now`: what ends when one of the
    /// person's Keys is revoked (R-116).
    #[must_use]
    pub fn orphans(&self, granter: HolderId, now: UnixSeconds) -> Vec<(&GuestGrant, Vec<DoorId>)> {
        let given = self.guests.values().flatten();
        let given = given.filter(|guest| guest.granter == granter && !guest.term.is_over(now));
        given
            .map(|guest| {
                (
                    guest,
                    guest
                        .doors
                        .iter()
                        .copied()
                        .filter(|door| !self.covers(granter, *door, now))
                        .collect::<Vec<_>>(),
                )
            })
            .filter(|(_, doors)| !doors.is_empty())
            .collect()
    }

    fn held(&self, person: HolderId, door: DoorId) -> impl Iterator<Item = Spell> {
        let is_withheld = self.withheld.contains(&person);
        self.entries(person, door)
            .filter(move |(_, entry)| !is_withheld && !entry.hours.are_none())
            .map(|(grant, entry)| Spell { term: grant.term, hours: entry.hours.clone() })
    }

    /// The grants of a person that cover a door, each with what its Key says of the door.
    fn entries(&self, person: HolderId, door: DoorId) -> impl Iterator<Item = (&KeyGrant, &KeyDoor)> {
        self.grants.get(&person).into_iter().flatten().flat_map(move |grant| {
            let doors = self.keys.get(&grant.key).map_or(&[][..], |key| &key.doors);
            doors.iter().filter(move |entry| entry.door == door).map(move |entry| (grant, entry))
        })
    }

    fn invitations(&self, guest: HolderId, door: DoorId) -> impl Iterator<Item = &GuestGrant> {
        self.guests.get(&guest).into_iter().flatten().filter(move |given| given.doors.contains(&door))
    }
}
