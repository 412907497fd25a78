//! Rows of a list and a door's settings (spec §10.1, §10.2).

use thumbturn_protocol::card::{CardKey, CardVersion};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::{CodeEpoch, CodeLength, DailyCodeKey, Doorcode, Slots};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{CardToken, HolderId, PhoneId, Serial, ShareId};
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::{
    Card, Change, CredentialNumber, ROW, Row, RowKey, ScheduleNumber, Terms,
};
use thumbturn_protocol::update::settings::{DailyCodes, Settings};
use thumbturn_protocol::zone::{Transition, UtcOffset, Zone};

use crate::cast;
use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, Json, text, vector};
use crate::objects::seconds;

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = rows()?;
    vectors.extend(refused_rows()?);
    vectors.extend(settings()?);
    vectors.extend(refused_settings()?);
    Ok(vectors)
}

/// Until the end of the resident's lease, within the first schedule.
fn terms() -> Result<Terms, Error> {
    let terms = Terms::new(HolderId(cast::bytes("holder")), Serial(cast::SERIAL), CredentialNumber(77));
    Ok(terms.during(cast::instant(0), Some(cast::instant(7 * 86_400)))?.within(schedule(1)?))
}

fn schedule(number: u8) -> Result<ScheduleNumber, Error> {
    ScheduleNumber::new(number).ok_or(Error::Disagree("numbers of schedules"))
}

pub(crate) fn doorcode() -> Result<Row, Error> {
    Ok(Row::Doorcode(Doorcode::from_number(12_345, CodeLength::SEVEN)?, terms()?))
}

/// A card; rows rise with `number`.
pub(crate) fn card(number: u32) -> Result<Row, Error> {
    let [a, b, c, d] = number.to_be_bytes();
    let [e, f, g, h, ..] = cast::bytes::<8>("card token");
    let card = Card {
        token: CardToken([a, b, c, d, e, f, g, h]),
        key: CardKey::from_bytes(cast::bytes(&format!("card key {number}"))),
        lowest_version: CardVersion(3),
    };
    Ok(Row::Card(card, terms()?.for_staff()))
}

pub(crate) fn deny(subject: DenySubject) -> Row {
    Row::Deny(DenyEntry { subject, void_before: Serial(cast::SERIAL) })
}

pub(crate) fn deny_holder() -> Row {
    deny(DenySubject::Holder(HolderId(cast::bytes("holder"))))
}

fn rows() -> Result<Vec<Fields>, Error> {
    let bare = Terms::new(HolderId([0; 8]), Serial(0), CredentialNumber(0));
    let widest = Terms::new(HolderId([0xff; 8]), Serial(u32::MAX), CredentialNumber(u32::MAX));
    let last = UnixSeconds::new((1 << 40) - 2).ok_or(Error::Disagree("times"))?;
    let before = UnixSeconds::new((1 << 40) - 3).ok_or(Error::Disagree("times"))?;
    let widest = widest.during(before, Some(last))?.within(schedule(64)?).for_staff();
    let widest_card = Card {
        token: CardToken([0xff; 8]),
        key: CardKey::from_bytes([0xff; 16]),
        lowest_version: CardVersion(255),
    };
    let code = |digits: u8, number| {
        let length = CodeLength::new(digits).ok_or(Error::Disagree("digits"))?;
        Ok::<_, Error>(Doorcode::from_number(number, length)?)
    };
    let set = [
        ("doorcode with hours, end and a leading zero", doorcode()?),
        ("doorcode of four zeros without end", Row::Doorcode(code(4, 0)?, bare)),
        ("largest doorcode", Row::Doorcode(code(7, 9_999_999)?, widest)),
        ("staff's card", card(1)?),
        ("largest card", Row::Card(widest_card, widest)),
        ("denied holder", deny_holder()),
        ("denied phone", deny(DenySubject::Phone(cast::phone("resident").public().id()))),
        ("denied share", deny(DenySubject::Share(ShareId(cast::bytes("share"))))),
        ("everybody but staff denied", deny(DenySubject::EverybodyButStaff)),
    ];
    let set = set.into_iter().map(|(name, row)| (name, Change::Set(row)));
    let removed = [
        ("removed doorcode", doorcode()?.key()),
        ("removed card", card(1)?.key()),
        ("removed deny row", RowKey::deny(&DenySubject::EverybodyButStaff)),
    ];
    let removed = removed.into_iter().map(|(name, key)| (name, Change::Remove(key)));
    set.chain(removed).map(|(name, change)| row(name, &change)).collect()
}

