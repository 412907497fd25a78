//! Names of what a manager core keeps: 16 random bytes each, never secret. A person at one property is a
//! [`HolderId`](thumbturn_protocol::ids::HolderId), a door a [`DoorId`](thumbturn_protocol::ids::DoorId): these, phones and doors know, too.

use core::fmt;

use thumbturn_protocol::random::{RandomFailed, SecureRandom, random_bytes};

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            ///
            /// [`RandomFailed`].
            pub fn random(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
                random_bytes(random).map(Self)
            }
        }

        /// Hexadecimal, the first four bytes: enough to follow a thing through a log.
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [a, b, c, d, ..] = self.0;
                write!(formatter, concat!(stringify!($name), "({:02x}{:02x}{:02x}{:02x})"), a, b, c, d)
            }
        }
    )*};
}

identifiers! {
    /// Somebody who signs in, by e-mail address, whatever the number of properties.
    AccountId;
    /// Properties under one roof of managers.
    PortfolioId;
    /// A dwelling or an office within a property.
    UnitId;
    /// A Key: a set of doors that is given to people.
    KeyId;
    /// A Key in somebody's hand.
    KeyGrantId;
    /// What a holder gave a guest.
    GuestGrantId;
}
