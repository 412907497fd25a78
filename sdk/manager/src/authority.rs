//! What an authority does with keys and with what couriers bring: sign, seal, plan, verify, acknowledge (spec §10–§13).
//!
//! Everything here is a function of its arguments: `now` and randomness come in, nothing is read or written elsewhere. The
//! books are values in memory; the office brings them from its store and back. One of each door belongs to one life of it; a door that was claimed anew
//! begins new ones.
//!
//! `docs/guide/property.md` is a whole office in one page: from the claim of a door over a sealed update in a phone's inbox to its
//! receipt, its log and the acknowledgement.
//!
//! | module | what |
//! |---|---|
//! | [`generation_keys`] | the keys of one generation; signs, and opens what doors say |
//! | [`rotation`] | the keys of the next generation, announced by the root |
//! | [`numbering`] | versions and epochs that a restored backup never gives twice |
//! | [`list_book`], [`parcel`] | what a door is to know, and the update that brings it there |
//! | [`bulletin_book`] | what every door must refuse |
//! | [`receipt_book`], [`task`] | what a door says it knows, and what is done by that |
//! | [`door_log`] | the events of a door, their chain and its gaps, and the word that frees them |
//!
//! ```
//! use thumbturn_manager::authority::bulletin_book::BulletinBook;
//! use thumbturn_manager::authority::error::AuthorityError;
//! use thumbturn_manager::authority::generation_keys::GenerationKeys;
//! use thumbturn_protocol::ids::{Generation, PropertyId};
//! # use thumbturn_protocol::random::{RandomFailed, SecureRandom};
//! use thumbturn_protocol::time::UnixSeconds;
//!
//! # struct Sevens;
//! # impl SecureRandom for Sevens {
//! #     fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
//! #         bytes.fill(7);
//! #         Ok(())
//! #     }
//! # }
//! # fn main() -> Result<(), AuthorityError> {
//! # let (mut random, now) = (Sevens, UnixSeconds::ZERO);
//! let keys = GenerationKeys::generate(PropertyId([1; 8]), Generation(1), &mut random)?;
//! let mut bulletins = BulletinBook::new(keys.generation());
//! bulletins.sign(&keys, Vec::new(), now)?;
//! let before = bulletins.version();
//! bulletins.sign(&keys, Vec::new(), now)?;
//! assert!(bulletins.version() > before, "no epoch is given twice, also not within one second");
//! # Ok(())
//! # }
//! ```

pub mod bulletin_book;
pub mod door_log;
pub mod error;
pub mod generation_keys;
pub mod list_book;
pub mod numbering;
pub mod parcel;
pub mod receipt_book;
pub mod rotation;
pub mod task;

#[cfg(test)]
mod fixture;
