//! Express consent, where a property asks for it: before, nothing of a person's goes to a lock.

mod give;
mod status;
mod withdraw;

use std::collections::BTreeSet;

use thumbturn_protocol::ids::HolderId;

use crate::office::permission::{Need, NotPermitted};
use crate::office::task::DoorTask;
use crate::office::work::Work;
use crate::office::{Error, Thing, lists, store};

pub use self::give::GiveConsent;
pub use self::status::{ConsentStatus, ConsentStatusOf};
pub use self::withdraw::WithdrawConsent;

/// How somebody said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// In the app: by the person's own account, and no other.
    App,
    /// On paper, which staff keep: by the person, or by staff in the person's stead.
    Writing,
}

impl Channel {
    const fn code(self) -> u8 {
        match self {
            Self::App => 0,
            Self::Writing => 1,
        }
    }

    const fn need(self, person: HolderId) -> Need {
        match self {
            Self::App => Need::Oneself(person),
            Self::Writing => Need::SelfOrSomeKeys(person),
        }
    }
}

/// Refuses whom the property does not know; the host, where somebody has to speak for himself; and staff who do not manage all Keys of the
/// person: what somebody says decides over all of them.
async fn require(work: &mut Work<'_>, person: HolderId, channel: Channel) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let account = store::person::account(work.connection(), property, person).await?;
    let account = account.ok_or(Error::NotFound(Thing::Person))?;
    if work.actor.account() == Some(account) {
        return Ok(());
    }
    if channel == Channel::App {
        return Err(NotPermitted::SomebodyElse.into());
    }
    let grants = store::grant::live(work.connection(), property, person, now).await?;
    work.require(&Need::Keys(grants.iter().map(|record| record.grant.key).collect()))
}

/// Brings doors in line with a consent that came or went: those of the person, and of the person's guests.
async fn reconcile(work: &mut Work<'_>, person: HolderId) -> Result<Vec<DoorTask>, Error> {
    let (property, now) = (work.property(), work.now);
    let guests = store::grant::guests_of(work.connection(), property, person, now).await?;
    let affected: BTreeSet<_> = guests.into_iter().map(|(_, guest)| guest).chain([person]).collect();
    lists::reconcile(work, &affected, None).await
}
