//! Who signs for properties: a key of this process, or a service that keeps it.

use core::fmt;

use thumbturn_protocol::keys::{Signer, SignerFailed, SigningKeyPair};
use thumbturn_protocol::random::SecureRandom;
use zeroize::Zeroizing;

/// Makes the signing keys of properties, and finds them again. A host whose keys lie in a hardware module or a key management service
/// implements it; [`SoftwareSigners`] is what an office has otherwise. Signing happens within a transaction: a service has to answer within
/// milliseconds.
pub trait Signers: Send + Sync {
    /// Makes a key. Gives its signer, and what the store keeps of it, sealed with the property's own key: a name, or the key itself; at
    /// most 1,024 bytes.
    ///
    /// # Errors
    ///
    /// [`SignerFailed`].
    fn generate(&self, random: &mut dyn SecureRandom) -> Result<NewSigner, SignerFailed>;

    /// The signer of a key that was made, from what the store has kept.
    ///
    /// # Errors
    ///
    /// [`SignerFailed`].
    fn open(&self, kept: &[u8]) -> Result<Box<dyn Signer>, SignerFailed>;
}

/// A key that was just made.
pub struct NewSigner {
    /// Signs with it.
    pub signer: Box<dyn Signer>,
    /// What the store keeps.
    pub kept: Zeroizing<Vec<u8>>,
}

/// Keys of this process, which lie in the store under the data key that the host's keystore wraps.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoftwareSigners;

impl Signers for SoftwareSigners {
    fn generate(&self, random: &mut dyn SecureRandom) -> Result<NewSigner, SignerFailed> {
        let pair = SigningKeyPair::generate(random).map_err(|_| SignerFailed)?;
        let kept = Zeroizing::new(pair.secret().to_vec());
        Ok(NewSigner { signer: Box::new(pair), kept })
    }

    fn open(&self, kept: &[u8]) -> Result<Box<dyn Signer>, SignerFailed> {
        let secret = kept.try_into().map_err(|_| SignerFailed)?;
        Ok(Box::new(SigningKeyPair::from_secret(secret)))
    }
}

impl fmt::Debug for NewSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NewSigner")
    }
}
