//! Phones: enrolling them, revoking one, and what each may open.

mod credentials;
mod enrol;
mod revoke;

pub use self::credentials::{FetchCredentials, PhoneCredentials};
pub use self::enrol::{EnrolPhone, InvitePhone, PhoneInvitation};
pub use self::revoke::RevokePhone;
