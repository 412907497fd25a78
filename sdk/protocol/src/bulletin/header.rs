//! The signed header of a bulletin (spec §11.1).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::{BulletinEpoch, Generation, PropertyId, check_version};
use crate::labels::{self, Label};
use crate::limits;
use crate::signed::Signable;
use crate::time::UnixSeconds;

/// Names a set of entries and vouches for it. 60 bytes, 124 with the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Layout", into = "Layout")]
pub struct BulletinHeader {
    version: u8,
    /// The property whose doors must refuse.
    pub property: PropertyId,
    /// The generation of the key that signed this.
    pub generation: Generation,
    /// Higher than that of every bulletin before in this generation.
    pub epoch: BulletinEpoch,
    /// When the property signed this.
    pub issued: UnixSeconds,
    /// How many entries, at most [`limits::BULLETIN_ENTRIES`].
    pub count: u16,
    /// Hash of the entries.
    pub entries_hash: [u8; 32],
}

/// Which of two bulletins of a property is newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BulletinVersion {
    /// The generation, which counts first: epochs start anew with each.
    pub generation: Generation,
    /// The epoch within it; 0 stands for none.
    pub epoch: BulletinEpoch,
}

/// The fixed layout: postcard writes arrays of bytes one after another, without lengths.
#[derive(Serialize, Deserialize)]
struct Layout {
    version: u8,
    property: PropertyId,
    generation: [u8; 4],
    epoch: [u8; 4],
    issued: [u8; 8],
    count: [u8; 2],
    zero: u8,
    entries_hash: [u8; 32],
}

impl BulletinHeader {
    const VERSION: u8 = 1;

    pub(super) const fn new(
        property: PropertyId,
        version: BulletinVersion,
        issued: UnixSeconds,
        count: u16,
        entries_hash: [u8; 32],
    ) -> Self {
        let BulletinVersion { generation, epoch } = version;
        Self { version: Self::VERSION, property, generation, epoch, issued, count, entries_hash }
    }

    /// What decides whether it replaces another: the higher one does.
    #[must_use]
    pub const fn version(&self) -> BulletinVersion {
        BulletinVersion { generation: self.generation, epoch: self.epoch }
    }
}

impl Signable for BulletinHeader {
    const LABEL: Label = labels::BULLETIN;
    const NAME: &'static str = "bulletin header";
    const MAX_BODY: usize = limits::BULLETIN_HEADER;

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, Self::NAME)?;
        if usize::from(self.count) > limits::BULLETIN_ENTRIES || self.epoch == BulletinEpoch(0) {
            return Err(Error::Malformed(Self::NAME));
        }
        Ok(())
    }
}

impl From<BulletinHeader> for Layout {
    fn from(header: BulletinHeader) -> Self {
        Self {
            version: header.version,
            property: header.property,
            generation: header.generation.0.to_be_bytes(),
            epoch: header.epoch.0.to_be_bytes(),
            issued: header.issued.seconds().to_be_bytes(),
            count: header.count.to_be_bytes(),
            zero: 0,
            entries_hash: header.entries_hash,
        }
    }
}

impl TryFrom<Layout> for BulletinHeader {
    type Error = Error;

    fn try_from(layout: Layout) -> Result<Self, Error> {
        // `zero` is written as zero, so the one encoding of the value (spec §1.2) has no other.
        Ok(Self {
            version: layout.version,
            property: layout.property,
            generation: Generation(u32::from_be_bytes(layout.generation)),
            epoch: BulletinEpoch(u32::from_be_bytes(layout.epoch)),
            issued: UnixSeconds::new(u64::from_be_bytes(layout.issued))
                .ok_or(Error::Malformed(Self::NAME))?,
            count: u16::from_be_bytes(layout.count),
            entries_hash: layout.entries_hash,
        })
    }
}
