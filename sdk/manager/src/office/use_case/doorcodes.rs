//! Permanent doorcodes, for those whose they are: managers never see one.

mod length;
mod mine;
mod reset;

use thumbturn_protocol::ids::HolderId;

use crate::office::permission::NotPermitted;
use crate::office::work::View;
use crate::office::{Actor, Error, store};

pub use self::length::{LengthSet, SetResidenceCodeLength};
pub use self::mine::{DoorcodeLine, MyDoorcodes};
pub use self::reset::ResetDoorcode;

/// Refuses everybody but the person: no right makes another's secret one's own.
async fn require_person(view: &mut View<'_>, person: HolderId) -> Result<(), Error> {
    let property = view.property();
    let account = store::person::account(view.connection(), property, person).await?;
    let is_own = account.is_some_and(|account| view.actor == Actor::Account(account));
    if is_own { Ok(()) } else { Err(NotPermitted::OthersSecret.into()) }
}
