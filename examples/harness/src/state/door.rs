//! A door that the harness claims: what it was told, its keys, and everything that made its books.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::random::random_bytes;
use thumbturn_protocol::time::UnixSeconds;

use super::file;
use super::hexadecimal::Hexadecimal;
use super::property::GrantedDoor;
use crate::entropy::SystemRandom;
use crate::failure::Failure;

/// The file of a door.
///
/// The manager core's books are values without a form on disk. So the file keeps what happened to them, and they are made from it
/// each time ([`super::books::Books`]): the same entries and the same seed give the same books.
#[derive(Clone, Debug)]
pub(crate) struct DoorFile {
    /// What people call it.
    pub(crate) name: String,
    /// What it was told when it was claimed. Kept before the claim: one whose outcome is not known is tried again with the same.
    pub(crate) configuration: DoorConfiguration,
    /// Its keys; `None`: not claimed yet.
    pub(crate) keys: Option<DoorPublicKeys>,
    pub(super) seed: [u8; 32],
    pub(super) entries: Vec<Entry>,
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Content {
    name: String,
    configuration: DoorConfiguration,
    keys: Option<DoorPublicKeys>,
    seed: Hexadecimal,
    entries: Vec<Entry>,
}

/// Something that happened to the books of a door. Randomness comes from the stream of its number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Entry {
    /// A row was set.
    Set {
        /// The row, 64 bytes.
        row: Hexadecimal,
    },
    /// So many rows of nobody's cards were made anew.
    Filled {
        /// How many.
        rows: u32,
    },
    /// An update was made of what was pending.
    Planned {
        /// When.
        at: UnixSeconds,
        /// Whether the whole list was asked for.
        whole: bool,
    },
    /// A receipt came.
    Receipt {
        /// As the door sealed it.
        sealed: Hexadecimal,
        /// When.
        at: UnixSeconds,
    },
    /// A batch of the log came.
    Batch {
        /// As the door sealed it.
        sealed: Hexadecimal,
    },
}

impl DoorFile {
    /// A door that is about to be claimed.
    pub(crate) fn new(path: &Path, name: &str, configuration: DoorConfiguration) -> Result<Self, Failure> {
        let seed = random_bytes(&mut SystemRandom)?;
        let (name, path) = (name.to_owned(), path.to_path_buf());
        Ok(Self { name, configuration, keys: None, seed, entries: Vec::new(), path })
    }

    /// Reads the file of a door.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        Self::find(path)?.ok_or_else(|| {
            let next = "run the command again";
            Failure::new("state-malformed", format!("{} has gone", path.display()), next)
        })
    }

    /// Reads the file of a door, if there is one.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, Failure> {
        let Some(content) = file::read_json::<Content>(path)? else { return Ok(None) };
        let Content { name, configuration, keys, seed, entries } = content;
        let seed = seed.0.as_slice().try_into().map_err(|_| {
            let next = "move the file away, reset the door and commission it again";
            Failure::new("state-malformed", format!("{}: no seed", path.display()), next)
        })?;
        Ok(Some(Self { name, configuration, keys, seed, entries, path: path.to_path_buf() }))
    }

    /// Writes it.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let content = Content {
            name: self.name.clone(),
            configuration: self.configuration.clone(),
            keys: self.keys,
            seed: Hexadecimal(self.seed.to_vec()),
            entries: self.entries.clone(),
        };
        file::replace_json(&self.path, &content)
    }

    /// Removes the file of a door that was never claimed.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        std::fs::remove_file(&self.path).map_err(|error| Failure::of_file(&self.path, &error))
    }

    /// Whether it is a door of the property.
    pub(crate) const fn is_claimed(&self) -> bool {
        self.keys.is_some()
    }

    /// For a grant.
    pub(crate) fn granted(&self) -> Result<GrantedDoor<'_>, Failure> {
        Ok(GrantedDoor { configuration: &self.configuration, keys: self.public_keys()? })
    }

    /// Its keys.
    pub(crate) fn public_keys(&self) -> Result<DoorPublicKeys, Failure> {
        self.keys.ok_or_else(|| {
            let what = format!("{} is not claimed", self.name);
            Failure::new("no-door", what, "run `commission` for it again")
        })
    }
}
