//! Receipts (spec §12.1).

use thumbturn_protocol::ids::{BulletinEpoch, EventNumber, ListVersion, ReceiptNumber};
use thumbturn_protocol::log::LogHead;
use thumbturn_protocol::receipt::{Receipt, ReceiptBody, ReceiptFlags, ReceiptHeader, SealedReceipt};
use thumbturn_protocol::statement::StatementKeys;
use thumbturn_protocol::time::UnixSeconds;

use super::{keys, origin, origin_fields, property_sealing, receipt_key};
use crate::cast;
use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, text, vector};
use crate::objects::seconds;

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let usual = usual();
    let mut widest = usual;
    widest.header.number = ReceiptNumber(u32::MAX);
    widest.header.flags =
        ReceiptFlags { wants_snapshot: true, logs_waiting: true, battery_low: true, clock_unsure: true };
    widest.body = ReceiptBody {
        bulletin_epoch: BulletinEpoch(u32::MAX),
        clock: UnixSeconds::MAX,
        clock_error: u32::MAX,
        firmware: u32::MAX,
        log_next: EventNumber(u32::MAX),
        lost_events: u32::MAX,
        ..usual.body
    };
    let mut vectors = vec![receipt("a receipt", &usual)?, receipt("the widest numbers", &widest)?];
    vectors.extend(refusals(&usual)?);
    Ok(vectors)
}

fn usual() -> Receipt {
    Receipt {
        header: ReceiptHeader {
            origin: origin(),
            number: ReceiptNumber(7),
            list_version: ListVersion(1_137_120),
            flags: ReceiptFlags { logs_waiting: true, ..ReceiptFlags::default() },
        },
        body: ReceiptBody {
            list_digest: cast::bytes("list digest"),
            bulletin_epoch: BulletinEpoch(1_137_000),
            clock: cast::instant(4_000),
            clock_error: 9,
            battery: 83,
            firmware: 65_536,
            log_next: EventNumber(1_001),
            log_head: LogHead(cast::bytes("log head")),
            lost_events: 0,
        },
    }
}

fn sealed(name: &str, receipt: &Receipt) -> Result<SealedReceipt, Error> {
    let keys = StatementKeys { receipt_key: &receipt_key(), sealing_key: &property_sealing().public() };
    Ok(receipt.seal(&keys, &mut cast::random(name))?)
}

fn receipt(name: &str, receipt: &Receipt) -> Result<Fields, Error> {
    let sealed = sealed(name, receipt)?;
    agree(&sealed.open(&origin(), &cast::door_keys(), &property_sealing())?, receipt, "receipt")?;
    let flags = receipt.header.flags;
    let open = origin_fields(&receipt.header.origin)
        .with("number", i64::from(receipt.header.number.0))
        .with("list_version", receipt.header.list_version.0)
        .with("wants_snapshot", flags.wants_snapshot)
        .with("logs_waiting", flags.logs_waiting)
        .with("battery_low", flags.battery_low)
        .with("clock_unsure", flags.clock_unsure);
    let body = &receipt.body;
    let body = Fields::new()
        .with("list_digest", body.list_digest)
        .with("bulletin_epoch", body.bulletin_epoch.0)
        .with("clock", seconds(body.clock))
        .with("clock_error", body.clock_error)
        .with("battery", body.battery)
        .with("firmware", body.firmware)
        .with("log_next", body.log_next.0)
        .with("log_head", body.log_head.0)
        .with("lost_events", body.lost_events);
    Ok(vector(name, "12.1", "receipt")
        .and(keys(name))
        .with("open", open)
        .with("body", body)
        .with("receipt", sealed.as_bytes()))
}

fn refusals(receipt: &Receipt) -> Result<Vec<Fields>, Error> {
    let good = sealed("a receipt that is damaged", receipt)?;
    let bytes = good.as_bytes();
    [
        ("another version, signed", resigned(formula::replaced(bytes, 0, 1, &[2])?)?),
        ("an unknown flag, signed", resigned(formula::replaced(bytes, 33, 2, &[0x12])?)?),
        ("a reserved byte, signed", resigned(formula::replaced(bytes, 34, 0, &[1])?)?),
        (
            "another number, signed: the sealed part is bound to it",
            resigned(formula::replaced(bytes, 28, 7, &[8])?)?,
        ),
        ("another encapsulation, signed", resigned(formula::flipped(bytes, 40, 1)?)?),
        ("a flipped bit in the sealed part", formula::flipped(bytes, 80, 1)?),
        ("a flipped bit in the signature", formula::flipped(bytes, bytes.len() - 40, 1)?),
        ("one byte less", formula::shortened(bytes)?),
    ]
    .into_iter()
    .map(|(reason, bytes)| {
        let opened = SealedReceipt::from_bytes(&bytes)
            .and_then(|receipt| receipt.open(&origin(), &cast::door_keys(), &property_sealing()));
        refused(opened, reason)?;
        Ok(vector("refused", "12.1", "receipt-refused")
            .with("reason", text(reason))
            .with("sealing_secret", property_sealing().secret())
            .with("receipt_key", receipt_key().public().0)
            .with("receipt", bytes))
    })
    .collect()
}

/// The same with the signature of a door that is itself wrong.
fn resigned(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let (body, _) = bytes.split_last_chunk::<64>().ok_or(Error::Disagree("receipt"))?;
    Ok([body, &formula::sign(receipt_key().secret(), "thumbturn/1/receipt", body)].concat())
}
