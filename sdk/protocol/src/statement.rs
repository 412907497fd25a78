//! What a door states about itself to its property through strangers: an open part, a sealed part, a signature over both
//! (spec §12.1, §12.3).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::TAG;
use crate::error::Error;
use crate::fixed::Fields;
use crate::ids::{DoorId, DoorKeyId, Generation, PropertyId, check_version};
use crate::keys::{DoorPublicKeys, ExchangeKey, ExchangeKeyPair, SigningKeyPair, VerifyingKey};
use crate::labels::Label;
use crate::limits::SIGNATURE;
use crate::random::SecureRandom;
use crate::sealing::{self, Encapsulation, Sealing};

/// Which life of which door speaks, or is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The property that the door belongs to.
    pub property: PropertyId,
    /// The generation that the door is in.
    pub generation: Generation,
    /// The door.
    pub door: DoorId,
    /// Its current keys.
    pub door_key: DoorKeyId,
}

/// The keys that a door states with: its own to sign, the property's to seal to.
#[derive(Debug)]
pub struct StatementKeys<'a> {
    /// The door's receipt key.
    pub receipt_key: &'a SigningKeyPair,
    /// The property's sealing key.
    pub sealing_key: &'a ExchangeKey,
}

/// The labels of one kind of statement.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) body: Label,
    pub(crate) signature: Label,
}

impl Origin {
    /// Of a door with these keys.
    #[must_use]
    pub fn new(property: PropertyId, generation: Generation, door: DoorId, keys: &DoorPublicKeys) -> Self {
        Self { property, generation, door, door_key: keys.id() }
    }

    /// Reads version, property, generation, door and door key id: the beginning of every open part.
    pub(crate) fn read(fields: &mut Fields<'_>, what: &'static str) -> Result<Self, Error> {
        check_version(fields.byte()?, VERSION, what)?;
        Ok(Self {
            property: PropertyId(fields.take()?),
            generation: Generation(fields.number()?),
            door: DoorId(fields.take()?),
            door_key: DoorKeyId(fields.take()?),
        })
    }

    /// The 25 bytes of the same.
    pub(crate) fn to_bytes(self) -> [u8; ORIGIN] {
        crate::fixed::joined(&[
            &[VERSION],
            &self.property.0,
            &self.generation.0.to_be_bytes(),
            &self.door.0,
            &self.door_key.0,
        ])
    }
}

/// Length of version and origin.
pub(crate) const ORIGIN: usize = 25;
/// Length of what a statement adds to its open part and its message.
pub(crate) const OVERHEAD: usize = 32 + TAG + SIGNATURE;
const VERSION: u8 = 1;

/// `open ‖ encapsulation ‖ sealed message ‖ signature`, half made: not sealed and signed yet. Doors make the halves in two
/// calls.
pub(crate) struct Encapsulated {
    kind: &'static Kind,
    /// The open part and the encapsulation.
    bytes: Vec<u8>,
    context: Sealing,
    message: Zeroizing<Vec<u8>>,
}

impl Encapsulated {
    /// Three scalar multiplications.
    pub(crate) fn begin(
        kind: &'static Kind,
        open: &[u8],
        message: Vec<u8>,
        sealing_key: &ExchangeKey,
        random: &mut dyn SecureRandom,
    ) -> Result<Self, Error> {
        let message = Zeroizing::new(message);
        let (encapsulation, context) = sealing::setup_sender(sealing_key, kind.body, open, random)?;
        Ok(Self { kind, bytes: [open, &encapsulation.0].concat(), context, message })
    }

    /// One scalar multiplication.
    pub(crate) fn sign(self, receipt_key: &SigningKeyPair) -> Result<Vec<u8>, Error> {
        let Self { kind, mut bytes, mut context, message } = self;
        bytes.extend_from_slice(&context.seal(&message)?);
        let signature = receipt_key.sign(kind.signature, &bytes);
        bytes.extend_from_slice(&signature);
        Ok(bytes)
    }
}

/// What the door of `receipt_key` signed, without the signature.
pub(crate) fn verified<'a>(
    kind: &Kind,
    bytes: &'a [u8],
    receipt_key: &VerifyingKey,
) -> Result<&'a [u8], Error> {
    let (signed, signature) = bytes.split_last_chunk::<SIGNATURE>().ok_or(Error::Malformed(kind.name))?;
    receipt_key.verify(kind.signature, signed, signature)?;
    Ok(signed)
}

/// The message, if the door of `receipt_key` signed all of it; the signature is checked before anything is decapsulated.
pub(crate) fn read(
    kind: &Kind,
    bytes: &[u8],
    open_length: usize,
    receipt_key: &VerifyingKey,
    sealing_key: &ExchangeKeyPair,
) -> Result<Vec<u8>, Error> {
    let malformed = Error::Malformed(kind.name);
    let signed = verified(kind, bytes, receipt_key)?;
    let (open, rest) = signed.split_at_checked(open_length).ok_or(malformed)?;
    let (encapsulation, sealed) = rest.split_first_chunk::<32>().ok_or(malformed)?;
    sealing::setup_receiver(sealing_key, &Encapsulation(*encapsulation), kind.body, open)?.open(sealed)
}
