//! What a file says that is to be imported, before anything is known of the property: rows as people or units, and what is wrong with them
//! . [`use_case::import`](super::use_case::import) checks the rest, and imports.

mod issue;
mod people;
mod units;

pub use self::issue::{Issue, Problem, Severity};
pub use self::people::PeopleFile;
pub(crate) use self::people::{COLUMNS as PEOPLE, PersonRow, column};
pub use self::units::UnitsFile;
pub(crate) use self::units::{UnitRow, column as unit_column, issue as unit_issue};
