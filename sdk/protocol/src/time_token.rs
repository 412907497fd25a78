//! Time tokens: an instant that the property signed (spec §13.2).

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::{Generation, PropertyId, check_version};
use crate::labels::{self, Label};
use crate::limits;
use crate::random::{RandomFailed, SecureRandom, random_bytes};
use crate::signed::Signable;
use crate::time::UnixSeconds;

/// Drawn by a door for each session that asks: a token with it was signed after it was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeNonce(pub [u8; 8]);

impl TimeNonce {
    /// A new nonce.
    pub fn random(random: &mut dyn SecureRandom) -> Result<Self, RandomFailed> {
        random_bytes(random).map(Self)
    }
}

/// "It is `at`", said by the property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeToken {
    version: u8,
    /// The property whose doors may believe it.
    pub property: PropertyId,
    /// The generation of the key that signed this.
    pub generation: Generation,
    /// When it was signed.
    pub at: UnixSeconds,
    /// The nonce of the one session that it was signed for; `None`: a plain token, for every door.
    pub nonce: Option<TimeNonce>,
}

impl TimeToken {
    const VERSION: u8 = 1;

    /// A plain token.
    #[must_use]
    pub const fn new(property: PropertyId, generation: Generation, at: UnixSeconds) -> Self {
        Self { version: Self::VERSION, property, generation, at, nonce: None }
    }

    /// The same, for the session of `nonce`.
    #[must_use]
    pub const fn for_session(mut self, nonce: TimeNonce) -> Self {
        self.nonce = Some(nonce);
        self
    }
}

impl Signable for TimeToken {
    const LABEL: Label = labels::TIME;
    const NAME: &'static str = "time token";
    const MAX_BODY: usize = limits::TIME_TOKEN_BODY;

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, Self::NAME)
    }
}
