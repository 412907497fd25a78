//! What the harness remembers between two runs: a property for testing, its doors, its phones, its measurements.
//!
//! Everything lies in one folder, in the clear: **keys in it open doors**, so a door that is used for testing is reset before it is
//! used for anything else.

pub(crate) mod books;
pub(crate) mod door;
pub(crate) mod file;
pub(crate) mod hexadecimal;
pub(crate) mod key_file;
pub(crate) mod phone;
pub(crate) mod property;
pub(crate) mod rows;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;

use self::door::DoorFile;
use self::phone::TestPhone;
use self::property::Property;
use crate::failure::Failure;

/// The folder of the harness inside the user's data folder.
const FOLDER: &str = "thumbturn-harness";
/// Says what the folder is to whoever finds it.
const NOTICE: &str = "Keys of a test property, of test phones and of the doors that they open, in the clear. For testing only.\n";

/// The state folder, locked against a second harness for as long as this value lives.
pub(crate) struct StateFolder {
    path: PathBuf,
    _lock: File,
}

impl StateFolder {
    /// Opens (or makes) the folder; `None`: in the user's data folder, or here when there is none.
    pub(crate) fn open(chosen: Option<&Path>) -> Result<Self, Failure> {
        let path = chosen.map_or_else(default_path, Path::to_path_buf);
        let open = || {
            file::make_folder(&path)?;
            for part in ["doors", "phones", "measurements"] {
                file::make_folder(&path.join(part))?;
            }
            fs::write(path.join("README"), NOTICE)?;
            File::options().create(true).truncate(false).write(true).open(path.join("lock"))
        };
        let lock = open().map_err(|error| Failure::of_file(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failure::new(
                "state-folder-in-use",
                format!("another harness uses {}", path.display()),
                "end it, or give this one a folder of its own with --state DIR",
            )),
            Err(TryLockError::Error(error)) => Err(Failure::of_file(&path, &error)),
        }
    }

    /// The test property, made at first use.
    pub(crate) fn property(&self) -> Result<Arc<Property>, Failure> {
        Ok(Arc::new(Property::open(&self.path.join("property.json"))?))
    }

    /// Where the file of a door lies.
    pub(crate) fn door_path(&self, name: &str) -> PathBuf {
        self.path.join("doors").join(format!("{name}.json"))
    }

    /// The doors that were claimed, sorted by name.
    pub(crate) fn doors(&self) -> Result<Vec<DoorFile>, Failure> {
        file::all_json(&self.path.join("doors"))?.iter().map(|path| DoorFile::read(path)).collect()
    }

    /// The door with this name; without one the only door that there is.
    pub(crate) fn door(&self, name: Option<&str>) -> Result<DoorFile, Failure> {
        let mut claimed: Vec<_> = self.doors()?.into_iter().filter(|door| door.is_claimed()).collect();
        let names = claimed.iter().map(|door| door.name.clone()).collect::<Vec<_>>().join(", ");
        if let Some(name) = name {
            let found = claimed.into_iter().find(|door| door.name == name);
            return found.ok_or_else(|| {
                Failure::new(
                    "unknown-door",
                    format!("no door called {name} was claimed"),
                    format!("`commission` it, or choose one of: {names}"),
                )
            });
        }
        match (claimed.pop(), claimed.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => {
                let next = format!("say which with --door: {names}");
                Err(Failure::new("several-doors", "several doors were claimed", next))
            }
            (None, _) => {
                let next = "claim one: `commission --secret` and the 32 digits of its label";
                Err(Failure::new("no-door", "no door was claimed yet", next))
            }
        }
    }

    /// Where measurements lie.
    pub(crate) fn measurements(&self) -> PathBuf {
        self.path.join("measurements")
    }

    /// The phone with this name, enrolled at first use.
    pub(crate) fn phone(&self, name: &str, property: &Property) -> Result<TestPhone, Failure> {
        TestPhone::open(&self.path.join("phones").join(name), name, property)
    }
}

/// In the user's data folder, as the platform has it.
fn default_path() -> PathBuf {
    etcetera::choose_base_strategy()
        .map_or_else(|_| PathBuf::from(FOLDER), |strategy| strategy.data_dir().join(FOLDER))
}
