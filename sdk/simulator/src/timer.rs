//! The phone's clock, driven by virtual time.

use core::future::poll_fn;
use core::task::{Poll, Waker};

use async_trait::async_trait;
use thumbturn_phone::timer::Timer;
use thumbturn_protocol::time::Millis;

use crate::air::Event;
use crate::clock::Instant;
use crate::world::World;

/// A [`Timer`] that shows virtual time.
#[derive(Clone, Debug)]
pub struct VirtualTimer {
    world: World,
}

impl VirtualTimer {
    /// The clock of this world.
    #[must_use]
    pub const fn new(world: World) -> Self {
        Self { world }
    }
}

#[async_trait]
impl Timer for VirtualTimer {
    fn now(&self) -> Millis {
        self.world.now().millis()
    }

    async fn sleep_until(&self, deadline: Millis) {
        sleep(&self.world, Instant::from_millis(deadline)).await;
    }
}

/// Waits until `deadline`.
pub(crate) async fn sleep(world: &World, deadline: Instant) {
    let mut registered: Option<Waker> = None;
    poll_fn(|context| {
        let mut air = world.air();
        if air.now >= deadline {
            return Poll::Ready(());
        }
        if !registered.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            registered = Some(context.waker().clone());
            air.put(deadline, Event::Wake(context.waker().clone()));
        }
        Poll::Pending
    })
    .await;
}
