//! A keycard: the card's side of what a door says to it, written from the card maker's documents (AN12196) and the
//! specification's §14.6–§14.10, so that the door's side is tested against somebody else's understanding.
//!
//! ```
//! use thumbturn_protocol::card::{CardKey, CardToken, CardVersion, DoorClass, Reading};
//! use thumbturn_simulator::{card::Card, random::SeededRandom};
//!
//! # fn main() -> Result<(), thumbturn_protocol::error::Error> {
//! let mut random = SeededRandom::new(1);
//! let key = CardKey::from_bytes([7; 16]);
//! let mut card = Card::new(CardToken([1; 8]), CardVersion(3), [8; 16], *key.as_bytes());
//!
//! let (reading, command) = Reading::start(DoorClass::Residence)?;
//! let (reading, command) = reading.selected(&card.answer(command.as_bytes(), &mut random))?;
//! let candidate = reading.token(&card.answer(command.as_bytes(), &mut random))?;
//! let (reading, command) = candidate.authenticate(&key, CardVersion(3), &mut random)?;
//! let (reading, command) = reading.challenged(&card.answer(command.as_bytes(), &mut random))?;
//! let (reading, command) = reading.confirmed(&card.answer(command.as_bytes(), &mut random))?;
//! let presented = reading.presented(&card.answer(command.as_bytes(), &mut random))?;
//! assert_eq!(presented.token(), CardToken([1; 8]));
//! # Ok(())
//! # }
//! ```

mod channel;
mod status;

use thumbturn_protocol::card::{CardToken, CardVersion, DoorClass, READ_KEY, SEALED_FILE, TOKEN_FILE};
use thumbturn_protocol::random::SecureRandom;

use self::channel::{Challenge, Channel};
use self::status::Status;

const SELECT_APPLICATION: u8 = 0x5a;
const AUTHENTICATE_EV2_FIRST: u8 = 0x71;
const ADDITIONAL_FRAME: u8 = 0xaf;
const READ_DATA: u8 = 0xad;
const WRITE_DATA: u8 = 0x8d;
/// Key 0 may write.
const CHANGE_KEY: u8 = 0;

/// A card in somebody's pocket, until it is held to a door.
#[derive(Debug)]
pub struct Card {
    applications: [Application; 2],
    selected: Option<usize>,
    state: State,
}

#[derive(Debug)]
struct Application {
    id: [u8; 3],
    /// Key 0, key 1.
    keys: [[u8; 16]; 2],
    token: Vec<u8>,
    sealed: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Open,
    Challenging(Challenge),
    Authenticated { key_number: u8, channel: Channel },
}

/// An answer that is not an error: what comes before the status.
type Answer = Result<(Vec<u8>, Status), Status>;

impl Card {
    /// A card with this token and version and the read keys of its two applications. Nobody knows its change keys.
    #[must_use]
    pub fn new(token: CardToken, version: CardVersion, common: [u8; 16], residence: [u8; 16]) -> Self {
        let application = |class: DoorClass, key| Application {
            id: class.application(),
            keys: [[0xc0; 16], key],
            token: token.0.to_vec(),
            sealed: [token.0.as_slice(), &[version.0]].concat(),
        };
        Self {
            applications: [
                application(DoorClass::Common, common),
                application(DoorClass::Residence, residence),
            ],
            selected: None,
            state: State::Open,
        }
    }

    /// With this key 0 in both applications, for those who personalise it over the air.
    #[must_use]
    pub fn with_change_key(mut self, key: [u8; 16]) -> Self {
        for application in &mut self.applications {
            let [change, _] = &mut application.keys;
            *change = key;
        }
        self
    }

    /// A forged card: file 01 says another token than file 02.
    #[must_use]
    pub fn claiming(mut self, token: CardToken) -> Self {
        for application in &mut self.applications {
            application.token = token.0.to_vec();
        }
        self
    }

    /// The card leaves the field and forgets what was said.
    pub fn leave(&mut self) {
        self.selected = None;
        self.state = State::Open;
    }

    /// What the card answers to a command, status included.
    pub fn answer(&mut self, command: &[u8], random: &mut dyn SecureRandom) -> Vec<u8> {
        // Whatever goes wrong ends an authentication, or one that was under way.
        let state = core::mem::replace(&mut self.state, State::Open);
        let (mut data, status) = match parse(command) {
            Some((instruction, data)) => {
                self.carry_out(state, instruction, data, random).unwrap_or_else(|status| (Vec::new(), status))
            }
            None => (Vec::new(), Status::Length),
        };
        data.extend([0x91, status.code()]);
        data
    }

