//! A door reads a card: one value for each step, each step takes the card's answer and gives the next command (spec §14.8).
//!
//! A step that fails returns an error and nothing to go on with. Whoever stands at the door sees the same for every error.

use core::fmt;

use super::apdu::{self, Command};
use super::ev2::{Challenged, FirstAuthentication};
use super::secure_messaging::Exchange;
use super::{CardKey, CardToken, CardVersion, DoorClass, READ_KEY, SEALED, SEALED_FILE, TOKEN, TOKEN_FILE};
use crate::crypto;
use crate::error::Error;
use crate::random::SecureRandom;

/// A card is in the field, and was asked for its application of this class.
#[derive(Debug)]
pub struct Reading(());

impl Reading {
    /// Begins.
    ///
    /// # Errors
    ///
    /// None: the command has three bytes of data.
    pub fn start(class: DoorClass) -> Result<(Self, Command), Error> {
        Ok((Self(()), Command::new(apdu::SELECT_APPLICATION, &[&class.application()])?))
    }

    /// The application is selected: the next command reads the token.
    ///
    /// # Errors
    ///
    /// [`Error::NotAuthentic`] or [`Error::Malformed`]: no card of ours.
    pub fn selected(self, response: &[u8]) -> Result<(TokenWanted, Command), Error> {
        apdu::exactly::<0>(response, apdu::OPERATION_OK)?;
        let command = Command::new(apdu::READ_DATA, &[&apdu::read_header::<TOKEN>(TOKEN_FILE)])?;
        Ok((TokenWanted(()), command))
    }
}

/// The card was asked for its token.
#[derive(Debug)]
pub struct TokenWanted(());

impl TokenWanted {
    /// The token, with which the door looks for a row.
    ///
    /// # Errors
    ///
    /// As [`Reading::selected`].
    pub fn token(self, response: &[u8]) -> Result<Candidate, Error> {
        apdu::exactly(response, apdu::OPERATION_OK).map(|token| Candidate { token: CardToken(token) })
    }
}

/// A card that says its name. It has proved nothing.
#[derive(Debug)]
pub struct Candidate {
    token: CardToken,
}

impl Candidate {
    /// What it says.
    #[must_use]
    pub const fn token(&self) -> CardToken {
        self.token
    }

    /// Makes the card prove that it has the key of the token's row, and later that its version is at least `minimum`.
    ///
    /// For a token without a row, [`CardKey::of_nobody`] is the key.
    ///
    /// # Errors
    ///
    /// When the random source fails.
    pub fn authenticate(
        self,
        key: &CardKey,
        minimum: CardVersion,
        random: &mut dyn SecureRandom,
    ) -> Result<(Authenticating, Command), Error> {
        let (authentication, command) = FirstAuthentication::start(key, READ_KEY, random)?;
        let expected = Expected { token: self.token, minimum };
        Ok((Authenticating { expected, authentication }, command))
    }
}

/// What the sealed file must hold.
#[derive(Clone, Copy, Debug)]
struct Expected {
    token: CardToken,
    minimum: CardVersion,
}

/// The card was asked for its challenge.
#[derive(Debug)]
pub struct Authenticating {
    expected: Expected,
    authentication: FirstAuthentication,
}

impl Authenticating {
    /// The card has challenged the door.
    ///
    /// # Errors
    ///
    /// As [`Reading::selected`].
    pub fn challenged(self, response: &[u8]) -> Result<(Confirming, Command), Error> {
        let (challenged, command) = self.authentication.challenged(response)?;
        Ok((Confirming { expected: self.expected, challenged }, command))
    }
}

/// The card was challenged.
#[derive(Debug)]
pub struct Confirming {
    expected: Expected,
    challenged: Challenged,
}

impl Confirming {
    /// The card has proved itself: the next command reads the sealed file.
    ///
    /// # Errors
    ///
    /// As [`Reading::selected`].
    pub fn confirmed(self, response: &[u8]) -> Result<(FileWanted, Command), Error> {
        let session = self.challenged.finish(response)?;
        let (exchange, command) = session.read::<SEALED>(SEALED_FILE)?;
        Ok((FileWanted { expected: self.expected, exchange }, command))
    }
}

/// The card was asked for its sealed file.
#[derive(Debug)]
pub struct FileWanted {
    expected: Expected,
    exchange: Exchange,
}

impl FileWanted {
    /// The card, if both files agree and the version is high enough.
    ///
    /// # Errors
    ///
    /// As [`Reading::selected`].
    pub fn presented(self, response: &[u8]) -> Result<PresentedCard, Error> {
        let (_, file) = self.exchange.receive(response)?;
        let Expected { token, minimum } = self.expected;
        let Some((sealed_token, [version])) = file.split_first_chunk::<TOKEN>() else {
            return Err(Error::Malformed("sealed file of a card"));
        };
        let version = CardVersion(*version);
        if !crypto::same(sealed_token, &token.0) || version < minimum {
            return Err(Error::NotAuthentic);
        }
        Ok(PresentedCard { token, version })
    }
}

/// A card that holds the key of its row, with a version that the row accepts. Only this module makes one.
pub struct PresentedCard {
    token: CardToken,
    version: CardVersion,
}

impl PresentedCard {
    /// Its name.
    #[must_use]
    pub const fn token(&self) -> CardToken {
        self.token
    }

    /// How often it was personalised.
    #[must_use]
    pub const fn version(&self) -> CardVersion {
        self.version
    }
}

impl fmt::Debug for PresentedCard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PresentedCard")
            .field("token", &self.token)
            .field("version", &self.version)
            .finish()
    }
}
