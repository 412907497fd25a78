//! Records of the delivery, their fields and their bytes (spec §7.2).

use thumbturn_protocol::bulletin::{Entry, SubjectHash};
use thumbturn_protocol::ids::{
    BulletinEpoch, EventNumber, Generation, ListVersion, ReceiptNumber, Serial, UpdateId,
};
use thumbturn_protocol::limits;
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::record::{
    DoorKnowledge, DoorObject, Progress, Record, Side, Staged, TakenObject, UpdateRefusal,
};
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time_token::TimeNonce;

use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, Json, text, vector};
use crate::records::Session;
use crate::{cast, full};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let secret = full::session("records of the delivery")?;
    let session = Session(&secret);
    let mut vectors = Vec::new();
    for Case { name, record, fields, plain } in asked()?.into_iter().chain(objects()?).chain(transfer()?) {
        let payload = session.records(Side::Door).seal(&record)?;
        agree(&session.records(Side::Phone).open(&payload)?, &record, "record")?;
        agree(&session.sealed(Side::Phone, 0, &plain)?, &payload, name)?;
        vectors.push(vector(name, "7.2", "record").with("record", fields).with("plain", plain));
    }
    for (reason, plain) in malformed() {
        let payload = session.sealed(Side::Phone, 0, &plain)?;
        refused(session.records(Side::Phone).open(&payload), reason)?;
        let head = vector("refused", "7.2", "record-refused").with("reason", text(reason));
        vectors.push(head.with("plain", plain));
    }
    Ok(vectors)
}

struct Case {
    name: &'static str,
    record: Record,
    fields: Fields,
    plain: Vec<u8>,
}

fn case(name: &'static str, index: u8, record: Record, fields: Fields, parts: &[&[u8]]) -> Case {
    let fields = Fields::new().with("index", index).and(fields);
    Case { name, record, fields, plain: [&[index], parts.concat().as_slice()].concat() }
}

/// Behind their length.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [formula::varint(u64::try_from(bytes.len()).unwrap_or(u64::MAX)), bytes.to_vec()].concat()
}

fn number(value: u32) -> Vec<u8> {
    formula::varint(value.into())
}

fn asked() -> Result<Vec<Case>, Error> {
    let nonce = cast::bytes("time nonce");
    let (one, other) = (cast::bytes("update"), cast::bytes("another update"));
    let staged = [Staged { update: UpdateId(one), chunk: 0 }, Staged { update: UpdateId(other), chunk: 300 }];
    let state = DoorKnowledge {
        generation: Generation(1),
        list_version: ListVersion(1_137_120),
        bulletin_epoch: BulletinEpoch(1_137_000),
        receipt: ReceiptNumber(7),
        log_first: EventNumber(998),
        log_next: EventNumber(1_001),
        nonce: TimeNonce(nonce),
        staged: staged.to_vec().try_into()?,
    };
    let staged = [(one, 0_u16), (other, 300)]
        .map(|(update, chunk)| Json::Object(Fields::new().with("update", update).with("chunk", chunk)));
    let fields = Fields::new()
        .with("generation", 1_u32)
        .with("list_version", 1_137_120_u32)
        .with("bulletin_epoch", 1_137_000_u32)
        .with("receipt", 7_u32)
        .with("log_first", 998_u32)
        .with("log_next", 1_001_u32)
        .with("nonce", nonce)
        .with("staged", Json::List(staged.into()));
    let numbers = [1, 1_137_120, 1_137_000, 7, 998, 1_001].map(number).concat();
    let parts: [&[u8]; 6] = [&numbers, &nonce, &[2], &one, &[0], &[&other[..], &number(300)].concat()];
    let mut cases = vec![
        case("ask", 3, Record::Ask, Fields::new(), &[]),
        case("state", 4, Record::State(state), fields, &parts),
    ];
    for (name, object, index) in [
        ("fetch a bulletin", DoorObject::Bulletin, 0_u8),
        ("fetch a receipt", DoorObject::Receipt, 1),
        ("fetch a log batch", DoorObject::LogBatch, 2),
    ] {
        let fields = || Fields::new().with("object", index);
        cases.push(case(name, 8, Record::Fetch(object), fields(), &[&[index]]));
        cases.push(case("nothing", 18, Record::Nothing(object), fields(), &[&[index]]));
    }
    let taken = Record::Taken(TakenObject::LogBatch { first: EventNumber(998) });
    let fields = Fields::new().with("object", Fields::new().with("index", 0_u8).with("first", 998_u32));
    cases.push(case("taken", 16, taken, fields, &[&[0], &number(998)]));
    Ok(cases)
}

