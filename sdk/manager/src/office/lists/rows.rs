//! Rows of a door's list as the store has them: sealed, under the fingerprint of their keys.

use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::{Change, ROW, Row, Terms};

use super::schedules;
use crate::access::Spell;
use crate::office::error::Error;
use crate::office::secrets::{Place, Secrets};
use crate::office::store::list::{NewRow, RowRecord};
use crate::office::store::property::Numbers;
use crate::office::store::{self, StoreError};
use crate::office::work::Work;

pub(super) const TABLE: &str = "list_row";

/// The rows that a door is to have for a person.
pub(super) async fn of(
    work: &mut Work<'_>,
    place: (PropertyId, DoorId),
    holder: HolderId,
) -> Result<Vec<(RowRecord, Row)>, Error> {
    let secrets = work.secrets()?;
    let records = store::list::rows_of(work.connection(), place, holder).await?;
    records.into_iter().map(|record| open_row(&secrets, place, record)).collect()
}

/// A row that the store has.
pub(crate) fn open_row(
    secrets: &Secrets,
    (property, door): (PropertyId, DoorId),
    record: RowRecord,
) -> Result<(RowRecord, Row), Error> {
    let bytes = secrets.open(&Place(TABLE, &[&property.0, &door.0]), &record.sealed)?;
    let bytes: &[u8; ROW] = bytes.as_slice().try_into().map_err(|_| StoreError::Damaged(TABLE))?;
    let row = Row::parse(bytes).map_err(|_| StoreError::Damaged(TABLE))?;
    Ok((record, row))
}

/// Whether a door that has one of two rows need not hear of the other: it would decide the same from `now` on.
pub(super) fn says_the_same(known: &Row, wanted: &Row, now: UnixSeconds) -> bool {
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
pub(super) async fn terms(
    work: &mut Work<'_>,
    (holder, door): (HolderId, DoorId),
    numbers: &Numbers,
    open: &Spell,
) -> Result<Terms, Error> {
    let schedule = schedules::number(work, door, &open.hours).await?;
    let terms =
        Terms::new(holder, numbers.serial, numbers.credential).during(open.term.start(), open.term.end());
    let terms = terms.map_err(|_| StoreError::Damaged(TABLE))?;
    Ok(schedule.map_or(terms, |schedule| terms.within(schedule)))
}

/// Puts a row in the place of any with its key.
pub(super) async fn set(
    work: &mut Work<'_>,
    place: (PropertyId, DoorId),
    holder: HolderId,
    row: &Row,
) -> Result<(), Error> {
    let (secrets, revision) = (work.secrets()?, work.revision());
    let at = Place(TABLE, &[&place.0.0, &place.1.0]);
    let row = NewRow {
        fingerprint: secrets.fingerprint(&at, row.key().as_bytes()),
        holder,
        sealed: secrets.seal(&at, &*row.to_bytes(), work.random)?,
        end: row.terms().and_then(Terms::not_after),
        schedule: row.terms().and_then(Terms::schedule).map_or(0, |schedule| schedule.number()),
        revision,
    };
    Ok(store::list::set_row(work.connection(), place, &row).await?)
}

/// Takes a row away.
pub(super) async fn remove(
    work: &mut Work<'_>,
    place: (PropertyId, DoorId),
    record: &RowRecord,
    row: &Row,
) -> Result<(), Error> {
    let (secrets, revision) = (work.secrets()?, work.revision());
    let removal = Change::Remove(row.key()).to_bytes();
    let sealed = secrets.seal(&Place(TABLE, &[&place.0.0, &place.1.0]), &*removal, work.random)?;
    Ok(store::list::remove_row(work.connection(), place, record, (&sealed, revision)).await?)
}
