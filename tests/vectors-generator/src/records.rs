//! Records: both directions, and what ends a session (spec §7).

use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::labels;
use thumbturn_protocol::record::{ActuatorResult, Record, Records, Side};
use thumbturn_protocol::session::SessionSecret;

use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, Json, text, vector};
use crate::{cast, full};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    Ok(vec![both_directions()?, gap()?, refusals()?, undecodable()?])
}

/// A session, to look into.
pub(crate) struct Session<'a>(pub(crate) &'a SessionSecret);

impl Session<'_> {
    pub(crate) fn records(&self, side: Side) -> Records {
        Records::new(self.0, side)
    }

    fn head(&self, name: &str) -> Result<Fields, Error> {
        Ok(vector(name, "7.1", "records")
            .with("session_secret", self.0.dangerous_bytes())
            .with("key_to_door", self.key(Side::Door)?)
            .with("key_to_phone", self.key(Side::Phone)?))
    }

    fn key(&self, to: Side) -> Result<[u8; 32], Error> {
        let label = match to {
            Side::Door => labels::RECORD_TO_DOOR,
            Side::Phone => labels::RECORD_TO_PHONE,
        };
        formula::kdf(self.0.dangerous_bytes(), label.text(), &[])
    }

    /// A record sealed by hand: also those that the protocol crate would not make.
    pub(crate) fn sealed(&self, to: Side, counter: u32, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let counter = counter.to_be_bytes();
        let nonce = [[0; 4], [0; 4], counter].concat();
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| Error::Disagree("nonce"))?;
        let sealed = formula::seal(&self.key(to)?, &nonce, &counter, plain)?;
        Ok([counter.as_slice(), &sealed].concat())
    }
}

/// The record a door sends when the bolt has moved, as the first of its session: part of whole exchanges.
pub(crate) fn moved(session: &SessionSecret, operation: OperationId) -> Result<Json, Error> {
    let session = Session(session);
    let record = Record::Actuator { operation, result: ActuatorResult::Moved };
    let payload = session.records(Side::Door).seal(&record)?;
    agree(&session.records(Side::Phone).open(&payload)?, &record, "record")?;
    let plain = [&[0], operation.0.as_slice(), &[0]].concat();
    agree(&session.sealed(Side::Phone, 0, &plain)?, &payload, "record")?;
    Ok(Json::List(vec![step(Side::Phone, 0, &plain, &payload).into()]))
}

/// One record on its way.
fn step(to: Side, counter: u32, plain: &[u8], payload: &[u8]) -> Fields {
    let to = match to {
        Side::Door => "door",
        Side::Phone => "phone",
    };
    Fields::new().with("to", text(to)).with("counter", counter).with("plain", plain).with("payload", payload)
}

fn both_directions() -> Result<Fields, Error> {
    let secret = full::session("records")?;
    let session = Session(&secret);
    let (mut phone, mut door) = (session.records(Side::Phone), session.records(Side::Door));
    let operation = OperationId(cast::bytes("operation"));
    let mut steps = Vec::new();
    for (code, result) in [
        (0, ActuatorResult::Moved),
        (1, ActuatorResult::Jammed),
        (2, ActuatorResult::Blocked),
        (3, ActuatorResult::BatteryLow),
    ] {
        let record = Record::Actuator { operation, result };
        let payload = door.seal(&record)?;
        agree(&phone.open(&payload)?, &record, "record")?;
        let plain = [&[0], operation.0.as_slice(), &[code]].concat();
        agree(&session.sealed(Side::Phone, u32::from(code), &plain)?, &payload, "record")?;
        steps.push(step(Side::Phone, u32::from(code), &plain, &payload).into());
    }
    let payload = phone.seal(&Record::ClaimConfirm)?;
    agree(&door.open(&payload)?, &Record::ClaimConfirm, "record")?;
    steps.push(step(Side::Door, 0, &[1], &payload).into());
    let payload = door.seal(&Record::Claimed)?;
    agree(&phone.open(&payload)?, &Record::Claimed, "record")?;
    steps.push(step(Side::Phone, 4, &[2], &payload).into());
    Ok(session.head("every record")?.with("steps", Json::List(steps)))
}

fn gap() -> Result<Fields, Error> {
    let secret = full::session("records gap")?;
    let session = Session(&secret);
    let mut phone = session.records(Side::Phone);
    let mut steps = Vec::new();
    for counter in [0, 3, 255, u32::MAX] {
        let payload = session.sealed(Side::Phone, counter, &[2])?;
        agree(&phone.open(&payload)?, &Record::Claimed, "record")?;
        steps.push(step(Side::Phone, counter, &[2], &payload).into());
    }
    Ok(session.head("lost records leave gaps, up to the last counter")?.with("steps", Json::List(steps)))
}

fn refusals() -> Result<Fields, Error> {
    let secret = full::session("records refused")?;
    let session = Session(&secret);
    let third = session.sealed(Side::Phone, 2, &[2])?;
    let cases = vec![
        ("a record again", session.sealed(Side::Phone, 1, &[2])?),
        ("an older record late", session.sealed(Side::Phone, 0, &[2])?),
        ("a flipped bit", formula::last_flipped(&third)?),
        ("another counter", [3_u32.to_be_bytes().as_slice(), third.get(4..).unwrap_or_default()].concat()),
        ("a record of the other direction", session.sealed(Side::Door, 2, &[2])?),
        ("one byte less", formula::shortened(&third)?),
        ("nothing but a counter", vec![0, 0, 0, 2]),
        ("three bytes", vec![0, 0, 0]),
    ];
    ended(&session, "what ends a session", cases)
}

fn undecodable() -> Result<Fields, Error> {
    let secret = full::session("records undecodable")?;
    let session = Session(&secret);
    let cases = [
        ("no content", Vec::new()),
        ("an unknown record", vec![0x7f]),
        ("the index of a record as an overlong varint", vec![0x81, 0x00]),
        ("a trailing byte", vec![2, 0]),
        ("an unknown result", [&[0], cast::bytes::<8>("operation").as_slice(), &[4]].concat()),
    ];
    let cases: Result<_, Error> =
        cases.into_iter().map(|(name, plain)| Ok((name, session.sealed(Side::Phone, 2, &plain)?))).collect();
    ended(&session, "authentic records that do not decode", cases?)
}

/// Each case comes as the third record of a session, after counters 0 and 1; nothing is accepted after it.
fn ended(session: &Session<'_>, name: &str, cases: Vec<(&'static str, Vec<u8>)>) -> Result<Fields, Error> {
    let before = [session.sealed(Side::Phone, 0, &[2])?, session.sealed(Side::Phone, 1, &[2])?];
    let later = session.sealed(Side::Phone, 9, &[2])?;
    let mut refusals = Vec::new();
    for (reason, payload) in cases {
        let mut phone = session.records(Side::Phone);
        for payload in &before {
            phone.open(payload)?;
        }
        refused(phone.open(&payload), reason)?;
        refused(phone.open(&later), "a record after the end of its session")?;
        refusals.push(
            Fields::new()
                .with("reason", text(reason))
                .with("to", text("phone"))
                .with("payload", payload)
                .into(),
        );
    }
    let before = before
        .into_iter()
        .zip(0..)
        .map(|(payload, counter)| step(Side::Phone, counter, &[2], &payload).into());
    Ok(session
        .head(name)?
        .with("steps", Json::List(before.collect()))
        .with("refused_next", Json::List(refusals))
        .with("refused_after_that", later))
}
