//! Cards at the reader: one step of a reading for each answer, and nothing that a card can wait with (spec §14.8).

use alloc::boxed::Box;

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::bulletin::BulletinSubject;
use thumbturn_protocol::card::{
    Authenticating, Candidate, CardKey, CardVersion, Command, Confirming, DoorClass, FileWanted,
    PresentedCard, Reading, TokenWanted,
};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::ids::{CardToken, ListVersion, OperationId};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::row::{Card, Row, RowKey, Terms};

use super::Engine;
use crate::hardware::{CardAnswer, Hardware};
use crate::platform::Platform;
use crate::signal::Signal;
use crate::work::Work;
use thumbturn_protocol::event::{EventClass, UsedKey};

/// Milliseconds from the start of a reading to the next.
const PAUSE_MS: u64 = 1_000;
/// Milliseconds that a reading may take: a card that answers at all needs a tenth of it.
const READING_MS: u64 = 1_000;

/// The reader.
pub(super) struct Cards {
    /// While a card is being read.
    reading: Option<Box<Under>>,
    /// Before then no reading begins.
    rests_until: Millis,
    /// A card is in the field and was not read yet.
    is_waiting: bool,
    /// What it said last.
    answer: Option<CardAnswer>,
}

/// A reading under way.
struct Under {
    step: Step,
    ends: Millis,
}

/// What the card was asked for.
enum Step {
    Application(Reading),
    Token(TokenWanted),
    Challenge(Authenticating, ListVersion),
    Proof(Confirming, ListVersion),
    File(FileWanted, ListVersion),
}

/// The reading failed; nobody is told where.
struct Failed;

impl From<thumbturn_protocol::error::Error> for Failed {
    fn from(_: thumbturn_protocol::error::Error) -> Self {
        Self
    }
}

/// What an answer leads to.
enum Next {
    Ask(Step, Command),
    Presented(PresentedCard, ListVersion),
}

impl Cards {
    pub(super) const fn boot(now: Millis) -> Self {
        Self { reading: None, rests_until: now, is_waiting: false, answer: None }
    }

    pub(super) const fn arrived(&mut self) {
        self.is_waiting = true;
    }

    /// A card said something. What nobody asked for is not listened to.
    pub(super) fn answered(&mut self, answer: CardAnswer) {
        self.answer = self.reading.is_some().then_some(answer);
    }

    /// Whether an answer waits to be looked at.
    pub(super) const fn waits(&self) -> bool {
        self.answer.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        match &self.reading {
            Some(reading) => Some(reading.ends),
            None => self.is_waiting.then_some(self.rests_until),
        }
    }
}

impl<P: Platform> Engine<P> {
    /// The card is gone: what was under way has failed.
    pub(super) fn card_gone(&mut self) {
        self.cards.is_waiting = false;
        if self.cards.reading.is_some() {
            self.card_failed();
        }
    }

    /// Ends a reading that takes too long.
    pub(super) fn run_card_timer(&mut self, now: Millis) {
        if self.cards.reading.as_ref().is_some_and(|reading| reading.ends <= now) {
            self.card_failed();
        }
    }

    /// One step of a reading. `false`: none waits for the door.
    pub(super) fn step_card(&mut self, now: Millis) -> bool {
        if self.cards.reading.is_none() {
            return self.begin_reading(now);
        }
        if self.cards.answer.is_none() {
            return false;
        }
        let has_room = self.storage.event_room(EventClass::Evidence) > 0;
        if !has_room && self.storage.makes_room() == Ok(true) {
            return true;
        }
        // Failed before the fallible step.
        let (Some(reading), Some(answer)) = (self.cards.reading.take(), self.cards.answer.take()) else {
            return false;
        };
        let Under { step, ends } = *reading;
        match self.hear_card(step, answer.as_bytes()) {
            Ok(Next::Ask(step, command)) => {
                self.cards.reading = Some(Box::new(Under { step, ends }));
                self.hardware.send_to_card(command.as_bytes());
            }
            Ok(Next::Presented(card, looked_up)) => self.card_presented(now, &card, looked_up),
            Err(Failed) => self.card_failed(),
        }
        true
    }

