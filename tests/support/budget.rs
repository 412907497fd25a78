//! What one `handle` or `poll` may cost: one slice of public-key work, one erase, 100 ms of flash time (I10).

use thumbturn_lock::work::Work;
use thumbturn_simulator::nor::FlashUse;

/// Modelled microseconds of flash time.
pub const FLASH_MICROS: u64 = 100_000;
/// Erases.
pub const ERASES: u64 = 1;
/// Diffie-Hellman operations of one slice: those of one handshake message.
pub const EXCHANGES: u32 = 2;
/// Verifications of one slice.
pub const VERIFICATIONS: u32 = 1;
/// New key pairs of one slice: those of a claim.
pub const KEY_PAIRS: u32 = 3;

/// Panics when one call cost more than it may.
///
/// # Panics
///
/// That is what it is for.
pub fn check(flash: &FlashUse, work: &Work) {
    assert!(flash.erases <= ERASES, "{} erases in one call", flash.erases);
    assert!(flash.micros() <= FLASH_MICROS, "{} µs of flash time in one call", flash.micros());
    assert_eq!(flash.conflicts, 0, "a bit was set that flash holds cleared");
    // HPKE's encapsulation is one slice: one exchange and a key pair whose public half is computed twice.
    let encapsulation = (work.exchanges, work.base_multiplications, work.verifications) == (1, 2, 0);
    if encapsulation {
        return;
    }
    let slices = [
        (work.exchanges, EXCHANGES),
        (work.verifications, VERIFICATIONS),
        (work.base_multiplications, KEY_PAIRS),
    ];
    let begun = slices.iter().filter(|(count, _)| *count > 0).count();
    assert!(begun <= 1, "more than one slice in one call: {work:?}");
    assert!(slices.iter().all(|(count, most)| count <= most), "a slice too large: {work:?}");
}
