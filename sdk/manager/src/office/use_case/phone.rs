//! Phones: enrolling them, and revoking one.

mod enrol;
mod list;
mod revoke;

pub use self::enrol::{EnrolPhone, InvitePhone, PhoneInvitation};
pub use self::list::{ListPhones, PhoneLine};
pub use self::revoke::RevokePhone;
