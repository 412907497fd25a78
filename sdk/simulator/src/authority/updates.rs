//! The list of one door in the authority's books, and the parcels that bring it there (spec §10).

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::ids::{DoorId, ListVersion};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::body::{Body, Delta};
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::header::UpdateSubject;
use thumbturn_protocol::update::parcel::{Issue, Parcel};
use thumbturn_protocol::update::row::{Change, Row, RowKey};
use thumbturn_protocol::update::settings::Settings;

use super::{Authority, AuthorityError, counted};

/// What an update is applied within, unless told otherwise: 90 days.
const APPLY_SECONDS: u64 = 90 * 86_400;

/// What the authority wants a door's list to be, with every version that ever left in a parcel.
///
/// Parcels are made by [`Authority::snapshot`] and [`Authority::delta`].
#[derive(Debug)]
pub struct DoorList {
    door: DoorId,
    rows: BTreeMap<RowKey, Row>,
    settings: Settings,
    key: ListKey,
    version: ListVersion,
    /// At which version each key was touched last.
    touched: BTreeMap<RowKey, ListVersion>,
    settings_touched: ListVersion,
    pending: BTreeSet<RowKey>,
    pending_settings: bool,
}

impl DoorList {
    /// The version that the newest parcel leads to; before the first that of the claim.
    #[must_use]
    pub const fn version(&self) -> ListVersion {
        self.version
    }

    /// Puts a row in the place of any before it with the same key.
    pub fn set(&mut self, row: Row) {
        self.pending.insert(row.key());
        self.rows.insert(row.key(), row);
    }

    /// Takes a row away.
    pub fn remove(&mut self, key: &RowKey) {
        self.pending.insert(key.clone());
        self.rows.remove(key);
    }

    /// Changes the settings.
    pub fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        self.pending_settings = true;
        change(&mut self.settings);
    }

    /// The rows, sorted by key.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// The digest of the list as it is now, with its settings.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] for settings that no door would take.
    pub fn digest(&self) -> Result<ListDigest, AuthorityError> {
        let digester = self.key.digester();
        let settings = ListDigest::EMPTY.plus(&digester.settings(&self.settings.to_bytes()?));
        Ok(self.rows.values().fold(settings, |sum, row| sum.plus(&digester.row(&row.to_bytes()))))
    }

    /// A version for what has changed since the one before. Never one that was given before.
    fn next_version(&mut self, now: UnixSeconds) {
        self.version = ListVersion(counted(self.version.0, now));
        for key in core::mem::take(&mut self.pending) {
            self.touched.insert(key, self.version);
        }
        if core::mem::take(&mut self.pending_settings) {
            self.settings_touched = self.version;
        }
    }

    fn change_of(&self, key: &RowKey) -> Change {
        self.rows.get(key).map_or_else(|| Change::Remove(key.clone()), |row| Change::Set(row.clone()))
    }
}

impl Authority {
    /// An empty list for a door with the settings of its claim.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`].
    pub fn list_of(&mut self, configuration: &DoorConfiguration) -> Result<DoorList, AuthorityError> {
        Ok(DoorList {
            door: configuration.door,
            rows: BTreeMap::new(),
            settings: Settings {
                tag_key: configuration.tag_key.clone(),
                kind: configuration.kind,
                relock_seconds: configuration.relock_seconds,
                zone: configuration.zone.clone(),
                schedules: Vec::new(),
                code_length: CodeLength::SEVEN,
                daily_codes: None,
            },
            key: ListKey::generate(&mut self.random)?,
            version: configuration.list_version,
            touched: BTreeMap::new(),
            settings_touched: ListVersion(0),
            pending: BTreeSet::new(),
            pending_settings: false,
        })
    }

    /// A parcel with the whole list, under a new list key.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`], or [`AuthorityError::Protocol`] for a list that no door would take.
    pub fn snapshot(&mut self, list: &mut DoorList, now: UnixSeconds) -> Result<Parcel, AuthorityError> {
        list.next_version(now);
        list.key = ListKey::generate(&mut self.random)?;
        let rows: Vec<Row> = list.rows.values().cloned().collect();
        let (body, _) = Body::snapshot(&list.key, &list.settings, &rows)?;
        self.seal_update(list, &body, now)
    }

    /// A parcel with what changed since a version: every key that was touched, with its final state.
    ///
    /// # Errors
    ///
    /// As [`Authority::snapshot`].
    pub fn delta(
        &mut self,
        list: &mut DoorList,
        from: ListVersion,
        now: UnixSeconds,
    ) -> Result<Parcel, AuthorityError> {
        list.next_version(now);
        let touched = list.touched.iter().filter(|(_, version)| **version > from);
        let changes: Vec<Change> = touched.map(|(key, _)| list.change_of(key)).collect();
        let delta = Delta {
            list_key: &list.key,
            digest: list.digest()?,
            rows: u32::try_from(list.rows.len()).unwrap_or(u32::MAX),
            changes: &changes,
            settings: (list.settings_touched > from).then_some(&list.settings),
        };
        let body = Body::delta(&delta, from)?;
        self.seal_update(list, &body, now)
    }

    /// A delta as it is, sensible or not: for tests of what doors refuse.
    ///
    /// # Errors
    ///
    /// As [`Authority::snapshot`].
    pub fn seal_update(
        &mut self,
        list: &DoorList,
        body: &Body,
        now: UnixSeconds,
    ) -> Result<Parcel, AuthorityError> {
        let keys = self.doors.get(&list.door).ok_or(AuthorityError::UnknownDoor)?.keys;
        let subject = UpdateSubject {
            property: self.property,
            generation: self.generation,
            door: list.door,
            door_key: keys.id(),
        };
        let issue = Issue { subject, to: list.version, issued: now, apply_until: now.plus(APPLY_SECONDS) };
        Ok(body.seal(&issue, &keys.sealing_key, &self.signing, &mut self.random)?)
    }
}
