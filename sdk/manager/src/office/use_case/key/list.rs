//! Which Keys there are.

use crate::access::KeyDoor;
use crate::ids::KeyId;
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// All Keys of the property, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListKeys;

/// A Key of the property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Which.
    pub key: KeyId,
    /// Its name, for staff.
    pub name: String,
    /// What it opens, and when.
    pub doors: Vec<KeyDoor>,
    /// How many people hold it, or are to hold it later, their guests included.
    pub holders: usize,
}

impl Sealed for ListKeys {}

impl Question for ListKeys {
    type Answer = Vec<KeyLine>;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<KeyLine>, Error> {
        let (property, now) = (view.property(), view.now);
        let mut lines = Vec::new();
        for record in store::key::all(view.connection(), property).await? {
            lines.push(KeyLine {
                key: record.id,
                name: record.name,
                doors: store::key::doors(view.connection(), property, record.id).await?,
                holders: store::key::holders(view.connection(), property, record.id, now).await?.len(),
            });
        }
        Ok(lines)
    }
}
