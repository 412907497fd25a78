//! What the targets share: known keys, so that the fuzzer gets past the cryptography and into the decoders.
//!
//! The peer of the code under test is `snow` with its own resolver: an independent implementation that seals whatever
//! the fuzzer makes up.

pub mod door;
mod update;

use std::sync::OnceLock;

use snow::params::NoiseParams;
use snow::{Builder, HandshakeState};
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::full::{self, RequestPayload, Responder, check_gate};
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ClaimSecret, OperationId, TagKey};
use thumbturn_protocol::keys::{ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::signed::Received;

pub use update::{Chunked, chunked, update_header};

/// The door's tag key.
pub fn tag_key() -> TagKey {
    TagKey::from_bytes([1; 16])
}

/// The door's session key.
pub fn door() -> &'static ExchangeKeyPair {
    static PAIR: OnceLock<ExchangeKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| ExchangeKeyPair::from_secret([2; 32]))
}

/// The phone's session key.
pub fn phone() -> &'static ExchangeKeyPair {
    static PAIR: OnceLock<ExchangeKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| ExchangeKeyPair::from_secret([3; 32]))
}

/// The property's signing key.
pub fn property() -> &'static SigningKeyPair {
    static PAIR: OnceLock<SigningKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| SigningKeyPair::from_secret([4; 32]))
}

/// The claim secret of a factory-fresh door.
pub fn claim_secret() -> ClaimSecret {
    ClaimSecret::from_bytes([5; 16])
}

/// The hello of every exchange.
pub fn hello() -> Hello {
    Hello::new(DoorState::Claimed, [6; 12], &tag_key())
}

/// The same ephemeral key every time.
pub fn ephemeral() -> Ephemeral {
    Ephemeral::generate(&mut Sevens).expect("it never fails")
}

struct Sevens;

impl SecureRandom for Sevens {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.fill(7);
        Ok(())
    }
}

/// A request that a phone would make; signed by nobody in particular.
pub fn request_payload() -> RequestPayload {
    RequestPayload {
        phone_signing_key: property().public(),
        operation: Operation { kind: OperationKind::Unlock, id: OperationId([8; 8]), attempt: 1 },
        grant: Received::<Grant>::from_bytes(&[9; 140]).expect("a possible length"),
        share: None,
    }
}

/// A phone that seals any plaintext into message 1.
pub fn snow_phone() -> HandshakeState {
    let hello = hello();
    let prologue = [b"thumbturn/1/prologue".as_slice(), hello.as_bytes()].concat();
    let (phone, door) = (phone(), door().public());
    builder("Noise_IK_25519_AESGCM_SHA256", &prologue, &[10; 32])
        .local_private_key(phone.secret())
        .and_then(|builder| builder.remote_public_key(&door.0))
        .and_then(Builder::build_initiator)
        .expect("fixed keys")
}

/// A door that seals any plaintext into message 2.
pub fn snow_door() -> HandshakeState {
    let hello = hello();
    let prologue = [b"thumbturn/1/prologue".as_slice(), hello.as_bytes()].concat();
    let door = door();
    builder("Noise_IK_25519_AESGCM_SHA256", &prologue, &[11; 32])
        .local_private_key(door.secret())
        .and_then(Builder::build_responder)
        .expect("fixed keys")
}

/// One side of a claim that seals any plaintext.
pub fn snow_claim(psk: &[u8; 32], initiator: bool) -> HandshakeState {
    let hello = hello();
    let prologue = [b"thumbturn/1/claim-prologue".as_slice(), hello.as_bytes()].concat();
    let builder = builder("Noise_NNpsk0_25519_AESGCM_SHA256", &prologue, &[12; 32]);
    let builder = builder.psk(0, psk).expect("a place for the secret");
    let built = if initiator { builder.build_initiator() } else { builder.build_responder() };
    built.expect("fixed keys")
}

fn builder<'a>(name: &str, prologue: &'a [u8], ephemeral: &'a [u8; 32]) -> Builder<'a> {
    let parameters: NoiseParams = name.parse().expect("a known pattern");
    Builder::new(parameters)
        .prologue(prologue)
        .expect("one prologue")
        .fixed_ephemeral_key_for_testing_only(ephemeral)
}

/// The next message of a handshake around a plaintext.
pub fn sealed(state: &mut HandshakeState, plaintext: &[u8]) -> Vec<u8> {
    let mut message = vec![0; plaintext.len() + 112];
    let length = state.write_message(plaintext, &mut message).expect("room enough");
    message.truncate(length);
    message
}

/// The secret of a finished session; made once.
pub fn session() -> &'static SessionSecret {
    static SESSION: OnceLock<SessionSecret> = OnceLock::new();
    SESSION.get_or_init(|| {
        let (hello, tag_key, payload) = (hello(), tag_key(), request_payload());
        let (_, request) = full::request(phone(), door().public(), &tag_key, &hello, &payload, ephemeral())
            .expect("a good request");
        let message = check_gate(&tag_key, &hello, &request).expect("a good gate");
        // Another ephemeral than the phone's is not needed: nothing here is secret.
        let (responder, _) = Responder::read(door(), &hello, message, ephemeral()).expect("a good request");
        let answer = thumbturn_protocol::answer::Answer::from_bytes([0; 5]).expect("accepted");
        responder.answer(answer).expect("an answer").1
    })
}

/// `KDF` of the specification.
pub fn kdf(key: &[u8], label: &str, message: &[u8]) -> [u8; 32] {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("any length");
    mac.update(&[u8::try_from(label.len()).expect("a short label")]);
    mac.update(label.as_bytes());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Cuts an input into pieces: each begins with its length in one byte.
pub fn pieces(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = input.split_first()?;
        let (piece, rest) = rest.split_at_checked(usize::from(*length)).unwrap_or((rest, &[]));
        input = rest;
        Some(piece)
    })
}
