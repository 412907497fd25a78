//! Phones: enrolling them, revoking one, and what each may open.

mod credentials;
mod enrol;
mod revoke;

pub use self::credentials::{FetchCredentials, PhoneCredentials};
pub use self::enrol::{EnrolPhone, InvitePhone, PhoneInvitation};
pub use self::revoke::RevokePhone;

use thumbturn_protocol::ids::HolderId;

use crate::office::Error;
use crate::office::permission::Need;
use crate::office::work::Work;

/// Whether the actor is this person, or manages Keys.
fn require_self_or_manager(work: &Work<'_>, person: HolderId) -> Result<(), Error> {
    work.require(&Need::Self_(person)).or_else(|_| work.require(&Need::SomeKeys))
}
