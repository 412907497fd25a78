//! The resident side: wallet, unlock machine and the whole connection policy over a small [`link::Link`] trait.
//!
//! | an app wants to | it uses |
//! |---|---|
//! | keep keys and credentials | [`vault::Vault`] over its [`vault::keystore::KeyStore`], and the [`wallet::Wallet`] inside |
//! | open a door | [`driver::Unlocker::unlock_first`], with [`unlock::Progress`] for the screen and a [`cancel::CancelHandle`] |
//! | deliver to it, then or in passing | [`courier::Inbox`], [`driver::Unlocked::deliver`], [`driver::Unlocker::pass_by`] |
//! | fetch what is new, and hand in what doors said | [`sync::Synchroniser`] over its [`sync::Transport`] |
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
//! A phone enrols, receives a grant and opens a simulated door. An app brings its platform's radio, clock, keystore and folder
//! in the place of the simulated ones; `docs/guide/app.md` goes on from here.
//!
//! ```
//! use std::sync::Arc;
//!
//! use thumbturn_phone::cancel::CancelHandle;
//! use thumbturn_phone::driver::Unlocker;
//! use thumbturn_phone::queue::EventQueue;
//! use thumbturn_phone::radio::{Policy, Radio};
//! use thumbturn_phone::testing::{TestingKeyStore, TestingStorage};
//! use thumbturn_phone::unlock::{Bolt, UnlockPath};
//! use thumbturn_phone::vault::Vault;
//! use thumbturn_simulator::authority::GrantTerms;
//! use thumbturn_simulator::building::Building;
//! use thumbturn_simulator::profile::PhoneProfile;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut building = Building::new(1)?;
//! let entrance = building.add_door("Entrance")?;
//! let phone = building.world().add_phone("Ann's", PhoneProfile::android(), entrance.place().beside());
//!
//! // One of each for the whole app. (An app has real files: `Vault::in_directory`.)
//! let radio = Arc::new(Radio::new(phone.link(), phone.timer(), Box::new(phone.random())));
//! let files = TestingStorage::new();
//! let keystore = Arc::new(TestingKeyStore::new());
//! let vault = Arc::new(Vault::new(Box::new(move || Ok(Box::new(files.clone()))), keystore));
//!
//! // Once: new device keys. The phone id goes to the property's authority; what it sends back goes into the wallet.
//! let mut random = phone.random();
//! let wallet = vault.enrol(&mut random)?;
//! let (now, ann) = (building.now(), building.authority().new_holder()?);
//! let terms = GrantTerms::resident(now);
//! let grant = building.authority().issue(entrance.id(), wallet.phone_id(), ann, &terms, now)?.to_bytes()?;
//! wallet.trust(building.authority().trust_anchor(), &mut random)?;
//! let door = wallet.import(&grant, &mut random)?;
//!
//! // A tap.
//! let unlocker = Unlocker::new(radio, vault, Policy::DEFAULT);
//! let (cancel, progress) = (CancelHandle::new(), EventQueue::new(64));
//! let opened = building.world().block_on(unlocker.unlock(door, &cancel, &progress))??;
//! assert_eq!((opened.path, opened.bolt), (UnlockPath::Full, Bolt::Moved));
//! # Ok(())
//! # }
//! ```
#![expect(clippy::std_instead_of_alloc, reason = "a phone always has std")]

pub mod cancel;
pub mod commission;
pub mod conversation;
pub mod courier;
pub mod driver;
#[cfg(test)]
mod fixture;
pub mod link;
pub mod nearby;
pub mod queue;
pub mod radio;
pub mod sharing;
pub mod sync;
pub mod testing;
pub mod timer;
pub mod unlock;
pub mod vault;
pub mod wallet;
