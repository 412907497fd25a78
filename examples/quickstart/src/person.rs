//! The people of the property, as the office has them once a resident list was imported.

use thumbturn_manager::access::{KeyGrant, WeeklyHours};
use thumbturn_manager::ids::{AccountId, KeyGrantId};
use thumbturn_manager::office::use_case::people::{HeldKeys, ListPeople, PersonLine};
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;

use crate::building_file::{Plan, PlannedKey};
use crate::desk::{Desk, DeskError, Inventory, email_address};

/// A person with the Keys of a row.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    /// As doors and grants name the person.
    pub(crate) holder: HolderId,
    /// Who signs in as the person.
    pub(crate) account: AccountId,
    /// The Keys in the person's hand, by their positions in the plan.
    pub(crate) keys: Vec<HeldKey>,
    pub(crate) until: Option<UnixSeconds>,
    pub(crate) may_share: bool,
}

/// A Key in somebody's hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldKey {
    /// For taking it back.
    pub(crate) grant: KeyGrantId,
    /// Which Key of the plan.
    pub(crate) key: usize,
}

impl Person {
    /// The doors of the person's Keys, in the order of the plan.
    pub(crate) fn doors(&self, plan: &Plan) -> Vec<usize> {
        let holds = |door: &usize| self.planned(plan).any(|key| key.doors.contains(door));
        (0..plan.doors.len()).filter(holds).collect()
    }

    /// Whether any of the person's Keys has hours.
    pub(crate) fn has_hours(&self, plan: &Plan) -> bool {
        self.planned(plan).any(|key| key.hours != WeeklyHours::Always)
    }

    /// Whether a Key of the person opens a door at that hour.
    pub(crate) fn is_within_hours(&self, plan: &Plan, door: usize, at: UnixSeconds, zone: &Zone) -> bool {
        self.planned(plan).any(|key| key.doors.contains(&door) && key.hours.contains(at, zone))
    }

    fn planned<'a>(&self, plan: &'a Plan) -> impl Iterator<Item = &'a PlannedKey> {
        self.keys.iter().filter_map(|held| plan.keys.get(held.key))
    }
}

/// Everybody who holds a Key, by e-mail address.
pub(crate) fn everybody(desk: &Desk, inventory: &Inventory) -> Result<Vec<Person>, DeskError> {
    let mut people = Vec::new();
    let mut after = None;
    loop {
        let page = desk.ask(&ListPeople { show_expired: false, after })?;
        let Some(last) = page.last() else { return Ok(people) };
        after = Some(last.email.clone());
        for line in page {
            people.push(person(desk, inventory, line)?);
        }
    }
}

fn person(desk: &Desk, inventory: &Inventory, line: PersonLine) -> Result<Person, DeskError> {
    let held: Vec<(KeyGrantId, KeyGrant)> = desk.ask(&HeldKeys { person: line.person })?;
    let ends: Option<Vec<UnixSeconds>> = held.iter().map(|(_, grant)| grant.term.end()).collect();
    let position = |key| inventory.keys.iter().position(|known| *known == key);
    let keys = held.iter().filter_map(|(id, grant)| Some(HeldKey { grant: *id, key: position(grant.key)? }));
    Ok(Person {
        account: desk.account(&email_address(&line.email)?)?,
        name: line.name,
        holder: line.person,
        keys: keys.collect(),
        until: ends.and_then(|ends| ends.into_iter().max()),
        may_share: held.iter().all(|(_, grant)| grant.may_share),
    })
}
