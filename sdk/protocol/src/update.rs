//! Updates: from one version of a door's list to a later one (spec §10).
//!
//! Made by the authority, sealed to one door, carried by any phone.
//!
//! 1. The authority makes a [`body::Body`] of rows, [`settings::Settings`] and a [`digest::ListDigest`], and seals it into a [`parcel::Parcel`].
//! 2. A phone checks that the parcel is whole, and sends its header and then its chunks with the proofs of [`tree::ChunkTree`].
//! 3. The door verifies the header ([`crate::signed::Received::verify`]), asks whether it
//!    [serves](header::UpdateHeader::serves), checks each chunk with a [`verifier::ChunkVerifier`] before it is stored,
//!    opens it with the [`seal::BodyKey`] and reads it with a [`body::BodyReader`].
//!
//! ```
//! use thumbturn_protocol::deny::{DenyEntry, DenySubject};
//! use thumbturn_protocol::ids::{DoorId, DoorKeyId, Generation, HolderId, ListVersion, PropertyId, Serial};
//! use thumbturn_protocol::keys::{ExchangeKeyPair, SigningKeyPair};
//! # use thumbturn_protocol::random::{RandomFailed, SecureRandom};
//! use thumbturn_protocol::time::UnixSeconds;
//! use thumbturn_protocol::update::body::{Body, BodyReader, Delta};
//! use thumbturn_protocol::update::digest::{ListDigest, ListKey};
//! use thumbturn_protocol::update::header::UpdateSubject;
//! use thumbturn_protocol::update::parcel::{Issue, Parcel};
//! use thumbturn_protocol::update::row::{Change, Row};
//! use thumbturn_protocol::update::seal::BodyKey;
//! use thumbturn_protocol::update::tree::ChunkTree;
//! use thumbturn_protocol::update::verifier::ChunkVerifier;
//!
//! # struct Fixed(u8);
//! # impl SecureRandom for Fixed {
//! #     fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
//! #         bytes.fill(self.0);
//! #         Ok(())
//! #     }
//! # }
//! # fn main() -> Result<(), thumbturn_protocol::error::Error> {
//! # let mut random = Fixed(7);
//! let property = SigningKeyPair::generate(&mut random)?;
//! let sealing = ExchangeKeyPair::generate(&mut random)?; // the door's
//! let subject = UpdateSubject {
//!     property: PropertyId([1; 8]),
//!     generation: Generation(1),
//!     door: DoorId([2; 8]),
//!     door_key: DoorKeyId([3; 4]),
//! };
//!
//! // Authority: one holder is denied.
//! let key = ListKey::generate(&mut random)?;
//! let row = Row::Deny(DenyEntry { subject: DenySubject::Holder(HolderId([5; 8])), void_before: Serial(9) });
//! let digest = ListDigest::EMPTY.plus(&key.digester().row(&row.to_bytes()));
//! let changes = [Change::Set(row)];
//! let body = Body::delta(&Delta { list_key: &key, digest, rows: 1, changes: &changes, settings: None }, ListVersion(3))?;
//! let issue = Issue { subject, to: ListVersion(4), issued: UnixSeconds::ZERO, apply_until: UnixSeconds::MAX };
//! let parcel = body.seal(&issue, &sealing.public(), &property, &mut random)?;
//!
//! // Phone: the parcel is whole; the proof of its first chunk.
//! let parcel = Parcel::parse(&parcel.to_bytes())?;
//! let proof = ChunkTree::of(&parcel).audit_path(0);
//!
//! // Door.
//! let header = parcel.header().verify(&property.public())?;
//! let body_key = BodyKey::recover(&header, &sealing)?;
//! let mut chunk = parcel.chunk(0).map(<[u8]>::to_vec).unwrap_or_default();
//! ChunkVerifier::new(&header).accept(0, &chunk, &proof)?;
//! body_key.open(0, &mut chunk)?;
//! let mut reader = BodyReader::new(&header);
//! let piece = reader.read(&chunk)?;
//! assert_eq!(Change::parse(&piece.changes[0])?, changes[0]);
//! reader.finish()?;
//! # Ok(())
//! # }
//! ```

pub mod body;
pub mod digest;
pub mod edition;
pub mod header;
pub mod parcel;
pub mod row;
pub mod seal;
pub mod settings;
pub mod size;
pub mod tree;
pub mod verifier;

#[cfg(test)]
pub(crate) mod example;