    fn begin_reading(&mut self, now: Millis) -> bool {
        if !self.cards.is_waiting || now < self.cards.rests_until {
            return false;
        }
        self.cards.is_waiting = false;
        let Some(identity) = self.identity.as_ref() else { return false };
        let class = match identity.configuration.kind {
            DoorKind::Residence => DoorClass::Residence,
            DoorKind::BuildingEntrance | DoorKind::Service | DoorKind::Communal => DoorClass::Common,
        };
        self.cards.rests_until = now.plus(PAUSE_MS);
        let Ok((reading, command)) = Reading::start(class) else { return false };
        let under = Under { step: Step::Application(reading), ends: now.plus(READING_MS) };
        self.cards.reading = Some(Box::new(under));
        self.hardware.send_to_card(command.as_bytes());
        true
    }

    fn hear_card(&mut self, step: Step, answer: &[u8]) -> Result<Next, Failed> {
        self.work.add(Work::seals(1));
        Ok(match step {
            Step::Application(reading) => {
                let (wanted, command) = reading.selected(answer)?;
                Next::Ask(Step::Token(wanted), command)
            }
            Step::Token(wanted) => self.challenge_card(wanted.token(answer)?)?,
            Step::Challenge(authenticating, looked_up) => {
                let (confirming, command) = authenticating.challenged(answer)?;
                Next::Ask(Step::Proof(confirming, looked_up), command)
            }
            Step::Proof(confirming, looked_up) => {
                let (wanted, command) = confirming.confirmed(answer)?;
                Next::Ask(Step::File(wanted, looked_up), command)
            }
            Step::File(wanted, looked_up) => Next::Presented(wanted.presented(answer)?, looked_up),
        })
    }

    /// Looks for the card's row. Without one it goes on under a key that nobody has: a card learns nothing of which tokens are
    /// known. The key is drawn either way, so that not even the time tells.
    fn challenge_card(&mut self, candidate: Candidate) -> Result<Next, Failed> {
        let nobody = CardKey::of_nobody(&mut self.random).map_err(|_| Failed)?;
        let row = self.card_row(candidate.token());
        let (key, lowest) = match &row {
            Some((card, _)) => (&card.key, card.lowest_version),
            None => (&nobody, CardVersion(0)),
        };
        let (authenticating, command) = candidate.authenticate(key, lowest, &mut self.random)?;
        Ok(Next::Ask(Step::Challenge(authenticating, self.list_version()), command))
    }

    /// A card that holds the key of its row.
    fn card_presented(&mut self, now: Millis, card: &PresentedCard, looked_up: ListVersion) {
        let token = card.token();
        // The list came to another version while the card was read: what it says now may be another key.
        let row = if looked_up == self.list_version() { self.card_row(token) } else { None };
        let Some((_, terms)) = row else { return self.card_failed() };
        let outcome = self.open_for_card(now, token, &terms);
        if let Err(outcome) = outcome {
            self.housekeeping.note_card_refusal(terms.credential(), outcome);
        }
        self.hardware.signal(outcome.map_or_else(Signal::of, |()| Signal::Accepted));
    }

    fn open_for_card(&mut self, now: Millis, token: CardToken, terms: &Terms) -> Result<(), Outcome> {
        let fault = Outcome::DoorFault(Fault::Storage);
        let operation = OperationId::random(&mut self.random).map_err(|_| fault)?;
        let permission = self.decide_row(now, terms, Some(BulletinSubject::Card(token)), operation)?;
        self.open_keyed(now, permission, operation, UsedKey::Card(terms.credential())).map_err(|_| fault)
    }

    fn card_row(&mut self, token: CardToken) -> Option<(Card, Terms)> {
        match self.row(&RowKey::card(token)) {
            Ok(Some(Row::Card(card, terms))) => Some((card, terms)),
            Ok(_) | Err(_) => None,
        }
    }

    fn card_failed(&mut self) {
        (self.cards.reading, self.cards.answer) = (None, None);
        self.housekeeping.count_card_failure();
        self.hardware.signal(Signal::CardFailure);
    }
}
