//! Guests: whom holders of Keys let in.

mod invite;
mod list;
mod revoke;

use std::collections::BTreeSet;

use thumbturn_protocol::ids::{DoorId, HolderId};

use crate::access::{KeyDoor, Term};
use crate::office::permission::Need;
use crate::office::work::{View, Work};
use crate::office::{Error, store};

pub use self::invite::{GuestInvited, InviteGuest};
pub use self::list::{GuestLine, ListGuests};
pub use self::revoke::{RevokeGuest, RevokeGuestAccess};

/// A door that a holder may let guests in at, by one Key.
pub(super) struct Shareable {
    pub(super) term: Term,
    pub(super) door: KeyDoor,
}

/// Where a holder may let guests in, once for each Key that may be shared. For a manager, by the Keys that he manages.
pub(super) async fn shareable(work: &mut Work<'_>, granter: HolderId) -> Result<Vec<Shareable>, Error> {
    let (property, now) = (work.property(), work.now);
    let mut found = Vec::new();
    for record in store::grant::live(work.connection(), property, granter, now).await? {
        let grant = record.grant;
        if !grant.may_share || require_one(work, granter, BTreeSet::from([grant.key])).is_err() {
            continue;
        }
        let doors = store::key::doors(work.connection(), property, grant.key).await?;
        found.extend(doors.into_iter().map(|door| Shareable { term: grant.term, door }));
    }
    Ok(found)
}

/// Refuses whoever is neither the granter nor a manager of all the granter's Keys for these doors.
pub(super) async fn require_over(
    view: &mut View<'_>,
    granter: HolderId,
    doors: &BTreeSet<DoorId>,
) -> Result<(), Error> {
    let (property, now) = (view.property(), view.now);
    let mut keys = BTreeSet::new();
    for record in store::grant::live(view.connection(), property, granter, now).await? {
        let of_key = store::key::doors(view.connection(), property, record.grant.key).await?;
        if of_key.iter().any(|entry| doors.contains(&entry.door)) {
            keys.insert(record.grant.key);
        }
    }
    require_one(view, granter, keys)
}

fn require_one(view: &View<'_>, granter: HolderId, keys: BTreeSet<crate::ids::KeyId>) -> Result<(), Error> {
    view.require(&Need::Oneself(granter)).or_else(|_| view.require(&Need::Keys(keys)))
}
