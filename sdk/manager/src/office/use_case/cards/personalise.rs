//! What is written into a keycard before it is anybody's.

use thumbturn_protocol::card::{CardKey, CardToken, DoorClass, READ_KEY};

use crate::office::permission::Need;
use crate::office::secrets::Secrets;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, StoreError};

/// Number of the key that changes an application of a card.
const CHANGE_KEY: u8 = 0;

/// The keys that an encoder writes into a card (spec §14.6): always the same for the same card of a property. They make copies of it, so only
/// Portfolio Managers get them, and nobody should keep them. The card opens nothing until [`ActivateCard`](super::ActivateCard).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonaliseCard {
    /// The card's token: 8 random bytes, written into it, too.
    pub token: CardToken,
}

/// The keys of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardKeys {
    /// Of the application for entrances, service and communal doors.
    pub common: ApplicationKeys,
    /// Of the application for doors of flats.
    pub residence: ApplicationKeys,
}

/// The keys of one application of a card. Wiped when they are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationKeys {
    /// Key 0, which changes the application. No door has it.
    pub change: CardKey,
    /// Key 1, with which doors of this class read it.
    pub read: CardKey,
}

impl Sealed for PersonaliseCard {}

impl UseCase for PersonaliseCard {
    type Answer = CardKeys;
    const NAME: &'static str = "personalise card";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<CardKeys, Error> {
        let secrets = work.secrets()?;
        Ok(CardKeys {
            common: self.keys(&secrets, DoorClass::Common)?,
            residence: self.keys(&secrets, DoorClass::Residence)?,
        })
    }
}

impl PersonaliseCard {
    fn keys(&self, secrets: &Secrets, class: DoorClass) -> Result<ApplicationKeys, StoreError> {
        let key = |number| {
            let key = secrets.cards().card_key(self.token, class, number);
            key.map_err(|_| StoreError::Damaged("keycard"))
        };
        Ok(ApplicationKeys { change: key(CHANGE_KEY)?, read: key(READ_KEY)? })
    }
}
