//! Deleting a person.

use thumbturn_protocol::ids::HolderId;

use crate::ids::AccountId;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::store::grant::Ending;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, lists, store};

use super::revoke_all::revoke_all;

/// Takes everything from somebody, and the person out of the people's page; a keycard is deactivated. Past activity keeps the name until retention ends.
/// The account goes with the last property of it. Gives the tasks that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletePerson {
    /// Whom.
    pub person: HolderId,
}

impl Sealed for DeletePerson {}

impl UseCase for DeletePerson {
    type Answer = Vec<DoorTask>;
    const NAME: &'static str = "delete person";

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Vec<DoorTask>, Error> {
        let property = work.property();
        let account = store::person::account(work.connection(), property, self.person).await?;
        let account = account.ok_or(Error::NotFound(Thing::Person))?;
        delete_person(work, self.person, account).await
    }
}

/// Takes everything from somebody who signs in with this account, and the person out of the people's page.
pub(in crate::office::use_case) async fn delete_person(
    work: &mut Work<'_>,
    person: HolderId,
    account: AccountId,
) -> Result<Vec<DoorTask>, Error> {
    let (property, now) = (work.property(), work.now);
    if work.actor.account() == Some(account) {
        return Err(Invalid::OwnRights.into());
    }
    let card = store::card::live_of(work.connection(), property, person).await?;
    if let Some(card) = &card {
        store::card::deactivate(work.connection(), property, card.token, now).await?;
    }
    let tasks = revoke_all(work, person, Ending::PersonDeleted).await?;
    if let Some(card) = card {
        lists::note_doors(work, person, card.token).await?;
    }
    store::person::delete(work.connection(), property, (person, account), now).await?;
    Ok(tasks)
}
