//! Counts what the engine costs, in ticks of the core's clock: 25 MHz on this board, which under the emulator's
//! `-icount shift=0` is one tick for 40 instructions ([`calibrate`] shows it).
//!
//! The emulation of the flash chip is counted apart: a real door's chip answers by itself.
#![expect(unsafe_code, reason = "a loop of known length needs assembly")]

use core::arch::asm;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

use cortex_m::peripheral::SYST;

use crate::memory;

/// The counter has 24 bits and falls.
const MASK: u32 = 0x00ff_ffff;

/// Instructions of the loop in [`calibrate`].
pub(crate) const CALIBRATION: u32 = 400_000;

static ENGINE: AtomicU32 = AtomicU32::new(0);
static FLASH: AtomicU32 = AtomicU32::new(0);
static LONGEST: AtomicU32 = AtomicU32::new(0);
static MOTOR: AtomicU32 = AtomicU32::new(0);
static ANSWERED: AtomicU32 = AtomicU32::new(0);

/// Ticks since [`restart`], at most 171 s of them.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    /// In the engine's calls, without the flash chip.
    pub(crate) engine: u32,
    /// In the emulation of the flash chip.
    pub(crate) flash: u32,
    /// In the engine's longest call, without the flash chip.
    pub(crate) longest: u32,
    /// In the engine's calls until it handed out its first frame after it had started the motor; 0: it did not.
    pub(crate) answered: u32,
}

/// Begins anew.
pub(crate) fn restart() {
    for counter in [&ENGINE, &FLASH, &LONGEST, &MOTOR, &ANSWERED] {
        counter.store(0, Relaxed);
    }
}

/// What was counted.
pub(crate) fn reading() -> Reading {
    Reading {
        engine: ENGINE.load(Relaxed),
        flash: FLASH.load(Relaxed),
        longest: LONGEST.load(Relaxed),
        answered: ANSWERED.load(Relaxed),
    }
}

/// Counts a call of the engine, and what it allocates.
pub(crate) fn engine<T>(call: impl FnOnce() -> T) -> T {
    let flash = FLASH.load(Relaxed);
    let (result, ticks) = memory::of_the_engine(|| timed(call));
    let ticks = ticks.saturating_sub(FLASH.load(Relaxed).wrapping_sub(flash));
    ENGINE.fetch_add(ticks, Relaxed);
    LONGEST.fetch_max(ticks, Relaxed);
    result
}

/// Counts a call of the flash chip.
pub(crate) fn flash<T>(call: impl FnOnce() -> T) -> T {
    let (result, ticks) = timed(call);
    FLASH.fetch_add(ticks, Relaxed);
    result
}

/// The motor was started.
pub(crate) fn motor_started() {
    MOTOR.store(1, Relaxed);
}

/// A frame was handed out.
pub(crate) fn frame_left() {
    if MOTOR.load(Relaxed) > 0 && ANSWERED.load(Relaxed) == 0 {
        ANSWERED.store(ENGINE.load(Relaxed), Relaxed);
    }
}

/// Ticks that [`CALIBRATION`] instructions take.
pub(crate) fn calibrate() -> u32 {
    let ((), ticks) = timed(|| {
        // SAFETY: two instructions a round on one register of its own.
        unsafe {
            asm!(
                "2:",
                "subs {rounds}, #1",
                "bne 2b",
                rounds = inout(reg) CALIBRATION / 2 => _,
                options(nomem, nostack),
            );
        }
    });
    ticks
}

/// A call and its ticks, of which there must be fewer than 2^24: 671 ms.
fn timed<T>(call: impl FnOnce() -> T) -> (T, u32) {
    let before = SYST::get_current();
    let result = call();
    (result, before.wrapping_sub(SYST::get_current()) & MASK)
}
