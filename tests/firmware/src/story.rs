//! What happens at the door, and what is measured of it.

use std::error::Error;
use std::time::Duration;

use futures_util::future::{join, join_all};
use thumbturn_phone::driver::Unlocked;
use thumbturn_phone::unlock::{Bolt, UnlockError, UnlockPath};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{DoorId, HolderId, Serial};
use thumbturn_protocol::update::row::Row;
use tokio::time::sleep;

use crate::air::Air;
use crate::board::{Board, Report};
use crate::figures::Figures;
use crate::people::{Property, Resident, deliver};

/// Rows of the first update, and of the list in the end.
const ROWS: (u64, u64) = (300, 2_000);
/// Visits of the courier that an update may take: one that is interrupted goes on at the next, and the receipt that tells of it may
/// come with the visit after.
const VISITS: u32 = 6;
/// The bolt is back by then, and the door has nothing left to do.
const UNTIL_LOCKED: Duration = Duration::from_secs(3);
/// How long a resident stands at the door: it has made its next ephemeral key by then.
const STAY: Duration = Duration::from_millis(500);
/// The door has finished what an unlock leaves to do.
const UNTIL_QUIET: Duration = Duration::from_millis(500);

/// Tells it, and gives the figures.
pub(crate) async fn tell(mut board: Board, air: &Air) -> Result<Figures, Box<dyn Error>> {
    let mut figures = Figures::default();
    let mut property = Property::claim(air).await?;
    println!("claimed");

    // After the first unlock the door has an ephemeral key in stock, as it has between two visits. Whoever uses it up waits
    // until it has made the next one.
    let (mut first, second) = (property.resident(air)?, property.resident(air)?);
    measured_unlock(&mut board, &first, &property, UnlockPath::Full).await?;
    let full = measured_unlock(&mut board, &second, &property, UnlockPath::Full).await?;
    let fast = measured_unlock(&mut board, &first, &property, UnlockPath::Fast).await?;
    figures.note("firmware.instructions.full", full.instructions("engine_ticks")?);
    figures.note("firmware.instructions.full_answered", full.instructions("answered_ticks")?);
    figures.note("firmware.instructions.fast", fast.instructions("engine_ticks")?);
    figures.note("firmware.instructions.fast_answered", fast.instructions("answered_ticks")?);
    figures.note("firmware.instructions.longest_call", full.instructions("longest_ticks")?);

    // A list of some hundred rows, and then one of the size that the budgets are for. Two more residents come meanwhile.
    update(air, &mut property, &mut first, ROWS.0, &[]).await?;
    let (third, denied_later) = (property.resident(air)?, property.resident(air)?);
    property.list.set(denied(denied_later.holder));
    update(air, &mut property, &mut first, ROWS.1, &[&third, &denied_later]).await?;
    refused(&denied_later, &property).await?;
    let before = board.report()?;

    // The power fails; the list and the tickets are there again.
    board.lose_power(air).await?;
    println!("power failed");
    measured_unlock(&mut board, &third, &property, UnlockPath::Fast).await?;
    let fast = measured_unlock(&mut board, &first, &property, UnlockPath::Fast).await?;
    figures.note("firmware.instructions.fast_2000_rows", fast.instructions("engine_ticks")?);
    refused(&denied_later, &property).await?;
    figures.note_memory(&[before, board.report()?])?;
    board.power_off()?;
    Ok(figures)
}

/// A resident opens the locked door on the path that is expected; what it cost the door.
async fn measured_unlock(
    board: &mut Board,
    resident: &Resident,
    property: &Property,
    path: UnlockPath,
) -> Result<Report, Box<dyn Error>> {
    sleep(UNTIL_LOCKED).await;
    board.measure()?;
    let unlocked = resident.unlock(property.door).await?;
    expect_open(&unlocked, path)?;
    sleep(STAY).await;
    unlocked.leave().await;
    sleep(UNTIL_QUIET).await;
    println!("opened: {path:?}");
    board.report()
}

/// A resident brings the list up to so many rows. While the first piece of it is brought, others open the door with a full
/// handshake each.
async fn update(
    air: &Air,
    property: &mut Property,
    courier: &mut Resident,
    rows: u64,
    others: &[&Resident],
) -> Result<(), Box<dyn Error>> {
    fill(property, rows);
    let bytes = property.hand_out(air, courier)?;
    let door = property.door;
    let mut taps: Vec<_> = others.iter().map(|resident| tap(resident, door)).collect();
    for visit in 1..=VISITS {
        sleep(UNTIL_LOCKED).await;
        let unlocked = courier.unlock(door).await?;
        let (end, opened) = join(deliver(unlocked), join_all(taps.drain(..))).await;
        for path in opened {
            if path? != UnlockPath::Full {
                return Err("the first unlock of a resident was no full one".into());
            }
        }
        if property.is_confirmed(air, courier)? {
            println!("updated: {rows} rows, {bytes} bytes, {visit} visits");
            return Ok(());
        }
        println!("not yet updated: {end:?}");
    }
    Err(format!("the door has not signed that it has {rows} rows after {VISITS} visits").into())
}

async fn tap(resident: &Resident, door: DoorId) -> Result<UnlockPath, UnlockError> {
    let unlocked = resident.unlock(door).await?;
    let path = unlocked.opened.path;
    unlocked.leave().await;
    Ok(path)
}

/// Rows are in use: the list denies this resident.
async fn refused(resident: &Resident, property: &Property) -> Result<(), Box<dyn Error>> {
    sleep(UNTIL_LOCKED).await;
    match resident.unlock(property.door).await {
        Err(UnlockError::Denied) => {
            println!("refused: a resident whom the list denies");
            Ok(())
        }
        other => Err(format!("somebody whom the list denies: {other:?}").into()),
    }
}

fn expect_open(unlocked: &Unlocked, path: UnlockPath) -> Result<(), Box<dyn Error>> {
    let opened = &unlocked.opened;
    if (opened.path, opened.bolt, opened.attempts) == (path, Bolt::Moved, 1) {
        return Ok(());
    }
    Err(format!("{path:?} expected at the first try, with the bolt drawn: {opened:?}").into())
}

/// Strangers are denied until the list has so many rows.
fn fill(property: &mut Property, rows: u64) {
    let missing = rows.saturating_sub(u64::try_from(property.list.rows().count()).unwrap_or(u64::MAX));
    for number in (0..rows).rev().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
        property.list.set(denied(HolderId(number.to_be_bytes())));
    }
}

fn denied(holder: HolderId) -> Row {
    Row::Deny(DenyEntry { subject: DenySubject::Holder(holder), void_before: Serial(u32::MAX) })
}
