//! The wallet of a phone, sealed in a folder.

use std::sync::Arc;

use thumbturn_phone::sharing::ShareError;
use thumbturn_phone::wallet::{self as core, ImportError, TrustAnchor as CoreAnchor};
use thumbturn_protocol::ids::{DoorId, Generation, PhoneId, PropertyId};
use thumbturn_protocol::keys::VerifyingKey;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::keystore::{ForeignKeyStore, KeyStore};
use crate::random::SystemRandom;

/// Why a wallet could not be opened, changed or shared from. Each variant is one thing that an app does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum WalletError {
    /// Enrol this phone.
    #[error("this phone is not enrolled")]
    NotEnrolled,
    /// It is enrolled already.
    #[error("this phone is enrolled already")]
    AlreadyEnrolled,
    /// Try again when the device is unlocked, or when another process has closed the vault.
    #[error("the vault is locked")]
    Locked,
    /// Enrol again.
    #[error("the vault is lost")]
    Lost,
    /// Update the app.
    #[error("the app is too old")]
    AppTooOld,
    /// Remove something.
    #[error("the wallet is full")]
    Full,
    /// Try again.
    #[error("storage failed: {reason}")]
    Storage {
        /// For logs.
        reason: String,
    },
    /// What was given is not a credential for this phone: fetch or scan it again.
    #[error("refused: {reason}")]
    Refused {
        /// For logs.
        reason: String,
    },
    /// The door cannot be shared so.
    #[error("cannot be shared: {reason}")]
    NotShareable {
        /// For logs.
        reason: String,
    },
}

/// Whose word about doors a wallet takes.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TrustAnchor {
    /// 8 bytes.
    pub property: Vec<u8>,
    /// From 1.
    pub generation: u32,
    /// The portfolio's root key, Ed25519, 32 bytes.
    pub root_key: Vec<u8>,
    /// The property's signing key, Ed25519, 32 bytes.
    pub signing_key: Vec<u8>,
}

/// A phone's vault. Opened at first need.
#[derive(uniffi::Object)]
pub struct Vault(pub(crate) Arc<thumbturn_phone::vault::Vault>);

#[uniffi::export]
impl Vault {
    /// A vault in `folder`, which is made when it is missing. Nothing is read yet.
    #[uniffi::constructor]
    pub fn new(folder: String, keystore: Arc<dyn KeyStore>) -> Arc<Self> {
        let keystore = Arc::new(ForeignKeyStore(keystore));
        Arc::new(Self(Arc::new(thumbturn_phone::vault::Vault::in_directory(folder, keystore))))
    }

    /// Makes new device keys. Gives the phone id, 16 bytes.
    pub fn enrol(&self) -> Result<Vec<u8>, WalletError> {
        Ok(self.0.enrol(&mut SystemRandom)?.phone_id().0.to_vec())
    }

    /// The phone id, 16 bytes.
    pub fn phone_id(&self) -> Result<Vec<u8>, WalletError> {
        Ok(self.wallet()?.phone_id().0.to_vec())
    }

    /// Trusts a property from now on.
    pub fn trust(&self, anchor: TrustAnchor) -> Result<(), WalletError> {
        let anchor = CoreAnchor::new(
            PropertyId(sized(anchor.property)?),
            Generation(anchor.generation),
            VerifyingKey(sized(anchor.root_key)?),
            VerifyingKey(sized(anchor.signing_key)?),
        );
        Ok(self.wallet()?.trust(anchor, &mut SystemRandom)?)
    }

    /// Takes a credential: a grant from the authority, or a share from a holder. Gives the door that it opens, 8 bytes.
    pub fn import_credential(&self, credential: Vec<u8>) -> Result<Vec<u8>, WalletError> {
        Ok(self.wallet()?.import(&credential, &mut SystemRandom)?.0.to_vec())
    }

    /// The doors that this phone holds something for, 8 bytes each.
    pub fn doors(&self) -> Result<Vec<Vec<u8>>, WalletError> {
        let held = self.wallet()?.credentials();
        Ok(held.into_iter().map(|credential| credential.door.0.to_vec()).collect())
    }

    /// Shares a door with a guest's phone between two instants (Unix seconds), as bytes for a QR code.
    pub fn share(
        &self,
        door: Vec<u8>,
        guest: Vec<u8>,
        not_before: u64,
        not_after: u64,
    ) -> Result<Vec<u8>, WalletError> {
        let validity = Validity::from(instant(not_before)?).until(instant(not_after)?);
        let (door, guest) = (DoorId(sized(door)?), PhoneId(sized(guest)?));
        Ok(self.wallet()?.share(door, guest, validity, &mut SystemRandom)?.bytes)
    }

    /// Closes the vault, as when the app goes to the background for good.
    pub fn lock(&self) {
        self.0.close();
    }
}

impl Vault {
    fn wallet(&self) -> Result<Arc<core::Wallet>, WalletError> {
        Ok(self.0.wallet(&mut SystemRandom)?)
    }
}

/// Bytes of a fixed length, as ids and keys are.
pub(crate) fn sized<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], WalletError> {
    let length = bytes.len();
    bytes.try_into().map_err(|_| WalletError::Refused { reason: format!("{length} bytes where {N} belong") })
}

fn instant(seconds: u64) -> Result<UnixSeconds, WalletError> {
    UnixSeconds::new(seconds).ok_or_else(|| WalletError::Refused { reason: "an instant out of range".into() })
}

impl From<core::WalletError> for WalletError {
    fn from(error: core::WalletError) -> Self {
        match error {
            core::WalletError::NotEnrolled => Self::NotEnrolled,
            core::WalletError::AlreadyEnrolled => Self::AlreadyEnrolled,
            core::WalletError::Locked | core::WalletError::InUse => Self::Locked,
            core::WalletError::Lost => Self::Lost,
            core::WalletError::TooNew => Self::AppTooOld,
            core::WalletError::Full => Self::Full,
            other => Self::Storage { reason: other.to_string() },
        }
    }
}

impl From<ImportError> for WalletError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::AppTooOld => Self::AppTooOld,
            ImportError::Wallet(error) => error.into(),
            other => Self::Refused { reason: other.to_string() },
        }
    }
}

impl From<ShareError> for WalletError {
    fn from(error: ShareError) -> Self {
        Self::NotShareable { reason: error.to_string() }
    }
}