fn row(name: &str, change: &Change) -> Result<Fields, Error> {
    let bytes = change.to_bytes();
    agree(&Change::parse(&bytes)?, change, "row")?;
    Ok(vector(name, "10.1", "row")
        .with("accepted", true)
        .with("fields", row_fields(&bytes))
        .with("bytes", *bytes))
}

/// The fields of a row, read here a second time from its bytes.
fn row_fields(bytes: &[u8; ROW]) -> Fields {
    let number = |from: usize, to: usize| {
        bytes.get(from..to).unwrap_or_default().iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
    };
    let slice = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let not_after = number(35, 40);
    Fields::new()
        .with("kind", number(0, 1))
        .with("id", slice(1, 17))
        .with("removed", number(17, 18) & 1 == 1)
        .with("staff", number(17, 18) & 2 == 2)
        .with("holder", slice(18, 26))
        .with("serial", number(26, 30))
        .with("not_before", number(30, 35))
        .with("not_after", (not_after != (1 << 40) - 1).then_some(not_after))
        .with("schedule", number(40, 41))
        .with("card_version", number(41, 42))
        .with("card_key", slice(42, 58))
        .with("credential", number(58, 62))
}

fn refused_rows() -> Result<Vec<Fields>, Error> {
    let (code, card, deny) = (doorcode()?, card(1)?, deny_holder());
    let removed = Change::Remove(card.key());
    let flipped = |row: &Row, index, mask| formula::flipped(&*row.to_bytes(), index, mask);
    [
        ("an unknown kind", formula::replaced(&*deny.to_bytes(), 0, 2, &[6])?),
        ("an unknown flag", flipped(&card, 17, 4)?),
        ("removed, but not empty", flipped(&code, 17, 1)?),
        ("removed, and staff", formula::flipped(&*removed.to_bytes(), 17, 2)?),
        ("removed, with a byte left", formula::flipped(&*removed.to_bytes(), 63, 1)?),
        ("a doorcode of three digits", formula::replaced(&*code.to_bytes(), 12, 7, &[3])?),
        ("a doorcode of eight digits", formula::replaced(&*code.to_bytes(), 12, 7, &[8])?),
        ("a doorcode with more digits than stated", formula::replaced(&*code.to_bytes(), 12, 7, &[4])?),
        ("a doorcode with a byte before its digits", flipped(&code, 11, 1)?),
        ("a doorcode with a card version", flipped(&code, 41, 1)?),
        ("a doorcode with a card key", flipped(&code, 57, 1)?),
        ("a card with a byte behind its token", flipped(&card, 9, 1)?),
        ("a card with a byte behind its number", flipped(&card, 62, 1)?),
        ("an end at the beginning", with_end(&card, 30)?),
        ("a schedule above 64", formula::replaced(&*card.to_bytes(), 40, 1, &[65])?),
        ("a deny row with a person", flipped(&deny, 18, 1)?),
        ("a deny row for staff", flipped(&deny, 17, 2)?),
        ("a deny row that begins", flipped(&deny, 34, 1)?),
        ("a deny row that ends", flipped(&deny, 39, 1)?),
        ("a deny row with a schedule", flipped(&deny, 40, 1)?),
        ("a deny row with a number", flipped(&deny, 61, 1)?),
        ("a denied holder of nine bytes", flipped(&deny, 9, 1)?),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        let row: [u8; ROW] = bytes.try_into().map_err(|_| Error::Disagree("length of a row"))?;
        refused(Change::parse(&row), name)?;
        Ok(vector(name, "10.1", "row").with("accepted", false).with("bytes", row))
    })
    .collect()
}

/// A row whose end is what it has at `from`: its beginning.
fn with_end(row: &Row, from: usize) -> Result<Vec<u8>, Error> {
    let bytes = row.to_bytes();
    let lies = Error::Disagree("where a field lies");
    let begin = bytes.get(from..from + 5).ok_or(lies)?;
    let (head, tail) = bytes.split_at_checked(from + 5).ok_or(Error::Disagree("where a field lies"))?;
    Ok([head, begin, tail.get(5..).unwrap_or_default()].concat())
}

