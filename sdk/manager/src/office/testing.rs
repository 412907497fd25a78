//! What tests look into: the rows of lists as doors are to have them, and the store's own checks.

mod privacy;

use core::fmt;
use std::collections::BTreeMap;

use sqlx_core::any::Any;
use sqlx_core::transaction::Transaction;
use thumbturn_protocol::bulletin::Denial;
use thumbturn_protocol::code::{DailyCode, Doorcode};
use thumbturn_protocol::event::{LoggedEvent, Sequence};
use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId, PropertyId, Serial};
use thumbturn_protocol::log::EventSalt;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Row;

use super::daily::DailyCodes;
pub use super::store::everything::Everything;
use super::store::phone::PassRecord;
pub use super::store::raw::{RawKind, RawTable, RawTables, RawValue};
use super::store::{self, property};
use super::{Error, Office, Store, StoreError, Thing, lists};
use crate::access::{Spell, WeeklyHours};
use crate::ids::AccountId;

/// What a door is to know.
#[derive(Debug)]
pub struct DoorList {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The hours that they name by number.
    pub schedules: BTreeMap<u8, WeeklyHours>,
}

/// A grant of a phone.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Whose.
    pub person: HolderId,
    /// For which door.
    pub door: DoorId,
    /// On which phone.
    pub phone: PhoneId,
    /// Its serial.
    pub serial: Serial,
    /// When it opens the door, until its lease ends.
    pub open: Spell,
    /// When that is.
    pub lease_end: UnixSeconds,
    /// Whether the door is to refuse it.
    pub is_void: bool,
}

/// What a door has told.
#[derive(Debug)]
pub struct DoorLog {
    /// What happened, in order.
    pub events: Vec<LoggedEvent>,
    /// Up to where it may forget.
    pub acknowledged: u32,
    /// Whether it has contradicted itself.
    pub is_forked: bool,
}

