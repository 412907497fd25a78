//! The office's clock: that of the world in which doors and phones are.

use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::world::World;

/// What every honest clock shows.
#[derive(Clone)]
pub(crate) struct Clock {
    world: World,
    start: UnixSeconds,
}

impl Clock {
    /// Of a world that begins at `start`.
    pub(crate) const fn new(world: World, start: UnixSeconds) -> Self {
        Self { world, start }
    }

    /// The present second.
    pub(crate) fn now(&self) -> UnixSeconds {
        self.start.plus(self.world.now().micros() / 1_000_000)
    }
}
