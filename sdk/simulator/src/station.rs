//! Who takes part: names for doors and phones, and what the air knows of each.

pub(crate) mod door;
pub(crate) mod phone;

pub use self::door::DoorSettings;

/// The n-th door of a world, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DoorIndex(pub u32);

/// The n-th phone of a world, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneIndex(pub u32);
