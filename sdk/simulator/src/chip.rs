//! What a door's chip needs for its work: instruction counts measured on a Cortex-M4, turned into time.

use core::time::Duration;

use thumbturn_lock::work::Work;

/// A microcontroller, by what its instructions cost. The counts were measured with dalek at opt-level 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Clock in MHz.
    pub megahertz: u32,
    /// Cycles for a hundred instructions.
    pub cycles_per_hundred: u32,
    /// Instructions of an X25519 Diffie-Hellman operation.
    pub exchange: u64,
    /// Instructions of a base-point multiplication.
    pub base_multiplication: u64,
    /// Instructions of a strict Ed25519 verification.
    pub verification: u64,
    /// Instructions of an AES-256-GCM operation on a short message, key set-up included.
    pub seal: u64,
    /// Instructions of an HMAC-SHA256.
    pub mac: u64,
    /// Instructions of any call: framing, copying, looking up.
    pub call: u64,
}

impl Chip {
    /// A Cortex-M4 at 64 MHz, as in an nRF52.
    pub const CORTEX_M4: Self = Self {
        megahertz: 64,
        cycles_per_hundred: 140,
        exchange: 1_310_000,
        base_multiplication: 1_520_000,
        verification: 1_750_000,
        seal: 40_000,
        mac: 10_000,
        call: 4_000,
    };

    /// The time that one call with this work takes.
    #[must_use]
    pub fn time(&self, work: Work) -> Duration {
        let instructions = [
            (work.exchanges, self.exchange),
            (work.base_multiplications, self.base_multiplication),
            (work.verifications, self.verification),
            (work.seals, self.seal),
            (work.macs, self.mac),
        ]
        .into_iter()
        .fold(self.call, |sum, (count, each)| sum.saturating_add(u64::from(count).saturating_mul(each)));
        let cycles = instructions.saturating_mul(u64::from(self.cycles_per_hundred)) / 100;
        Duration::from_micros(cycles.checked_div(u64::from(self.megahertz)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_handshake_takes_a_sixth_of_a_second_and_a_fast_one_milliseconds() {
        let full = Work { exchanges: 4, base_multiplications: 0, verifications: 1, macs: 24, seals: 3 };
        let fast = Work { exchanges: 0, base_multiplications: 0, verifications: 0, macs: 8, seals: 0 };
        let (full, fast) = (Chip::CORTEX_M4.time(full), Chip::CORTEX_M4.time(fast));
        assert!((Duration::from_millis(150)..Duration::from_millis(270)).contains(&full), "{full:?}");
        assert!((Duration::from_millis(1)..Duration::from_millis(3)).contains(&fast), "{fast:?}");
    }
}
