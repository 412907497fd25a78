//! What a property is set to: leases, rounds, retention, and how long a revocation takes with that.

mod change;
mod show;

pub use self::change::ChangeSettings;
pub use self::show::{Lease, PropertySettings, Settings};
