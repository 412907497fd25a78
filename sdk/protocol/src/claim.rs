//! Claiming: a factory-fresh door becomes a property's door (spec §9).

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::codec;
use crate::crypto;
use crate::deny::DenyEntry;
use crate::error::Error;
use crate::full::gated;
use crate::hello::Hello;
use crate::ids::{ClaimSecret, DoorId, Generation, ListVersion, PropertyId, TagKey, check_version};
use crate::keys::{DoorPublicKeys, ExchangeKey, VerifyingKey};
use crate::labels;
use crate::limits;
use crate::list::deserialize_list;
use crate::noise::{Ephemeral, Handshake, Pattern};
use crate::session::SessionSecret;
use crate::time::UnixSeconds;
use crate::zone::Zone;

/// What kind of door it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoorKind {
    /// The building's entrance.
    BuildingEntrance,
    /// A private door.
    Residence,
    /// Staff only.
    Service,
    /// Shared by residents.
    Communal,
}

/// Everything a door is told when it is claimed (spec §9.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorConfiguration {
    version: u8,
    /// The property that the door now belongs to.
    pub property: PropertyId,
    /// The generation of the property's keys.
    pub generation: Generation,
    /// The portfolio's root key, which alone may rotate the property's.
    pub root_key: VerifyingKey,
    /// The property's signing key.
    pub signing_key: VerifyingKey,
    /// The property's sealing key.
    pub sealing_key: ExchangeKey,
    /// The door's name.
    pub door: DoorId,
    /// The door's tag key.
    pub tag_key: TagKey,
    /// What kind of door it is.
    pub kind: DoorKind,
    /// Seconds from unlock to relock, 1…240.
    pub relock_seconds: u8,
    /// The time now; also the door's first floor.
    pub now: UnixSeconds,
    /// The version of the list that comes with the claim.
    pub list_version: ListVersion,
    /// The door's civil time.
    pub zone: Zone,
    /// Whom the door refuses; at most [`limits::CLAIM_DENY_ENTRIES`].
    #[serde(deserialize_with = "deserialize_list::<{ limits::CLAIM_DENY_ENTRIES }, _, _>")]
    pub deny: Vec<DenyEntry>,
}

/// The property's side of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyKeys {
    /// The property.
    pub property: PropertyId,
    /// The generation of its keys.
    pub generation: Generation,
    /// The portfolio's root key.
    pub root_key: VerifyingKey,
    /// The property's signing key.
    pub signing_key: VerifyingKey,
    /// The property's sealing key.
    pub sealing_key: ExchangeKey,
}

impl DoorConfiguration {
    const VERSION: u8 = 1;
    /// Seconds until relock that a new configuration has.
    pub const DEFAULT_RELOCK_SECONDS: u8 = 5;

    /// A configuration with no deny entries, list version 1 and the default relock time.
    #[must_use]
    pub const fn new(
        keys: PropertyKeys,
        door: DoorId,
        tag_key: TagKey,
        kind: DoorKind,
        now: UnixSeconds,
        zone: Zone,
    ) -> Self {
        Self {
            version: Self::VERSION,
            property: keys.property,
            generation: keys.generation,
            root_key: keys.root_key,
            signing_key: keys.signing_key,
            sealing_key: keys.sealing_key,
            door,
            tag_key,
            kind,
            relock_seconds: Self::DEFAULT_RELOCK_SECONDS,
            now,
            list_version: ListVersion(1),
            zone,
            deny: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), Error> {
        check_version(self.version, Self::VERSION, "door configuration")?;
        if !(1..=240).contains(&self.relock_seconds) || self.deny.len() > limits::CLAIM_DENY_ENTRIES {
            return Err(Error::Malformed("door configuration"));
        }
        Ok(())
    }
}

/// Claimer: makes the payload of a claim-request message.
pub fn request(
    secret: &ClaimSecret,
    hello: &Hello,
    configuration: &DoorConfiguration,
    ephemeral: Ephemeral,
) -> Result<(Claimer, Vec<u8>), Error> {
    configuration.check()?;
    let psk = psk(secret);
    let mut handshake =
        Handshake::start(&Pattern::ClaimInitiator { psk: &psk }, &prologue(hello), ephemeral)?;
    // The configuration holds the door's tag key.
    let message = handshake.write(&Zeroizing::new(codec::encode(configuration)?))?;
    Ok((Claimer(handshake), gated(&secret.tag_key(), hello, &message)))
}

/// Claimer: has sent message 1, waits for message 2.
#[derive(Debug)]
pub struct Claimer(Handshake);

impl Claimer {
    /// Reads the payload of a claim-answer message: the door's new keys, and the session on which to confirm.
    pub fn finish(mut self, answer: &[u8]) -> Result<(DoorPublicKeys, SessionSecret), Error> {
        let body = self.0.read(answer)?;
        let keys = codec::decode(&body, limits::UNAUTHENTICATED_MESSAGE, "claim answer")?;
        Ok((keys, self.0.session_secret(labels::CLAIM_SESSION)?))
    }
}

/// Door: has read a claim.
#[derive(Debug)]
pub struct ClaimResponder(Handshake);

impl ClaimResponder {
    /// Reads a Noise message 1 that passed the gate ([`crate::full::check_gate`] with the claim tag key).
    pub fn read(
        secret: &ClaimSecret,
        hello: &Hello,
        message: &[u8],
        ephemeral: Ephemeral,
    ) -> Result<(Self, DoorConfiguration), Error> {
        let psk = psk(secret);
        let mut handshake =
            Handshake::start(&Pattern::ClaimResponder { psk: &psk }, &prologue(hello), ephemeral)?;
        let body = handshake.read(message)?;
        let configuration: DoorConfiguration =
            codec::decode(&body, limits::UNAUTHENTICATED_MESSAGE, "door configuration")?;
        configuration.check()?;
        Ok((Self(handshake), configuration))
    }

    /// Writes message 2 with the door's new public keys. One Diffie-Hellman operation.
    pub fn answer(mut self, keys: &DoorPublicKeys) -> Result<(Vec<u8>, SessionSecret), Error> {
        let message = self.0.write(&codec::encode(keys)?)?;
        Ok((message, self.0.session_secret(labels::CLAIM_SESSION)?))
    }
}

fn psk(secret: &ClaimSecret) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(crypto::kdf(&secret.0, labels::CLAIM_PSK, &[]))
}

fn prologue(hello: &Hello) -> Vec<u8> {
    [labels::CLAIM_PROLOGUE.text().as_bytes(), hello.as_bytes()].concat()
}
