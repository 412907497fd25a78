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
#![no_std]

extern crate alloc;

mod bucket;
mod clock;
mod connection;
mod connections;
mod decision;
pub mod engine;
pub mod error;
pub mod event;
mod facts;
pub mod flash;
pub mod hardware;
mod identity;
pub mod input;
mod known;
pub mod output;
pub mod platform;
pub mod storage;
pub mod work;

pub use connections::CONNECTIONS;
pub use decision::UnlockOrder;
