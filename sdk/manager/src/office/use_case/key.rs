//! Keys: sets of doors that are given to people.

mod change;
mod create;
mod delete;
mod list;

use std::collections::BTreeSet;

use crate::access::KeyDoor;
use crate::ids::KeyId;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, store};

pub use self::change::ChangeKey;
pub use self::create::CreateKey;
pub use self::delete::DeleteKey;
pub use self::list::{KeyLine, ListKeys};

/// A Key has at least one door, each once, and all of this property.
async fn check(work: &mut Work<'_>, doors: &[KeyDoor]) -> Result<(), Error> {
    let property = work.property();
    let different: BTreeSet<_> = doors.iter().map(|door| door.door).collect();
    if different.is_empty() {
        return Err(Invalid::Nothing(Thing::Door).into());
    }
    if different.len() < doors.len() {
        return Err(Invalid::DoorTwice.into());
    }
    for door in different {
        store::door::find(work.connection(), property, door).await?.ok_or(Error::NotFound(Thing::Door))?;
    }
    Ok(())
}

/// The system changes and deletes its own Keys; a manager does so with the others only.
async fn require_changeable(work: &mut Work<'_>, key: KeyId) -> Result<(), Error> {
    let property = work.property();
    let known =
        store::key::find(work.connection(), property, key).await?.ok_or(Error::NotFound(Thing::Key))?;
    if known.is_managed_by_system { Err(Invalid::SystemKey.into()) } else { Ok(()) }
}
