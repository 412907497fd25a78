//! What phone and authority exchange (spec §15). What is inside is opaque here: it has vectors of its own.

use thumbturn_protocol::claim::PropertyKeys;
use thumbturn_protocol::ids::{Generation, UpdateId};
use thumbturn_protocol::sync::{AnswerHead, Cursor, Handed, Statement, SyncAnswer, SyncRequest};

use crate::cast;
use crate::error::{Error, agree, refused};
use crate::json::{Fields, Json, vector};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    Ok(vec![
        request("nothing to hand in", &SyncRequest::new(cast::phone("resident").public().id(), Cursor(0))?)?,
        request("a receipt, a log batch and a bulletin", &full_request()?)?,
        answer("no news", &SyncAnswer::new(head()?)?)?,
        answer("something of everything", &full_answer()?)?,
        too_long()?,
    ])
}

fn full_request() -> Result<SyncRequest, Error> {
    let mut request = SyncRequest::new(cast::phone("resident").public().id(), Cursor(1_000_000))?;
    let statements = [
        Statement::Receipt(content("receipt").try_into()?),
        Statement::LogBatch(content("log batch").try_into()?),
        Statement::Bulletin(content("bulletin").try_into()?),
    ];
    let handed = (300..).zip(statements).map(|(number, statement)| Handed { number, statement });
    request.handed = handed.collect::<Vec<_>>().try_into()?;
    request.room = 262_144;
    request.carries =
        vec![UpdateId(cast::bytes("update 1")), UpdateId(cast::bytes("update 2"))].try_into()?;
    Ok(request)
}

fn head() -> Result<AnswerHead, Error> {
    let property = PropertyKeys {
        property: cast::property(),
        generation: Generation(2),
        root_key: cast::signing("root").public(),
        signing_key: cast::property_signing().public(),
        sealing_key: cast::exchange("property sealing").public(),
    };
    Ok(AnswerHead { cursor: Cursor(70_000), property, time: content("time token").try_into()? })
}

fn full_answer() -> Result<SyncAnswer, Error> {
    let mut answer = SyncAnswer::new(head()?)?;
    answer.more = true;
    answer.taken = vec![300, 301].try_into()?;
    answer.rotation = Some(content("rotation").try_into()?);
    answer.bulletin = Some(content("bulletin").try_into()?);
    answer.doors = vec![cast::door()].try_into()?;
    answer.credentials = vec![content("credential").try_into()?].try_into()?;
    answer.parcels = vec![content("update").try_into()?].try_into()?;
    answer.acknowledgements = vec![content("acknowledgement").try_into()?].try_into()?;
    Ok(answer)
}

/// Stands for an object.
fn content(name: &str) -> Vec<u8> {
    cast::bytes::<32>(name).to_vec()
}

fn request(name: &str, request: &SyncRequest) -> Result<Fields, Error> {
    let encoded = request.to_bytes()?;
    agree(&SyncRequest::from_bytes(&encoded)?, request, "a sync request")?;
    let handed = request.handed.iter().map(|handed| {
        let (kind, bytes): (u8, &[u8]) = match &handed.statement {
            Statement::Receipt(bytes) => (0, bytes),
            Statement::LogBatch(bytes) => (1, bytes),
            Statement::Bulletin(bytes) => (2, bytes),
            _ => (u8::MAX, &[]),
        };
        Json::Object(
            Fields::new().with("number", small(handed.number)).with("kind", kind).with("content", bytes),
        )
    });
    let carries = request.carries.iter().map(|id| Json::from(id.0)).collect();
    Ok(vector(name, "15.1", "sync-request")
        .with("version", 1_u8)
        .with("phone", request.phone.0)
        .with("since", small(request.since.0))
        .with("room", request.room)
        .with("carries", Json::List(carries))
        .with("handed", Json::List(handed.collect()))
        .with("encoded", encoded))
}

fn answer(name: &str, answer: &SyncAnswer) -> Result<Fields, Error> {
    let encoded = answer.to_bytes()?;
    agree(&SyncAnswer::from_bytes(&encoded)?, answer, "a sync answer")?;
    let property = Fields::new()
        .with("property", answer.property.property.0)
        .with("generation", answer.property.generation.0)
        .with("root_key", answer.property.root_key.0)
        .with("signing_key", answer.property.signing_key.0)
        .with("sealing_key", answer.property.sealing_key.0);
    let taken = answer.taken.iter().map(|number| Json::Number(small(*number))).collect();
    let doors = answer.doors.iter().map(|door| Json::from(door.0)).collect();
    Ok(vector(name, "15.1", "sync-answer")
        .with("version", 1_u8)
        .with("cursor", small(answer.cursor.0))
        .with("more", answer.more)
        .with("taken", Json::List(taken))
        .with("property", property)
        .with("rotation", answer.rotation.as_ref().map(|bytes| bytes.to_vec()))
        .with("bulletin", answer.bulletin.as_ref().map(|bytes| bytes.to_vec()))
        .with("time", answer.time.to_vec())
        .with("doors", Json::List(doors))
        .with(
            "credentials",
            Json::List(answer.credentials.iter().map(|bytes| Json::from(bytes.to_vec())).collect()),
        )
        .with("parcels", Json::List(answer.parcels.iter().map(|bytes| Json::from(bytes.to_vec())).collect()))
        .with(
            "acknowledgements",
            Json::List(answer.acknowledgements.iter().map(|bytes| Json::from(bytes.to_vec())).collect()),
        )
        .with("encoded", encoded))
}

/// A byte behind the end.
fn too_long() -> Result<Fields, Error> {
    let mut encoded = full_request()?.to_bytes()?;
    encoded.push(0);
    refused(SyncRequest::from_bytes(&encoded), "a request with a byte behind its end")?;
    Ok(vector("a byte behind the end", "15.1", "sync-request-refused").with("encoded", encoded))
}

/// None of these vectors' numbers is large.
fn small(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
