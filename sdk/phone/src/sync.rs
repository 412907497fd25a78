//! One exchange with the authority whenever there is a network: credentials, updates and news come, what doors have said goes (spec §15).

use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::sync::SyncAnswer;

use crate::courier::{Inbox, Synced};
use crate::timer::Timer;
use crate::vault::Vault;
use crate::wallet::{ImportError, WalletError};

/// Most exchanges of one synchronisation: a thousand doors and their updates.
const ROUNDS: usize = 64;

/// The way to authorities: an HTTP client, or an office in the same process.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request, at most 512 KiB, to the authority of a property and gives its answer, at most 4 MiB. The channel has to be
    /// authenticated in both directions: TLS, and the account that is signed in.
    ///
    /// The trait is one of the `async-trait` crate: put `#[async_trait::async_trait]` before your `impl`.
    ///
    /// # Errors
    ///
    /// [`TransportError`].
    async fn exchange(&self, property: PropertyId, request: Vec<u8>) -> Result<Vec<u8>, TransportError>;
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No network, or nobody answers: what is there serves on, and the next exchange makes up for this one.
    #[error("the property's server cannot be reached: try again when there is a network")]
    Offline,
    /// The authority does not take this account or this phone: sign in again, and enrol the phone if it was revoked.
    #[error("the property does not take this phone any more: sign in again, and ask for a new invitation")]
    Refused,
}

/// Why a synchronisation ended early. What was taken in until then is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// There is no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer is none, or one for a newer app.
    #[error(transparent)]
    Answer(#[from] ImportError),
    /// The vault could not be opened.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl From<Error> for SyncError {
    fn from(error: Error) -> Self {
        Self::Answer(error.into())
    }
}

/// Brings a phone up to date with its authorities. Make one, and call it whenever the app comes to the front, a push message asks for it, or
/// something was collected.
pub struct Synchroniser {
    vault: Arc<Vault>,
    transport: Arc<dyn Transport>,
    timer: Arc<dyn Timer>,
    random: Mutex<Box<dyn SecureRandom + Send>>,
}

impl Synchroniser {
    /// Over a transport; `timer` is the one that the radio has.
    #[must_use]
    pub fn new(
        vault: Arc<Vault>,
        transport: Arc<dyn Transport>,
        timer: Arc<dyn Timer>,
        random: Box<dyn SecureRandom + Send>,
    ) -> Self {
        Self { vault, transport, timer, random: Mutex::new(random) }
    }

    /// Exchanges with the authority of a property until nothing more waits there. Dropped half way, it loses nothing.
    ///
    /// # Errors
    ///
    /// [`SyncError`].
    pub async fn sync(&self, property: PropertyId) -> Result<Synced, SyncError> {
        let mut all = Synced::default();
        for _ in 0..ROUNDS {
            let inbox = self.inbox()?;
            let request = inbox.sync_request(property)?.to_bytes()?;
            let answer = self.transport.exchange(property, request).await?;
            let answer = SyncAnswer::from_bytes(&answer)?;
            let synced = self.take(&inbox, property, &answer)?;
            all = all.and(synced);
            let is_stuck = synced.credentials == 0 && synced.parcels == 0 && synced.handed_in == 0;
            if !answer.more || is_stuck || synced.refused > 0 {
                break;
            }
        }
        Ok(all)
    }

    fn inbox(&self) -> Result<Arc<Inbox>, WalletError> {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        self.vault.inbox(&mut **random)
    }

    fn take(&self, inbox: &Inbox, property: PropertyId, answer: &SyncAnswer) -> Result<Synced, ImportError> {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        inbox.take_answer(property, answer, self.timer.now(), &mut **random)
    }
}

impl fmt::Debug for Synchroniser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Synchroniser")
    }
}