/// Objects travel as bytes; what is in them is for whoever verifies them.
fn objects() -> Result<Vec<Case>, Error> {
    let bytes =
        |length: usize| -> Vec<u8> { cast::bytes::<32>("object").into_iter().cycle().take(length).collect() };
    let (rotation, header, token, receipt, acknowledgement) =
        (bytes(150), bytes(124), bytes(90), bytes(230), bytes(120));
    let entry = Entry::new(SubjectHash(cast::bytes("subject")), Serial(9)).until(cast::instant(0));
    let entries = Record::BulletinEntries {
        epoch: BulletinEpoch(1_137_000),
        first: 32,
        entries: vec![entry].try_into()?,
    };
    let whole = |bytes: &[u8]| Fields::new().with("bytes", bytes);
    let time = |elapsed: Option<u32>| -> Result<Record, Error> {
        Ok(Record::Time { token: Received::from_bytes(&token)?, elapsed })
    };
    let time_fields =
        |elapsed: Option<u32>| Fields::new().with("token", token.as_slice()).with("elapsed", elapsed);
    Ok(vec![
        case(
            "rotation",
            5,
            Record::Rotation(Received::from_bytes(&rotation)?),
            whole(&rotation),
            &[&sized(&rotation)],
        ),
        case(
            "bulletin header",
            6,
            Record::BulletinHeader(Received::from_bytes(&header)?),
            whole(&header),
            &[&sized(&header)],
        ),
        case(
            "bulletin entries",
            7,
            entries,
            Fields::new()
                .with("epoch", 1_137_000_u32)
                .with("first", 32_u16)
                .with("entries", Json::List(vec![entry.to_bytes().into()])),
            &[&number(1_137_000), &[32, 1], &entry.to_bytes()],
        ),
        case("time", 9, time(None)?, time_fields(None), &[&sized(&token), &[0]]),
        case(
            "time with a phone's own clock",
            9,
            time(Some(7_200))?,
            time_fields(Some(7_200)),
            &[&sized(&token), &[1], &number(7_200)],
        ),
        case(
            "receipt",
            14,
            Record::Receipt(SealedReceipt::from_bytes(&receipt)?),
            whole(&receipt),
            &[&sized(&receipt)],
        ),
        case(
            "acknowledgement",
            17,
            Record::Acknowledgement(Received::from_bytes(&acknowledgement)?),
            whole(&acknowledgement),
            &[&sized(&acknowledgement)],
        ),
    ])
}

fn transfer() -> Result<Vec<Case>, Error> {
    let header: Vec<u8> = cast::bytes::<32>("header").into_iter().cycle().take(182).collect();
    let (piece, node) = (cast::bytes::<20>("piece"), cast::bytes::<32>("node"));
    let piece_fields = |fields: Fields| fields.with("offset", 976_u16).with("bytes", piece);
    let mut cases = vec![
        case(
            "offer",
            10,
            Record::Offer(header.as_slice().try_into()?),
            Fields::new().with("bytes", header.as_slice()),
            &[&sized(&header)],
        ),
        case(
            "proof",
            12,
            Record::Proof { chunk: 300, nodes: vec![node].try_into()? },
            Fields::new().with("chunk", 300_u16).with("nodes", Json::List(vec![node.into()])),
            &[&number(300), &[1], &node],
        ),
        case(
            "piece",
            13,
            Record::Piece { chunk: 300, offset: 976, bytes: piece.as_slice().try_into()? },
            piece_fields(Fields::new().with("chunk", 300_u16)),
            &[&number(300), &number(976), &sized(&piece)],
        ),
        case(
            "log piece",
            15,
            Record::LogPiece {
                first: EventNumber(998),
                total: 2_229,
                offset: 976,
                bytes: piece.as_slice().try_into()?,
            },
            piece_fields(Fields::new().with("first", 998_u32).with("total", 2_229_u16)),
            &[&number(998), &number(2_229), &number(976), &sized(&piece)],
        ),
    ];
    cases.extend(progress());
    Ok(cases)
}

