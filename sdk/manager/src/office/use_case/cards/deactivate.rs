//! Deactivating a keycard.

use std::collections::BTreeSet;

use serde_json::json;
use thumbturn_protocol::ids::HolderId;

use super::{CardChanged, CardLine, permitted};
use crate::ids::AccountId;
use crate::office::audit::Subject;
use crate::office::notification::Notice;
use crate::office::permission::Need;
use crate::office::store::card::CardRecord;
use crate::office::task::{DoorTask, Reason};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, bulletins, lists, store};

/// Deactivates the keycard of a person, also when the person has no access left. A door without a network takes it until its update:
/// [`CardChanged::waiting`] has these doors. By staff, or by the person. The person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeactivateCard {
    /// Whose.
    pub person: HolderId,
}

impl Sealed for DeactivateCard {}

impl UseCase for DeactivateCard {
    type Answer = CardChanged;
    const NAME: &'static str = "deactivate card";

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.person)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<CardChanged, Error> {
        let property = work.property();
        let account = permitted(work, self.person).await?;
        let card = store::card::live_of(work.connection(), property, self.person).await?;
        let card = card.ok_or(Error::NotFound(Thing::Card))?;
        let tasks = deactivate(work, account, &card).await?;
        let line = CardLine::of(&mut work.view, card.token, false).await?;
        Ok(CardChanged { status: line.status, waiting: line.waiting, tasks })
    }
}

/// Takes a card from its holder, and tells so.
pub(super) async fn deactivate(
    work: &mut Work<'_>,
    account: AccountId,
    card: &CardRecord,
) -> Result<Vec<DoorTask>, Error> {
    let (property, now) = (work.property(), work.now);
    store::card::deactivate(work.connection(), property, card.token, now).await?;
    let holders = BTreeSet::from([card.holder]);
    let tasks = lists::reconcile(work, &holders, Some(Reason::CardRemoved)).await?;
    lists::note_doors(work, card.holder, card.token).await?;
    bulletins::deny_card(work, card.token).await?;
    work.notify(account, Notice::CardDeactivated, &json!({})).await?;
    Ok(tasks)
}
