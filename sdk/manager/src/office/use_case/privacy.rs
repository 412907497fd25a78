//! What is kept of people: how long, and what they may ask for.

mod erase;
mod export;
mod forget;

pub use self::erase::ErasePerson;
pub use self::export::{ExportPerson, PersonExport};
pub use self::forget::{Forget, Forgotten};
