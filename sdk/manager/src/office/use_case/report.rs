//! Reports, as CSV that a spreadsheet opens: only what is in the scope of who asks, a page at a time (R-160, R-161, F-102 to F-104).

mod actions;
mod assigned_access;
mod cards;
mod clock;
mod devices;
mod keys;
mod people_keys;
mod residents;

use crate::ids::AccountId;
use crate::office::model::DoorType;
use crate::office::permission::{KeyManagement, Permissions, Standing};
use crate::office::work::View;

pub use self::actions::ActionsReport;
pub use self::assigned_access::{AfterAccess, AssignedAccess};
pub use self::cards::{AfterCard, CardsReport};
pub use self::devices::{AfterDevice, DevicesReport};
pub use self::keys::{AfterDoor, KeysReport};
pub use self::people_keys::PeopleKeys;
pub use self::residents::ResidentReview;

/// Some rows of a report. Pages after one another are one file: only the first has the header.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportPage<A> {
    /// Rows, which end with CRLF. Cells that a spreadsheet would take as formulas begin with an apostrophe.
    pub csv: String,
    /// After what to go on; `None`: that was all.
    pub next: Option<A>,
}

/// It names people.
impl<A> core::fmt::Debug for ReportPage<A> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("ReportPage")
    }
}

/// Most rows of one page.
pub const PAGE_ROWS: u32 = 1_000;

/// Whose Keys a report is about: those that this account manages, or all.
pub(super) const fn scope(view: &View<'_>) -> Option<AccountId> {
    match &view.standing {
        Standing::Manager(Permissions { keys: KeyManagement::Specific(_), .. }, _) => view.actor.account(),
        Standing::Host
        | Standing::PortfolioManager(_)
        | Standing::Manager(..)
        | Standing::Holder(_)
        | Standing::Stranger => None,
    }
}

pub(super) const fn yes_or_no(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

const fn kind(kind: DoorType) -> &'static str {
    match kind {
        DoorType::BuildingEntrance => "building entrance",
        DoorType::Residence => "residence",
        DoorType::Service => "service",
        DoorType::Communal => "communal",
    }
}
