//! How fast an update travels, beside what the link carries without a protocol.

use std::sync::Arc;

use serde_json::{Value, json};

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
/// do only ever slows.
pub(super) async fn compared(
    workplace: &Workplace,
    air: &Air,
    (property, door, phone): (&Arc<Property>, &DoorFile, &TestPhone),
    bytes: u64,
    updates: u32,
) -> Result<Value, Failure> {
    let mut raw = bare(air, property, door.clone()).await?;
    let (mut rows, mut fastest) = (0, None::<Transfer>);
    for _ in 0..updates {
        // Its list has grown since.
        let door = workplace.state.door(Some(&door.name))?;
        let transfer;
        (rows, transfer) = transferred(workplace, air, (property, door.clone(), phone), bytes).await?;
        if fastest.is_none_or(|fastest| transfer.goodput() > fastest.goodput()) {
            fastest = Some(transfer);
        }
        raw = raw.max(bare(air, property, door).await?);
    }
    let transfer = fastest.unwrap_or_default();
    let mut facts = update::facts("transfer", &door.name, rows, &transfer);
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("updates".to_owned(), json!(updates));
        facts.insert("raw_bytes_per_second".to_owned(), json!(raw));
        facts.insert("ratio_to_raw".to_owned(), json!(transfer.goodput() / raw));
    }
    Ok(facts)
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

/// One update of so many bytes of rows.
async fn transferred(
    workplace: &Workplace,
    air: &Air,
    (property, door, phone): (&Arc<Property>, DoorFile, &TestPhone),
    bytes: u64,
) -> Result<(u32, Transfer), Failure> {
    let mut books = Books::open(property, door)?;
    let rows = update::rows_of(bytes)?;
    books.fill(rows)?;
    let parcel = books.parcel(false)?.ok_or_else(update::nothing_to_bring)?;
    books.save()?;
    let player = Player::new(air);
    let courier = Courier { player: &player, phone, clock: Some(property) };
    let bar = workplace.screen.bar(100, "update, percent");
    let carried = courier.carry(&parcel, false, &mut books, &bar).await;
    bar.finish_and_clear();
    Ok((rows, carried?))
}