impl Office {
    /// What a door is to know.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn door_list(&self, property: PropertyId, door: DoorId) -> Result<DoorList, Error> {
        let mut transaction = self.store.begin().await?;
        let found =
            property::find(&mut transaction, property).await?.ok_or(Error::NotFound(Thing::Property))?;
        let secrets = self.secrets.of(property, &found.sealed_key)?;
        let records = store::list::all_rows(&mut transaction, property, door).await?;
        let rows = records.iter().map(|record| lists::open_row(&secrets, (property, door), record));
        let rows = rows.collect::<Result<_, _>>()?;
        let schedules = store::list::schedules(&mut transaction, property, door).await?;
        Ok(DoorList {
            rows,
            schedules: schedules.into_iter().map(|(number, hours, _)| (number, hours)).collect(),
        })
    }

    /// The account with which a person signs in.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn account_of(&self, property: PropertyId, person: HolderId) -> Result<AccountId, Error> {
        let mut transaction = self.store.begin().await?;
        let account = store::person::account(&mut transaction, property, person).await?;
        account.ok_or(Error::NotFound(Thing::Person))
    }

    /// Says what a receipt of a door says: that it has all changes of its list up to now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn door_applied(&self, property: PropertyId, door: DoorId) -> Result<(), Error> {
        let mut transaction = self.store.begin().await?;
        let found =
            property::lock(&mut transaction, property).await?.ok_or(Error::NotFound(Thing::Property))?;
        store::list::note_applied(&mut transaction, (property, door), found.revision).await?;
        Ok(transaction.commit().await.map_err(StoreError::from)?)
    }

    /// What the present device of a door has told of what happened at it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn door_log(&self, property: PropertyId, door: DoorId) -> Result<DoorLog, Error> {
        let mut transaction = self.store.begin().await?;
        let life = store::life::live(&mut transaction, property, door).await?;
        let id = (property, door, life.ok_or(Error::NotFound(Thing::Device))?.door_key);
        let progress = store::log::progress(&mut transaction, id).await?;
        let contents = store::log::contents(&mut transaction, id).await?;
        let read = |(number, content): (u32, Vec<u8>)| {
            LoggedEvent::from_bytes(Sequence(number), content.get(EventSalt::LENGTH..)?)
        };
        Ok(DoorLog {
            events: contents.into_iter().filter_map(read).collect(),
            acknowledged: progress.acknowledged,
            is_forked: store::log::is_forked(&mut transaction, id).await?,
        })
    }

    /// All grants of phones whose leases have not ended.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn passes(&self, property: PropertyId, now: UnixSeconds) -> Result<Vec<Pass>, Error> {
        let mut transaction = self.store.begin().await?;
        let all = store::phone::all_passes(&mut transaction, property, now).await?;
        let pass = |((person, door), record): ((HolderId, DoorId), PassRecord)| Pass {
            person,
            door,
            phone: record.phone,
            serial: record.serial,
            open: record.open,
            lease_end: record.lease_end,
            is_void: record.is_void,
        };
        Ok(all.into_iter().map(pass).collect())
    }

    /// What every door is to refuse now.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn denials(&self, property: PropertyId, now: UnixSeconds) -> Result<Vec<Denial>, Error> {
        let mut transaction = self.store.begin().await?;
        let all = store::bulletin::denials(&mut transaction, property, (now, u32::MAX)).await?;
        Ok(all.iter().map(super::bulletins::denial).collect::<Result<_, _>>()?)
    }

    /// What the outbox has for an account, by the names of its messages.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn messages_to(&self, property: PropertyId, account: AccountId) -> Result<Vec<String>, Error> {
        let mut transaction = self.store.begin().await?;
        let all = store::notification::all(&mut transaction, property).await?;
        Ok(all.into_iter().filter(|(told, _)| *told == account).map(|(_, kind)| kind).collect())
    }

    /// The digits of a daily code, whether it was given out or not.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn daily_code(
        &self,
        property: PropertyId,
        door: DoorId,
        code: DailyCode,
    ) -> Result<Doorcode, Error> {
        let mut transaction = self.store.begin().await?;
        let found =
            property::find(&mut transaction, property).await?.ok_or(Error::NotFound(Thing::Property))?;
        let door = store::door::find(&mut transaction, property, door).await?;
        let door = door.ok_or(Error::NotFound(Thing::Door))?;
        Ok(DailyCodes::of(&*self.secrets.of(property, &found.sealed_key)?, &door).code(code))
    }

    /// What is in the outbox: whom it tells what, in the order in which it came.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn notices(&self, property: PropertyId) -> Result<Vec<(AccountId, String)>, Error> {
        let mut transaction = self.store.begin().await?;
        Ok(store::notification::all(&mut transaction, property).await?)
    }

    /// All that decides who may open what at a property, read while nobody writes there.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn everything(&self, property: PropertyId) -> Result<Everything, Error> {
        let found = store::everything::read(&self.store, property).await?;
        found.ok_or(Error::NotFound(Thing::Property))
    }

    /// Begins to write at a property, and goes no further: everybody else who writes there waits until this is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn hold(&self, property: PropertyId) -> Result<Held, Error> {
        let mut transaction = self.store.begin().await?;
        property::lock(&mut transaction, property).await?.ok_or(Error::NotFound(Thing::Property))?;
        Ok(Held(transaction))
    }
}

/// A transaction that changes nothing.
pub struct Held(Transaction<'static, Any>);

impl Held {
    /// Ends it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn release(self) -> Result<(), StoreError> {
        Ok(self.0.rollback().await?)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Held")
    }
}

impl Store {
    /// The schema of this program.
    #[must_use]
    pub fn schema() -> usize {
        store::migration::newest()
    }

    /// Does to the store what a newer program does.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn claim_schema(&self, number: u32) -> Result<(), StoreError> {
        store::migration::claim(self, number).await
    }
}
