//! People: inviting them, changing what they hold, taking it away.

mod change_email;
mod delete;
mod edit;
mod held;
mod invite;
mod list;
mod revoke_all;
mod revoke_key;

use std::collections::BTreeSet;

use thumbturn_protocol::ids::{DoorId, HolderId};

use crate::office::store::grant::{Ending, GrantRecord};
use crate::office::use_case::daily_codes::drop_daily_codes;
use crate::office::work::Work;
use crate::office::{Error, store};

pub use self::change_email::ChangeEmail;
pub use self::delete::DeletePerson;
pub(super) use self::delete::delete_person;
pub use self::edit::{EditAccess, Edited, NewEnd};
pub use self::held::HeldKeys;
pub(super) use self::invite::find_or_make;
pub use self::invite::{InvitePerson, Invited};
pub use self::list::{ListPeople, PersonLine};
pub use self::revoke_all::RevokeAll;
pub use self::revoke_key::RevokeKey;

/// Ends grants, and with them what their holders' guests have on doors that no other Key of the holder covers. Gives everybody whom
/// that may concern.
pub(super) async fn revoke_grants(
    work: &mut Work<'_>,
    grants: &[GrantRecord],
    ending: Ending,
) -> Result<BTreeSet<HolderId>, Error> {
    let (property, now) = (work.property(), work.now);
    for record in grants {
        store::grant::end(work.connection(), property, record.id, (ending, now)).await?;
    }
    let holders: BTreeSet<HolderId> = grants.iter().map(|record| record.grant.person).collect();
    let mut affected = holders.clone();
    for holder in holders {
        affected.extend(drop_orphans(work, holder).await?);
    }
    Ok(affected)
}

/// Takes from a holder's guests the doors that no Key of the holder that may be shared covers any more, and the daily codes given there. Gives
/// these guests.
async fn drop_orphans(work: &mut Work<'_>, granter: HolderId) -> Result<Vec<HolderId>, Error> {
    let (property, now) = (work.property(), work.now);
    let access = store::access::of(work.connection(), property, &BTreeSet::from([granter]), now).await?;
    let is_lost = |door: DoorId| !access.covers(granter, door, now);
    drop_daily_codes(work, granter, is_lost).await?;
    let guests = store::grant::guests_of(work.connection(), property, granter, now).await?;
    for (id, _) in &guests {
        let doors = store::grant::doors_of_guest(work.connection(), property, *id).await?;
        let lost = doors.into_iter().filter(|door| is_lost(*door)).collect();
        store::grant::take_from_guest(work.connection(), property, *id, (&lost, now)).await?;
    }
    Ok(guests.into_iter().map(|(_, guest)| guest).collect())
}
