//! The use cases: each a value that says what is wanted, one transaction that does it, one file. [`Office::perform`](super::Office::perform)
//! runs those that change something, [`Office::ask`](super::Office::ask) those that only look.

pub mod account;
pub mod activity;
pub mod audit;
pub mod authority;
pub mod cards;
pub mod consent;
pub mod daily_codes;
pub mod door;
pub mod doorcodes;
pub mod guests;
pub mod import;
pub mod key;
pub mod manager;
pub mod people;
pub mod phone;
pub mod portfolio;
pub mod privacy;
pub mod report;
pub mod settings;
pub mod sync;
pub mod time;
pub mod unit;
pub mod zone;

use core::future::Future;

use super::audit::Subject;
use super::error::Error;
use super::permission::Need;
use super::work::{View, Work};

/// Something to do. Implemented here only.
pub trait UseCase: Sync + sealed::Sealed {
    /// What it gives.
    type Answer: Send;
    /// What the audit log calls it.
    const NAME: &'static str;

    /// Whether the audit log says that it was done. Not for what phones do by themselves, day and night; that somebody was denied, it
    /// always says.
    const IS_AUDITED: bool = true;

    /// What its actor needs to be, as far as that does not depend on what the store holds.
    #[doc(hidden)]
    fn need(&self) -> Need;

    /// Whom it is about.
    #[doc(hidden)]
    fn subject(&self) -> Subject {
        Subject::Property
    }

    /// Does it. Runs again where others came between.
    #[doc(hidden)]
    fn run(&self, work: &mut Work<'_>) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

/// Something to know. Implemented here only.
pub trait Question: Sync + sealed::Sealed {
    /// What it gives.
    type Answer: Send;

    /// What its actor needs to be.
    #[doc(hidden)]
    fn need(&self) -> Need;

    /// Looks it up.
    #[doc(hidden)]
    fn run(&self, view: &mut View<'_>) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

pub(crate) mod sealed {
    /// Keeps use cases within this crate, where each is checked against the rules of the domain.
    #[expect(unnameable_types, reason = "nobody else is to implement a use case")]
    pub trait Sealed {}
}
