//! Doorcodes: weak ones, local days, keys and daily codes (spec §14.1–§14.3).

use thumbturn_protocol::code::{
    CodeEpoch, CodeKeyGeneration, DailyCode, DailyCodeKey, DailyCodeMaster, DailyKind, DoorField, Doorcode,
    LocalDay, Slot,
};
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{Transition, UtcOffset, Zone};

use crate::cast;
use crate::error::{Error, agree};
use crate::formula;
use crate::json::{Fields, Json, text, vector};

/// 000102…1f.
const KEY: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    29, 30, 31,
];
/// 11111111-2222-3333-4444-555566667777.
const DOOR: [u8; 16] = 0x1111_1111_2222_3333_4444_5555_6666_7777_u128.to_be_bytes();

/// Local date, day, kind, slot, epoch, retry, code: chosen when the derivation was.
const CHOSEN: [(&str, i32, DailyKind, u16, u8, u8, &str); 8] = [
    ("2026-03-08", 20_520, DailyKind::WholeDay, 0, 0, 0, "0972587"),
    ("2026-03-08", 20_520, DailyKind::WholeDay, 1, 0, 0, "1472106"),
    ("2026-03-08", 20_520, DailyKind::FirstUse, 0, 0, 0, "2979988"),
    ("2026-03-09", 20_521, DailyKind::WholeDay, 0, 0, 0, "8730716"),
    ("2026-03-08", 20_520, DailyKind::WholeDay, 0, 1, 0, "1119492"),
    ("1969-12-31", -1, DailyKind::WholeDay, 0, 0, 0, "9579975"),
    ("2026-11-01", 20_758, DailyKind::WholeDay, 15, 0, 0, "4636714"),
    ("1974-10-02", 1_735, DailyKind::WholeDay, 0, 0, 1, "8671486"),
];

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = weak_codes()?;
    vectors.extend(days()?);
    for generation in [1, 2] {
        vectors.push(door_key(generation)?);
    }
    for chosen in CHOSEN {
        vectors.push(daily_code(chosen)?);
    }
    Ok(vectors)
}

fn weak_codes() -> Result<Vec<Fields>, Error> {
    [
        ("one digit", "1111111", true),
        ("two digits", "1212112", true),
        ("upwards", "1234567", true),
        ("downwards", "7654321", true),
        ("in steps of two", "1357913", true),
        ("over the end", "8901234", true),
        ("two digits of four", "1331", true),
        ("three digits", "1231231", false),
        ("almost upwards", "1234568", false),
        ("four digits", "0972", false),
    ]
    .into_iter()
    .map(|(name, code, weak)| {
        agree(&Doorcode::parse(code)?.is_weak(), &weak, name)?;
        Ok(vector(name, "14.2", "weak-code").with("code", text(code)).with("weak", weak))
    })
    .collect()
}

/// New York, whose clocks jump at two, and a place whose clocks go back at one minute past midnight.
fn days() -> Result<Vec<Fields>, Error> {
    let new_york: (i32, &[(u64, i32)]) = (-18_000, &[(1_772_953_200, -14_400), (1_793_512_800, -18_000)]);
    let west_of_1970: (i32, &[(u64, i32)]) = (-1, &[]);
    let after_midnight: (i32, &[(u64, i32)]) = (3_600, &[(1_767_222_060, 0)]);
    [
        ("the last second before a day of 23 hours", new_york, 1_772_945_999, 20_519),
        ("its first", new_york, 1_772_946_000, 20_520),
        ("its last", new_york, 1_773_028_799, 20_520),
        ("the first of the day after", new_york, 1_773_028_800, 20_521),
        ("the first second of a day of 25 hours", new_york, 1_793_505_600, 20_758),
        ("its last", new_york, 1_793_595_599, 20_758),
        ("the first of the day after", new_york, 1_793_595_600, 20_759),
        ("the year 1969", west_of_1970, 0, -1),
        ("one minute of a new day, before the clocks go back", after_midnight, 1_767_222_059, 20_454),
        ("the old date again, but not the old day", after_midnight, 1_767_222_060, 20_454),
        ("the new date again", after_midnight, 1_767_225_600, 20_454),
        ("the day after", after_midnight, 1_767_312_000, 20_455),
    ]
    .into_iter()
    .map(|(name, (initial, transitions), instant, expected)| {
        let day = LocalDay::at(seconds(instant)?, &zone(initial, transitions)?).0;
        agree(&day, &expected, name)?;
        let listed = transitions
            .iter()
            .map(|(at, offset)| Json::List(vec![i64::try_from(*at).unwrap_or(0).into(), (*offset).into()]));
        Ok(vector(name, "14.3", "local-day")
            .with("initial", initial)
            .with("transitions", Json::List(listed.collect()))
            .with("instant", i64::try_from(instant).unwrap_or(0))
            .with("day", day))
    })
    .collect()
}

