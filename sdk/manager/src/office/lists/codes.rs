//! Permanent doorcodes: one for each person and door, made here and never chosen.

use thumbturn_protocol::code::{CodeLength, Doorcode};
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};

use crate::office::daily::DailyCodes;
use crate::office::error::{Error, Invalid};
use crate::office::secrets::Place;
use crate::office::store::code::CodeRecord;
use crate::office::store::door::Door;
use crate::office::store::property::Numbers;
use crate::office::store::{self, StoreError};
use crate::office::work::{View, Work};

/// Draws after which a door counts as full: with half of all codes taken, one in 2^64 doors would be given up wrongly.
const DRAWS: usize = 64;
const TABLE: &str = "doorcode";

/// The doorcode of a person at a door, made where there is none.
pub(super) async fn ensure(
    work: &mut Work<'_>,
    holder: HolderId,
    door: &Door,
) -> Result<(Doorcode, Numbers), Error> {
    let place = (work.property(), door.id);
    if let Some(record) = store::code::of(work.connection(), place, holder).await? {
        let code = open(work, place, &record)?;
        return Ok((code, record.numbers));
    }
    let length = work.property.code_length(door.kind);
    let others = codes_of_other_length(work, place, length).await?;
    let now = work.now;
    let daily = DailyCodes::of(&*work.secrets()?, door).around(now);
    let numbers = store::property::next_numbers(work.connection(), place.0, now).await?;
    for _ in 0..DRAWS {
        let code = Doorcode::make(length, work.random).map_err(|_| Error::Random)?;
        // One that is typed on the way to another would open in its stead.
        let mut all = others.iter().chain(&daily);
        if all.any(|other| other.begins_with(&code) || code.begins_with(other)) {
            continue;
        }
        let record = sealed(work, place, holder, &code, numbers)?;
        if store::code::insert(work.connection(), place, &record, now).await? {
            return Ok((code, numbers));
        }
    }
    Err(Invalid::ListFull.into())
}

/// Takes it away, if there is one.
pub(super) async fn retire(
    work: &mut Work<'_>,
    place: (PropertyId, DoorId),
    holder: HolderId,
) -> Result<(), Error> {
    let now = work.now;
    Ok(store::code::retire(work.connection(), place, holder, now).await?)
}

/// All permanent doorcodes of a door, also those that it may still hold.
pub(crate) async fn at_door(
    work: &mut Work<'_>,
    place: (PropertyId, DoorId),
) -> Result<Vec<Doorcode>, Error> {
    let records = store::code::at_door(work.connection(), place).await?;
    records.iter().map(|record| open(work, place, record)).collect()
}

async fn codes_of_other_length(
    work: &mut Work<'_>,
    place: (PropertyId, DoorId),
    length: CodeLength,
) -> Result<Vec<Doorcode>, Error> {
    let records = store::code::of_other_length(work.connection(), place, length.digits()).await?;
    records.iter().map(|record| open(work, place, record)).collect()
}

fn sealed(
    work: &mut Work<'_>,
    (property, door): (PropertyId, DoorId),
    holder: HolderId,
    code: &Doorcode,
    numbers: Numbers,
) -> Result<CodeRecord, Error> {
    let secrets = work.secrets()?;
    let digits = code.text();
    let place = Place(TABLE, &[&property.0, &door.0]);
    Ok(CodeRecord {
        numbers,
        holder,
        digits: code.length().digits(),
        fingerprint: secrets.fingerprint(&place, digits.as_bytes()),
        sealed: secrets.seal(&place, digits.as_bytes(), work.random)?,
    })
}

/// The digits of a doorcode.
pub(crate) fn open(
    view: &View<'_>,
    (property, door): (PropertyId, DoorId),
    record: &CodeRecord,
) -> Result<Doorcode, Error> {
    let digits = view.secrets()?.open(&Place(TABLE, &[&property.0, &door.0]), &record.sealed)?;
    let text = core::str::from_utf8(&digits).map_err(|_| StoreError::Damaged(TABLE))?;
    Doorcode::parse(text).map_err(|_| StoreError::Damaged(TABLE).into())
}
