//! CSV as spreadsheets write and read it (RFC 4180): files that come in, bounded before anything is kept of them, and reports that go out,
//! in which no cell is a formula.

pub(crate) mod table;
pub(crate) mod writing;

pub use self::table::FileError;

/// Most bytes of a file that comes in.
pub const FILE_BYTES: usize = 16 << 20;
/// Most rows of a file that comes in, without its header.
pub const FILE_ROWS: usize = 200_000;
/// Most characters of a cell that comes in; a longer one is an error of its row.
pub const CELL_CHARACTERS: usize = 1_000;
