//! Terms as the store has them.

use super::StoreError;
use super::statement::Record;
use crate::access::Term;

/// The term of a row, which has its start and its end.
pub(super) fn read(row: &Record) -> Result<Term, StoreError> {
    Term::new(row.get("starts_at")?, row.find("ends_at")?).map_err(|_| StoreError::Damaged("ends_at"))
}
