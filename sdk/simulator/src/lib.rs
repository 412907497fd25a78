//! A virtual building: doors, phones and the air between them, in virtual time.
//!
//! The doors run the real door engine on emulated flash, the phones run the real phone core over a simulated radio. Begin with
//! [`building::Building`]; everything below it is public, too:
//!
//! | module | what |
//! |---|---|
//! | [`building`] | doors that are claimed over the air, people with phones, grants, taps |
//! | [`world`] | the clock, the air, the tasks, and what goes wrong on purpose |
//! | [`phone`], [`profile`] | a phone's radio and clock (`Link` and `Timer`), and how its platform behaves |
//! | [`door`], [`chip`], [`nor`] | a door: engine, chip time, flash with power cuts, a body that can fail |
//! | [`firmware`] | the door engine on a lock maker's own board |
//! | [`card`] | a keycard that answers the commands of a door |
//! | [`peripheral`], [`echo`] | what the air needs of a door's software, and the least such software |
//! | [`authority`] | a property's keys and everything they sign |
//! | [`attacker`], [`probe`], [`fault`] | raw centrals, floods, recordings; the protocol one step at a time; a man in the middle |
//! | [`trace`], [`energy`] | what happened, what can be counted from it, what it cost the battery |
//!
//! **Replay.** One seed and one script give one run, byte for byte: no wall clock, no thread, no floating point, no unordered
//! map decides anything.
//!
//! **Two kinds of loss**, and they are not alike. *Radio loss* delays a packet by connection intervals and keeps the order; a
//! link that stays deaf ends by its supervision timeout. *Host drop* makes one write without response or one
//! notification vanish, and nobody is told.
//!
//! # Features
//!
//! `iana` (default): [`zone_table`], which brings the time zone database.

mod agenda;
mod air;
pub mod attacker;
pub mod authority;
pub mod building;
pub mod card;
pub mod chip;
pub mod clock;
mod connection;
pub mod door;
pub mod echo;
pub mod energy;
mod executor;
pub mod fault;
pub mod firmware;
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
