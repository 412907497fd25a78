//! What people are to be told. The host sends it: this is the outbox.

/// What a message is about; the host has a text for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// Log-in details for somebody who had no account.
    Welcome,
    /// Doors were added to an account that was there.
    AccessAdded,
    /// A keycard was activated for the person.
    CardActivated,
    /// A keycard was deactivated.
    CardDeactivated,
    /// Doorcodes of flats are shorter from now on, and the person is to reset the old one.
    DoorcodeResetAsked,
    /// The address of the account was changed. Goes to the address that is `to` in its content: once to the old one, once to the new.
    EmailChanged,
}

impl Notice {
    /// As the store has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::AccessAdded => "access added",
            Self::CardActivated => "card activated",
            Self::CardDeactivated => "card deactivated",
            Self::DoorcodeResetAsked => "doorcode reset asked",
            Self::EmailChanged => "email changed",
        }
    }
}
