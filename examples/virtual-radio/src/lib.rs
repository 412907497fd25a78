//! GATT as a byte pipe: what a radio stack tells a door's firmware, and what the firmware asks of it, as messages over any
//! reliable stream of bytes. For a socket on one machine, and for the serial port of an emulated chip.
//!
//! A message is two bytes length (big-endian, of what follows, 3 to 515), one byte kind, two bytes connection (big-endian), and a body
//! whose meaning the kind tells:
//!
//! | kind | direction | body |
//! |---|---|---|
//! | 01 connected | to the door | nothing |
//! | 02 disconnected | to the door | nothing: the phone left, or the link died |
//! | 03 subscribed | to the door | nothing: the phone subscribed to `tx` |
//! | 04 MTU | to the door | two bytes, big-endian, 23 to 517 |
//! | 05 written | to the door | a frame: a value written to `rx`, 1 to 512 bytes |
//! | 06 sent | to the door | nothing: a notification left, there is room for another |
//! | 81 advertise | from the door | one byte: bit 0 a new address, bit 1 fast; then 13 bytes service data. The connection is 0 |
//! | 82 notify | from the door | a frame, 1 to 512 bytes |
//! | 83 disconnect | from the door | nothing: the door ends the connection |
//!
//! The numbers of connections are the phones' side's to choose, and may be used again once a connection has ended. Bytes that are no
//! message end the stream: both sides are ours, and a pipe loses nothing.
#![no_std]

extern crate alloc;

mod decoder;
mod message;

pub use decoder::Decoder;
pub use message::{Broadcast, Malformed, Message, ToDoor, ToPhones};
