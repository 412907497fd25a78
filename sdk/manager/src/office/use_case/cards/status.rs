//! Where a person's credentials stand (R-089, F-121 to F-123).

use thumbturn_protocol::card::CardToken;
use thumbturn_protocol::ids::{DoorId, HolderId};

use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, Thing, store};

/// Where a keycard stands (§4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardStatus {
    /// The person never had one.
    Unassigned,
    /// It is the person's, and a door has not heard of it yet.
    ActivationPending,
    /// It is the person's, and all doors that were to hear of it have.
    Active,
    /// It is the person's no more, and still opens a door.
    DeactivationPending,
    /// It opens nothing.
    Inactive,
}

impl CardStatus {
    /// Where a card stands that somebody has or had, and of which doors have not heard yet or have.
    pub(crate) const fn of(is_live: bool, is_waiting: bool) -> Self {
        match (is_live, is_waiting) {
            (true, false) => Self::Active,
            (true, true) => Self::ActivationPending,
            (false, false) => Self::Inactive,
            (false, true) => Self::DeactivationPending,
        }
    }
}

/// A keycard of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardLine {
    /// Which.
    pub token: CardToken,
    /// Where it stands.
    pub status: CardStatus,
    /// Doors without a network that have not heard of it: those that it does not open yet, or still opens.
    pub waiting: Vec<DoorId>,
}

impl CardLine {
    pub(super) async fn of(view: &mut View<'_>, token: CardToken, is_live: bool) -> Result<Self, Error> {
        let property = view.property();
        let waiting = store::card::waiting(view.connection(), property, token).await?;
        Ok(Self { token, status: CardStatus::of(is_live, !waiting.is_empty()), waiting })
    }
}

/// Where the credentials of a person stand, for the person's page. For the person and for managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialStatus {
    /// Whose.
    pub person: HolderId,
}

/// Where the credentials of a person stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// *Latch App*: whether the person has signed in.
    pub has_signed_in: bool,
    /// *Keycard*: all that the person has or had, the last activated first.
    pub cards: Vec<CardLine>,
}

impl Credentials {
    /// Where the card stands that the person uses, or used last.
    #[must_use]
    pub fn card(&self) -> CardStatus {
        self.cards.first().map_or(CardStatus::Unassigned, |card| card.status)
    }
}

impl Sealed for CredentialStatus {}

impl Question for CredentialStatus {
    type Answer = Credentials;

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.person)
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Credentials, Error> {
        let property = view.property();
        let signed_in = store::person::has_signed_in(view.connection(), property, self.person).await?;
        let has_signed_in = signed_in.ok_or(Error::NotFound(Thing::Person))?;
        let mut cards = Vec::new();
        for card in store::card::of_holder(view.connection(), property, self.person).await? {
            cards.push(CardLine::of(view, card.token, card.is_live).await?);
        }
        Ok(Credentials { has_signed_in, cards })
    }
}
