//! The full handshake: hello, one request, one answer (spec §5).
//!
//! One type a state, consumed by its transition. Phone: [`request`] → [`Initiator`] → [`Initiator::finish`]. Door:
//! [`check_gate`] → [`Responder::read`] → [`Responder::answer`]. The door's two transitions and the signatures of grant and share between them are the
//! slices in which it may pause: each costs the public-key work of one message or one signature.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::answer::{ANSWER, Answer};
use crate::codec;
use crate::crypto;
use crate::error::Error;
use crate::grant::Grant;
use crate::hello::Hello;
use crate::ids::TagKey;
use crate::keys::{ExchangeKey, ExchangeKeyPair, PhonePublicKeys, VerifyingKey};
use crate::labels;
use crate::limits;
use crate::noise::{Ephemeral, Handshake, Pattern};
use crate::operation::Operation;
use crate::session::SessionSecret;
use crate::share::ShareChain;
use crate::signed::Received;

/// Length of the gate in front of a Noise message 1.
pub const GATE: usize = 4;

/// What message 1 carries (spec §5.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPayload {
    /// The phone's Ed25519 key; with its Noise static key it gives the phone id.
    pub phone_signing_key: VerifyingKey,
    /// What the person wants.
    pub operation: Operation,
    /// The phone's grant, or the granter's when there is a share.
    pub grant: Received<Grant>,
    /// A guest's share.
    pub share: Option<ShareChain>,
}

/// Phone: makes the payload of a full-request message, at most [`limits::UNAUTHENTICATED_MESSAGE`] bytes.
pub fn request(
    phone: &ExchangeKeyPair,
    door: ExchangeKey,
    tag_key: &TagKey,
    hello: &Hello,
    payload: &RequestPayload,
    ephemeral: Ephemeral,
) -> Result<(Initiator, Vec<u8>), Error> {
    payload.operation.check()?;
    let pattern = Pattern::FullInitiator { local: phone, door };
    let mut handshake = Handshake::start(&pattern, &prologue(hello), ephemeral)?;
    let message = handshake.write(&codec::encode(payload)?)?;
    let request = gated(tag_key, hello, &message);
    if request.len() > limits::UNAUTHENTICATED_MESSAGE {
        return Err(Error::InvalidArgument("request too long"));
    }
    Ok((Initiator(handshake), request))
}

/// Phone: has sent message 1, waits for message 2.
#[derive(Debug)]
pub struct Initiator(Handshake);

impl Initiator {
    /// Reads the payload of a full-answer message. Two Diffie-Hellman operations.
    pub fn finish(mut self, answer: &[u8]) -> Result<(Answer, SessionSecret), Error> {
        let body = self.0.read(answer)?;
        let body: [u8; ANSWER] = body.as_slice().try_into().map_err(|_| Error::Malformed("answer"))?;
        let answer = Answer::from_bytes(body)?;
        Ok((answer, self.0.session_secret(labels::SESSION)?))
    }
}

/// Door: checks the gate of a full or claim request and gives the Noise message behind it. No public-key operation.
pub fn check_gate<'a>(tag_key: &TagKey, hello: &Hello, request: &'a [u8]) -> Result<&'a [u8], Error> {
    let (gate, message) = request.split_first_chunk::<GATE>().ok_or(Error::Malformed("request"))?;
    if crypto::same(&gate_of(tag_key, hello, message), gate) { Ok(message) } else { Err(Error::NotAuthentic) }
}

/// Door: has read message 1.
#[derive(Debug)]
pub struct Responder {
    handshake: Handshake,
    phone: PhonePublicKeys,
}

impl Responder {
    /// Reads a Noise message 1 that passed the gate. Two Diffie-Hellman operations.
    ///
    /// The phone's keys are proven (session key) and named (signing key) by it; grant and share are not verified yet.
    pub fn read(
        door: &ExchangeKeyPair,
        hello: &Hello,
        message: &[u8],
        ephemeral: Ephemeral,
    ) -> Result<(Self, RequestPayload), Error> {
        let pattern = Pattern::FullResponder { local: door };
        let mut handshake = Handshake::start(&pattern, &prologue(hello), ephemeral)?;
        let body = handshake.read(message)?;
        let payload: RequestPayload = codec::decode(&body, limits::UNAUTHENTICATED_MESSAGE, "full request")?;
        payload.operation.check()?;
        let session_key = handshake.remote_static().ok_or(Error::NotAuthentic)?;
        let phone = PhonePublicKeys { session_key, signing_key: payload.phone_signing_key };
        Ok((Self { handshake, phone }, payload))
    }

    /// The keys of the phone that made the request.
    #[must_use]
    pub const fn phone(&self) -> &PhonePublicKeys {
        &self.phone
    }

    /// Writes message 2. Two Diffie-Hellman operations.
    pub fn answer(mut self, answer: Answer) -> Result<(Vec<u8>, SessionSecret), Error> {
        let message = self.handshake.write(&answer.to_bytes())?;
        Ok((message, self.handshake.session_secret(labels::SESSION)?))
    }
}

/// `gate ‖ message` (spec §5.2): what is left to say behind the right gate for who tries a door.
#[must_use]
pub fn gated(tag_key: &TagKey, hello: &Hello, message: &[u8]) -> Vec<u8> {
    [gate_of(tag_key, hello, message).as_slice(), message].concat()
}

fn gate_of(tag_key: &TagKey, hello: &Hello, message: &[u8]) -> [u8; GATE] {
    tag_key.derive(labels::GATE, &[hello.as_bytes(), message])
}

fn prologue(hello: &Hello) -> Vec<u8> {
    [labels::PROLOGUE.text().as_bytes(), hello.as_bytes()].concat()
}
