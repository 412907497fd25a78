//! Who does something.

use crate::ids::AccountId;

/// Who does something. The host has made sure that it is really they.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Somebody who signed in.
    Account(AccountId),
    /// The host itself: its timers, its set-up, its console. May do everything, and the audit log says that it was the host.
    Host,
}

impl Actor {
    /// The account, unless it is the host.
    #[must_use]
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Host => None,
        }
    }
}
