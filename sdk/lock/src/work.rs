//! What a call cost in public-key operations and hashes, so that a simulator can charge a chip's time for it.

/// Counts of the primitives that a chip spends its time on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// X25519 Diffie-Hellman operations.
    pub exchanges: u32,
    /// Base-point multiplications (a new X25519 or Ed25519 public key).
    pub base_multiplications: u32,
    /// Strict Ed25519 verifications.
    pub verifications: u32,
    /// HMAC-SHA256 computations.
    pub macs: u32,
    /// AES-256-GCM operations on short messages, key set-up included.
    pub seals: u32,
}

impl Work {
    /// Reading a Noise message 1: es and ss, three derivations and two decryptions.
    pub(crate) const READ_REQUEST: Self =
        Self { exchanges: 2, base_multiplications: 0, verifications: 0, macs: 12, seals: 2 };
    /// Writing a Noise message 2: ee and se, and the split.
    pub(crate) const WRITE_ANSWER: Self =
        Self { exchanges: 2, base_multiplications: 0, verifications: 0, macs: 12, seals: 1 };
    /// One signature.
    pub(crate) const VERIFY: Self =
        Self { exchanges: 0, base_multiplications: 0, verifications: 1, macs: 0, seals: 0 };
    /// The key of an update's body.
    pub(crate) const RECOVER_KEY: Self =
        Self { exchanges: 2, base_multiplications: 0, verifications: 0, macs: 12, seals: 0 };
    /// HPKE's encapsulation: an ephemeral key pair, whose public half the library computes twice, one exchange, ten derivations.
    pub(crate) const ENCAPSULATE: Self =
        Self { exchanges: 1, base_multiplications: 2, verifications: 0, macs: 10, seals: 0 };
    /// Signing something short.
    pub(crate) const SIGN: Self =
        Self { exchanges: 0, base_multiplications: 1, verifications: 0, macs: 2, seals: 0 };
    /// One event of the log: its salt and the head after it.
    pub(crate) const CHAIN: Self = Self::macs(4);
    /// One new key pair.
    pub(crate) const KEY_PAIR: Self =
        Self { exchanges: 0, base_multiplications: 1, verifications: 0, macs: 0, seals: 0 };

    /// Some HMACs.
    pub(crate) const fn macs(macs: u32) -> Self {
        Self { exchanges: 0, base_multiplications: 0, verifications: 0, macs, seals: 0 }
    }

    /// Some records sealed or opened.
    pub(crate) const fn seals(seals: u32) -> Self {
        Self { exchanges: 0, base_multiplications: 0, verifications: 0, macs: 0, seals }
    }

    /// Sealing or opening so many bytes: a short message's work for each 256 of them.
    ///
    /// An assumption, not a measurement: what was measured on the chip is a message of 20 bytes with its key set-up (design §4, 40 k
    /// instructions), which makes 156 instructions a byte. A chip with AES in hardware takes far fewer.
    pub(crate) fn sealed_bytes(bytes: usize) -> Self {
        Self::seals(of_bytes(bytes))
    }

    /// Hashing so many bytes: an HMAC's work for each 256 of them.
    ///
    /// An assumption as well: an HMAC of a short message was measured, 10 k instructions for its four blocks of 64 bytes.
    pub(crate) fn hashed_bytes(bytes: usize) -> Self {
        Self::macs(of_bytes(bytes))
    }

    /// Adds what another step cost.
    pub(crate) const fn add(&mut self, other: Self) {
        self.exchanges = self.exchanges.saturating_add(other.exchanges);
        self.base_multiplications = self.base_multiplications.saturating_add(other.base_multiplications);
        self.verifications = self.verifications.saturating_add(other.verifications);
        self.macs = self.macs.saturating_add(other.macs);
        self.seals = self.seals.saturating_add(other.seals);
    }
}

/// Short messages in so many bytes.
fn of_bytes(bytes: usize) -> u32 {
    u32::try_from(bytes / 256).unwrap_or(u32::MAX).saturating_add(1)
}
