//! The way from a phone to the office: here in the same process, through the very bytes that a network would carry.

use async_trait::async_trait;
use thumbturn_manager::ids::AccountId;
use thumbturn_manager::office::use_case::sync::Exchange;
use thumbturn_manager::office::{Actor, Office};
use thumbturn_phone::sync::{Transport, TransportError};
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::sync::SyncRequest;
use thumbturn_simulator::building::SharedRandom;

use super::clock::Clock;

/// The line of one phone, over which somebody is signed in.
pub(super) struct Line {
    pub(super) office: Office,
    pub(super) account: AccountId,
    pub(super) clock: Clock,
    pub(super) random: SharedRandom,
}

#[async_trait]
impl Transport for Line {
    async fn exchange(&self, property: PropertyId, request: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let request = SyncRequest::from_bytes(&request).map_err(|_| TransportError::Refused)?;
        let (actor, exchange) = (Actor::Account(self.account), Exchange { request });
        let (now, mut random) = (self.clock.now(), self.random.clone());
        let answer = self.office.perform(actor, property, &exchange, now, &mut random).await;
        // A server tells its operator why; phones learn no more than this.
        let answer = answer.map_err(|_| TransportError::Refused)?;
        answer.to_bytes().map_err(|_| TransportError::Refused)
    }
}
