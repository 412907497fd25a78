//! Why a use case was refused.

use core::fmt;

use thumbturn_protocol::keys::SignerFailed;
use thumbturn_protocol::random::RandomFailed;

use super::keystore::KeyStoreError;
use super::model::{GuestRefusal, InvalidEmail, InvalidName, OutOfBounds};
use super::permission::NotPermitted;
use super::store::StoreError;
use crate::access::EmptyTerm;
use crate::authority::error::AuthorityError;

/// Why a use case was refused. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not for this actor to do.
    #[error(transparent)]
    NotPermitted(#[from] NotPermitted),
    /// It is not there, or no longer: show what is there, and choose again.
    #[error("there is no such {0} at this property any more: reload, and choose again")]
    NotFound(Thing),
    /// Another has that name.
    #[error("another {0} of this property has that name: choose another")]
    NameTaken(Thing),
    /// What was asked for is not possible.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The authority refuses to sign, or to believe: the clock of this host may be wrong, or a courier brought something else than what the
    /// door said.
    #[error("the authority cannot go on: {0}")]
    Authority(#[from] AuthorityError),
    /// The host's keystore did not serve.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// The host's signer did not serve.
    #[error(transparent)]
    Signer(#[from] SignerFailed),
    /// The host's random source failed.
    #[error("the random source of this host failed: restart it")]
    Random,
    /// The store did not serve.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// Whether whoever asked can mend it: a 4xx of a server. All else is the host's own.
    #[must_use]
    pub const fn is_for_the_caller(&self) -> bool {
        match self {
            Self::Invalid(Invalid::Clock) => false,
            Self::NotPermitted(_) | Self::NotFound(_) | Self::NameTaken(_) | Self::Invalid(_) => true,
            Self::Authority(_) | Self::KeyStore(_) | Self::Signer(_) | Self::Random | Self::Store(_) => false,
        }
    }
}

/// What was asked for is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    ///
    #[error(transparent)]
    Email(#[from] InvalidEmail),
    /// No name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    ///
    #[error(transparent)]
    Guest(#[from] GuestRefusal),
    ///
    #[error(transparent)]
    Term(#[from] EmptyTerm),
    /// A property cannot be set to that.
    #[error(transparent)]
    Days(#[from] OutOfBounds),
    ///
    #[error("access would end in the past: choose a later end, or none")]
    EndInPast,
    /// A Key without a door, or a person without a Key.
    #[error("choose at least one {0}")]
    Nothing(Thing),
    /// A Key names each door once.
    #[error("this Key names a door twice: give all its hours at once")]
    DoorTwice,
    /// An invitation of a phone enrols one phone, once.
    #[error("this invitation has expired, was used, or is for somebody else: ask for a new one")]
    Invitation,
    /// Enough for every pocket and wrist.
    #[error("you have as many phones as one person may have: revoke one that you use no more")]
    TooManyPhones,
    /// A property signs nothing before its first generation of keys was made.
    #[error("this property has no signing keys yet: make them with the public key of the portfolio's root")]
    NoKeys,
    /// No keys wait for the word of the root.
    #[error("no new keys wait for the root: prepare a rotation first")]
    NoRotation,
    /// A claim, an update or a receipt that does not belong to this property and this door.
    #[error("this is not of this property, or of an earlier life of its door: nothing was taken")]
    Foreign,
    /// Leases and instants that it signed would mean nothing.
    #[error(
        "the clock of this host is behind what was signed before, or months ahead of it: set it right; if it is right, confirm it"
    )]
    Clock,
    /// Settings that no door would take.
    #[error("a door relocks after 1 to 240 seconds: choose such a time")]
    Settings,
    ///
    #[error("nobody can take the last rights from himself: ask another Portfolio Manager")]
    OwnRights,
    ///
    #[error("this Key is managed by the system and cannot be changed")]
    SystemKey,
    ///
    #[error("the list of a door is full: give this Key to fewer people, or take doorcodes off it")]
    ListFull,
    ///
    #[error(
        "the hours of this door are too many: at most 8 windows for one person, and 64 different weeks for one door"
    )]
    TooManyHours,
    /// It is somebody else's, or a door may still take it for somebody else's.
    #[error(
        "this keycard is another person's: deactivate it there, and update the doors that are named there"
    )]
    CardInUse,
    /// It was personalised again since.
    #[error("this keycard is known with a newer version: read it again")]
    CardOutdated,
    ///
    #[error(
        "all daily codes of this door are given out for that day: take another day, or let the guest in with the app"
    )]
    DailyCodesExhausted,
    ///
    #[error(
        "this passcode type cannot be revoked: it ends by itself 15 minutes after its first use, or with its day"
    )]
    NotRevocable,
    ///
    #[error(
        "only the doorcode of a flat can be reset: this one changes when the Key is taken and given again"
    )]
    CommunalDoorcode,
    /// No such time zone in the host's rules.
    #[error("this is no time zone: write it as Europe/Berlin")]
    Zone,
    /// Another account has the address.
    #[error(
        "another account has this address: give that account the Keys, and delete this person, or choose another address"
    )]
    EmailTaken,
    /// There is no such text at this property, or no longer.
    #[error("this is not the text that the property asks consent to: show the present one, and ask again")]
    ConsentVersion,
}

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Thing {
    /// An account.
    Account,
    /// A device on a door.
    Device,
    /// A keycard.
    Card,
    /// A daily code.
    DailyCode,
    /// A door.
    Door,
    /// A permanent doorcode.
    Doorcode,
    /// What a guest was given.
    GuestAccess,
    /// A Key.
    Key,
    /// A Key in somebody's hand.
    KeyGrant,
    /// A manager.
    Manager,
    /// A person.
    Person,
    /// A phone.
    Phone,
    /// A property.
    Property,
    /// A unit.
    Unit,
}

impl fmt::Display for Thing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Account => "account",
            Self::Device => "device",
            Self::Card => "keycard",
            Self::DailyCode => "daily code",
            Self::Door => "door",
            Self::Doorcode => "doorcode",
            Self::GuestAccess => "guest access",
            Self::Key => "Key",
            Self::KeyGrant => "access",
            Self::Manager => "manager",
            Self::Person => "person",
            Self::Phone => "phone",
            Self::Property => "property",
            Self::Unit => "unit",
        })
    }
}

impl From<RandomFailed> for Error {
    fn from(_: RandomFailed) -> Self {
        Self::Random
    }
}

macro_rules! invalid {
    ($($error:ty),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Invalid(error.into())
            }
        }
    )*};
}

invalid!(EmptyTerm, GuestRefusal, InvalidEmail, InvalidName, OutOfBounds);
