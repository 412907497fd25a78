//! Permanent doorcodes.

use std::collections::BTreeSet;

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId, Serial};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::CredentialNumber;

use super::batch::{Among, Rows};
use super::property::Numbers;
use super::statement::{Record, Value, sql};
use super::{StoreError, attribution};
use crate::office::model::DoorType;

/// A doorcode, sealed.
pub(crate) struct CodeRecord {
    pub(crate) numbers: Numbers,
    pub(crate) holder: HolderId,
    pub(crate) digits: u8,
    pub(crate) fingerprint: [u8; 16],
    pub(crate) sealed: Vec<u8>,
}

const INSERT: Rows<9> = Rows::new(
    "INSERT INTO doorcode (property_id, door_id, credential, serial, holder_id, digits, fingerprint, sealed, made_at) VALUES",
    " ON CONFLICT (property_id, door_id, fingerprint) DO NOTHING RETURNING credential",
);
const OF_HOLDERS: Among = Among::new(
    "SELECT door_id, credential, serial, holder_id, digits, fingerprint, sealed FROM doorcode \
     WHERE property_id = $1 AND retired_at IS NULL AND holder_id IN",
    " ORDER BY door_id",
);
const SHORTER: Among = Among::new(
    "SELECT door_id, credential, serial, holder_id, digits, fingerprint, sealed FROM doorcode \
     WHERE property_id = $1 AND digits < $2 AND door_id IN",
    "",
);
const LONGER: Among = Among::new(
    "SELECT door_id, credential, serial, holder_id, digits, fingerprint, sealed FROM doorcode \
     WHERE property_id = $1 AND digits > $2 AND door_id IN",
    "",
);
const RETIRE: Among = Among::new(
    "UPDATE doorcode SET retired_at = $3 WHERE property_id = $1 AND door_id = $2 AND retired_at IS NULL AND credential IN",
    "",
);

/// Adds doorcodes, but for those that their doors have or had already. Gives the numbers of those that were added.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    property: PropertyId,
    codes: &[(DoorId, CodeRecord)],
    now: UnixSeconds,
) -> Result<BTreeSet<u32>, StoreError> {
    let row = |(door, code): &(DoorId, CodeRecord)| {
        [
            property.into(),
            (*door).into(),
            code.numbers.credential.0.into(),
            code.numbers.serial.0.into(),
            code.holder.into(),
            code.digits.into(),
            code.fingerprint.into(),
            code.sealed.as_slice().into(),
            now.into(),
        ]
    };
    let added = INSERT.all(connection, codes.iter().map(row).collect()).await?;
    let added: BTreeSet<u32> = added.iter().map(|row| row.get("credential")).collect::<Result<_, _>>()?;
    let owner = |(_, code): &(DoorId, CodeRecord)| (code.numbers.credential, code.holder);
    let owners = codes.iter().map(owner).filter(|(credential, _)| added.contains(&credential.0));
    attribution::set_owners(connection, property, owners).await?;
    Ok(added)
}

