//! Another address for somebody.

use serde_json::json;
use thumbturn_protocol::ids::HolderId;

use crate::office::audit::Subject;
use crate::office::model::EmailAddress;
use crate::office::notification::Notice;
use crate::office::permission::{Need, NotPermitted};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, store};

/// Changes the address by which somebody is known and signs in. Keys, cards, phones and the past stay. Whoever has the new address
/// signs in as this person from now on, so both addresses are told; of somebody with rights over properties, only a Portfolio Manager changes
/// it; and of somebody whose account serves elsewhere, too, nobody but the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeEmail {
    /// Whose.
    pub person: HolderId,
    /// The new address, which no other account has.
    pub email: EmailAddress,
}

impl Sealed for ChangeEmail {}

impl UseCase for ChangeEmail {
    type Answer = ();
    const NAME: &'static str = "change email";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let (property, portfolio) = (work.property(), work.property.portfolio);
        let account = store::person::account(work.connection(), property, self.person).await?;
        let account = account.ok_or(Error::NotFound(Thing::Person))?;
        if store::account::manages_anything(work.connection(), account).await? {
            work.require(&Need::Portfolio)?;
        }
        if store::account::serves_elsewhere(work.connection(), account, portfolio).await? {
            return Err(NotPermitted::AccountElsewhere.into());
        }
        let old = store::account::address(work.connection(), account).await?;
        let old = old.ok_or(Error::NotFound(Thing::Account))?;
        if old == self.email.as_str() {
            return Ok(());
        }
        if !store::account::set_address(work.connection(), account, &self.email).await? {
            return Err(Invalid::EmailTaken.into());
        }
        for to in [old.as_str(), self.email.as_str()] {
            work.notify(account, Notice::EmailChanged, &json!({ "to": to })).await?;
        }
        Ok(())
    }
}
