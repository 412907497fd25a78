//! Requests and answers that must be refused, and where.

use thumbturn_protocol::keys::VerifyingKey;

use super::*;
use crate::error::refused;
use crate::json::text;

pub(super) fn vectors() -> Result<Vec<Fields>, Error> {
    let scenario = Scenario::new("refused request")?;
    let exchange = scenario.run()?;
    let mut vectors = requests(&exchange)?;
    vectors.extend(payloads(&exchange)?);
    vectors.extend(answers(&exchange)?);
    Ok(vectors)
}

/// Byte strings near a good request.
fn requests(exchange: &Exchange) -> Result<Vec<Fields>, Error> {
    let (hello, request) = (exchange.hello, &exchange.request);
    let other = cast::hello("another hello");
    let (_, message) = request.split_first_chunk::<4>().ok_or(Error::Disagree("gate"))?;
    let flipped = formula::last_flipped(message)?;
    let small_order = [&[0; 32], message.get(32..).unwrap_or_default()].concat();
    let gated = |message: &[u8]| regated(&hello, message);
    vec![
        request_refused("a wrong gate", &hello, &formula::flipped(request, 0, 1)?, "gate"),
        request_refused("the gate of another hello", &other, request, "gate"),
        request_refused("three bytes", &hello, request.get(..3).unwrap_or_default(), "gate"),
        request_refused(
            "the handshake of another hello behind a good gate",
            &other,
            &regated(&other, message)?,
            "noise",
        ),
        request_refused("a flipped bit behind a good gate", &hello, &gated(&flipped)?, "noise"),
        request_refused("an ephemeral key of small order", &hello, &gated(&small_order)?, "noise"),
        request_refused(
            "a message cut behind a good gate",
            &hello,
            &gated(message.get(..95).unwrap_or_default())?,
            "noise",
        ),
        request_refused("no message behind a good gate", &hello, &gated(&[])?, "noise"),
    ]
    .into_iter()
    .collect()
}

/// A message behind the right gate.
fn regated(hello: &Hello, message: &[u8]) -> Result<Vec<u8>, Error> {
    Ok([gate(hello, message)?.as_slice(), message].concat())
}

/// `at` is `gate`, `noise` or `payload`: how far the door gets.
fn request_refused(
    reason: &'static str,
    hello: &Hello,
    request: &[u8],
    at: &'static str,
) -> Result<Fields, Error> {
    let door = cast::door_session();
    let gate = full::check_gate(&cast::tag_key(), hello, request);
    agree(&gate.is_err(), &(at == "gate"), reason)?;
    if let Ok(message) = gate {
        let (ephemeral, _) = cast::ephemeral("refused request door ephemeral")?;
        let cause = Responder::read(&door, hello, message, ephemeral).err();
        agree(&cause.map(stage), &Some(at), reason)?;
    }
    Ok(vector(format!("request: {reason}"), "5.2", "full-request-refused")
        .with("refused_at", text(at))
        .with("tag_key", cast::bytes::<16>(cast::TAG_KEY_NAME))
        .with("hello", hello.as_bytes())
        .with("door_session_secret", door.secret())
        .with("request", request))
}

/// How far a door got whose handshake ended with this.
pub(crate) const fn stage(cause: thumbturn_protocol::error::Error) -> &'static str {
    match cause {
        thumbturn_protocol::error::Error::NotAuthentic | thumbturn_protocol::error::Error::InvalidKey => {
            "noise"
        }
        _ => "payload",
    }
}

/// A length of 2^32 − 1: whoever reserves memory by it, dies.
const HUGE: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];