/// The doorcode that a person has at a door.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    holder: HolderId,
) -> Result<Option<CodeRecord>, StoreError> {
    let row = sql("SELECT credential, serial, holder_id, digits, fingerprint, sealed FROM doorcode \
                   WHERE property_id = $1 AND holder_id = $2 AND door_id = $3 AND retired_at IS NULL")
    .with(property)
    .with(holder)
    .with(door)
    .one(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

/// All doorcodes of some doors that have another length than this, also those that they may still hold.
pub(crate) async fn of_other_length(
    connection: &mut AnyConnection,
    property: PropertyId,
    doors: &[DoorId],
    digits: u8,
) -> Result<Vec<(DoorId, CodeRecord)>, StoreError> {
    let first: [Value; 2] = [property.into(), digits.into()];
    let mut rows = SHORTER.all(connection, &first, doors).await?;
    rows.extend(LONGER.all(connection, &first, doors).await?);
    rows.iter().map(|row| Ok((row.get("door_id")?, read(row)?))).collect()
}

fn read(row: &Record) -> Result<CodeRecord, StoreError> {
    Ok(CodeRecord {
        numbers: Numbers {
            credential: CredentialNumber(row.get("credential")?),
            serial: Serial(row.get("serial")?),
        },
        holder: row.get("holder_id")?,
        digits: row.get("digits")?,
        fingerprint: row.get("fingerprint")?,
        sealed: row.get("sealed")?,
    })
}

/// Takes the doorcode of a person at a door away; nobody gets the same one before the door has confirmed that it is gone.
pub(crate) async fn retire(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    holder: HolderId,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE doorcode SET retired_at = $1 WHERE property_id = $2 AND holder_id = $3 AND door_id = $4 AND retired_at IS NULL")
        .with(now)
        .with(property)
        .with(holder)
        .with(door)
        .run(connection)
        .await?;
    Ok(())
}

/// Takes doorcodes of a door away; nobody gets the same before the door has confirmed that they are gone.
pub(crate) async fn retire_some(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
    codes: &[CredentialNumber],
    now: UnixSeconds,
) -> Result<(), StoreError> {
    let codes: Vec<u32> = codes.iter().map(|code| code.0).collect();
    RETIRE.run(connection, &[property.into(), door.into(), now.into()], &codes).await
}

/// All doorcodes that some people have; of one person, by door.
pub(crate) async fn of_holders(
    connection: &mut AnyConnection,
    property: PropertyId,
    holders: &[HolderId],
) -> Result<Vec<(DoorId, CodeRecord)>, StoreError> {
    let rows = OF_HOLDERS.all(connection, &[property.into()], holders).await?;
    rows.iter().map(|row| Ok((row.get("door_id")?, read(row)?))).collect()
}

/// All doorcodes of a door, also those that it may still hold.
pub(crate) async fn at_door(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
) -> Result<Vec<CodeRecord>, StoreError> {
    let rows = sql("SELECT credential, serial, holder_id, digits, fingerprint, sealed FROM doorcode \
                    WHERE property_id = $1 AND door_id = $2")
    .with(property)
    .with(door)
    .all(connection)
    .await?;
    rows.iter().map(read).collect()
}

/// Who has a doorcode of another length than this at a door of a kind.
pub(crate) async fn holders(
    connection: &mut AnyConnection,
    property: PropertyId,
    kind: DoorType,
    digits: u8,
) -> Result<BTreeSet<HolderId>, StoreError> {
    let rows = sql("SELECT DISTINCT doorcode.holder_id FROM doorcode JOIN door ON door.property_id = doorcode.property_id \
                    AND door.door_id = doorcode.door_id WHERE doorcode.property_id = $1 AND door.kind = $2 \
                    AND doorcode.digits <> $3 AND doorcode.retired_at IS NULL")
    .with(property)
    .with(kind.code())
    .with(digits)
    .all(connection)
    .await?;
    rows.iter().map(|row| row.get("holder_id")).collect()
}

/// Takes all doorcodes of another length than this away, at doors of a kind.
pub(crate) async fn retire_all(
    connection: &mut AnyConnection,
    property: PropertyId,
    (kind, digits): (DoorType, u8),
    now: UnixSeconds,
) -> Result<(), StoreError> {
    sql("UPDATE doorcode SET retired_at = $1 WHERE property_id = $2 AND digits <> $3 AND retired_at IS NULL AND door_id IN \
         (SELECT door.door_id FROM door WHERE door.property_id = $2 AND door.kind = $4)")
    .with(now)
    .with(property)
    .with(digits)
    .with(kind.code())
    .run(connection)
    .await?;
    Ok(())
}

/// Forgets the doorcodes that nobody has any more and whose rows the door has removed: it may now be given the same again.
pub(crate) async fn forget_retired(
    connection: &mut AnyConnection,
    (property, door): (PropertyId, DoorId),
) -> Result<(), StoreError> {
    sql("DELETE FROM doorcode WHERE property_id = $1 AND door_id = $2 AND retired_at IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM list_row WHERE list_row.property_id = $1 AND list_row.door_id = $2 \
         AND list_row.holder_id = doorcode.holder_id AND list_row.present = 0)")
    .with(property)
    .with(door)
    .run(connection)
    .await?;
    Ok(())
}

/// Sets how many digits new doorcodes of flats have.
pub(crate) async fn set_residence_length(
    connection: &mut AnyConnection,
    property: PropertyId,
    length: CodeLength,
) -> Result<(), StoreError> {
    sql("UPDATE property SET residence_code_length = $1 WHERE property_id = $2")
        .with(length.digits())
        .with(property)
        .run(connection)
        .await?;
    Ok(())
}
