//! Opens doors: the whole connection policy between a tap and exactly one outcome.

mod passing;

use core::fmt;
use std::sync::Arc;

use thumbturn_protocol::ids::DoorId;

pub use self::passing::PassError;
use crate::cancel::CancelHandle;
use crate::courier::delivery::Delivery;
use crate::courier::{CourierEvent, End, TimeSource};
use crate::queue::EventQueue;
use crate::radio::pursuit::Pursuit;
use crate::radio::{Policy, Radio};
use crate::unlock::{Opened, Progress, UnlockConversation, UnlockError};
use crate::vault::Vault;

/// Opens doors for the wallet of a vault.
pub struct Unlocker {
    radio: Arc<Radio>,
    vault: Arc<Vault>,
    policy: Policy,
    time_source: Option<Arc<dyn TimeSource>>,
}

impl Unlocker {
    /// An unlocker over the phone's radio.
    #[must_use]
    pub const fn new(radio: Arc<Radio>, vault: Arc<Vault>, policy: Policy) -> Self {
        Self { radio, vault, policy, time_source: None }
    }

    /// The same, with a network that brings the authority's time to doors in deliveries. No unlock waits for it.
    #[must_use]
    pub fn with_time_source(mut self, time_source: Arc<dyn TimeSource>) -> Self {
        self.time_source = Some(time_source);
        self
    }

    /// Opens `door` as [`Unlocker::unlock_first`] does, and ends the connection: **nothing is delivered behind it**, and nothing is
    /// collected. For whoever has no time for that; an app's button is better served by the other one.
    ///
    /// # Errors
    ///
    /// See [`UnlockError`].
    pub async fn unlock(
        &self,
        door: DoorId,
        cancel: &CancelHandle,
        progress: &EventQueue<Progress>,
    ) -> Result<Opened, UnlockError> {
        let unlocked = self.unlock_first(door, cancel, progress).await?;
        let opened = unlocked.opened;
        unlocked.leave().await;
        Ok(opened)
    }

    /// Opens `door`: one intent of a person, with exactly one outcome within [`Policy::total`]. The connection stays for
    /// [`Unlocked::deliver`], which is for afterwards.
    ///
    /// Steps on the way are pushed into `progress`; [`Progress::Accepted`] is the moment to show an open door, the outcome
    /// follows when the door has said what its bolt did. Waits for no network. Dropping the future ends the connection
    /// and is safe at any point, but nobody learns the outcome; `cancel` does better.
    ///
    /// # Errors
    ///
    /// See [`UnlockError`], by what an app does next. No failure is reported while a request could still open the door.
    pub async fn unlock_first(
        &self,
        door: DoorId,
        cancel: &CancelHandle,
        progress: &EventQueue<Progress>,
    ) -> Result<Unlocked, UnlockError> {
        let radio = &self.radio;
        let deadline = radio.now().plus(self.policy.total);
        let wallet = radio.with_random(|random| self.vault.wallet(random))?;
        let conversation = UnlockConversation::new(wallet, door, self.policy.unlock, deadline)?;
        let mut conversation = conversation.with_courier(Arc::clone(&self.vault));
        if let Some(error) = UnlockError::of_adapter(radio.link().adapter()) {
            return Err(error);
        }
        let engagement = radio.engage().ok_or(UnlockError::Busy)?;
        let pursuit = Pursuit::new(radio, engagement, &self.policy, &mut conversation, cancel, progress);
        let caught = pursuit.run().await;
        let session = conversation.take_session();
        match radio.with_random(|random| conversation.close(random)) {
            Ok(opened) => {
                let delivery = Delivery::new(Arc::clone(radio), caught, session, self.policy)
                    .with_time_source(self.time_source.clone());
                Ok(Unlocked { opened, delivery, vault: Arc::clone(&self.vault) })
            }
            Err(error) => {
                caught.release().await;
                Err(error)
            }
        }
    }
}

/// An open door whose connection still stands. The next intent takes the radio from it.
pub struct Unlocked {
    /// The outcome.
    pub opened: Opened,
    delivery: Delivery,
    vault: Arc<Vault>,
}

impl Unlocked {
    /// Delivers to the door and collects from it, for at most 30 s ([`crate::courier`]). Nobody waits for this: the outcome is
    /// known, and nothing of the delivery changes it. The next intent, at whichever door, ends it ([`End::GaveWay`]), and so does
    /// `cancel`. What was collected is at rest when this returns; dropping the future loses at most the present object.
    /// Whichever [`End`] it has, there is nothing to do: what is left goes with the next visit. Who does not read `events` misses steps
    /// and nothing else.
    pub async fn deliver(self, cancel: &CancelHandle, events: &EventQueue<CourierEvent>) -> End {
        self.delivery.run(self.opened.door, &self.vault, cancel, events).await
    }

    /// Ends the connection without a delivery.
    pub async fn leave(self) {
        self.delivery.leave().await;
    }
}

impl fmt::Debug for Unlocked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Unlocked({:?})", self.opened)
    }
}

impl fmt::Debug for Unlocker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Unlocker")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only while every future of the driver may move between threads, as runtimes and the FFI ask for.
    #[expect(dead_code, reason = "checked by the compiler, never called")]
    fn unlock_is_send(unlocker: &Unlocker, cancel: &CancelHandle, progress: &EventQueue<Progress>) {
        fn need_send<T: Send>(_: T) {}
        need_send(unlocker.unlock(DoorId([0; 8]), cancel, progress));
        need_send(async {
            let events = EventQueue::new(1);
            match unlocker.unlock_first(DoorId([0; 8]), cancel, progress).await {
                Ok(unlocked) => unlocked.deliver(cancel, &events).await,
                Err(_) => End::Silent,
            }
        });
    }
}
