//! Claiming: makes a factory-fresh door a property's door, over the same link and with the same connection policy (spec §9).

mod connection;
mod conversation;
#[cfg(test)]
mod tests;

use core::fmt;
use std::sync::Arc;

use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::keys::DoorPublicKeys;

use self::conversation::ClaimConversation;
use crate::cancel::CancelHandle;
use crate::link::AdapterState;
use crate::queue::EventQueue;
use crate::radio::pursuit::Pursuit;
use crate::radio::{Policy, Radio};
use crate::unlock::Progress;

/// Why a door was not claimed. Each variant is one thing that an installer does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The adapter is off.
    #[error("Bluetooth is off")]
    BluetoothOff,
    /// The app may not use Bluetooth.
    #[error("the app may not use Bluetooth")]
    BluetoothUnauthorized,
    /// No factory-fresh door with this claim secret was heard: go nearer, check the label, or reset the door.
    #[error("no door with this claim secret is in range")]
    NotInRange,
    /// The door is serving others or asks for patience: try again in a moment.
    #[error("the door is busy")]
    Busy,
    /// No connection led to an answer; the door is as it was.
    #[error("the connection was lost")]
    ConnectionLost,
    /// The door refuses the claim: it was claimed already, or its secret is another.
    #[error("the door refuses the claim")]
    Refused,
    /// The claim was confirmed but the door's word did not arrive: claim again with the same configuration, which finds out.
    #[error("whether the door kept the claim is not known")]
    OutcomeUnknown,
    /// The configuration is not one that a door may be given.
    #[error("invalid configuration")]
    InvalidConfiguration,
    /// What advertised as the door spoke another version, and the door itself was not met (spec §4.5): update the app.
    #[error("the app is too old")]
    AppTooOld,
    /// Taken back before the claim was confirmed; the door is as it was.
    #[error("cancelled")]
    Cancelled,
}

/// Claims factory-fresh doors.
pub struct Claimer {
    radio: Arc<Radio>,
    policy: Policy,
}

impl Claimer {
    /// A claimer over the phone's radio.
    #[must_use]
    pub const fn new(radio: Arc<Radio>, policy: Policy) -> Self {
        Self { radio, policy }
    }

    /// Claims the door with this claim secret and gives its new public keys, which the property certifies.
    ///
    /// When the door's last word is lost, the next connection's hello tells whether it kept the claim; a door that did not is
    /// claimed again, with keys made anew.
    ///
    /// # Errors
    ///
    /// See [`ClaimError`].
    pub async fn claim(
        &self,
        secret: ClaimSecret,
        configuration: DoorConfiguration,
        cancel: &CancelHandle,
        progress: &EventQueue<Progress>,
    ) -> Result<DoorPublicKeys, ClaimError> {
        let radio = &self.radio;
        match radio.link().adapter() {
            AdapterState::On => {}
            AdapterState::Off => return Err(ClaimError::BluetoothOff),
            AdapterState::Unauthorized => return Err(ClaimError::BluetoothUnauthorized),
        }
        let engagement = radio.engage().ok_or(ClaimError::Busy)?;
        let deadline = radio.now().plus(self.policy.total);
        let mut conversation = ClaimConversation::new(secret, configuration, deadline);
        let pursuit = Pursuit::new(radio, engagement, &self.policy, &mut conversation, cancel, progress);
        pursuit.run().await.release().await;
        conversation.result().unwrap_or(Err(ClaimError::OutcomeUnknown))
    }
}

impl fmt::Debug for Claimer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Claimer")
    }
}
