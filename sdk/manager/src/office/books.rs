//! The books of the authority, from the store and back: keys of generations, lists of doors.

use thumbturn_protocol::ids::{DoorId, Generation, PropertyId};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKey, ExchangeKeyPair, VerifyingKey};
use thumbturn_protocol::schedule::Schedule;
use thumbturn_protocol::update::digest::ListKey;
use thumbturn_protocol::update::row::{Change, ROW};
use thumbturn_protocol::update::settings::Settings;
use zeroize::Zeroizing;

use super::error::{Error, Invalid, Thing};
use super::secrets::{Place, Secrets};
use super::signers::NewSigner;
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

/// Makes the keys of a generation; the store is to have them so.
pub(crate) fn make_keys(
    work: &mut Work<'_>,
    generation: Generation,
    root_key: VerifyingKey,
) -> Result<(GenerationKeys, GenerationRecord), Error> {
    let (property, number) = (work.property(), generation.0.to_be_bytes());
    let NewSigner { signer, kept } = work.view.signers.generate(work.random)?;
    let keys = GenerationKeys::new(property, generation, signer, ExchangeKeyPair::generate(work.random)?);
    let both = Zeroizing::new([kept.as_slice(), keys.sealing_secret()].concat());
    let place = Place(KEYS, &[&property.0, &number]);
    let sealed = work.secrets()?.seal(&place, &both, work.random)?;
    Ok((keys, GenerationRecord { generation, root_key: root_key.0, sealed }))
}

/// The keys of a record.
pub(crate) fn open_keys(work: &Work<'_>, record: &GenerationRecord) -> Result<GenerationKeys, Error> {
    let (property, number) = (work.property(), record.generation.0.to_be_bytes());
    let both = work.secrets()?.open(&Place(KEYS, &[&property.0, &number]), &record.sealed)?;
    let (kept, sealing) = both.split_last_chunk::<32>().ok_or(StoreError::Damaged(KEYS))?;
    let signer = work.view.signers.open(kept)?;
    Ok(GenerationKeys::new(property, record.generation, signer, ExchangeKeyPair::from_secret(*sealing)))
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
    let versions = open_versions(work, life).await?;
    Ok(ListBook::restored(StoredBook {
        versions,
        settings,
        settings_pending: life.settings_changed.max(schedules_changed) > door.left,
        rows: rows.collect::<Result<_, StoreError>>()?,
    }))
}

/// The book of a door's list without its rows: all that a receipt is compared with.
pub(crate) async fn versions(work: &mut Work<'_>, life: &LifeRecord) -> Result<ListBook, Error> {
    let settings = open_settings(work, life)?;
    let versions = open_versions(work, life).await?;
    Ok(ListBook::restored(StoredBook { versions, settings, settings_pending: false, rows: Vec::new() }))
}

async fn open_versions(work: &mut Work<'_>, life: &LifeRecord) -> Result<Versions, Error> {
    let (property, secrets) = (work.property(), work.secrets()?);
    let left = store::life::left(work.connection(), (property, life.door, life.door_key)).await?;
    let place = Place(LIST_KEY, &[&property.0, &life.door.0]);
    let list_key = secrets.open(&place, &life.versions.sealed_list_key)?;
    let list_key = list_key.as_slice().try_into().map_err(|_| StoreError::Damaged(LIST_KEY))?;
    Ok(Versions {
        list_key: ListKey::from_bytes(list_key),
        version: life.versions.version,
        confirmed: life.versions.confirmed,
        snapshot_wanted: life.versions.snapshot_wanted,
        settings_touched: life.versions.settings_touched,
        remembered: life.versions.remembered,
        left,
    })
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
