//! The door engine that a lock maker links.
//!
//! Pure and deterministic: it does no I/O of its own, spawns nothing, takes no callbacks and knows no clock. What it needs comes
//! in as `now`, as inputs, and through three traits: [`flash::Flash`], `SecureRandom` and [`hardware::Hardware`].
//!
//! # The one invariant
//!
//! **After every `handle`, poll until [`output::Output::Idle`] before you sleep.**
//!
//! # The run loop
//!
//! 1. `engine.poll(now)`; do what it says. [`output::Output::Worked`]: deliver what happened meanwhile, go to 1.
//! 2. [`output::Output::Idle`]: sleep until the radio or the hardware has something, or until the deadline.
//! 3. `engine.handle(now, input)` for each thing that happened on the radio; go to 1.
//!
//! `now` is a monotonic clock in milliseconds that starts with the engine. No call takes longer than one erase of the flash
//! or one slice of public-key work; a power cut in the middle of any loses nothing that was promised.
//!
//! # Example
//!
//! A board and the run loop. `docs/guide/lock-makers.md` has what the chip, the flash and the radio must be able to do; in
//! `sdk/simulator/tests/own_board.rs` such a board is claimed and opened by the real phone core.
//!
//! ```
//! use thumbturn_lock::UnlockOrder;
//! use thumbturn_lock::engine::Engine;
//! use thumbturn_lock::flash::{ERASE_BLOCK, Flash, FlashError};
//! use thumbturn_lock::hardware::{Hardware, HardwareEvent, Readiness};
//! use thumbturn_lock::input::{ConnectionId, Input};
//! use thumbturn_lock::output::Output;
//! use thumbturn_lock::platform::{Board, Platform};
//! use thumbturn_lock::storage::layout;
//! use thumbturn_protocol::ids::ClaimSecret;
//! use thumbturn_protocol::random::{RandomFailed, SecureRandom};
//! use thumbturn_protocol::time::{Millis, UnixSeconds};
//!
//! struct Chip(Vec<u8>);
//!
//! impl Flash for Chip {
//!     fn capacity(&self) -> usize {
//!         self.0.len()
//!     }
//!     fn read(&mut self, address: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
//!         let cells = self.0.get(address..address + bytes.len()).ok_or(FlashError::OutOfBounds)?;
//!         bytes.copy_from_slice(cells);
//!         Ok(())
//!     }
//!     fn program(&mut self, address: usize, bytes: &[u8]) -> Result<(), FlashError> {
//!         let cells = self.0.get_mut(address..address + bytes.len()).ok_or(FlashError::OutOfBounds)?;
//!         cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
//!         Ok(())
//!     }
//!     fn erase(&mut self, address: usize) -> Result<(), FlashError> {
//!         self.0.get_mut(address..address + ERASE_BLOCK).ok_or(FlashError::OutOfBounds)?.fill(0xff);
//!         Ok(())
//!     }
//! }
//!
//! struct Noise;
//!
//! impl SecureRandom for Noise {
//!     fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
//!         bytes.fill(4); // A lock asks its chip's random number generator, and fails when that fails.
//!         Ok(())
//!     }
//! }
//!
//! struct Motor;
//!
//! impl Hardware for Motor {
//!     fn unlock(&mut self, _: UnlockOrder) {}
//!     fn lock(&mut self) {}
//!     fn readiness(&self) -> Readiness {
//!         Readiness::Ready
//!     }
//!     fn battery_low(&self) -> bool {
//!         false
//!     }
//!     fn next_event(&mut self) -> Option<HardwareEvent> {
//!         None
//!     }
//!     fn real_time_clock(&mut self) -> Option<UnixSeconds> {
//!         None
//!     }
//! }
//!
//! struct MyLock;
//!
//! impl Platform for MyLock {
//!     type Flash = Chip;
//!     type Hardware = Motor;
//!     type Random = Noise;
//! }
//!
//! # fn main() -> Result<(), thumbturn_lock::error::Error> {
//! let board = Board { flash: Chip(vec![0xff; layout::END]), random: Noise, hardware: Motor };
//! let mut engine: Engine<MyLock> = Engine::boot(board, ClaimSecret::from_bytes([7; 16]), Millis(0))?;
//! let mut on_air = None;
//! let mut notified = Vec::new();
//! let mut run = |engine: &mut Engine<MyLock>, now| loop {
//!     match engine.poll(now) {
//!         Output::Advertise(broadcast) => on_air = Some(broadcast),
//!         Output::Notify(_, frame) => notified.push(frame),
//!         Output::Disconnect(_) => {}
//!         Output::Worked => {}
//!         Output::Idle { until } => break until, // Sleep until then, or until something happens.
//!     }
//! };
//! run(&mut engine, Millis(0));
//! engine.handle(Millis(400), Input::Connected(ConnectionId(1)));
//! engine.handle(Millis(900), Input::Subscribed(ConnectionId(1)));
//! run(&mut engine, Millis(900));
//! assert!(on_air.is_some());
//! assert_eq!(notified.first().map(Vec::len), Some(20), "the door pushes its hello");
//! # Ok(())
//! # }
//! ```
//!
//! # Keypad and cards
//!
//! A lock that has them reports digits, and what a card says, as [`hardware::HardwareEvent`]s, and implements
//! [`Hardware::signal`](hardware::Hardware::signal) and [`Hardware::send_to_card`](hardware::Hardware::send_to_card); for others the
//! defaults do. Codes and cards are looked up in the door's list, one slice of work a poll; what a wrong code costs is in flash before
//! [`signal::Signal`] shows anything (spec §14).
//!
//! # Memory, flash and features
//!
//! `no_std` with `alloc`: the firmware brings a global allocator and a panic handler. There are no Cargo features. The
//! engine takes less than 32 KiB of RAM with its heap, whatever comes from the air (`tests/tests/door_memory.rs`), and the flash from
//! address 0 to [`storage::layout::END`].
#![no_std]

extern crate alloc;

mod bucket;
mod clock;
mod connection;
mod connections;
pub mod daily_codes;
mod decision;
pub mod engine;
pub mod error;
mod facts;
pub mod flash;
pub mod hardware;
mod identity;
pub mod input;
pub mod keypad;
mod known;
pub mod lockout;
pub mod output;
pub mod platform;
pub mod signal;
pub mod storage;
pub mod work;

pub use connections::CONNECTIONS;
pub use decision::UnlockOrder;
