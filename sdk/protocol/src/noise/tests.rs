//! The published vectors for the full handshake's pattern, through our resolver.

use serde_json::Value;

use super::*;
use crate::hexadecimal::Hexadecimal;

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    serde_json::from_value::<Hexadecimal>(vector[name].clone()).unwrap().0
}

fn pair(vector: &Value, name: &str) -> ExchangeKeyPair {
    ExchangeKeyPair::from_secret(bytes(vector, name).try_into().unwrap())
}

#[test]
fn published_ik_vectors_hold() {
    let file: Value = serde_json::from_str(include_str!("../../../../tests/vectors/noise.json")).unwrap();
    let vectors: Vec<_> = file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|vector| vector["protocol_name"] == "Noise_IK_25519_AESGCM_SHA256")
        .collect();
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let (phone, door) = (pair(vector, "init_static"), pair(vector, "resp_static"));
        let mut initiator = Handshake::start(
            &Pattern::FullInitiator { local: &phone, door: door.public() },
            &bytes(vector, "init_prologue"),
            Ephemeral(pair(vector, "init_ephemeral")),
        )
        .unwrap();
        let mut responder = Handshake::start(
            &Pattern::FullResponder { local: &door },
            &bytes(vector, "resp_prologue"),
            Ephemeral(pair(vector, "resp_ephemeral")),
        )
        .unwrap();
        let messages = vector["messages"].as_array().unwrap();

        let first = initiator.write(&bytes(&messages[0], "payload")).unwrap();
        assert_eq!(first, bytes(&messages[0], "ciphertext"));
        assert_eq!(*responder.read(&first).unwrap(), bytes(&messages[0], "payload"));
        assert_eq!(responder.remote_static(), Some(phone.public()));

        let second = responder.write(&bytes(&messages[1], "payload")).unwrap();
        assert_eq!(second, bytes(&messages[1], "ciphertext"));
        assert_eq!(*initiator.read(&second).unwrap(), bytes(&messages[1], "payload"));

        // The later messages of the vector are sealed with the two keys of the split: that ours are those keys shows by opening them.
        let (to_responder, to_initiator) = initiator.0.dangerously_get_raw_split();
        for (at, message) in messages.iter().enumerate().skip(2) {
            let key = if at % 2 == 0 { to_responder } else { to_initiator };
            let mut nonce = [0; 12];
            nonce[11] = u8::try_from((at - 2) / 2).unwrap();
            let opened = crypto::open(&key, &nonce, &[], &bytes(message, "ciphertext")).unwrap();
            assert_eq!(opened, bytes(message, "payload"));
        }
    }
}

#[test]
fn both_sides_derive_one_session_secret() {
    let (phone, door) = (ExchangeKeyPair::from_secret([1; 32]), ExchangeKeyPair::from_secret([2; 32]));
    let mut initiator = Handshake::start(
        &Pattern::FullInitiator { local: &phone, door: door.public() },
        b"prologue",
        Ephemeral(ExchangeKeyPair::from_secret([3; 32])),
    )
    .unwrap();
    let mut responder = Handshake::start(
        &Pattern::FullResponder { local: &door },
        b"prologue",
        Ephemeral(ExchangeKeyPair::from_secret([4; 32])),
    )
    .unwrap();
    let first = initiator.write(b"one").unwrap();
    responder.read(&first).unwrap();
    let second = responder.write(b"two").unwrap();
    initiator.read(&second).unwrap();
    let label = crate::labels::SESSION;
    assert_eq!(
        initiator.session_secret(label).unwrap().dangerous_bytes(),
        responder.session_secret(label).unwrap().dangerous_bytes()
    );
}

#[test]
fn small_order_points_are_refused() {
    let door = ExchangeKeyPair::from_secret([2; 32]);
    let mut responder = Handshake::start(
        &Pattern::FullResponder { local: &door },
        b"",
        Ephemeral(ExchangeKeyPair::from_secret([4; 32])),
    )
    .unwrap();
    assert_eq!(responder.read(&[0; 120]).err(), Some(Error::InvalidKey));
}
