//! The protocol from outside: every message there and back, and everything that must be refused.
//!
//! Exhaustive where the issue asks for it: each truncation and each single flipped bit of each signed or sealed message.
#![cfg(test)]

mod advertisement;
mod answer;
mod bulletin;
mod cast;
mod claim;
mod credential;
mod damage;
mod debug;
mod fast;
mod full;
mod hello;
mod log;
mod objects;
mod receipt;
mod records;
mod sizes;
mod strategies;
mod time;
