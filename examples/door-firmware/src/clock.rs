//! The door's clock, and its sleep.
#![expect(unsafe_code, reason = "registers lie at fixed addresses")]

use core::ptr::{without_provenance_mut, write_volatile};

use cortex_m::asm;
use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{NVIC, SYST};
use thumbturn_protocol::time::Millis;

/// Ticks of the core's clock in a millisecond: 25 MHz.
const TICKS: u64 = 25_000;
/// The counter has 24 bits and falls.
const MASK: u32 = 0x00ff_ffff;
/// Longest sleep in milliseconds, so that no turn of the counter, 671 ms, is missed.
const LONGEST_SLEEP: u64 = 500;

/// The board's first timer, which wakes the processor: an Arm CMSDK APB timer on the same clock.
const TIMER: usize = 0x4000_0000;
const CONTROL: usize = 0x00;
const VALUE: usize = 0x04;
const INTERRUPT: usize = 0x0c;
/// It runs, and interrupts at zero.
const RUNS: u32 = 1 | 1 << 3;

/// The timer's interrupt.
#[derive(Clone, Copy)]
struct Alarm;

// SAFETY: the number of this interrupt on this board, always the same.
unsafe impl InterruptNumber for Alarm {
    fn number(self) -> u16 {
        8
    }
}

/// Counts milliseconds from 0. Has to be read at least every 671 ms.
pub(crate) struct Clock {
    last: u32,
    ticks: u64,
}

impl Clock {
    /// Starts the clock.
    pub(crate) fn start(mut timer: SYST) -> Self {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(MASK);
        timer.clear_current();
        timer.enable_counter();
        // SAFETY: interrupts only wake the processor here; the program masks them all and has no handler.
        unsafe { NVIC::unmask(Alarm) };
        Self { last: SYST::get_current(), ticks: 0 }
    }

    /// Milliseconds since the start.
    pub(crate) fn now(&mut self) -> Millis {
        let current = SYST::get_current();
        self.ticks += u64::from(self.last.wrapping_sub(current) & MASK);
        self.last = current;
        Millis(self.ticks / TICKS)
    }

    /// Sleeps until then or until something comes, and no longer than half a second.
    pub(crate) fn sleep(&mut self, until: Option<Millis>) {
        let now = self.now();
        let milliseconds = until.map_or(LONGEST_SLEEP, |until| until.0.saturating_sub(now.0));
        let ticks = milliseconds.min(LONGEST_SLEEP) * TICKS;
        if ticks > 0 {
            write(VALUE, u32::try_from(ticks).unwrap_or(MASK));
            write(CONTROL, RUNS);
            asm::wfi();
            write(CONTROL, 0);
            write(INTERRUPT, 1);
            NVIC::unpend(Alarm);
        }
    }
}

fn write(register: usize, value: u32) {
    // SAFETY: a register of the timer, which this program alone uses.
    unsafe { write_volatile(without_provenance_mut(TIMER + register), value) }
}
