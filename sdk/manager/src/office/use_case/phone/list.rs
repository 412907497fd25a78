//! The phones of a person.

use thumbturn_protocol::ids::{HolderId, PhoneId};
use thumbturn_protocol::time::UnixSeconds;

use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// The phones of a person that were not revoked: for the person, or a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPhones {
    /// Whose.
    pub person: HolderId,
}

/// A phone of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneLine {
    /// Which.
    pub phone: PhoneId,
    /// Since when.
    pub enrolled: UnixSeconds,
}

impl Sealed for ListPhones {}

impl Question for ListPhones {
    type Answer = Vec<PhoneLine>;

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.person)
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<PhoneLine>, Error> {
        let property = view.property();
        let phones = store::phone::of(view.connection(), property, self.person).await?;
        Ok(phones.into_iter().map(|(phone, enrolled)| PhoneLine { phone, enrolled }).collect())
    }
}
