//! Writing a table that a spreadsheet may open.

use csv::{Terminator, Writer, WriterBuilder};

/// Beginnings that make a spreadsheet take a cell as a formula, which may send what it reads to somebody, or run a program.
const FORMULAS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// Whether a spreadsheet would take it as a formula.
pub(crate) fn is_formula(cell: &str) -> bool {
    cell.starts_with(FORMULAS)
}

/// A table as text: rows end with CRLF, and what would be a formula begins with an apostrophe.
pub(crate) struct Sheet(Writer<Vec<u8>>);

impl Sheet {
    pub(crate) fn new() -> Self {
        Self(WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(Vec::new()))
    }

    /// Adds a row.
    pub(crate) fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        let cells =
            cells.into_iter().map(|cell| if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() });
        // Memory takes whatever is written.
        drop(self.0.write_record(cells.map(String::into_bytes)));
    }

    /// The text.
    pub(crate) fn finish(self) -> String {
        self.0.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// what people call themselves is no program in a manager's spreadsheet.
    #[test]
    fn no_cell_is_a_formula() {
        let mut sheet = Sheet::new();
        let evil = ["=HYPERLINK(\"http://a\",1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"];
        sheet.row(evil);
        sheet.row(["1-1=0", "", " =1", "a,b"]);
        let expected = "\"'=HYPERLINK(\"\"http://a\"\",1)\",'+1,'-1,'@SUM(A1),'\tx,\"'\rx\",\"'\nx\"\r\n1-1=0,, =1,\"a,b\"\r\n";
        assert_eq!(sheet.finish(), expected);
    }
}
