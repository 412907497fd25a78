//! Importing people and units from CSV (R-230 to R-241, F-076 to F-090).
//!
//! A manager's app goes through a file in steps, each of which is one transaction, and shows how far it has come in between:
//!
//! 1. [`PeopleFile::parse`](crate::office::import::PeopleFile::parse), then [`ReviewPeople`]: what is wrong with it. To correct it, correct the
//!    file and begin again.
//! 2. [`AddContacts`], until there is no next step: those who are right become people of the property (F-082).
//! 3. [`SendInvitations`], until there is no next step: they get the Keys of their rows and those chosen for all, and a message (F-083 to
//!    F-086).
//!
//! Whatever breaks off in between: the same file again does what is left, and nothing twice. What a row says is remembered when its
//! Keys were given, in the transaction that gives them. So whose Keys were taken away since does not get them back from an old file.

mod contacts;
mod register;
mod review;
mod send;
mod status;
mod units;

pub use self::contacts::{AddContacts, ContactsAdded};
pub use self::review::{ReviewPeople, Reviewed};
pub use self::send::{InvitationsSent, SendInvitations};
pub use self::status::{FindImport, ImportState, ImportStatus};
pub use self::units::{ImportUnits, UnitsImported};

/// Most rows of one transaction: others wait for its end.
pub const STEP_ROWS: usize = 1_000;
