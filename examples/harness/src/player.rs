//! A phone at work: the phone core on one radio.

use std::sync::Arc;

use async_trait::async_trait;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::commission::Claimer;
use thumbturn_phone::courier::TimeSource;
use thumbturn_phone::driver::Unlocker;
use thumbturn_phone::radio::{Policy, Radio};
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time_token::TimeNonce;

use crate::clock::{MachineTimer, time_of_day};
use crate::entropy::SystemRandom;
use crate::radio::timeline::Timeline;
use crate::radio::{Air, PhoneRadio};
use crate::state::phone::TestPhone;
use crate::state::property::Property;

/// One phone core on one radio, with a clock that says when what happened.
pub(crate) struct Player {
    /// The phone core's radio.
    pub(crate) radio: Arc<Radio>,
    /// When what happened on it.
    pub(crate) timeline: Arc<Timeline>,
}

impl Player {
    /// A phone on the air.
    pub(crate) fn new(air: &Air) -> Self {
        Self::on(air.phone())
    }

    /// A phone on this radio.
    pub(crate) fn on(radio: PhoneRadio) -> Self {
        let PhoneRadio { link, timeline } = radio;
        let radio = Radio::new(link, Arc::new(MachineTimer::new()), Box::new(SystemRandom));
        Self { radio: Arc::new(radio), timeline }
    }

    /// Opens doors with what a phone holds, and brings them the time of this property.
    pub(crate) fn unlocker(&self, phone: &TestPhone, clock: Option<&Arc<Property>>) -> Unlocker {
        let unlocker = Unlocker::new(Arc::clone(&self.radio), Arc::clone(&phone.vault), policy());
        match clock {
            Some(property) => unlocker.with_time_source(Arc::new(PropertyClock(Arc::clone(property)))),
            None => unlocker,
        }
    }

    /// Claims doors.
    pub(crate) fn claimer(&self) -> Claimer {
        Claimer::new(Arc::clone(&self.radio), policy())
    }
}

/// The authority's clock: for doors, this machine's is the right time.
struct PropertyClock(Arc<Property>);

#[async_trait]
impl TimeSource for PropertyClock {
    async fn sign(&self, property: PropertyId, nonce: TimeNonce) -> Option<Vec<u8>> {
        let keys = self.0.keys();
        let asked = (property == keys.property()).then_some(nonce)?;
        let token = keys.time_token(time_of_day(), Some(asked)).ok()?;
        Some(token.as_bytes().to_vec())
    }
}

/// The phone core's budgets, with deliveries at any time: somebody who tests does not wait a quarter of an hour.
const fn policy() -> Policy {
    let mut policy = Policy::DEFAULT;
    policy.pass_interval = 0;
    policy
}

/// A handle that Ctrl-C cancels, so that an intent ends with its defined answer.
pub(crate) fn cancel_on_interrupt() -> CancelHandle {
    let handle = CancelHandle::new();
    let cancelled = handle.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancelled.cancel();
        }
    });
    handle
}
