//! The contract of phone and door.
#![no_std]

extern crate alloc;

pub mod random;
pub mod time;