fn seconds(instant: u64) -> Result<UnixSeconds, Error> {
    UnixSeconds::new(instant).ok_or(Error::Disagree("an instant"))
}

fn zone(initial: i32, transitions: &[(u64, i32)]) -> Result<Zone, Error> {
    let offset = |seconds| UtcOffset::new(seconds).ok_or(Error::Disagree("an offset"));
    let transitions = transitions
        .iter()
        .map(|(at, east)| Ok(Transition { at: seconds(*at)?, offset: offset(*east)? }))
        .collect::<Result<_, Error>>()?;
    Ok(Zone::new(offset(initial)?, transitions)?)
}

fn door_key(generation: u32) -> Result<Fields, Error> {
    let (master, door) = (cast::bytes::<32>("daily-code master"), cast::bytes::<8>("door"));
    let field = DoorField::from(DoorId(door));
    let salt = [field.0.as_slice(), &generation.to_be_bytes()].concat();
    let extracted = formula::hmac(&salt, &master)?;
    let key = formula::hmac(&extracted, b"DDC1 v1\x01")?;
    let made = DailyCodeMaster::from_bytes(master).door_key(field, CodeKeyGeneration(generation));
    agree(made.as_bytes(), &key, "K_door")?;
    Ok(vector(format!("K_door of generation {generation}"), "14.3", "daily-key")
        .with("master", master)
        .with("door", door)
        .with("door_field", field.0)
        .with("key_generation", generation)
        .with("salt", salt)
        .with("key", key))
}

fn daily_code(
    (date, day, kind, slot, epoch, retry, expected): (&str, i32, DailyKind, u16, u8, u8, &str),
) -> Result<Fields, Error> {
    let head = [epoch, kind.code(), 7, retry];
    let message = [b"DDC1".as_slice(), &head, &DOOR, &day.to_be_bytes(), &slot.to_be_bytes()].concat();
    let value = u64::from_be_bytes(first_eight(formula::hmac(&KEY, &message)?));
    let code = format!("{:07}", value % 10_000_000);
    agree(&code.as_str(), &expected, "a daily code")?;
    let named = DailyCode { day: LocalDay(day), kind, slot: Slot(slot) };
    let made = DailyCodeKey::from_bytes(KEY).code(DoorField(DOOR), CodeEpoch(epoch), named);
    agree(&made.text().as_str(), &expected, "a daily code")?;
    Ok(vector(format!("{date}, kind {}, slot {slot}, epoch {epoch}", kind.code()), "14.3", "daily-code")
        .with("key", KEY)
        .with("door_field", DOOR)
        .with("day", day)
        .with("code_kind", kind.code())
        .with("slot", u32::from(slot))
        .with("epoch", epoch)
        .with("retry", retry)
        .with("message", message)
        .with("code", text(&code)))
}

fn first_eight(output: [u8; 32]) -> [u8; 8] {
    formula::first(output)
}
