//! The world's time zones, for the office.

use thumbturn_manager::office::calendar::ZoneRules;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;
use thumbturn_simulator::zone_table::zone_table;

/// The table that came with this program.
pub(super) struct Zones;

impl ZoneRules for Zones {
    fn zone(&self, name: &str, from: UnixSeconds) -> Option<Zone> {
        zone_table(name, from).ok()
    }
}
