//! What an office is about, as values that are right once they are there.

pub(crate) mod activity;
mod door;
mod email;
mod guest;
mod name;
mod setting;

pub use self::activity::{Happening, Method};
pub use self::door::DoorType;
pub use self::email::{EmailAddress, InvalidEmail};
pub use self::guest::{Contact, GuestRefusal, Telephone};
pub use self::name::{InvalidName, Name, PersonName};
pub use self::setting::{DaysSetting, OutOfBounds, Retention};
