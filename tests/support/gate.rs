//! What whoever knows a door's tag key can forge: the name of a hello, the gate in front of a request. Every neighbour knows it.

use thumbturn_protocol::hello::Hello;

use crate::bench_door::CLAIM_SECRET;
use crate::kdf::kdf;

/// Puts the right gate in front of a Noise message, whatever the message is.
#[must_use]
pub fn gated(tag_key: &[u8; 16], hello: &Hello, message: &[u8]) -> Vec<u8> {
    let mut gated = kdf(tag_key, b"thumbturn/1/gate", &[hello.as_bytes(), message])[..4].to_vec();
    gated.extend_from_slice(message);
    gated
}

/// Puts the right name on a hello, whatever the hello says (spec §4.5).
#[must_use]
pub fn renamed(tag_key: &[u8; 16], mut hello: [u8; 20]) -> [u8; 20] {
    let name = kdf(tag_key, b"thumbturn/1/hello-name", &[&hello[..16]]);
    hello[16..].copy_from_slice(&name[..4]);
    hello
}

/// The tag key of a factory-fresh door on the bench (spec §9.2).
///
/// # Panics
///
/// Never.
#[must_use]
pub fn claim_tag_key() -> [u8; 16] {
    kdf(&CLAIM_SECRET, b"thumbturn/1/claim-tag-key", &[])[..16].try_into().expect("sixteen bytes")
}
