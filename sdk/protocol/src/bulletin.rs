//! Bulletins: the whole set of what every door of a property must refuse now (spec §11).
//!
//! A phone or door verifies the [`BulletinHeader`] like any signed object, then hands the entries, in order, to a
//! [`BulletinReader`], which keeps a hash and no entries. Only its [`CompleteBulletin`] says that a set is whole.

mod entry;
mod header;
mod lookup;
mod reader;
mod set;
mod subject;

pub use entry::{ENTRY, Entry};
pub use header::{BulletinHeader, BulletinVersion};
pub use lookup::Lookup;
pub use reader::{BulletinReader, CompleteBulletin};
pub use set::{Bulletin, BulletinDraft, Denial};
pub use subject::{BulletinSubject, SubjectHash};