/// A residence with two schedules, summer time and daily codes.
pub(crate) fn residence() -> Result<Settings, Error> {
    let offset = |seconds| UtcOffset::new(seconds).ok_or(Error::Disagree("offsets"));
    let transitions = vec![
        Transition { at: cast::instant(27 * 86_400), offset: offset(7_200)? },
        Transition { at: cast::instant(237 * 86_400), offset: offset(3_600)? },
    ];
    Ok(Settings {
        tag_key: cast::tag_key(),
        kind: DoorKind::Residence,
        relock_seconds: 5,
        zone: Zone::new(offset(3_600)?, transitions)?,
        schedules: vec![cast::two_windows()?, night()?],
        code_length: CodeLength::SEVEN,
        daily_codes: Some(DailyCodes {
            key: DailyCodeKey::from_bytes(cast::bytes("daily-code key")),
            epoch: CodeEpoch(2),
            slots: Slots::DEFAULT,
        }),
    })
}

fn night() -> Result<Schedule, Error> {
    let minute = |hour| Minute::at(hour, 0).ok_or(Error::Disagree("minutes"));
    Ok(Schedule::new(&[Window::new(Days::EVERY_DAY, minute(22)?, minute(24)?)?])?)
}

fn settings() -> Result<Vec<Fields>, Error> {
    let mut plain = residence()?;
    plain.kind = DoorKind::Communal;
    plain.relock_seconds = 240;
    plain.zone = Zone::fixed(UtcOffset::UTC);
    plain.schedules = Vec::new();
    plain.code_length = CodeLength::FOUR;
    plain.daily_codes = None;
    [("settings of a residence", residence()?), ("settings without schedules and daily codes", plain)]
        .into_iter()
        .map(|(name, settings)| {
            let bytes = settings.to_bytes()?;
            agree(&Settings::from_bytes(&bytes)?.to_bytes()?, &bytes, "settings")?;
            Ok(vector(name, "10.2", "settings")
                .with("accepted", true)
                .with("fields", settings_fields(&settings))
                .with("bytes", &*bytes))
        })
        .collect()
}

fn settings_fields(settings: &Settings) -> Fields {
    let kind: u8 = match settings.kind {
        DoorKind::BuildingEntrance => 0,
        DoorKind::Residence => 1,
        DoorKind::Service => 2,
        DoorKind::Communal => 3,
    };
    let transitions = settings.zone.transitions().iter().map(|transition| {
        let fields = Fields::new().with("at", seconds(transition.at));
        fields.with("offset", transition.offset.seconds_east()).into()
    });
    let schedules = settings.schedules.iter().map(|schedule| {
        Json::List(schedule.windows().iter().map(|window| <[u8; 4]>::from(*window).into()).collect())
    });
    let daily = settings.daily_codes.as_ref().map(|daily| {
        Fields::new()
            .with("key", daily.key.as_bytes())
            .with("epoch", daily.epoch.0)
            .with("slots", daily.slots.count())
    });
    Fields::new()
        .with("tag_key", cast::bytes::<16>(cast::TAG_KEY_NAME))
        .with("kind", kind)
        .with("relock_seconds", settings.relock_seconds)
        .with(
            "zone",
            Fields::new()
                .with("initial", settings.zone.initial().seconds_east())
                .with("transitions", Json::List(transitions.collect())),
        )
        .with("schedules", Json::List(schedules.collect()))
        .with("code_digits", settings.code_length.digits())
        .with("daily_codes", daily)
}

fn refused_settings() -> Result<Vec<Fields>, Error> {
    let good = residence()?.to_bytes()?;
    let last = good.len().saturating_sub(1);
    [
        ("an unknown kind of door", formula::replaced(&good, 16, 1, &[4])?),
        ("no time to relock", formula::replaced(&good, 17, 5, &[0])?),
        ("241 seconds to relock", formula::replaced(&good, 17, 5, &[241])?),
        ("no slots", formula::replaced(&good, last, 8, &[0])?),
        ("17 slots", formula::replaced(&good, last, 8, &[17])?),
        ("one byte less", formula::shortened(&good)?),
        ("a trailing byte", [good.as_slice(), &[0]].concat()),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        refused(Settings::from_bytes(&bytes), name)?;
        Ok(vector(name, "10.2", "settings").with("accepted", false).with("bytes", bytes))
    })
    .collect()
}

/// A phone's id, for deny rows.
pub(crate) fn phone() -> PhoneId {
    cast::phone("guest").public().id()
}

/// The text of a kind of update.
pub(crate) fn kind_text(is_snapshot: bool) -> Json {
    text(if is_snapshot { "snapshot" } else { "delta" })
}
