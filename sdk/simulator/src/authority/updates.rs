//! The list of one door in the authority's books, and the parcels that bring it there (spec §10).

use thumbturn_manager::authority::list_book::ListBook;
use thumbturn_manager::authority::parcel::{Address, PlannedUpdate};
use thumbturn_manager::authority::receipt_book::NewReceipt;
use thumbturn_manager::authority::task::Confirmation;
use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::ids::{DoorId, ListVersion};
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::digest::ListDigest;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::{Row, RowKey};
use thumbturn_protocol::update::settings::Settings;

use super::{Authority, AuthorityError};

/// What an update is applied within, unless told otherwise: 90 days.
const APPLY_SECONDS: u64 = 90 * 86_400;

/// What the authority wants a door's list to be, with every version that ever left in a parcel.
///
/// [`Authority::update`] makes the parcel that the door needs; [`Authority::snapshot`] and [`Authority::delta`] make the one that a
/// test asks for.
#[derive(Debug)]
pub struct DoorList {
    door: DoorId,
    book: ListBook,
}

impl DoorList {
    /// The version that the newest parcel leads to; before the first that of the claim.
    #[must_use]
    pub const fn version(&self) -> ListVersion {
        self.book.version()
    }

    /// Puts a row in the place of any before it with the same key.
    pub fn set(&mut self, row: Row) {
        self.book.set(row);
    }

    /// Takes a row away.
    pub fn remove(&mut self, key: &RowKey) {
        self.book.remove(key);
    }

    /// Changes the settings.
    pub fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        self.book.change_settings(change);
    }

    /// The rows, sorted by key.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.book.rows()
    }

    /// The digest of the list as it is now, with its settings.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] for settings that no door would take.
    pub fn digest(&self) -> Result<ListDigest, AuthorityError> {
        Ok(self.book.digest()?)
    }
}

impl Authority {
    /// The empty list that a claimed door of this property has.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`], [`AuthorityError::Random`].
    pub fn list(&mut self, door: DoorId) -> Result<DoorList, AuthorityError> {
        let claimed = self.doors.get(&door).ok_or(AuthorityError::UnknownDoor)?;
        let configuration = claimed.configuration.clone();
        self.list_of(&configuration)
    }

    /// An empty list for a door with the settings of its claim.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`].
    pub fn list_of(&mut self, configuration: &DoorConfiguration) -> Result<DoorList, AuthorityError> {
        let book = ListBook::claimed(configuration, &mut self.random)?;
        Ok(DoorList { door: configuration.door, book })
    }

    /// The parcel that the door needs, by the receipts that came: the smaller one of delta and snapshot, `None` when it has everything.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`], or [`AuthorityError::Protocol`] for a list that no door would take.
    pub fn update(
        &mut self,
        list: &mut DoorList,
        now: UnixSeconds,
    ) -> Result<Option<Parcel>, AuthorityError> {
        let planned = list.book.plan(now, &mut self.random)?;
        planned.map(|planned| self.seal(list.door, &planned, now)).transpose()
    }

    /// Takes a receipt into all books of its door, and says what it proves.
    ///
    /// # Errors
    ///
    /// As [`Authority::take_receipt`]; [`AuthorityError::Forked`] when its log head contradicts the log, after everything else was
    /// taken.
    pub fn confirm(
        &mut self,
        list: &mut DoorList,
        sealed: &SealedReceipt,
        now: UnixSeconds,
    ) -> Result<(NewReceipt, Confirmation), AuthorityError> {
        let receipt = self.take_new_receipt(list.door, sealed)?;
        let confirmation = Confirmation::of(&receipt, &list.book);
        list.book.learn(&receipt, now);
        self.bulletins.learn(&receipt, now);
        let claimed = self.doors.get_mut(&list.door).ok_or(AuthorityError::UnknownDoor)?;
        claimed.log.book.learn(&receipt)?;
        Ok((receipt, confirmation))
    }

    /// A parcel with the whole list, under a new list key.
    ///
    /// # Errors
    ///
    /// As [`Authority::update`].
    pub fn snapshot(&mut self, list: &mut DoorList, now: UnixSeconds) -> Result<Parcel, AuthorityError> {
        let planned = list.book.snapshot(now, &mut self.random)?;
        self.seal(list.door, &planned, now)
    }

    /// A parcel with what changed since a version: every key that was touched, with its final state.
    ///
    /// # Errors
    ///
    /// As [`Authority::update`].
    pub fn delta(
        &mut self,
        list: &mut DoorList,
        from: ListVersion,
        now: UnixSeconds,
    ) -> Result<Parcel, AuthorityError> {
        let planned = list.book.delta(from, now)?;
        self.seal(list.door, &planned, now)
    }

    fn seal(
        &mut self,
        door: DoorId,
        planned: &PlannedUpdate,
        now: UnixSeconds,
    ) -> Result<Parcel, AuthorityError> {
        let keys = self.doors.get(&door).ok_or(AuthorityError::UnknownDoor)?.keys;
        let address = Address { door, keys: &keys, apply_until: now.plus(APPLY_SECONDS) };
        Ok(planned.seal(&address, &self.keys, now, &mut self.random)?)
    }
}
