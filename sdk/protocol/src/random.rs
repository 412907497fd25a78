//! Where randomness comes from: an argument, never a global.

/// A cryptographically secure random source.
pub trait SecureRandom {
    /// Fills `bytes` entirely, or fails and promises nothing about them.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed>;
}

/// The random source failed. Nothing may be derived from what it left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the random source failed")]
pub struct RandomFailed;

/// Takes `N` random bytes.
pub fn random_bytes<const N: usize>(random: &mut dyn SecureRandom) -> Result<[u8; N], RandomFailed> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}
