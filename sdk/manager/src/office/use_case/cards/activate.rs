//! Activating a keycard.

use std::collections::BTreeSet;

use serde_json::json;
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_protocol::ids::HolderId;

use super::deactivate::deactivate;
use super::{CardChanged, CardLine, permitted};
use crate::office::audit::Subject;
use crate::office::notification::Notice;
use crate::office::permission::Need;
use crate::office::store::card::CardRecord;
use crate::office::task::{DoorTask, Reason};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, lists, store};

/// Activates a keycard for a person: on all doors that the person may open, now and later. Another card of the person is deactivated
/// with it. By staff, or by the person. The person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivateCard {
    /// For whom.
    pub person: HolderId,
    /// The card.
    pub token: CardToken,
    /// The version that the card was personalised with; doors refuse a lower one.
    pub version: CardVersion,
}

impl Sealed for ActivateCard {}

impl UseCase for ActivateCard {
    type Answer = CardChanged;
    const NAME: &'static str = "activate card";

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.person)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<CardChanged, Error> {
        let (property, now) = (work.property(), work.now);
        let account = permitted(work, self.person).await?;
        if self.is_active(work).await? {
            return self.changed(work, Vec::new()).await;
        }
        let before = store::card::live_of(work.connection(), property, self.person).await?;
        if let Some(before) = before.filter(|before| before.token != self.token) {
            deactivate(work, account, &before).await?;
        }
        let numbers = store::property::next_numbers(work.connection(), property, now).await?;
        let (token, holder) = (self.token, self.person);
        let card = CardRecord { token, holder, numbers, lowest_version: self.version, is_live: true };
        store::card::activate(work.connection(), property, &card, now).await?;
        let tasks = lists::reconcile(work, &BTreeSet::from([holder]), Some(Reason::CardAdded)).await?;
        lists::note_doors(work, holder, token).await?;
        work.notify(account, Notice::CardActivated, &json!({})).await?;
        self.changed(work, tasks).await
    }
}

impl ActivateCard {
    /// Whether nothing is left to do. Refuses a card that is or may still be another's: a door that has not heard would take the one for the
    /// other.
    async fn is_active(&self, work: &mut Work<'_>) -> Result<bool, Error> {
        let property = work.property();
        let Some(known) = store::card::find(work.connection(), property, self.token).await? else {
            return Ok(false);
        };
        if known.holder != self.person {
            let waiting = store::card::waiting(work.connection(), property, self.token).await?;
            if known.is_live || !waiting.is_empty() {
                return Err(Invalid::CardInUse.into());
            }
        }
        if self.version < known.lowest_version {
            return Err(Invalid::CardOutdated.into());
        }
        Ok(known.is_live && known.lowest_version == self.version)
    }

    async fn changed(&self, work: &mut Work<'_>, tasks: Vec<DoorTask>) -> Result<CardChanged, Error> {
        let line = CardLine::of(&mut work.view, self.token, true).await?;
        Ok(CardChanged { status: line.status, waiting: line.waiting, tasks })
    }
}
