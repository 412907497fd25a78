//! Bulletins: the whole set of what every door of a property must refuse now (spec §11.1).

use thumbturn_protocol::bulletin::{Bulletin, BulletinDraft, BulletinVersion, Denial};
use thumbturn_protocol::ids::{BulletinEpoch, Generation};
use thumbturn_protocol::time::UnixSeconds;

use super::error::AuthorityError;
use super::generation_keys::GenerationKeys;
use super::numbering::{next_number, raised};
use super::receipt_book::NewReceipt;

/// The epoch of the newest bulletin of one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulletinBook {
    version: BulletinVersion,
}

impl BulletinBook {
    /// A generation of which no bulletin has left.
    #[must_use]
    pub const fn new(generation: Generation) -> Self {
        Self { version: BulletinVersion { generation, epoch: BulletinEpoch(0) } }
    }

    /// The same, of which the newest bulletin had this epoch.
    #[must_use]
    pub const fn resumed(mut self, epoch: BulletinEpoch) -> Self {
        self.version.epoch = epoch;
        self
    }

    /// The newest bulletin that left, or that a door is known to have.
    #[must_use]
    pub const fn version(&self) -> BulletinVersion {
        self.version
    }

    /// Signs a set under an epoch above all that were given before.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] for more than 256 denials or two of one subject, and for keys of another generation;
    /// [`AuthorityError::NumbersUsedUp`].
    pub fn sign(
        &mut self,
        keys: &GenerationKeys,
        denials: Vec<Denial>,
        now: UnixSeconds,
    ) -> Result<Bulletin, AuthorityError> {
        if keys.generation() != self.version.generation {
            return Err(
                thumbturn_protocol::error::Error::InvalidArgument("keys of another generation").into()
            );
        }
        let epoch = BulletinEpoch(next_number(self.version.epoch.0, now)?);
        let version = BulletinVersion { epoch, ..self.version };
        let draft = BulletinDraft { property: keys.property(), version, issued: now, denials };
        let bulletin = draft.sign(&*keys.signing)?;
        self.version = version;
        Ok(bulletin)
    }

    /// Learns from a receipt which epoch a door has: above the newest that is known when this book came from an old backup.
    pub fn learn(&mut self, receipt: &NewReceipt, now: UnixSeconds) {
        let generation = receipt.header.origin.generation;
        self.learn_version(BulletinVersion { generation, epoch: receipt.body.bulletin_epoch }, now);
    }

    /// Learns of a bulletin that the property signed, and of which this book does not know.
    pub fn learn_version(&mut self, version: BulletinVersion, now: UnixSeconds) {
        if version.generation == self.version.generation {
            self.version.epoch = BulletinEpoch(raised(self.version.epoch.0, version.epoch.0, now));
        }
    }
}
