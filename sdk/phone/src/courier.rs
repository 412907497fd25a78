//! The courier: behind an unlock, or in passing, a phone delivers to the door and collects from it (spec §7.2–7.3, §10–§13).
//!
//! The [`Inbox`] holds what this phone carries, in both directions, sealed in the vault. A session takes the door's [`Cargo`]
//! from it and leads one conversation of records after the door has answered; what it collects goes back with [`Inbox::keep`]. An app
//! gives the inbox what its authority sends, and hands in what [`Inbox::to_upload`] lists whenever there is a network. It starts
//! deliveries with [`crate::driver::Unlocked::deliver`] and [`crate::driver::Unlocker::pass_by`]; [`CourierSession`] is for whoever brings
//! a driver of his own.
//!
//! A phone is an untrusted courier: nothing it carries is secret to it or can be changed by it, and it believes doors
//! nothing that they have not signed.

mod cargo;
pub(crate) mod channel;
pub(crate) mod collected;
pub(crate) mod delivery;
mod event;
mod inbox;
mod list_floor;
#[cfg(test)]
mod scene;
mod session;
mod time_source;

pub use self::cargo::Cargo;
pub use self::collected::Collected;
pub use self::event::CourierEvent;
pub use self::inbox::{
    Carried, CarriedParcel, DEFAULT_PARCEL_BUDGET, Inbox, Synced, Upload, UploadId, UploadObject,
};
pub use self::session::{Capacity, CourierSession, CourierStep, End, Occasion, SESSION_MS};
pub use self::time_source::TimeSource;
