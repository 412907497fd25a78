//! Permanent doorcodes: one for each person and door, made here and never chosen.

use std::collections::BTreeMap;

use thumbturn_protocol::code::{CodeLength, Doorcode};
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::update::row::CredentialNumber;

use super::AtDoor;
use super::doors::Doors;
use super::known::Known;
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

/// Doorcodes of people, by person and door.
pub(super) type Codes = BTreeMap<(HolderId, DoorId), (Doorcode, Numbers)>;

/// The doorcodes of people at doors, made where there is none and taken away where there is to be none.
pub(super) async fn settle(
    work: &mut Work<'_>,
    doors: &mut Doors,
    known: &Known,
    places: &[AtDoor],
) -> Result<Codes, Error> {
    let (property, now) = (work.property(), work.now);
    let (mut codes, mut missing) = (Codes::new(), Vec::new());
    let mut ended: BTreeMap<DoorId, Vec<CredentialNumber>> = BTreeMap::new();
    for AtDoor { holder, door, open: spell, .. } in places {
        let is_wanted = spell.is_some() && known.access.has_doorcode(*holder, *door, now);
        match known.code(*holder, *door) {
            Some(record) if is_wanted => {
                let code = open(work, (property, *door), record)?;
                codes.insert((*holder, *door), (code, record.numbers));
            }
            Some(record) => ended.entry(*door).or_default().push(record.numbers.credential),
            None if is_wanted => missing.push((*holder, *door)),
            None => {}
        }
    }
    for (door, ended) in ended {
        store::code::retire_some(work.connection(), (property, door), &ended, now).await?;
    }
    codes.extend(make(work, doors, missing).await?);
    Ok(codes)
}

async fn make(
    work: &mut Work<'_>,
    doors: &mut Doors,
    missing: Vec<(HolderId, DoorId)>,
) -> Result<Codes, Error> {
    let mut made = Codes::new();
    if missing.is_empty() {
        return Ok(made);
    }
    let (property, now) = (work.property(), work.now);
    doors.find_avoided(work, missing.iter().map(|(_, door)| *door)).await?;
    let numbers = store::property::take_numbers(work.connection(), property, missing.len(), now).await?;
    let mut waiting: Vec<_> = missing.into_iter().zip(numbers).collect();
    for _ in 0..DRAWS {
        let (mut drawn, mut records) = (BTreeMap::new(), Vec::new());
        for ((holder, door), numbers) in &waiting {
            let Some(code) = draw(work, doors, *door)? else { continue };
            records.push((*door, sealed(work, (property, *door), *holder, &code, *numbers)?));
            drawn.insert(numbers.credential.0, code);
        }
        let added = store::code::insert(work.connection(), property, &records, now).await?;
        waiting.retain(|(place, numbers)| {
            let code = drawn.remove(&numbers.credential.0);
            let code = code.filter(|_| added.contains(&numbers.credential.0));
            code.is_none_or(|code| {
                made.insert(*place, (code, *numbers));
                false
            })
        });
        if waiting.is_empty() {
            return Ok(made);
        }
    }
    Err(Invalid::ListFull.into())
}

/// A code for a door, unless one that is typed on the way to another would open in its stead.
fn draw(work: &mut Work<'_>, doors: &Doors, door: DoorId) -> Result<Option<Doorcode>, Error> {
    let Some(kind) = doors.get(door).map(|door| door.kind) else { return Ok(None) };
    let length = work.property.code_length(kind);
    let code = Doorcode::make(length, work.random).map_err(|_| Error::Random)?;
    let mut others = doors.avoided(door).iter();
    let is_taken = others.any(|other| other.begins_with(&code) || code.begins_with(other));
    Ok((!is_taken).then_some(code))
}

/// What no new doorcode of these doors may begin with, nor be the beginning of: doorcodes of another length, and daily codes.
pub(super) async fn to_avoid(
    work: &mut Work<'_>,
    doors: &[&Door],
) -> Result<BTreeMap<DoorId, Vec<Doorcode>>, Error> {
    let (property, now, secrets) = (work.property(), work.now, work.secrets()?);
    let mut avoided: BTreeMap<DoorId, Vec<Doorcode>> =
        doors.iter().map(|door| (door.id, DailyCodes::of(&secrets, door).around(now))).collect();
    let mut lengths: BTreeMap<u8, Vec<DoorId>> = BTreeMap::new();
    for door in doors {
        let length: CodeLength = work.property.code_length(door.kind);
        lengths.entry(length.digits()).or_default().push(door.id);
    }
    for (digits, doors) in lengths {
        let others = store::code::of_other_length(work.connection(), property, &doors, digits).await?;
        for (door, record) in others {
            avoided.entry(door).or_default().push(open(work, (property, door), &record)?);
        }
    }
    Ok(avoided)
}

/// All permanent doorcodes of a door, also those that it may still hold.
pub(crate) async fn at_door(
    work: &mut Work<'_>,
    place: (PropertyId, DoorId),
) -> Result<Vec<Doorcode>, Error> {
    let records = store::code::at_door(work.connection(), place).await?;
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
