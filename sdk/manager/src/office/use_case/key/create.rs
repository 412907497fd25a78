//! Making a Key.

use crate::access::KeyDoor;
use crate::ids::KeyId;
use crate::office::audit::Subject;
use crate::office::model::Name;
use crate::office::permission::Need;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, store};

/// Makes a Key (F-041). Its name is not shown to residents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateKey {
    /// Its name, which no other Key of the property has.
    pub name: Name,
    /// At least one door, none twice.
    pub doors: Vec<KeyDoor>,
}

impl Sealed for CreateKey {}

impl UseCase for CreateKey {
    type Answer = KeyId;
    const NAME: &'static str = "create key";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<KeyId, Error> {
        super::check(work, &self.doors).await?;
        let (property, key) = (work.property(), KeyId::random(work.random)?);
        if !store::key::insert(work.connection(), property, key, self.name.as_str()).await? {
            return Err(Error::NameTaken(Thing::Key));
        }
        store::key::set_doors(work.connection(), property, key, &self.doors).await?;
        work.concerns(Subject::Key(key));
        Ok(key)
    }
}
