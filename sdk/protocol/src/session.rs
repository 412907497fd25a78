//! The secret that phone and door share after an authentic answer (spec §5.6, §6.5, §9.5).

use core::fmt;

use zeroize::Zeroize;

use crate::crypto::Kdf;
use crate::labels::Label;

/// A session secret. Records and the first ticket are derived from it.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct SessionSecret([u8; 32]);

impl SessionSecret {
    pub(crate) const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    pub(crate) fn derive(&self, label: Label) -> [u8; 32] {
        self.kdf().derive(label, &[])
    }

    /// For several derivations.
    pub(crate) fn kdf(&self) -> Kdf {
        Kdf::new(&self.0)
    }

    /// The secret itself: for test vectors only.
    #[must_use]
    pub const fn dangerous_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionSecret")
    }
}
