//! Keycards: making, activating and deactivating them, by staff and by their holders.

mod activate;
mod deactivate;
mod personalise;
mod status;

use std::collections::BTreeSet;

use thumbturn_protocol::ids::{DoorId, HolderId};

use crate::ids::AccountId;
use crate::office::permission::{Need, NotPermitted};
use crate::office::task::DoorTask;
use crate::office::work::Work;
use crate::office::{Actor, Error, Thing, store};

pub use self::activate::ActivateCard;
pub use self::deactivate::DeactivateCard;
pub use self::personalise::{ApplicationKeys, CardKeys, PersonaliseCard};
pub use self::status::{CardLine, CardStatus, CredentialStatus, Credentials};

/// What follows from activating or deactivating a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardChanged {
    /// Where the card stands now.
    pub status: CardStatus,
    /// Doors without a network that are to hear of it.
    pub waiting: Vec<DoorId>,
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
}

/// The account of a person whose card the actor may change: the person, and managers of all the person's Keys, unless the person has access
/// outside their portfolio.
async fn permitted(work: &mut Work<'_>, person: HolderId) -> Result<AccountId, Error> {
    let (property, now) = (work.property(), work.now);
    let account = store::person::account(work.connection(), property, person).await?;
    let account = account.ok_or(Error::NotFound(Thing::Person))?;
    if work.actor == Actor::Account(account) {
        return Ok(account);
    }
    let grants = store::grant::live(work.connection(), property, person, now).await?;
    let keys: BTreeSet<_> = grants.iter().map(|record| record.grant.key).collect();
    work.require(&Need::Keys(keys))?;
    let portfolio = work.property.portfolio;
    let is_outside = work.actor != Actor::Host
        && store::card::opens_elsewhere(work.connection(), account, portfolio, now).await?;
    if is_outside { Err(NotPermitted::OutsidePortfolio.into()) } else { Ok(account) }
}
