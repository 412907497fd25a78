//! Rows of a door's list as the store has them: sealed, under the fingerprint of their keys.

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::{Change, ROW, Row, ScheduleNumber, Terms};

use super::AtDoor;
use super::changes::says_less;
use super::doors::Doors;
use super::tasks::Errands;
use crate::access::Spell;
use crate::office::error::Error;
use crate::office::secrets::{Place, Secrets};
use crate::office::store::list::{NewRow, RowRecord};
use crate::office::store::property::Numbers;
use crate::office::store::{self, StoreError};
use crate::office::task::Reason;
use crate::office::work::Work;

pub(super) const TABLE: &str = "list_row";
/// Seconds of a day.
const DAY: u64 = 86_400;

/// What becomes of rows, until it is written at once.
#[derive(Default)]
pub(super) struct RowChanges {
    /// By door and the fingerprint of their keys.
    set: BTreeMap<(DoorId, [u8; 16]), NewRow>,
    gone: BTreeMap<DoorId, Vec<[u8; 16]>>,
    /// Who loses something at a door.
    losers: BTreeSet<HolderId>,
}

impl RowChanges {
    /// Puts rows in the place of those that a door was to have for a person, and notes what that changes for somebody, and from when on: a
    /// row that is over by itself is nobody's errand, and goes along with the next one.
    pub(super) async fn replace(
        &mut self,
        work: &mut Work<'_>,
        doors: &mut Doors,
        known: &[RowRecord],
        (place, wanted): (&AtDoor, &[Row]),
        errands: &mut Errands,
    ) -> Result<(), Error> {
        let (now, at, secrets) = (work.now, (work.property(), place.door), work.secrets()?);
        let mut opened = Vec::new();
        for record in known {
            opened.push((record, open_row(&secrets, at, record)?));
        }
        for (record, row) in &opened {
            if wanted.iter().any(|wanted| wanted.key() == row.key()) {
                continue;
            }
            self.remove(work, place, record, row)?;
            // A deny row goes when the lease of what it voids has ended.
            let is_over = row.terms().is_none_or(|terms| terms.not_after().is_some_and(|end| end <= now));
            if !is_over {
                self.losers.insert(place.holder);
                errands.note(place.door, Reason::AccessRemoved, now);
            }
            if row.terms().is_some() {
                work.changes.lose_row(place.door, record, now);
            }
        }
        for row in wanted {
            let before = opened.iter().find(|(_, known)| known.key() == row.key());
            if before.is_some_and(|(_, before)| says_the_same(before, row, now)) {
                continue;
            }
            note_loss(work, doors, place, (before, row)).await?;
            self.set(work, place, row)?;
            errands.note_growth(place.door);
            let Some(terms) = row.terms() else {
                self.losers.insert(place.holder);
                errands.note(place.door, Reason::AccessRemoved, now);
                continue;
            };
            let due = terms.not_before().minus(u64::from(work.property.preload_days) * DAY).max(now);
            errands.note(place.door, Reason::AccessAdded, due);
        }
        Ok(())
    }

    fn set(&mut self, work: &mut Work<'_>, place: &AtDoor, row: &Row) -> Result<(), Error> {
        let (property, secrets) = (work.property(), work.secrets()?);
        let at = Place(TABLE, &[&property.0, &place.door.0]);
        let fingerprint = secrets.fingerprint(&at, row.key().as_bytes());
        let row = NewRow {
            door: place.door,
            fingerprint,
            holder: place.holder,
            sealed: secrets.seal(&at, &*row.to_bytes(), work.random)?,
            schedule: row.terms().and_then(Terms::schedule).map_or(0, |schedule| schedule.number()),
            end: row.terms().and_then(Terms::not_after),
            is_present: true,
        };
        self.set.insert((place.door, fingerprint), row);
        Ok(())
    }

