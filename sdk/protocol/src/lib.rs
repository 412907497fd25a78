//! The contract of phone and door: ids, signed objects, frames, handshakes, tickets, records.
//!
//! This crate is the only parser of untrusted bytes. It does no I/O, knows no clock and draws no randomness: what it needs
//! comes in as arguments. `docs/spec/` is its specification, section by section; `tests/vectors/` its known answers.
//!
//! # One unlock
//!
//! 1. The door pushes a [`hello::Hello`]; the phone finds the door by its tag keys.
//! 2. Without a ticket: [`full::request`] → [`full::Responder`] → [`full::Initiator::finish`]. With one:
//!    [`ticket::OpenTicket::request`] → [`ticket::OpenTicket::verifies`] and [`ticket::OpenTicket::answer`] → [`ticket::OpenTicket::read_answer`].
//! 3. Both have a [`session::SessionSecret`], and talk on in [`record::Records`].
//!
//! # Examples
//!
//! A hello, as a door pushes it and a phone reads it:
//!
//! ```
//! use thumbturn_protocol::{hello::{DoorState, Hello}, ids::TagKey};
//!
//! let tag_key = TagKey::from_bytes([7; 16]);
//! let hello = Hello::new(DoorState::Claimed, [1; 12], &tag_key);
//! let heard = Hello::parse(hello.as_bytes())?;
//! assert!(heard.is_named_by(&tag_key));
//! assert!(!heard.is_named_by(&TagKey::from_bytes([8; 16])));
//! # Ok::<(), thumbturn_protocol::error::Error>(())
//! ```
//!
//! A grant, signed by a property, carried as bytes, and believed only after its signature was verified:
//!
//! ```
//! use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
//! use thumbturn_protocol::ids::{DoorId, DoorKeyId, Generation, HolderId, PhoneId, PropertyId, Serial};
//! use thumbturn_protocol::keys::SigningKeyPair;
//! use thumbturn_protocol::random::{RandomFailed, SecureRandom};
//! use thumbturn_protocol::signed::{Received, Signable};
//! use thumbturn_protocol::time::UnixSeconds;
//! use thumbturn_protocol::validity::Validity;
//!
//! # struct Fixed(u8);
//! # impl SecureRandom for Fixed {
//! #     fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
//! #         bytes.fill(self.0);
//! #         Ok(())
//! #     }
//! # }
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let (mut random, mut other_random) = (Fixed(1), Fixed(2));
//! let property = SigningKeyPair::generate(&mut random)?;
//! let stranger = SigningKeyPair::generate(&mut other_random)?;
//! let subject = GrantSubject {
//!     property: PropertyId([1; 8]),
//!     generation: Generation(1),
//!     door: DoorId([2; 8]),
//!     door_key: DoorKeyId([3; 4]),
//!     phone: PhoneId([4; 16]),
//!     holder: HolderId([5; 8]),
//!     serial: Serial(1),
//! };
//! let from = UnixSeconds::try_from(1_772_438_400)?;
//! let mut grant = Grant::new(subject, Validity::from(from), from.plus(7 * 86_400));
//! grant.roles = Roles::UNLOCK;
//!
//! let signed = grant.sign(&property)?;
//! let received = Received::<Grant>::from_bytes(signed.as_bytes())?;
//! assert!(received.verify(&stranger.public()).is_err());
//! assert_eq!(received.verify(&property.public())?.door, DoorId([2; 8]));
//! # Ok(())
//! # }
//! ```
#![no_std]

extern crate alloc;

pub mod advertisement;
pub mod answer;
pub mod bounded;
pub mod bulletin;
pub mod card;
pub mod certificate;
pub mod claim;
pub mod code;
mod codec;
pub mod credential;
mod crypto;
pub mod deny;
pub mod error;
pub mod event;
mod fixed;
pub mod frame;
pub mod full;
pub mod gatt;
pub mod grant;
pub mod hello;
#[cfg(test)]
mod hexadecimal;
pub mod ids;
pub mod keys;
pub mod labels;
pub mod limits;
mod list;
pub mod log;
mod noise;
pub mod operation;
pub mod random;
pub mod receipt;
pub mod record;
pub mod rotation;
pub mod schedule;
pub mod sealing;
pub mod session;
pub mod share;
pub mod signed;
pub mod statement;
pub mod sync;
pub mod ticket;
pub mod time;
pub mod time_token;
pub mod update;
pub mod validity;
pub mod zone;

pub use noise::Ephemeral;
