//! Logs: salts, heads, batches, acknowledgements (spec §12.2 to §12.4).

use thumbturn_protocol::ids::EventNumber;
use thumbturn_protocol::log::{Acknowledgement, BatchDraft, EventSalts, LogHead, SealedBatch};
use thumbturn_protocol::statement::StatementKeys;

use super::{keys, origin, origin_fields, property_sealing, receipt_key};
use crate::cast;
use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, Json, text, vector};
use crate::objects::signed;

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors =
        vec![batch("the first three events", 1, 3, 0)?, batch("two events after a loss", 9, 2, 4)?];
    vectors.extend(refusals()?);
    vectors.push(acknowledgement()?);
    Ok(vectors)
}

fn salted(number: u32) -> Vec<u8> {
    let salt = EventSalts::of(&receipt_key()).salt(EventNumber(number));
    salt.salted(&cast::bytes::<9>(&format!("event {number}")))
}

/// Head 0…8: the events before are those of the same numbers.
fn head(number: u32) -> LogHead {
    let start = LogHead::start(origin().door_key);
    (1..=number).fold(start, |head, number| head.after(EventNumber(number), &salted(number)))
}

fn sealed(name: &str, first: u32, count: u32, lost: u32) -> Result<SealedBatch, Error> {
    let mut draft = BatchDraft::new(origin(), EventNumber(first), head(first - 1), lost)?;
    for number in first..first + count {
        agree(&draft.push(&salted(number))?, &true, "room for events")?;
    }
    let keys = StatementKeys { receipt_key: &receipt_key(), sealing_key: &property_sealing().public() };
    Ok(draft.seal(&keys, &mut cast::random(name))?)
}

fn batch(name: &str, first: u32, count: u32, lost: u32) -> Result<Fields, Error> {
    let sealed = sealed(name, first, count, lost)?;
    let opened = sealed.open(&origin(), &cast::door_keys(), &property_sealing())?;
    let numbers = first..first + count;
    agree(&opened.events().count(), &usize::try_from(count).unwrap_or(0), "events")?;
    let heads = numbers.clone().map(|number| {
        let expected = head(number);
        agree(&opened.head_at(EventNumber(number)), &Some(expected), "head")?;
        Ok(expected.0.into())
    });
    let events = numbers.clone().map(|number| cast::bytes::<9>(&format!("event {number}")).into());
    let salted = numbers.map(|number| salted(number).into());
    let open = origin_fields(&origin())
        .with("first", first)
        .with("count", count)
        .with("lost", lost)
        .with("before", head(first - 1).0);
    Ok(vector(name, "12.3", "log-batch")
        .and(keys(name))
        .with("head_0", LogHead::start(origin().door_key).0)
        .with("open", open)
        .with("events", Json::List(events.collect()))
        .with("salted", Json::List(salted.collect()))
        .with("heads", Json::List(heads.collect::<Result<_, Error>>()?))
        .with("batch", sealed.as_bytes()))
}

fn refusals() -> Result<Vec<Fields>, Error> {
    let good = sealed("a batch that is damaged", 9, 2, 4)?;
    let bytes = good.as_bytes();
    let at = |index, bytes_: &[u8]| -> Result<Vec<u8>, Error> {
        let mut changed = bytes.to_vec();
        let place = changed.get_mut(index..index + bytes_.len()).ok_or(Error::Disagree("batch"))?;
        place.copy_from_slice(bytes_);
        resigned(&changed)
    };
    [
        ("another version, signed", at(0, &[2])?),
        ("numbers from 0, signed", at(25, &[0; 4])?),
        ("no events, signed", at(29, &[0; 2])?),
        ("more lost than there were, signed", at(31, &[0, 0, 0, 9])?),
        ("a reserved byte, signed", at(35, &[1])?),
        ("another head before, signed: the sealed part is bound to it", at(37, &[0; 32])?),
        ("a flipped bit in the sealed part", formula::flipped(bytes, 110, 1)?),
        ("a flipped bit in the signature", formula::flipped(bytes, bytes.len() - 40, 1)?),
        ("one byte less", formula::shortened(bytes)?),
    ]
    .into_iter()
    .map(|(reason, bytes)| {
        let opened = SealedBatch::from_bytes(&bytes)
            .and_then(|batch| batch.open(&origin(), &cast::door_keys(), &property_sealing()));
        refused(opened, reason)?;
        Ok(vector("refused", "12.3", "log-batch-refused")
            .with("reason", text(reason))
            .with("sealing_secret", property_sealing().secret())
            .with("receipt_key", receipt_key().public().0)
            .with("batch", bytes))
    })
    .collect()
}

fn resigned(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let (body, _) = bytes.split_last_chunk::<64>().ok_or(Error::Disagree("batch"))?;
    Ok([body, &formula::sign(receipt_key().secret(), "thumbturn/1/log-batch", body)].concat())
}

fn acknowledgement() -> Result<Fields, Error> {
    let draft = Acknowledgement::new(origin(), EventNumber(3), head(3));
    let fields = origin_fields(&origin()).with("sequence", 3_u32).with("head", head(3).0);
    signed(vector("acknowledgement", "12.4", "acknowledgement"), &draft, &cast::property_signing(), fields)
}
