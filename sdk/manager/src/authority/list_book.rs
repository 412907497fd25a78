//! The list that one door is to have, every version of it that ever left, and what the door says it has (spec §10.6–§10.8).

mod planning;
#[cfg(feature = "office")]
mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::code::CodeLength;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::row::{Row, RowKey};
use thumbturn_protocol::update::settings::Settings;

#[cfg(feature = "office")]
pub(crate) use self::stored::{StoredBook, StoredLeft, StoredRow, Versions};
use super::error::AuthorityError;
use super::numbering::raised;
use super::receipt_book::NewReceipt;

/// The wanted list of one door, and its versions.
///
/// Changes wait until an update is made of them: until then they are nobody's business, and taking them back costs nothing. A version
/// that left in a parcel is never taken back; the way back is a new version.
#[derive(Debug)]
pub struct ListBook {
    rows: BTreeMap<RowKey, Row>,
    settings: Settings,
    /// Of the digests of the newest version.
    key: ListKey,
    /// The highest version that left here, or that the door had from an authority whose books are lost.
    version: ListVersion,
    /// Versions that left, from the one that the door has confirmed.
    left: BTreeMap<ListVersion, Left>,
    /// What the door has, as far as that is the authority's own list.
    confirmed: Option<ListVersion>,
    /// The door asks for a snapshot.
    snapshot_wanted: bool,
    /// At which version each key was touched last, if after the confirmed one.
    touched: BTreeMap<RowKey, ListVersion>,
    settings_touched: ListVersion,
    /// From which version on `touched` is whole.
    remembered: ListVersion,
    pending: BTreeSet<RowKey>,
    settings_pending: bool,
}

/// A version as it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    digest: ListDigest,
    origin: Origin,
}

/// How a version came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// By the claim: an empty list without a list key, to which no delta fits.
    Claim,
    /// By a delta, under the list key of the version before.
    Delta,
    /// By a snapshot, under a list key of its own.
    Snapshot,
}

impl ListBook {
    /// The list of a door that was claimed with this configuration: its version and settings, no schedules, codes of seven digits,
    /// no daily codes. The deny entries of the claim are rows that the first update brings, because it takes the place of all that
    /// the claim said (spec §10.2).
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Random`].
    pub fn claimed(
        configuration: &DoorConfiguration,
        random: &mut dyn SecureRandom,
    ) -> Result<Self, AuthorityError> {
        let settings = Settings {
            tag_key: configuration.tag_key.clone(),
            kind: configuration.kind,
            relock_seconds: configuration.relock_seconds,
            zone: configuration.zone.clone(),
            schedules: Vec::new(),
            code_length: CodeLength::SEVEN,
            daily_codes: None,
        };
        let version = configuration.list_version;
        let claim = Left { digest: ListDigest::EMPTY, origin: Origin::Claim };
        let mut book = Self {
            rows: BTreeMap::new(),
            settings,
            key: ListKey::generate(random)?,
            version,
            left: BTreeMap::from([(version, claim)]),
            confirmed: Some(version),
            snapshot_wanted: false,
            touched: BTreeMap::new(),
            settings_touched: ListVersion(0),
            remembered: ListVersion(0),
            pending: BTreeSet::new(),
            settings_pending: false,
        };
        configuration.deny.iter().for_each(|entry| book.set(Row::Deny(*entry)));
        Ok(book)
    }

    /// Puts a row in the place of any before it with the same key.
    pub fn set(&mut self, row: Row) {
        let key = row.key();
        if self.rows.get(&key) != Some(&row) {
            self.pending.insert(key.clone());
            self.rows.insert(key, row);
        }
    }

    /// Takes a row away.
    pub fn remove(&mut self, key: &RowKey) {
        if self.rows.remove(key).is_some() {
            self.pending.insert(key.clone());
        }
    }

    /// Changes the settings.
    pub fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        self.settings_pending = true;
        change(&mut self.settings);
    }

    /// Learns what the door has, from each receipt that [`ReceiptBook::take`](super::receipt_book::ReceiptBook::take) gives. A version above all that are known here was given by an authority whose books are lost: the next one is
    /// above it. A list of the door that is not the one that left under its version is replaced by a snapshot.
    pub fn learn(&mut self, receipt: &NewReceipt, now: UnixSeconds) {
        self.snapshot_wanted = receipt.header.flags.wants_snapshot;
        self.confirmed = self.recognised(receipt);
        match self.confirmed {
            Some(version) => self.forget_before(version),
            None => self.rise_above(receipt.header.list_version, now),
        }
    }

    /// The version of a receipt, if the door's list is the one that left under this version.
    #[must_use]
    pub fn recognised(&self, receipt: &NewReceipt) -> Option<ListVersion> {
        let version = receipt.header.list_version;
        let left = self.left.get(&version)?;
        (*left.digest.as_bytes() == receipt.body.list_digest).then_some(version)
    }

    /// The version that the newest update leads to; before the first that of the claim.
    #[must_use]
    pub const fn version(&self) -> ListVersion {
        self.version
    }

    /// The version that the door is known to have; `None`: its list is not known here.
    #[must_use]
    pub const fn confirmed(&self) -> Option<ListVersion> {
        self.confirmed
    }

    /// The wanted rows, rising by key.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.rows.values()
    }

    /// The wanted settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The digest of the wanted list under the list key of the newest version.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] for settings that no door would take.
    pub fn digest(&self) -> Result<ListDigest, AuthorityError> {
        let digester = self.key.digester();
        let settings = ListDigest::EMPTY.plus(&digester.settings(&self.settings.to_bytes()?));
        Ok(self.rows().fold(settings, |sum, row| sum.plus(&digester.row(&row.to_bytes()))))
    }

    /// The door has a list of this version that is not known here: nothing that left up to there is of use any more.
    fn rise_above(&mut self, heard: ListVersion, now: UnixSeconds) {
        self.version = ListVersion(raised(self.version.0, heard.0, now));
        if heard <= self.version {
            self.left.retain(|version, _| *version > heard);
        }
    }

    /// No delta will begin before a version that the door has.
    fn forget_before(&mut self, version: ListVersion) {
        self.left = self.left.split_off(&version);
        self.touched.retain(|_, touched| *touched > version);
        self.remembered = version;
    }
}
