//! Primitives, encodings and every derivation of the label table (spec §1, §2).

use thumbturn_protocol::hello;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_protocol::labels::{self, Label};
use thumbturn_protocol::ticket::Ticket;

use crate::cast;
use crate::error::{Error, agree};
use crate::formula;
use crate::json::{Fields, text, vector};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = encodings();
    vectors.extend(primitives()?);
    vectors.extend(identities()?);
    vectors.extend(keyed()?);
    cross_check()?;
    Ok(vectors)
}

fn encodings() -> Vec<Fields> {
    let accepted = |name: &str, encoding: &str, value: i64, bytes: &[u8]| {
        vector(name, "1.2", "encoding").with("type", text(encoding)).with("value", value).with("bytes", bytes)
    };
    let refused = |name: &str, encoding: &str, bytes: &[u8]| {
        vector(name, "1.2", "encoding")
            .with("type", text(encoding))
            .with("value", None::<i64>)
            .with("bytes", bytes)
    };
    vec![
        accepted("zero", "u32", 0, &[0]),
        accepted("one byte", "u32", 127, &[0x7f]),
        accepted("two bytes", "u32", 128, &[0x80, 0x01]),
        accepted("the largest u16", "u16", 0xffff, &[0xff, 0xff, 0x03]),
        accepted("the largest u32", "u32", 0xffff_ffff, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        accepted("the largest instant", "u64", (1 << 40) - 1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]),
        accepted("an offset east", "i32", 3_600, &[0xa0, 0x38]),
        accepted("an offset west", "i32", -3_600, &[0x9f, 0x38]),
        refused("zero in two bytes", "u32", &[0x80, 0x00]),
        refused("127 in two bytes", "u32", &[0xff, 0x00]),
        refused("a u16 of 65,536", "u16", &[0x80, 0x80, 0x04]),
        refused("a u32 of 2^32", "u32", &[0x80, 0x80, 0x80, 0x80, 0x10]),
        refused("a varint without an end", "u32", &[0x80]),
        refused("trailing bytes", "u32", &[0x01, 0x00]),
    ]
}

fn primitives() -> Result<Vec<Fields>, Error> {
    let (one, two) = (cast::exchange("resident session"), cast::exchange("door session"));
    let shared = formula::x25519(one.secret(), &two.public().0);
    let x25519 = vector("X25519", "1.4", "x25519")
        .with("secret", one.secret())
        .with("public", two.public().0)
        .with("shared", shared);
    let zero = vector("X25519 with a point of small order", "1.4", "x25519")
        .with("secret", one.secret())
        .with("public", [0; 32])
        .with("shared", None::<Vec<u8>>);
    let key: SigningKeyPair = cast::property_signing();
    let signature = vector("Sign", "1.4", "signature")
        .with("label", text(labels::GRANT.text()))
        .with("secret", key.secret())
        .with("public", key.public().0)
        .with("message", b"body")
        .with("signed", formula::labelled(labels::GRANT.text(), b"body"))
        .with("signature", formula::sign(key.secret(), labels::GRANT.text(), b"body"));
    let (key, nonce) = (cast::bytes::<32>("seal key"), cast::bytes::<12>("seal nonce"));
    let sealed = vector("Seal", "1.4", "seal")
        .with("key", key)
        .with("nonce", nonce)
        .with("associated", b"associated")
        .with("message", b"message")
        .with("sealed", formula::seal(&key, &nonce, b"associated", b"message")?);
    Ok(vec![x25519, zero, signature, sealed])
}

fn identities() -> Result<Vec<Fields>, Error> {
    let mut vectors = Vec::new();
    for who in ["resident", "guest"] {
        let phone = cast::phone(who).public();
        let message = [phone.session_key.0, phone.signing_key.0].concat();
        let id: [u8; 16] = formula::first(formula::hash(labels::PHONE_ID.text(), &message));
        agree(&id, &phone.id().0, "phone id")?;
        vectors.push(hash(&format!("phone id of the {who}"), "2.3", labels::PHONE_ID, &message, &id));
    }
    let keys = cast::door_keys();
    let message = [keys.session_key.0, keys.sealing_key.0, keys.receipt_key.0].concat();
    let id: [u8; 4] = formula::first(formula::hash(labels::DOOR_KEY_ID.text(), &message));
    agree(&id, &keys.id().0, "door key id")?;
    vectors.push(hash("door key id", "2.4", labels::DOOR_KEY_ID, &message, &id));
    Ok(vectors)
}

fn hash(name: &str, section: &'static str, label: Label, message: &[u8], result: &[u8]) -> Fields {
    vector(name, section, "hash")
        .with("label", text(label.text()))
        .with("message", message)
        .with("input", formula::labelled(label.text(), message))
        .with("output", formula::hash(label.text(), message))
        .with("result", result)
}