/// Payloads that come out of an authentic handshake and still are none.
fn payloads(exchange: &Exchange) -> Result<Vec<Fields>, Error> {
    let good = &exchange.payload;
    let replaced = |index, old, by: &[u8]| formula::replaced(good, index, old, by);
    // signing key 32, kind 1, id 8, attempt 1, then the grant's length: two bytes of varint.
    [
        ("a trailing byte", [good.as_slice(), &[0]].concat()),
        ("an unknown kind of operation", replaced(32, 0, &[2])?),
        ("attempt 0", replaced(41, 1, &[0])?),
        ("the length of the grant as an overlong varint", replaced(43, 1, &[0x81, 0x00])?),
        ("a grant longer than any", replaced(43, 1, &[0x7f])?),
        ("a grant of 2^32 − 1 bytes", [good.get(..42).unwrap_or_default(), &HUGE].concat()),
        ("a grant shorter than a signature", [good.get(..42).unwrap_or_default(), &[3, 1, 2, 3, 0]].concat()),
        ("nothing", Vec::new()),
    ]
    .into_iter()
    .map(|(reason, payload)| {
        let prologue = [labels::PROLOGUE.text().as_bytes(), exchange.hello.as_bytes()].concat();
        let outputs = transcript::ik(
            &cast::phone("resident").session,
            &cast::door_session(),
            &Inputs {
                prologue: &prologue,
                initiator_ephemeral: &exchange.ephemerals.0,
                responder_ephemeral: &exchange.ephemerals.1,
                first_payload: &payload,
                second_payload: &[],
            },
        )?;
        let request = regated(&exchange.hello, &outputs.first_message)?;
        Ok(request_refused(reason, &exchange.hello, &request, "payload")?.with("payload", payload))
    })
    .collect()
}

/// Answers near a good one, and authentic ones that mean nothing.
fn answers(exchange: &Exchange) -> Result<Vec<Fields>, Error> {
    let good = &exchange.response;
    let small_order = [&[0; 32], good.get(32..).unwrap_or_default()].concat();
    let mut vectors = vec![
        answer_refused("a flipped bit", exchange, &formula::last_flipped(good)?)?,
        answer_refused("an ephemeral key of small order", exchange, &small_order)?,
        answer_refused("one byte less", exchange, &formula::shortened(good)?)?,
        answer_refused("one byte more", exchange, &[good.as_slice(), &[0]].concat())?,
    ];
    for (reason, body) in [
        ("an unknown outcome", vec![0x0d, 0, 0, 0, 0]),
        ("a detail where there is none", vec![0x03, 1, 0, 0, 0]),
        ("an unknown fault", vec![0x0b, 4, 0, 0, 0]),
        ("a door fault without detail", vec![0x0b, 0, 0, 0, 0]),
        ("unknown flag bit 4", vec![0, 5, 0x11, 0, 0]),
        ("a body of four bytes", vec![0, 5, 1, 0]),
        ("a body of six bytes", vec![0, 5, 1, 0, 0, 0]),
    ] {
        let outputs = answered(exchange, &body)?;
        vectors.push(answer_refused(reason, exchange, &outputs)?.with("answer_body", body));
    }
    Ok(vectors)
}

/// Message 2 with any body.
fn answered(exchange: &Exchange, body: &[u8]) -> Result<Vec<u8>, Error> {
    let prologue = [labels::PROLOGUE.text().as_bytes(), exchange.hello.as_bytes()].concat();
    let inputs = Inputs {
        prologue: &prologue,
        initiator_ephemeral: &exchange.ephemerals.0,
        responder_ephemeral: &exchange.ephemerals.1,
        first_payload: &exchange.payload,
        second_payload: body,
    };
    Ok(transcript::ik(&cast::phone("resident").session, &cast::door_session(), &inputs)?.second_message)
}

fn answer_refused(reason: &'static str, exchange: &Exchange, response: &[u8]) -> Result<Fields, Error> {
    let phone = cast::phone("resident");
    let door = cast::door_session();
    let signing_key: VerifyingKey = phone.public().signing_key;
    let payload = RequestPayload {
        phone_signing_key: signing_key,
        operation: Scenario::new("refused request")?.operation,
        grant: cast::resident_grant()?,
        share: None,
    };
    let (ephemeral, pair) = cast::ephemeral("refused request phone ephemeral")?;
    let (initiator, request) =
        full::request(&phone.session, door.public(), &cast::tag_key(), &exchange.hello, &payload, ephemeral)?;
    agree(&request, &exchange.request, "the same request")?;
    refused(initiator.finish(response), reason)?;
    Ok(vector(format!("answer: {reason}"), "5.5", "full-answer-refused")
        .with("hello", exchange.hello.as_bytes())
        .with("phone_session_secret", phone.session.secret())
        .with("phone_ephemeral_secret", pair.secret())
        .with("door_session_key", door.public().0)
        .with("request_payload", &exchange.payload)
        .with("message_2", response))
}
