//! Many rows, or many keys, in one statement: the engine is asked once where it would be asked for each.
//!
//! An engine remembers the statements that it has read lately, by their text. So there are statements of few sizes: of rows, those that are
//! left go in smaller ones; of keys, the last one is named again until the size is full.

use core::iter::repeat_n;

use sqlx_core::any::AnyConnection;

use super::StoreError;
use super::statement::{Record, Statement, Value, composed};

/// Rows of one statement. Even rows of thirty values stay far below what SQLite (32,766) and Postgres (65,535) take in one.
const ROWS: [usize; 3] = [64, 8, 1];
/// Keys of one statement.
const KEYS: [usize; 3] = [1, 16, 256];

/// A statement that puts rows of `N` values each: what comes before their values, and what after.
pub(crate) struct Rows<const N: usize> {
    head: &'static str,
    tail: &'static str,
}

impl<const N: usize> Rows<N> {
    /// `head` ends with `VALUES`.
    pub(crate) const fn new(head: &'static str, tail: &'static str) -> Self {
        Self { head, tail }
    }

    /// Puts all these.
    pub(crate) async fn run(
        &self,
        connection: &mut AnyConnection,
        rows: Vec<[Value; N]>,
    ) -> Result<(), StoreError> {
        for rows in groups(rows) {
            self.statement(rows).run(connection).await?;
        }
        Ok(())
    }

    /// Puts all these, and gives what the statement returns of them.
    pub(crate) async fn all(
        &self,
        connection: &mut AnyConnection,
        rows: Vec<[Value; N]>,
    ) -> Result<Vec<Record>, StoreError> {
        let mut returned = Vec::new();
        for rows in groups(rows) {
            returned.extend(self.statement(rows).all(connection).await?);
        }
        Ok(returned)
    }

    fn statement(&self, rows: Vec<[Value; N]>) -> Statement {
        let mut text = self.head.to_owned();
        for row in 0..rows.len() {
            text.push_str(if row == 0 { " " } else { ", " });
            push_values(&mut text, row * N, N);
        }
        text.push_str(self.tail);
        rows.into_iter().flatten().fold(composed(text), |statement, value| statement.with(value))
    }
}

/// A statement about many keys: what comes before the list of them, and what after. Its first values, from `$1` on, are no keys.
pub(crate) struct Among {
    head: &'static str,
    tail: &'static str,
}

impl Among {
    /// `head` ends with `IN`.
    pub(crate) const fn new(head: &'static str, tail: &'static str) -> Self {
        Self { head, tail }
    }

    /// Does it with all these keys.
    pub(crate) async fn run<K: Clone + Into<Value> + Sync>(
        &self,
        connection: &mut AnyConnection,
        first: &[Value],
        keys: &[K],
    ) -> Result<(), StoreError> {
        for keys in keys.chunks(LARGEST) {
            self.statement(first, keys).run(connection).await?;
        }
        Ok(())
    }

    /// All rows for these keys. An order is that of one statement, not of all.
    pub(crate) async fn all<K: Clone + Into<Value> + Sync>(
        &self,
        connection: &mut AnyConnection,
        first: &[Value],
        keys: &[K],
    ) -> Result<Vec<Record>, StoreError> {
        let mut found = Vec::new();
        for keys in keys.chunks(LARGEST) {
            found.extend(self.statement(first, keys).all(connection).await?);
        }
        Ok(found)
    }

    fn statement<K: Clone + Into<Value>>(&self, first: &[Value], keys: &[K]) -> Statement {
        let size = KEYS.into_iter().find(|size| *size >= keys.len()).unwrap_or(keys.len());
        let mut text = format!("{} ", self.head);
        push_values(&mut text, first.len(), size);
        text.push_str(self.tail);
        let more = size.saturating_sub(keys.len());
        let again = keys.last().into_iter().flat_map(|last| repeat_n(last, more));
        let keys = keys.iter().chain(again).cloned().map(Into::into);
        first.iter().cloned().chain(keys).fold(composed(text), |statement, value| statement.with(value))
    }
}

const LARGEST: usize = 256;

/// Adds the names of values that come after so many others: `($3, $4)`.
fn push_values(text: &mut String, others: usize, count: usize) {
    for value in 1..=count {
        text.push_str(if value == 1 { "($" } else { ", $" });
        text.push_str(&(others + value).to_string());
    }
    text.push(')');
}

/// Rows by the statements that put them.
fn groups<T>(rows: Vec<T>) -> Vec<Vec<T>> {
    let mut left = rows.into_iter();
    let mut groups = Vec::new();
    for size in ROWS {
        while left.len() >= size {
            groups.push(left.by_ref().take(size).collect());
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_statements_of_few_sizes() {
        let sizes = |count: usize| groups(vec![(); count]).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(sizes(3), [1; 3]);
        assert_eq!(sizes(146), [64, 64, 8, 8, 1, 1]);
        assert_eq!(groups((0..100).collect()).concat(), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn values_are_named_in_their_order() {
        let mut text = String::new();
        push_values(&mut text, 2, 3);
        assert_eq!(text, "($3, $4, $5)");
    }
}
