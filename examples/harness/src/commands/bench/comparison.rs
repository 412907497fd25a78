//! How fast an update travels, beside what the link carries without a protocol.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::arguments::Bench;
use crate::carry::{Courier, Transfer};
use crate::commands::{Workplace, update};
use crate::failure::Failure;
use crate::player::Player;
use crate::probe::Subject;
use crate::radio::Air;
use crate::state::books::Books;
use crate::state::door::DoorFile;
use crate::state::phone::TestPhone;
use crate::state::property::Property;

/// So many updates, with bare writes before, between and behind them. The fastest of each counts: what else the machines and the air
/// do only ever slows. None where no bytes are asked for.
pub(super) async fn compared(
    workplace: &Workplace,
    air: &Air,
    (property, door, phone): (&Arc<Property>, &DoorFile, &TestPhone),
    asked: &Bench,
) -> Result<Option<Value>, Failure> {
    if asked.bytes.0 == 0 {
        return Ok(None);
    }
    let rows = update::rows_of(asked.bytes.0)?;
    let (mut raw, mut fastest) = (bare(air, property, door.clone()).await?, Transfer::default());
    for _ in 0..asked.updates {
        // Its list has grown since.
        let door = workplace.state.door(Some(&door.name))?;
        let transfer = transferred(workplace, air, (property, door.clone(), phone), rows).await?;
        if transfer.goodput() >= fastest.goodput() {
            fastest = transfer;
        }
        raw = raw.max(bare(air, property, door).await?);
    }
    let mut facts = update::facts("transfer", &door.name, rows, &fastest);
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("updates".to_owned(), json!(asked.updates));
        facts.insert("raw_bytes_per_second".to_owned(), json!(raw));
        facts.insert("ratio_to_raw".to_owned(), json!(fastest.goodput() / raw));
    }
    Ok(Some(facts))
}

/// What the same two programs carry without a protocol, on the same radio.
async fn bare(air: &Air, property: &Arc<Property>, door: DoorFile) -> Result<f64, Failure> {
    let subject = Subject::new(air.phone().link, Arc::clone(property), door, None)?;
    let measured = subject.raw_bytes_per_second().await;
    measured.map_err(|deviation| {
        let what =
            format!("the link could not be measured: {} instead of {}", deviation.got, deviation.expected);
        Failure::new("raw", what, "try again nearer to the door, or leave it out with `--bytes 0`")
    })
}

/// One update of so many rows.
async fn transferred(
    workplace: &Workplace,
    air: &Air,
    (property, door, phone): (&Arc<Property>, DoorFile, &TestPhone),
    rows: u32,
) -> Result<Transfer, Failure> {
    let mut books = Books::open(property, door)?;
    books.fill(rows)?;
    let parcel = books.parcel(false)?.ok_or_else(update::nothing_to_bring)?;
    books.save()?;
    let player = Player::new(air);
    let courier = Courier { player: &player, phone, clock: Some(property) };
    courier.carry(&parcel, false, &mut books, workplace.screen).await
}
