//! Why a building could not be set up.

use thumbturn_phone::commission::ClaimError;
use thumbturn_phone::sharing::ShareError;
use thumbturn_phone::wallet::{ImportError, WalletError};
use thumbturn_protocol::error::Error;

use crate::authority::AuthorityError;
use crate::world::Stalled;

/// Why something could not be set up. What doors answer to taps is no error but a [`crate::building::Visit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildingError {
    /// The authority refused.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A door could not be claimed.
    #[error("claiming failed: {0}")]
    Claim(#[from] ClaimError),
    /// A wallet could not be opened or changed.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// A wallet did not take what it was given.
    #[error("the wallet refuses: {0}")]
    Import(#[from] ImportError),
    /// A share could not be made.
    #[error("sharing failed: {0}")]
    Share(#[from] ShareError),
    /// Something could not be encoded.
    #[error(transparent)]
    Protocol(#[from] Error),
    /// A future never ended.
    #[error(transparent)]
    Stalled(#[from] Stalled),
}
