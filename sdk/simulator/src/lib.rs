//! A virtual building: doors, phones and the air between them, in virtual time.
//!
//! - [`world::World`] is the clock, the air and the tasks. One seed and one script give one run, byte for byte.
//! - [`phone::SimulatedPhone`] gives the same `Link` and `Timer` that real platforms implement.
//! - [`peripheral::Peripheral`] is what the air needs of a door's software.
//! - [`trace::Trace`] is everything that happened: packets, bytes and round trips are counted from it.
//!
//! Two kinds of loss exist and they are not alike. *Radio loss* delays a packet by connection intervals and keeps the order; a
//! link that stays deaf ends by its supervision timeout. *Host drop* makes one write without response or one
//! notification vanish, and nobody is told.

mod agenda;
mod air;
pub mod attacker;
pub mod authority;
pub mod building;
pub mod chip;
pub mod clock;
mod connection;
pub mod door;
pub mod echo;
pub mod energy;
mod executor;
pub mod fault;
pub mod nor;
pub mod peripheral;
pub mod phone;
pub mod probe;
pub mod profile;
pub mod radio;
pub mod random;
mod reply;
pub mod station;
pub mod timer;
pub mod trace;
pub mod world;
#[cfg(feature = "iana")]
pub mod zone_table;
