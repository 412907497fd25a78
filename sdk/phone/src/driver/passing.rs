//! Deliveries without an opening: what a phone does at doors that its person only passes (spec §8.8).

use core::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use thumbturn_protocol::ids::DoorId;

use super::Unlocker;
use crate::cancel::CancelHandle;
use crate::courier::delivery::Delivery;
use crate::courier::{CourierEvent, End};
use crate::queue::EventQueue;
use crate::radio::pursuit::Pursuit;
use crate::unlock::{UnlockConversation, UnlockError};

/// Why a door that was passed got nothing. Nobody waits for it: an app has nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PassError {
    /// This phone delivered there a short time ago ([`crate::radio::Policy::pass_interval`]), or the door refused its credential then: pass
    /// again after that time.
    #[error("this phone was at the door a short time ago: pass again later")]
    TooSoon,
    /// The door was not reached or does not let this phone deliver; or a person uses the radio.
    #[error("nothing was delivered: {0}")]
    NotDelivered(#[from] UnlockError),
}

impl Unlocker {
    /// Passes `door`: delivers to it and collects from it without opening it, for background passes of a phone that has a courier
    /// grant for it, or any right to it. At most once in [`crate::radio::Policy::pass_interval`] at each door, for at most
    /// [`crate::radio::Policy::pass`] until the door answers and 30 s after that.
    ///
    /// The door need not have been recognised: where no scan response is heard (iOS in the background), doors that it may be are asked.
    /// Gives way to whoever taps ([`End::GaveWay`]), at any point. `cancel` ends it. Dropping the future does, too.
    ///
    /// # Errors
    ///
    /// See [`PassError`].
    pub async fn pass_by(
        &self,
        door: DoorId,
        cancel: &CancelHandle,
        events: &EventQueue<CourierEvent>,
    ) -> Result<End, PassError> {
        let radio = &self.radio;
        if radio.delivered_within(door, self.policy.pass_interval) {
            return Err(PassError::TooSoon);
        }
        let deadline = radio.now().plus(self.policy.pass);
        let wallet = radio.with_random(|random| self.vault.wallet(random)).map_err(UnlockError::from)?;
        let visit = UnlockConversation::for_delivery(wallet, door, self.policy.unlock, deadline)?;
        let mut visit = visit.with_courier(Arc::clone(&self.vault));
        if let Some(error) = UnlockError::of_adapter(radio.link().adapter()) {
            return Err(error.into());
        }
        let engagement = radio.engage_for_delivery().ok_or(UnlockError::Busy)?;
        let give_way = engagement.give_way();
        // Nobody watches.
        let progress = EventQueue::new(1);
        let caught = {
            let pursuit = Pursuit::new(radio, engagement, &self.policy, &mut visit, cancel, &progress);
            match select(pin!(give_way.asked()), pin!(pursuit.run())).await {
                Either::Left(((), _)) => return Ok(End::GaveWay),
                Either::Right((caught, _)) => caught,
            }
        };
        let session = visit.take_session();
        match radio.with_random(|random| visit.close(random)) {
            Ok(_) => {
                let delivery = Delivery::new(Arc::clone(radio), caught, session, self.policy)
                    .with_time_source(self.time_source.clone());
                delivery.relax().await;
                Ok(delivery.run(door, &self.vault, cancel, events).await)
            }
            Err(error) => {
                if error.is_about_the_credential() {
                    // Asking again tells no more.
                    radio.delivered(door);
                }
                caught.release().await;
                Err(error.into())
            }
        }
    }
}
