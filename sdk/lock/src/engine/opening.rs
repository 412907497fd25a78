//! The one way in which the bolt moves, whoever it moves for (spec §8.5 step 10).

use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::time::Millis;

use super::Engine;
use crate::decision::Permission;
use crate::hardware::Hardware;
use crate::input::ConnectionId;
use crate::platform::Platform;
use crate::storage::StorageError;
use thumbturn_protocol::event::Event;

/// An opening that was decided on.
#[derive(Debug)]
pub(super) struct Opening<'a> {
    pub(super) operation: OperationId,
    /// What the log says of it.
    pub(super) event: &'a Event,
    /// Who is told what the bolt did.
    pub(super) listener: Option<ConnectionId>,
}

impl<P: Platform> Engine<P> {
    /// Event, then motor: a door that cannot write its log does not open. Gives the seconds until it relocks.
    pub(super) fn open(
        &mut self,
        now: Millis,
        opening: &Opening<'_>,
        permission: Permission,
    ) -> Result<u8, StorageError> {
        let sequence = self.append_event(now, opening.event)?;
        if self.clock.is_unsure() {
            self.clock.opened_unsure();
        }
        let relock_seconds =
            self.identity.as_ref().map_or(0, |identity| identity.configuration.relock_seconds);
        self.motor.start(now, opening.operation, opening.listener, relock_seconds);
        self.hardware.unlock(permission.written(sequence));
        Ok(relock_seconds)
    }
}
