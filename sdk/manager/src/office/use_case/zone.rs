//! Time zones: of the property, of single doors, and what moves with them and with their rules.

mod door;
mod ends;
mod property;

use crate::office::store::door::Door;
use crate::office::task::Reason;
use crate::office::work::Work;
use crate::office::{Error, Invalid, books, lists, store};

pub use self::door::SetDoorZone;
pub use self::ends::{AfterEnd, EndsMoved, MoveEnds};
pub use self::property::SetZone;

/// Refuses a zone that the host's rules do not know.
fn check_zone(work: &Work<'_>, zone: &str) -> Result<(), Error> {
    work.zones.zone(zone, work.now).map(drop).ok_or_else(|| Invalid::Zone.into())
}

/// Tells the device of a door the offsets of its zone from now on. Where there is no device, there is nobody to tell.
async fn set_clock(work: &mut Work<'_>, door: &Door) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let zone = work.zone_at(door, now)?;
    if let Some(life) = store::life::live(work.connection(), property, door.id).await? {
        books::change_settings(work, &life, |settings| settings.zone = zone).await?;
        lists::open_task(work, door.id, Reason::ClockChanged).await?;
    }
    Ok(())
}