    /// One that never left is gone at once; of another the door has to hear.
    fn remove(
        &mut self,
        work: &mut Work<'_>,
        place: &AtDoor,
        record: &RowRecord,
        row: &Row,
    ) -> Result<(), Error> {
        let (door, fingerprint) = (place.door, record.fingerprint);
        if !record.left_once {
            self.gone.entry(door).or_default().push(fingerprint);
            return Ok(());
        }
        let (property, secrets) = (work.property(), work.secrets()?);
        let removal = Change::Remove(row.key()).to_bytes();
        let sealed = secrets.seal(&Place(TABLE, &[&property.0, &door.0]), &*removal, work.random)?;
        let (holder, end) = (place.holder, Some(UnixSeconds::ZERO));
        let removal = NewRow { door, fingerprint, holder, sealed, schedule: 0, end, is_present: false };
        // Whoever else has a row with this key from now on keeps it.
        self.set.entry((door, fingerprint)).or_insert(removal);
        Ok(())
    }

    /// Writes all of it, and gives those who lose something. What goes goes first: its key may be another's from now on.
    pub(super) async fn write(self, work: &mut Work<'_>) -> Result<BTreeSet<HolderId>, Error> {
        let (property, revision) = (work.property(), work.revision());
        for (door, fingerprints) in self.gone {
            store::list::delete_rows(work.connection(), (property, door), &fingerprints).await?;
        }
        let rows = self.set.into_values().collect();
        store::list::set_rows(work.connection(), property, rows, revision).await?;
        Ok(self.losers)
    }
}

/// Notes what somebody loses where a row takes the place of another, or denies a phone.
async fn note_loss(
    work: &mut Work<'_>,
    doors: &mut Doors,
    place: &AtDoor,
    (before, row): (Option<&(&RowRecord, Row)>, &Row),
) -> Result<(), Error> {
    let (door, now) = (place.door, work.now);
    if let Row::Deny(DenyEntry { subject: DenySubject::Phone(phone), .. }) = row {
        if let Some(end) = place.denials.ends.get(phone) {
            work.changes.lose_grants(door, *end, now);
        }
        return Ok(());
    }
    let Some((record, before)) = before else { return Ok(()) };
    if let (Some(before), Some(after)) = (before.terms(), row.terms())
        && says_less(work, doors, door, (before, after)).await?
    {
        work.changes.lose_row(door, record, now);
    }
    Ok(())
}

/// A row that the store has.
pub(crate) fn open_row(
    secrets: &Secrets,
    (property, door): (PropertyId, DoorId),
    record: &RowRecord,
) -> Result<Row, Error> {
    let bytes = secrets.open(&Place(TABLE, &[&property.0, &door.0]), &record.sealed)?;
    let bytes: &[u8; ROW] = bytes.as_slice().try_into().map_err(|_| StoreError::Damaged(TABLE))?;
    Ok(Row::parse(bytes).map_err(|_| StoreError::Damaged(TABLE))?)
}

/// Whether a door that has one of two rows need not hear of the other: it would decide the same from `now` on.
fn says_the_same(known: &Row, wanted: &Row, now: UnixSeconds) -> bool {
    let (Some(before), Some(after)) = (known.terms(), wanted.terms()) else { return known == wanted };
    let both_begun = before.not_before() <= now && after.not_before() <= now;
    if !both_begun || before.not_before() == after.not_before() {
        return known == wanted;
    }
    let Ok(moved) = after.during(before.not_before(), after.not_after()) else { return false };
    match (known, wanted) {
        (Row::Doorcode(..), Row::Doorcode(code, _)) => *known == Row::Doorcode(code.clone(), moved),
        (Row::Card(..), Row::Card(card, _)) => *known == Row::Card(card.clone(), moved),
        _ => false,
    }
}

/// What a row says of when and for whom.
pub(super) fn terms(
    holder: HolderId,
    numbers: &Numbers,
    (open, schedule): (&Spell, Option<ScheduleNumber>),
) -> Result<Terms, Error> {
    let terms =
        Terms::new(holder, numbers.serial, numbers.credential).during(open.term.start(), open.term.end());
    let terms = terms.map_err(|_| StoreError::Damaged(TABLE))?;
    Ok(schedule.map_or(terms, |schedule| terms.within(schedule)))
}
