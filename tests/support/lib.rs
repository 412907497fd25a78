//! What stories and attacks need: a door on the bench, driven frame by frame, and a phone that speaks by hand.
//!
//! No radio lies between them, so a test decides on every frame, every millisecond and every flash operation.

pub mod air_stage;
pub mod bench_door;
pub mod bench_flash;
pub mod bench_hardware;
pub mod bench_random;
pub mod budget;
pub mod conversation;
pub mod courier;
pub mod flash_image;
pub mod gate;
pub mod household;
pub mod interruption;
pub mod kdf;
pub mod keyed_door;
pub mod list_stage;
pub mod list_update;
pub mod manual_phone;
pub mod property;
pub mod tampering;

/// The programs in the guides and in the simulator's README, run as documentation tests.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/guide/app.md")]
    mod app {}
    #[doc = include_str!("../../docs/guide/lock-makers.md")]
    mod lock {}
    #[doc = include_str!("../../docs/guide/property.md")]
    mod property {}
    #[doc = include_str!("../../sdk/simulator/README.md")]
    mod simulator {}
}
