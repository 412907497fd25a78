//! `update`: rows for the door's list, carried and timed.

use serde_json::{Value, json};
use thumbturn_protocol::limits::LIST_ROWS;
use thumbturn_protocol::update::row::ROW;

use super::Workplace;
use crate::arguments::Update;
use crate::carry::{Courier, Transfer, per_second};
use crate::failure::Failure;
use crate::player::Player;
use crate::state::books::Books;

/// Rows of an update unless told otherwise.
const SOME_ROWS: u32 = 1;

/// Makes and carries the update.
pub(crate) async fn run(workplace: &Workplace, asked: &Update) -> Result<(), Failure> {
    let (property, door, phone) = workplace.visit(&asked.visit)?;
    let mut books = Books::open(&property, door)?;
    let rows = rows(asked)?;
    books.fill(rows)?;
    let air = workplace.air().await?;
    let player = Player::new(&air);
    let courier = Courier { player: &player, phone: &phone, clock: Some(&property) };
    let Some(parcel) = books.parcel(asked.whole)? else { return Err(nothing_to_bring()) };
    books.save()?;
    let transfer = courier.carry(&parcel, asked.whole, &mut books, workplace.screen).await?;
    let name = &books.door().name;
    workplace.screen.tell(&sentence(name, rows, &transfer), &facts("update", name, rows, &transfer));
    Ok(())
}

/// How many rows were asked for.
fn rows(asked: &Update) -> Result<u32, Failure> {
    match asked.bytes {
        Some(bytes) => rows_of(bytes.0),
        None => possible(asked.rows.unwrap_or(SOME_ROWS)),
    }
}

/// How many rows make so many bytes.
pub(crate) fn rows_of(bytes: u64) -> Result<u32, Failure> {
    let row = u64::try_from(ROW).unwrap_or(u64::MAX);
    possible(u32::try_from(bytes.div_ceil(row)).unwrap_or(u32::MAX))
}

/// Whether a door's list holds so many.
fn possible(rows: u32) -> Result<u32, Failure> {
    let rows = rows.max(1);
    if usize::try_from(rows).is_ok_and(|rows| rows <= LIST_ROWS) {
        return Ok(rows);
    }
    let next = format!("ask for at most {LIST_ROWS} rows of {ROW} bytes");
    Err(Failure::new("too-many-rows", format!("{rows} rows are more than a door's list holds"), next))
}

/// The door has all there is.
pub(crate) fn nothing_to_bring() -> Failure {
    let next = "nothing: the door's receipt covers the newest version";
    Failure::new("nothing-to-bring", "the door has everything already", next)
}

/// For people.
fn sentence(name: &str, rows: u32, transfer: &Transfer) -> String {
    let Transfer { parcel_bytes, list_version, sessions, span, .. } = transfer;
    let (travelled, in_force) = (span.travelled.as_secs_f64(), span.in_force.as_secs_f64());
    let kilobytes = transfer.goodput() / 1_000.0;
    format!(
        "{name} is at list version {list_version}: {rows} rows, a parcel of {parcel_bytes} bytes in {sessions} session(s), \
         {travelled:.3} s on its way ({kilobytes:.1} kB/s), in force after {in_force:.3} s"
    )
}

/// For programs.
pub(crate) fn facts(command: &str, name: &str, rows: u32, transfer: &Transfer) -> Value {
    json!({
        "command": command, "door": name, "rows": rows,
        "list_version": transfer.list_version, "parcel_bytes": transfer.parcel_bytes,
        "sessions": transfer.sessions,
        "seconds": transfer.span.travelled.as_secs_f64(), "seconds_in_force": transfer.span.in_force.as_secs_f64(),
        "goodput_bytes_per_second": transfer.goodput(),
        "written_bytes": transfer.span.written_bytes,
        "link_bytes_per_second": per_second(transfer.span.written_bytes, transfer.span.travelled),
    })
}
