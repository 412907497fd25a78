//! A phone in the world: its radio, its clock, its legs.

mod link;

use core::time::Duration;
use std::sync::Arc;

use thumbturn_phone::link::{AdapterState, DisconnectReason, Link};
use thumbturn_phone::timer::Timer;

pub use self::link::SimulatedLink;
use crate::profile::PhoneProfile;
use crate::radio::place::{Place, Walk};
use crate::random::{Purpose, SeededRandom};
use crate::station::PhoneIndex;
use crate::timer::VirtualTimer;
use crate::world::World;

/// A phone. Clones are handles to the same phone.
#[derive(Clone, Debug)]
pub struct SimulatedPhone {
    world: World,
    index: PhoneIndex,
}

impl SimulatedPhone {
    pub(crate) const fn new(world: World, index: PhoneIndex) -> Self {
        Self { world, index }
    }

    /// Its number in the world.
    #[must_use]
    pub const fn index(&self) -> PhoneIndex {
        self.index
    }

    /// The world that it is in.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Its radio.
    #[must_use]
    pub fn link(&self) -> Arc<dyn Link> {
        Arc::new(SimulatedLink::new(self.world.clone(), self.index))
    }

    /// Its clock.
    #[must_use]
    pub fn timer(&self) -> Arc<dyn Timer> {
        Arc::new(VirtualTimer::new(self.world.clone()))
    }

    /// Its random source, from the world's seed; each call begins the same sequence.
    #[must_use]
    pub fn random(&self) -> SeededRandom {
        self.world.random(Purpose::Phone(self.index.0))
    }

    /// Stands somewhere else from now on.
    pub fn stand(&self, place: Place) {
        self.set_walk(Walk::standing(place));
    }

    /// Walks there in a straight line, in `time`.
    pub fn walk(&self, to: Place, time: Duration) {
        let now = self.world.now();
        let mut air = self.world.air();
        if let Some(phone) = air.phones.get_mut(&self.index) {
            phone.walk = Walk::straight(phone.walk.place(now), to, now, time);
        }
    }

    fn set_walk(&self, walk: Walk) {
        if let Some(phone) = self.world.air().phones.get_mut(&self.index) {
            phone.walk = walk;
        }
    }

    /// Changes how its platform behaves from now on.
    pub fn change_profile(&self, change: impl FnOnce(&mut PhoneProfile)) {
        if let Some(phone) = self.world.air().phones.get_mut(&self.index) {
            change(&mut phone.profile);
        }
    }

    /// Switches Bluetooth on or off, or takes the app's permission away.
    pub fn set_adapter(&self, state: AdapterState) {
        self.world.air().set_adapter(self.index, state);
    }

    /// Its next connection attempt fails with the platform's code (133 is Android's). May be said several times.
    pub fn fail_next_connect(&self, code: i32) {
        if let Some(phone) = self.world.air().phones.get_mut(&self.index) {
            phone.connect_failures.push_back(code);
        }
    }

    /// Its radio falls silent on all connections, as when the phone's power is cut.
    pub fn vanish(&self) {
        self.world.air().vanish(self.index, DisconnectReason::LinkLoss);
    }
}
