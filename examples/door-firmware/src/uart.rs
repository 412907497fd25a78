//! A serial port of the board: Arm's CMSDK APB UART.
//!
//! It holds one byte each way; the emulator keeps back what has no room yet, so that nothing is lost.
#![expect(unsafe_code, reason = "registers lie at fixed addresses")]

use core::fmt;
use core::ptr::{read_volatile, without_provenance_mut, write_volatile};

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;

/// Bits of the state register.
const TRANSMIT_FULL: u32 = 1;
const RECEIVE_FULL: u32 = 1 << 1;
/// Bits of the control register: both directions, and an interrupt for what comes.
const ENABLE: u32 = 1 | 1 << 1 | 1 << 3;
/// Of the interrupt register.
const RECEIVED: u32 = 1 << 1;
/// The smallest divider that the device takes; the emulator is as fast whatever it is.
const DIVIDER: u32 = 16;

/// The registers.
#[derive(Clone, Copy)]
enum Register {
    Data,
    State,
    Control,
    Interrupt,
    Divider,
}

/// Which port.
#[derive(Clone, Copy)]
pub(crate) enum Port {
    /// The radio's pipe.
    Radio,
    /// The console.
    Console,
}

impl Port {
    const fn address(self) -> usize {
        match self {
            Self::Radio => 0x4000_4000,
            Self::Console => 0x4000_5000,
        }
    }
}

// SAFETY: the numbers of the two ports' receive interrupts on this board, always the same.
unsafe impl InterruptNumber for Port {
    fn number(self) -> u16 {
        match self {
            Self::Radio => 0,
            Self::Console => 2,
        }
    }
}

/// An open port.
pub(crate) struct Uart(Port);

impl Uart {
    /// Opens a port. What comes wakes the processor.
    pub(crate) fn open(port: Port) -> Self {
        let mut uart = Self(port);
        uart.write_register(Register::Divider, DIVIDER);
        uart.write_register(Register::Control, ENABLE);
        // SAFETY: interrupts only wake the processor here; the program masks them all and has no handler.
        unsafe { NVIC::unmask(port) };
        uart
    }

    /// The byte that came, if one did.
    pub(crate) fn receive(&mut self) -> Option<u8> {
        if self.register(Register::State) & RECEIVE_FULL == 0 {
            return None;
        }
        let [byte, ..] = self.register(Register::Data).to_le_bytes();
        Some(byte)
    }

    /// Whether the processor may sleep: nothing is here, and the next byte wakes it.
    pub(crate) fn rests(&mut self) -> bool {
        self.write_register(Register::Interrupt, RECEIVED);
        NVIC::unpend(self.0);
        // Looked at last: what came between pends again.
        self.register(Register::State) & RECEIVE_FULL == 0
    }

    /// Sends bytes; waits until the last one has room.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            while self.register(Register::State) & TRANSMIT_FULL != 0 {}
            self.write_register(Register::Data, u32::from(*byte));
        }
    }

    fn register(&self, register: Register) -> u32 {
        // SAFETY: a register of this device, which this program alone uses.
        unsafe { read_volatile(without_provenance_mut(self.0.address() + offset(register))) }
    }

    fn write_register(&mut self, register: Register, value: u32) {
        // SAFETY: as above.
        unsafe { write_volatile(without_provenance_mut(self.0.address() + offset(register)), value) }
    }
}

const fn offset(register: Register) -> usize {
    match register {
        Register::Data => 0x00,
        Register::State => 0x04,
        Register::Control => 0x08,
        Register::Interrupt => 0x0c,
        Register::Divider => 0x10,
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.send(text.as_bytes());
        Ok(())
    }
}
