//! What tests look into: the rows of lists as doors are to have them, and the store's own checks.

use std::collections::BTreeMap;

use thumbturn_protocol::ids::{DoorId, PropertyId};
use thumbturn_protocol::update::row::Row;

use super::store::{self, property};
use super::{Error, Office, Thing, lists};
use crate::access::WeeklyHours;
use crate::ids::AccountId;

/// What a door is to know.
#[derive(Debug)]
pub struct DoorList {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The hours that they name by number.
    pub schedules: BTreeMap<u8, WeeklyHours>,
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
        let rows = records.into_iter().map(|record| lists::open_row(&secrets, (property, door), record));
        let rows = rows.map(|opened| opened.map(|(_, row)| row)).collect::<Result<_, _>>()?;
        let schedules = store::list::schedules(&mut transaction, property, door).await?;
        Ok(DoorList {
            rows,
            schedules: schedules.into_iter().map(|(number, hours, _)| (number, hours)).collect(),
        })
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
}
