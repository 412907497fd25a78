//! How a building and its doors are planned.

use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::deny::DenyEntry;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use crate::door::SimulatedDoorSettings;
use crate::radio::settings::RadioSettings;

/// 2026-03-02T08:00:00Z, a Monday.
const MONDAY_MORNING: UnixSeconds = match UnixSeconds::new(1_772_438_400) {
    Some(instant) => instant,
    None => UnixSeconds::ZERO,
};

/// How a building is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildingSettings {
    /// Decides everything that chance decides.
    pub seed: u64,
    /// What honest clocks show when the world begins.
    pub start: UnixSeconds,
    /// The civil time of its doors.
    pub zone: Zone,
    /// Its air.
    pub radio: RadioSettings,
}

impl Default for BuildingSettings {
    fn default() -> Self {
        Self {
            seed: 0,
            start: MONDAY_MORNING,
            zone: Zone::fixed(UtcOffset::UTC),
            radio: RadioSettings::default(),
        }
    }
}

/// How a door is built and claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorPlan {
    /// What kind of door it is.
    pub kind: DoorKind,
    /// Seconds from unlock to relock, 1…240.
    pub relock_seconds: u8,
    /// The version of its list.
    pub list_version: ListVersion,
    /// Whom it refuses, at most 16 entries.
    pub deny: Vec<DenyEntry>,
    /// The door itself. A place at the origin is taken for none: the door then stands in line with the others.
    pub settings: SimulatedDoorSettings,
}

impl Default for DoorPlan {
    fn default() -> Self {
        Self {
            kind: DoorKind::Residence,
            relock_seconds: DoorConfiguration::DEFAULT_RELOCK_SECONDS,
            list_version: ListVersion(1),
            deny: Vec::new(),
            settings: SimulatedDoorSettings::default(),
        }
    }
}
