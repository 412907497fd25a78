//! What happened at doors.

use thumbturn_protocol::event::LoggedEvent;

use super::error::Error;
use super::store::door::Door;
use super::work::Work;

/// PLACEHOLDER until the branch with the activity is merged.
pub(crate) async fn note(_: &mut Work<'_>, _: &Door, _: &[LoggedEvent]) -> Result<(), Error> {
    Ok(())
}