fn progress() -> Vec<Case> {
    let update = cast::bytes("update");
    let refusals = [
        UpdateRefusal::NotAuthentic,
        UpdateRefusal::NotForThisDoor,
        UpdateRefusal::NotNewer,
        UpdateRefusal::DoesNotContinue,
        UpdateRefusal::TooLate,
        UpdateRefusal::Broken,
        UpdateRefusal::NoRoom,
        UpdateRefusal::TransferUnderWay,
    ];
    let place = || Fields::new().with("chunk", 1_u16).with("offset", 976_u16);
    let mut steps = vec![
        (Progress::Next { chunk: 1, offset: 976 }, 0, place(), [vec![1], number(976)].concat()),
        (Progress::Gap { chunk: 1, offset: 976 }, 1, place(), [vec![1], number(976)].concat()),
        (Progress::Applying, 2, Fields::new(), Vec::new()),
        (
            Progress::Applied { list_version: ListVersion(1_137_120) },
            3,
            Fields::new().with("list_version", 1_137_120_u32),
            number(1_137_120),
        ),
    ];
    steps.extend(refusals.into_iter().zip(0_u8..).map(|(refusal, index)| {
        (Progress::Refused(refusal), 4, Fields::new().with("reason", index), vec![index])
    }));
    steps
        .into_iter()
        .map(|(progress, index, fields, bytes)| {
            let fields = Fields::new()
                .with("update", update)
                .with("progress", Fields::new().with("index", index).and(fields));
            let record = Record::Progress { update: UpdateId(update), progress };
            case("progress", 11, record, fields, &[&update, &[index], &bytes])
        })
        .collect()
}

fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let long = |index: u8, length: usize| [vec![index], sized(&vec![7; length])].concat();
    let entries = |count: usize, end: u8| {
        let entry = [vec![7; 23], vec![end]].concat();
        let entries: Vec<u8> = (0..count).flat_map(|_| [vec![7; 21], vec![0, 0, 0]].concat()).collect();
        let entries = if end == 0 { entries } else { entry };
        [vec![7, 1, 0], number(u32::try_from(count).unwrap_or(0)), entries].concat()
    };
    let nodes = |count: u8| [vec![12, 0, count], vec![7; 32 * usize::from(count)]].concat();
    vec![
        ("a record after the last", vec![19]),
        ("an unknown object", vec![8, 3]),
        ("an unknown refusal", [&[11], [7; 8].as_slice(), &[4, 8]].concat()),
        ("an unknown progress", [&[11], [7; 8].as_slice(), &[5]].concat()),
        ("three staged updates", [&[4, 0, 0, 0, 0, 0, 0], [7; 8].as_slice(), &[3], &[7; 27]].concat()),
        ("no entry", entries(0, 0)),
        ("33 entries", entries(33, 0)),
        ("an entry whose end is not zero", entries(1, 1)),
        ("an offer of 181 bytes", long(10, 181)),
        ("an offer of 183 bytes", long(10, 183)),
        ("no node", nodes(0)),
        ("ten nodes", nodes(10)),
        ("an empty piece", vec![13, 0, 0, 0]),
        ("a piece of 1,489 bytes", [vec![13, 0, 0], sized(&[7; limits::RECORD_PIECE + 1])].concat()),
        ("an empty log piece", vec![15, 1, 0, 0, 0]),
        ("a log piece of 1,489 bytes", [vec![15, 1, 0, 0], sized(&[7; limits::RECORD_PIECE + 1])].concat()),
        ("a receipt of 218 bytes", long(14, 218)),
        ("a receipt of 245 bytes", long(14, 245)),
        ("a bulletin header of 125 bytes", long(6, 125)),
        ("a token of 94 bytes", [long(9, 94), vec![0]].concat()),
        ("an acknowledgement of 128 bytes", long(17, 128)),
        ("a rotation of a signature alone", long(5, 64)),
        ("a chunk number above 2^16", [vec![13], number(65_536), vec![0, 1, 7]].concat()),
    ]
}
