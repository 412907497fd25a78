//! The resident side: wallet, unlock machine and the whole connection policy over a small [`link::Link`] trait.
//!
//! | an app wants to | it uses |
//! |---|---|
//! | keep keys and credentials | [`vault::Vault`] over its [`vault::keystore::KeyStore`], and the [`wallet::Wallet`] inside |
//! | open a door | [`driver::Unlocker::unlock`], with [`unlock::Progress`] for the screen and a [`cancel::CancelHandle`] |
//! | show the doors around | [`nearby::nearby`] |
//! | let a guest in | [`wallet::Wallet::share`] ([`sharing`]) on one phone, [`wallet::Wallet::import`] on the other |
//! | claim a new door | [`commission::Claimer`] |
//!
//! What a platform brings: a [`link::Link`] (its radio), a [`timer::Timer`], a random source, a keystore and a place for files.
//! No runtime is needed: every future runs on whatever executor polls it, and none waits for a network.
//!
//! **Layers.** A [`conversation::Conversation`] is a machine without I/O and without a clock: [`unlock::UnlockConversation`] leads one
//! intent to exactly one outcome over any number of connections. The driver behind [`radio::Radio`] finds, connects and moves
//! frames, and decides nothing about doors.
//!
//! **What is promised** (spec §8.3): counters are on disk before a request leaves; a failure is told only when nothing that
//! left the phone can open the door any more; one deadline bounds it all.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use thumbturn_phone::cancel::CancelHandle;
//! use thumbturn_phone::driver::Unlocker;
//! use thumbturn_phone::queue::EventQueue;
//! use thumbturn_phone::radio::{Policy, Radio};
//! use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
//! use thumbturn_phone::unlock::UnlockError;
//! use thumbturn_phone::vault::Vault;
//! use thumbturn_protocol::ids::DoorId;
//! use thumbturn_simulator::{phone::SimulatedPhone, profile::PhoneProfile, radio::place::Place, world::World};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A simulated phone; an app brings its platform's radio, clock, keystore and files.
//! let world = World::new(1);
//! let phone: SimulatedPhone = world.add_phone("Ann's", PhoneProfile::android(), Place::metres(2, 0));
//! let radio = Arc::new(Radio::new(phone.link(), phone.timer(), Box::new(phone.random())));
//! let files = TestingStorage::new();
//! let open = Box::new(move || Ok(Box::new(files.clone()) as _));
//! let vault = Arc::new(Vault::new(open, Arc::new(TestingKeyStore::new())));
//!
//! // Once: new device keys. `wallet.trust` and `wallet.import` take what the property's authority sends.
//! let wallet = vault.enrol(&mut phone.random())?;
//! println!("this phone is {:?}", wallet.phone_id());
//!
//! // A tap.
//! let unlocker = Unlocker::new(radio, vault, Policy::DEFAULT);
//! let (cancel, progress) = (CancelHandle::new(), EventQueue::new(16));
//! let door = DoorId([1; 8]);
//! let outcome = world.block_on(unlocker.unlock(door, &cancel, &progress))?;
//! assert_eq!(outcome, Err(UnlockError::NoGrant));
//! # Ok(())
//! # }
//! ```
#![expect(clippy::std_instead_of_alloc, reason = "a phone always has std")]

pub mod cancel;
pub mod commission;
pub mod conversation;
pub mod driver;
#[cfg(test)]
mod fixture;
pub mod link;
pub mod nearby;
pub mod queue;
pub mod radio;
pub mod sharing;
pub mod testing;
pub mod timer;
pub mod unlock;
pub mod vault;
pub mod wallet;
