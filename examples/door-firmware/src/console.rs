//! The console on the second serial port: a host says what to do and reads figures, one line each.
//!
//! | the host writes | the board does | and answers |
//! |---|---|---|
//! | `seed` and 64 hexadecimal digits | boots the engine; once, and first | `booted` |
//! | `measure` | begins to count anew | `measuring` |
//! | `figures` | nothing | `figures` and pairs of name and number |
//! | `reset` | resets the processor, as a power cut does; flash stays | `started` |
//! | `stop` | ends the emulator | nothing |
//!
//! The board begins with `started`. A line `error: …` says why it gave up.

use core::fmt::{self, Write as _};

use heapless::Vec;

use crate::random::SEED;
use crate::uart::{Port, Uart};

/// Longest line in bytes.
const LINE: usize = 80;

/// What the host asks for.
pub(crate) enum Command {
    /// Boot with this seed.
    Seed([u8; SEED]),
    /// Count anew.
    Measure,
    /// Say what was counted.
    Figures,
    /// Reset the processor.
    Reset,
    /// End.
    Stop,
    /// None of these.
    Unknown,
}

/// The board's end of the console.
pub(crate) struct Console {
    uart: Uart,
    line: Vec<u8, LINE>,
}

impl Console {
    /// Opens it.
    pub(crate) fn open() -> Self {
        Self { uart: Uart::open(Port::Console), line: Vec::new() }
    }

    /// Says a line. The port takes whatever it is given.
    pub(crate) fn say(&mut self, line: fmt::Arguments<'_>) {
        let _ = writeln!(self.uart, "{line}");
    }

    /// Whether the processor may sleep.
    pub(crate) fn rests(&mut self) -> bool {
        self.uart.rests()
    }

    /// The next command, if its line is complete.
    pub(crate) fn command(&mut self) -> Option<Command> {
        while let Some(byte) = self.uart.receive() {
            if byte == b'\n' {
                let command = Command::read(&self.line);
                self.line.clear();
                return Some(command);
            }
            // A line that is too long is none of ours.
            if self.line.push(byte).is_err() {
                self.line.clear();
            }
        }
        None
    }
}

impl Command {
    fn read(line: &[u8]) -> Self {
        match line {
            b"measure" => Self::Measure,
            b"figures" => Self::Figures,
            b"reset" => Self::Reset,
            b"stop" => Self::Stop,
            _ => line.strip_prefix(b"seed ").and_then(seed).map_or(Self::Unknown, Self::Seed),
        }
    }
}

fn seed(digits: &[u8]) -> Option<[u8; SEED]> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let mut seed = [0; SEED];
    if pairs.len() != SEED {
        return None;
    }
    for (byte, pair) in seed.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(seed)
}