/// One derivation under each label that keys a KDF, with stand-in messages of the right lengths; the messages of real
/// exchanges are in the other files.
fn keyed() -> Result<Vec<Fields>, Error> {
    let tag_key = cast::bytes::<16>(cast::TAG_KEY_NAME);
    let secret = cast::bytes::<32>("a secret");
    let claim_secret = cast::bytes::<16>("claim secret");
    let hello = cast::hello("hello");
    let hello = hello.as_bytes();
    let (head, _) = hello.split_at(16);
    let advertisement = [&[1], cast::bytes::<4>("salt").as_slice()].concat();
    let counter_and_random = [&7_u64.to_be_bytes(), cast::bytes::<16>("hello").as_slice()].concat();
    let keys = [cast::bytes::<32>("k1"), cast::bytes::<32>("k2")].concat();
    let fast_head = [&[0xc5], cast::bytes::<5>("fast head").as_slice()].concat();
    let request = [fast_head.as_slice(), &cast::bytes::<14>("fast request tag")].concat();
    let answer = [&[0xc6], cast::bytes::<19>("fast answer").as_slice()].concat();
    let hello_and_request = [hello.as_slice(), &request].concat();
    let gated = [hello.as_slice(), b"Noise message 1"].concat();
    let fast_tagged = [hello.as_slice(), &fast_head].concat();
    let answer_tagged = [&hello_and_request, [0xc6, 0x00, 0x05, 0x01, 0x12, 0x34].as_slice()].concat();
    let fast_session = [hello_and_request.as_slice(), &answer].concat();
    let nonce_key = cast::bytes::<32>("door nonce key");
    [
        keyed_vector("4.2", labels::ADVERTISEMENT_TAG, &tag_key, &advertisement, 5),
        keyed_vector("4.2", labels::ADVERTISEMENT_HINT, &tag_key, &advertisement, 3),
        keyed_vector("4.5", labels::HELLO_NONCE, &nonce_key, &counter_and_random, 12),
        keyed_vector("4.5", labels::HELLO_NAME, &tag_key, head, 4),
        keyed_vector("5.2", labels::GATE, &tag_key, &gated, 4),
        keyed_vector("5.6", labels::SESSION, &secret, &keys, 32),
        keyed_vector("6.1", labels::TICKET_FIRST, &secret, &[], 32),
        keyed_vector("6.1", labels::TICKET_NEXT, &secret, &[], 32),
        keyed_vector("6.1", labels::TICKET_ID, &secret, &[], 3),
        keyed_vector("6.2", labels::OPERATION_ID, &secret, &[1], 8),
        keyed_vector("6.2", labels::OPERATION_ID, &secret, &[2], 8),
        keyed_vector("6.2", labels::OPERATION_ID, &secret, &[255], 8),
        keyed_vector("6.3", labels::FAST_REQUEST, &secret, &fast_tagged, 14),
        keyed_vector("6.4", labels::FAST_MASK, &secret, &hello_and_request, 5),
        keyed_vector("6.4", labels::FAST_ANSWER, &secret, &answer_tagged, 14),
        keyed_vector("6.5", labels::FAST_SESSION, &secret, &fast_session, 32),
        keyed_vector("7.1", labels::RECORD_TO_DOOR, &secret, &[], 32),
        keyed_vector("7.1", labels::RECORD_TO_PHONE, &secret, &[], 32),
        keyed_vector("9.2", labels::CLAIM_PSK, &claim_secret, &[], 32),
        keyed_vector("9.2", labels::CLAIM_TAG_KEY, &claim_secret, &[], 16),
        keyed_vector("9.5", labels::CLAIM_SESSION, &secret, &keys, 32),
        // A key of zeros, a key and message of one block, and an empty message: HMAC's edges.
        keyed_vector("1.4", labels::SESSION, &[0; 32], &[], 32),
        keyed_vector("1.4", labels::SESSION, &[0xff; 16], &[0xff; 64], 32),
        keyed_vector("1.4", labels::SESSION, &[0xff; 64], &[0; 1], 32),
    ]
    .into_iter()
    .collect()
}

fn keyed_vector(
    section: &'static str,
    label: Label,
    key: &[u8],
    message: &[u8],
    length: usize,
) -> Result<Fields, Error> {
    let output = formula::kdf(key, label.text(), message)?;
    let result = output.get(..length).ok_or(Error::Disagree("length"))?;
    let name = label.text().trim_start_matches("thumbturn/1/");
    Ok(vector(format!("{name} of {} bytes", message.len()), section, "kdf")
        .with("label", text(label.text()))
        .with("key", key)
        .with("message", message)
        .with("input", formula::labelled(label.text(), message))
        .with("output", output)
        .with("result", result))
}

/// What the protocol crate shows of its derivations is what the formulas give.
fn cross_check() -> Result<(), Error> {
    let secret = cast::bytes::<32>("a secret");
    let ticket = Ticket::from_secret(secret);
    let next = formula::kdf(&secret, labels::TICKET_NEXT.text(), &[])?;
    agree(ticket.next().secret(), &next, "next ticket")?;
    let id: [u8; 3] = formula::first(formula::kdf(&secret, labels::TICKET_ID.text(), &[])?);
    agree(&ticket.id().0, &id, "ticket id")?;
    let operation: [u8; 8] = formula::first(formula::kdf(&secret, labels::OPERATION_ID.text(), &[255])?);
    agree(&ticket.operation_id(255).0, &operation, "operation id")?;
    let (nonce_key, random) = (cast::bytes("door nonce key"), cast::bytes::<16>("hello"));
    let message = [&7_u64.to_be_bytes(), random.as_slice()].concat();
    let nonce: [u8; 12] = formula::first(formula::kdf(&nonce_key, labels::HELLO_NONCE.text(), &message)?);
    agree(&hello::nonce(&nonce_key, 7, &random), &nonce, "hello nonce")?;
    let claim_secret = cast::bytes::<16>("claim secret");
    let tag_key: [u8; 16] = formula::first(formula::kdf(&claim_secret, labels::CLAIM_TAG_KEY.text(), &[])?);
    let derived = ClaimSecret::from_bytes(claim_secret).tag_key();
    agree(&derived, &thumbturn_protocol::ids::TagKey::from_bytes(tag_key), "claim tag key")
}
