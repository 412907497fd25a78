//! What managers of a property may do.

use crate::ids::AccountId;
use crate::office::audit::Subject;
use crate::office::model::{EmailAddress, PersonName};
use crate::office::permission::{Need, Permissions};
use crate::office::store;
use crate::office::work::Work;
use crate::office::{Error, Invalid};

use super::UseCase;
use super::sealed::Sealed;

/// Makes somebody a manager of the property, or changes what a manager may do. Only a Portfolio Manager can. It grants no door
///
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPermissions {
    /// By whose address; an account is made where there is none.
    pub email: EmailAddress,
    /// For a new account.
    pub name: PersonName,
    /// What the manager may do from now on.
    pub permissions: Permissions,
}

impl Sealed for SetPermissions {}

impl UseCase for SetPermissions {
    type Answer = AccountId;
    const NAME: &'static str = "set permissions";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<AccountId, Error> {
        let (property, now, new) = (work.property(), work.now, AccountId::random(work.random)?);
        let (account, _) =
            store::account::find_or_insert(work.connection(), &self.email, &self.name, new, now).await?;
        if work.actor.account() == Some(account) {
            return Err(Invalid::OwnRights.into());
        }
        work.concerns(Subject::Account(account));
        let permissions = (&self.permissions, now);
        store::account::set_permissions(work.connection(), property, account, permissions).await?;
        Ok(account)
    }
}
