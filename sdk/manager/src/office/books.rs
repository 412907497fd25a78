//! The books of the authority, from the store and back: keys of generations, lists of doors.

use thumbturn_protocol::ids::{DoorId, Generation, PropertyId};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKey, ExchangeKeyPair, SigningKeyPair, VerifyingKey};
use thumbturn_protocol::schedule::Schedule;
use thumbturn_protocol::update::digest::ListKey;
use thumbturn_protocol::update::row::{Change, ROW};
use thumbturn_protocol::update::settings::Settings;

use super::error::{Error, Invalid, Thing};
use super::secrets::{Place, Secrets};
use super::store::door::Door;
use super::store::generation::GenerationRecord;
use super::store::life::{LifeRecord, VersionsRecord};
use super::store::{self, StoreError};
use super::work::Work;
use crate::access::WeeklyHours;
use crate::authority::generation_keys::GenerationKeys;
use crate::authority::list_book::{ListBook, StoredBook, StoredRow, Versions};

const KEYS: &str = "generation_key";
const SETTINGS: &str = "door_life settings";
const LIST_KEY: &str = "door_life list key";

/// The keys of a property's newest generation, and the public key of its root.
pub(crate) async fn keys(work: &mut Work<'_>) -> Result<(GenerationKeys, VerifyingKey), Error> {
    let property = work.property();
    let record = store::generation::newest(work.connection(), property).await?.ok_or(Invalid::NoKeys)?;
    Ok((open_keys(work, &record)?, VerifyingKey(record.root_key)))
}

/// The keys of one generation.
pub(crate) async fn keys_of(work: &mut Work<'_>, generation: Generation) -> Result<GenerationKeys, Error> {
    let property = work.property();
    let record = store::generation::find(work.connection(), property, generation).await?;
    open_keys(work, &record.ok_or(Error::NotFound(Thing::Property))?)
}

/// A generation's keys as the store is to have them.
pub(crate) fn seal_keys(
    work: &mut Work<'_>,
    keys: &GenerationKeys,
    root_key: VerifyingKey,
) -> Result<GenerationRecord, Error> {
    let generation = keys.generation();
    let (property, number) = (work.property(), generation.0.to_be_bytes());
    let place = Place(KEYS, &[&property.0, &number]);
    let sealed = work.secrets()?.seal(&place, &*keys.secrets(), work.random)?;
    Ok(GenerationRecord { generation, root_key: root_key.0, sealed })
}

fn open_keys(work: &Work<'_>, record: &GenerationRecord) -> Result<GenerationKeys, Error> {
    let (property, number) = (work.property(), record.generation.0.to_be_bytes());
    let both = work.secrets()?.open(&Place(KEYS, &[&property.0, &number]), &record.sealed)?;
    let damaged = || StoreError::Damaged(KEYS);
    let (signing, sealing) = both.split_at_checked(32).ok_or_else(damaged)?;
    let signing = SigningKeyPair::from_secret(signing.try_into().map_err(|_| damaged())?);
    let sealing = ExchangeKeyPair::from_secret(sealing.try_into().map_err(|_| damaged())?);
    Ok(GenerationKeys::new(property, record.generation, signing, sealing))
}

/// The keys of a door as the store has them.
pub(crate) fn door_keys(life: &LifeRecord) -> Result<DoorPublicKeys, StoreError> {
    let (keys, _) = life.public_keys.as_chunks::<32>();
    let [session, sealing, receipt] = keys else { return Err(StoreError::Damaged("public_keys")) };
    Ok(DoorPublicKeys {
        session_key: ExchangeKey(*session),
        sealing_key: ExchangeKey(*sealing),
        receipt_key: VerifyingKey(*receipt),
    })
}

/// Settings of a door as the store is to have them, without schedules.
pub(crate) fn seal_settings(
    work: &mut Work<'_>,
    door: DoorId,
    settings: &Settings,
) -> Result<Vec<u8>, Error> {
    let bytes = settings.to_bytes().map_err(|_| Invalid::Settings)?;
    let property = work.property();
    Ok(work.secrets()?.seal(&Place(SETTINGS, &[&property.0, &door.0]), &bytes, work.random)?)
}

