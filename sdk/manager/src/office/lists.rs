//! From what people may open to what doors are to know: rows of lists, doorcodes, and the tasks that follow.
//!
//! Only here are rows made. The rule of [`access`](crate::access) says what they have to be, and what is there already stays as it is where it
//! says the same, so that a door learns nothing twice. People are taken in groups: the store is asked, and written to, once for a group.

mod cards;
mod changes;
mod codes;
mod doors;
mod known;
mod passes;
mod residence;
mod rows;
mod schedules;
mod tasks;

pub(crate) use self::cards::note_doors;
pub(crate) use self::changes::Changes;
pub(crate) use self::codes::{at_door as codes_at, open as open_code};
pub(crate) use self::passes::COURIER;
#[cfg(feature = "testing")]
pub(crate) use self::rows::open_row;
pub(crate) use self::tasks::{deny_daily_codes, is_outdated, open_task, tasks};

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Row;

use self::codes::Codes;
use self::doors::Doors;
use self::known::Known;
use self::passes::Denials;
use self::rows::RowChanges;
use self::tasks::Errands;
use super::bulletins;
use super::error::Error;
use super::store;
use super::task::{DoorTask, Reason};
use super::work::Work;
use crate::access::{Spell, stretch};

/// Most people of one group: what is known of them lies in memory.
const GROUP: usize = 256;

/// What a person may do at a door from now on.
struct AtDoor {
    holder: HolderId,
    door: DoorId,
    /// What a row can say of it; `None`: nothing.
    open: Option<Spell>,
    denials: Denials,
}

/// Brings the lists of all doors of these people in line with what they may open now, and answers the tasks of the doors that this
/// transaction changes. `reason`: of all changes, where it is not that somebody came or went.
pub(crate) async fn reconcile(
    work: &mut Work<'_>,
    holders: &BTreeSet<HolderId>,
    reason: Option<Reason>,
) -> Result<Vec<DoorTask>, Error> {
    let (mut doors, mut errands) = (Doors::default(), Errands::because(reason));
    let holders: Vec<HolderId> = holders.iter().copied().collect();
    for group in holders.chunks(GROUP) {
        reconcile_group(work, &mut doors, group, &mut errands).await?;
    }
    tasks::follow(work, errands).await?;
    Ok(tasks(work))
}

async fn reconcile_group(
    work: &mut Work<'_>,
    doors: &mut Doors,
    holders: &[HolderId],
    errands: &mut Errands,
) -> Result<(), Error> {
    let known = Known::of(work, holders).await?;
    doors.find(work, holders.iter().flat_map(|holder| known.doors(*holder))).await?;
    let places = places(&known, doors, holders, work.now);
    note_next_changes(work, &known, holders, &places).await?;
    residence::note(work, holders, &known.access, doors).await?;
    passes::void(work, &places).await?;
    let codes = codes::settle(work, doors, &known, &places).await?;
    let mut rows = RowChanges::default();
    for place in &places {
        let wanted = wanted_rows(work, doors, (&known, &codes), place).await?;
        let before = known.rows(place.holder, place.door);
        rows.replace(work, doors, before, (place, &wanted), errands).await?;
    }
    let losers = rows.write(work).await?;
    let inside = places.iter().filter(|place| place.open.is_some()).map(|place| place.holder).collect();
    bulletins::follow(work, &inside, &losers).await
}

/// What each of these people may do at each door that is to know, or does.
fn places(known: &Known, doors: &Doors, holders: &[HolderId], now: UnixSeconds) -> Vec<AtDoor> {
    let place = |(holder, door): (HolderId, DoorId)| {
        let open = stretch(&known.access.spells(holder, door), now);
        let denials = passes::denials(known.passes(holder, door), open.as_ref(), now);
        AtDoor { holder, door, open, denials }
    };
    let all = holders.iter().flat_map(|holder| known.doors(*holder).into_iter().map(|door| (*holder, door)));
    all.filter(|(_, door)| doors.get(*door).is_some()).map(place).collect()
}

/// Notes when what is written now is over, for those for whom something else was noted.
async fn note_next_changes(
    work: &mut Work<'_>,
    known: &Known,
    holders: &[HolderId],
    places: &[AtDoor],
) -> Result<(), Error> {
    let mut next: BTreeMap<HolderId, UnixSeconds> = BTreeMap::new();
    for place in places {
        let end = place.open.as_ref().and_then(|open| open.term.end());
        // The hours may go on when what gives a doorcode does not.
        let code_end = known.access.doorcode_end(place.holder, place.door, work.now);
        for change in end.into_iter().chain(code_end).chain(place.denials.until) {
            let first = next.entry(place.holder).or_insert(change);
            *first = change.min(*first);
        }
    }
    let mut moved: BTreeMap<Option<UnixSeconds>, Vec<HolderId>> = BTreeMap::new();
    for holder in holders {
        let change = next.get(holder).copied();
        if change != known.next_change(*holder) {
            moved.entry(change).or_default().push(*holder);
        }
    }
    let property = work.property();
    for (change, holders) in moved {
        store::person::set_next_change(work.connection(), property, &holders, change).await?;
    }
    Ok(())
}

/// The rows that a door is to have for a person.
async fn wanted_rows(
    work: &mut Work<'_>,
    doors: &mut Doors,
    (known, codes): (&Known, &Codes),
    place: &AtDoor,
) -> Result<Vec<Row>, Error> {
    let mut wanted = Vec::new();
    let (code, card) = (codes.get(&(place.holder, place.door)), known.card(place.holder));
    if let Some(open) = &place.open
        && (code.is_some() || card.is_some())
    {
        let schedule = schedules::number(work, doors, place.door, &open.hours).await?;
        if let Some((code, numbers)) = code {
            wanted.push(Row::Doorcode(code.clone(), rows::terms(place.holder, numbers, (open, schedule))?));
        }
        if let (Some(card), Some(door)) = (card, doors.get(place.door)) {
            wanted.push(cards::row(work, card, door, (open, schedule))?);
        }
    }
    wanted.extend(place.denials.rows.iter().cloned());
    Ok(wanted)
}