    fn carry_out(
        &mut self,
        state: State,
        instruction: u8,
        data: &[u8],
        random: &mut dyn SecureRandom,
    ) -> Answer {
        match (instruction, state) {
            (SELECT_APPLICATION, _) => self.select(data),
            (AUTHENTICATE_EV2_FIRST, _) => self.challenge(data, random),
            (ADDITIONAL_FRAME, State::Challenging(challenge)) => self.confirm(challenge, data, random),
            (READ_DATA, state) => self.read(state, data),
            (WRITE_DATA, State::Authenticated { key_number: CHANGE_KEY, channel }) => {
                self.write(channel, data)
            }
            (WRITE_DATA, _) => Err(Status::Permission),
            _ => Err(Status::IllegalCommand),
        }
    }

    fn select(&mut self, id: &[u8]) -> Answer {
        self.selected = self.applications.iter().position(|application| application.id == id);
        self.selected.map(|_| (Vec::new(), Status::Ok)).ok_or(Status::NoApplication)
    }

    fn application(&mut self) -> Result<&mut Application, Status> {
        let place = self.selected.ok_or(Status::Permission)?;
        self.applications.get_mut(place).ok_or(Status::NoApplication)
    }

    fn challenge(&mut self, data: &[u8], random: &mut dyn SecureRandom) -> Answer {
        // Key number, then the length of the reader's capabilities, then those.
        let [key_number, length, capabilities @ ..] = data else { return Err(Status::Length) };
        if usize::from(*length) != capabilities.len() || capabilities.len() > 6 {
            return Err(Status::Length);
        }
        let key = *self.application()?.keys.get(usize::from(*key_number)).ok_or(Status::NoKey)?;
        let (challenge, encrypted) = Challenge::new(*key_number, key, capabilities, random)?;
        self.state = State::Challenging(challenge);
        Ok((encrypted.to_vec(), Status::More))
    }

    fn confirm(&mut self, challenge: Challenge, data: &[u8], random: &mut dyn SecureRandom) -> Answer {
        let (key_number, channel, proof) = challenge.confirm(data, random)?;
        self.state = State::Authenticated { key_number, channel };
        Ok((proof.to_vec(), Status::Ok))
    }

    fn read(&mut self, state: State, data: &[u8]) -> Answer {
        let (header, tag) = data.split_at_checked(7).ok_or(Status::Length)?;
        let (file, range) = span(header)?;
        let application = self.application()?;
        match (file, state) {
            (TOKEN_FILE, State::Open) => {
                Ok((application.token.get(range).ok_or(Status::Boundary)?.to_vec(), Status::Ok))
            }
            (SEALED_FILE, State::Authenticated { key_number, mut channel }) if key_number == READ_KEY => {
                channel.accept(READ_DATA, header, tag)?;
                let plain = application.sealed.get(range).ok_or(Status::Boundary)?.to_vec();
                let answer = channel.sealed(&plain);
                self.state = State::Authenticated { key_number, channel };
                Ok((answer, Status::Ok))
            }
            (TOKEN_FILE | SEALED_FILE, _) => Err(Status::Permission),
            _ => Err(Status::NoFile),
        }
    }

    fn write(&mut self, mut channel: Channel, data: &[u8]) -> Answer {
        let (header, sealed) = data.split_at_checked(7).ok_or(Status::Length)?;
        let plain = channel.open(WRITE_DATA, header, sealed)?;
        let (file, range) = span(header)?;
        if range.len() != plain.len() {
            return Err(Status::Length);
        }
        let application = self.application()?;
        let content = match file {
            TOKEN_FILE => &mut application.token,
            SEALED_FILE => &mut application.sealed,
            _ => return Err(Status::NoFile),
        };
        content.get_mut(range).ok_or(Status::Boundary)?.copy_from_slice(&plain);
        let answer = channel.empty();
        self.state = State::Authenticated { key_number: CHANGE_KEY, channel };
        Ok((answer, Status::Ok))
    }
}

/// Instruction and data of `90 instruction 00 00 length data 00`.
fn parse(command: &[u8]) -> Option<(u8, &[u8])> {
    match command {
        [0x90, instruction, 0, 0, 0] => Some((*instruction, &[])),
        [0x90, instruction, 0, 0, length, data @ .., 0] if data.len() == usize::from(*length) => {
            Some((*instruction, data))
        }
        _ => None,
    }
}

/// File number, offset and length of a header, the numbers least significant byte first.
fn span(header: &[u8]) -> Result<(u8, core::ops::Range<usize>), Status> {
    let [file, o0, o1, o2, l0, l1, l2] = header else { return Err(Status::Length) };
    let number = |bytes: [u8; 4]| usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| Status::Boundary);
    let offset = number([*o0, *o1, *o2, 0])?;
    let length = number([*l0, *l1, *l2, 0])?;
    Ok((*file, offset..offset.saturating_add(length)))
}