/// Settings of a door, without schedules.
pub(crate) fn open_settings(work: &Work<'_>, life: &LifeRecord) -> Result<Settings, Error> {
    let property = work.property();
    let bytes =
        work.secrets()?.open(&Place(SETTINGS, &[&property.0, &life.door.0]), &life.sealed_settings)?;
    Settings::from_bytes(&bytes).map_err(|_| StoreError::Damaged(SETTINGS).into())
}

/// Sets the device of a door to something else, of which it hears with its next update.
pub(crate) async fn change_settings(
    work: &mut Work<'_>,
    life: &LifeRecord,
    change: impl FnOnce(&mut Settings) + Send,
) -> Result<(), Error> {
    let mut settings = open_settings(work, life)?;
    change(&mut settings);
    let sealed = seal_settings(work, life.door, &settings)?;
    let (id, revision) = ((work.property(), life.door, life.door_key), work.revision());
    Ok(store::life::set_settings(work.connection(), id, (&sealed, revision)).await?)
}

/// What a book knows of versions, as the store is to have it.
pub(crate) fn seal_versions(
    work: &mut Work<'_>,
    door: DoorId,
    versions: &Versions,
) -> Result<VersionsRecord, Error> {
    let property = work.property();
    let place = Place(LIST_KEY, &[&property.0, &door.0]);
    Ok(VersionsRecord {
        sealed_list_key: work.secrets()?.seal(&place, versions.list_key.as_bytes(), work.random)?,
        version: versions.version,
        confirmed: versions.confirmed,
        snapshot_wanted: versions.snapshot_wanted,
        settings_touched: versions.settings_touched,
        remembered: versions.remembered,
    })
}

/// The book of a door's list.
pub(crate) async fn list(work: &mut Work<'_>, door: &Door, life: &LifeRecord) -> Result<ListBook, Error> {
    let (property, secrets) = (work.property(), work.secrets()?);
    let mut settings = open_settings(work, life)?;
    let schedules = store::list::schedules(work.connection(), property, door.id).await?;
    for (_, hours, _) in &schedules {
        let WeeklyHours::Within(windows) = hours else { return Err(StoreError::Damaged("hours").into()) };
        let windows: Vec<_> = windows.iter().copied().collect();
        settings.schedules.push(Schedule::new(&windows).map_err(|_| StoreError::Damaged("hours"))?);
    }
    let schedules_changed = store::list::schedules_changed(work.connection(), property, door.id).await?;
    let records = store::list::book(work.connection(), property, door.id).await?;
    let rows = records.into_iter().map(|record| {
        let change = open_change(&secrets, (property, door.id), &record.sealed)?;
        Ok(StoredRow { change, touched: record.touched, is_pending: record.changed > door.left })
    });
    let left = store::life::left(work.connection(), (property, door.id, life.door_key)).await?;
    let list_key =
        secrets.open(&Place(LIST_KEY, &[&property.0, &door.id.0]), &life.versions.sealed_list_key)?;
    let list_key = list_key.as_slice().try_into().map_err(|_| StoreError::Damaged(LIST_KEY))?;
    Ok(ListBook::restored(StoredBook {
        versions: Versions {
            list_key: ListKey::from_bytes(list_key),
            version: life.versions.version,
            confirmed: life.versions.confirmed,
            snapshot_wanted: life.versions.snapshot_wanted,
            settings_touched: life.versions.settings_touched,
            remembered: life.versions.remembered,
            left,
        },
        settings,
        settings_pending: life.settings_changed.max(schedules_changed) > door.left,
        rows: rows.collect::<Result<_, StoreError>>()?,
    }))
}

/// Keeps what a book has learnt.
pub(crate) async fn keep_versions(
    work: &mut Work<'_>,
    life: &LifeRecord,
    book: &ListBook,
) -> Result<(), Error> {
    let versions = book.versions();
    let record = seal_versions(work, life.door, &versions)?;
    let id = (work.property(), life.door, life.door_key);
    Ok(store::life::set_versions(work.connection(), id, &record, &versions.left).await?)
}

fn open_change(
    secrets: &Secrets,
    (property, door): (PropertyId, DoorId),
    sealed: &[u8],
) -> Result<Change, StoreError> {
    let bytes = secrets.open(&Place("list_row", &[&property.0, &door.0]), sealed)?;
    let bytes: &[u8; ROW] = bytes.as_slice().try_into().map_err(|_| StoreError::Damaged("list_row"))?;
    Change::parse(bytes).map_err(|_| StoreError::Damaged("list_row"))
}
