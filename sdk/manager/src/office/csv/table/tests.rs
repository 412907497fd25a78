use proptest::prelude::*;

use super::*;

const COLUMNS: &[Column] =
    &[Column { name: "first_name", is_required: true }, Column { name: "floor", is_required: false }];

fn read(file: &str) -> Vec<(u32, String, String)> {
    let table = Table::parse(file.as_bytes(), COLUMNS).unwrap();
    let all: Vec<_> = table.rows(0).collect();
    assert_eq!(all.len(), table.len());
    all.iter().map(|row| (row.line, row.get(0).to_owned(), row.get(1).to_owned())).collect()
}

fn refusal(file: &[u8]) -> FileError {
    Table::parse(file, COLUMNS).err().unwrap()
}

/// a byte order mark, either end of line, quoting, names of columns as people write them, in any order.
#[test]
fn the_forms_that_spreadsheets_write_are_one() {
    let expected = vec![(2, "Ada".to_owned(), "1".to_owned()), (3, "Ben".to_owned(), String::new())];
    let files = [
        "first_name,floor\nAda,1\nBen,\n",
        "\u{feff}First Name,FLOOR\r\nAda,1\r\nBen,\r\n",
        "\"floor\",\"first_name\"\r\n\" 1\",Ada \r\n\"\",\"Ben\"",
    ];
    for file in files {
        assert_eq!(read(file), expected, "{file:?}");
    }
    assert_eq!(read("first name\nAda\n"), [(2, "Ada".to_owned(), String::new())]);
}

#[test]
fn lines_are_those_of_the_file() {
    let found =
        read("first_name,floor\r\n\r\n,\r\n\"Ada\nLouise\",\"1, or \"\"ground\"\"\"\r\n\r\nBen,2\r\n");
    let expected = [(4, "Ada\nLouise", "1, or \"ground\""), (7, "Ben", "2")];
    assert_eq!(found, expected.map(|(line, name, floor)| (line, name.to_owned(), floor.to_owned())));
}

#[test]
fn what_is_no_such_table_is_refused() {
    assert_eq!(refusal(b""), FileError::Empty);
    assert_eq!(refusal("\u{feff}\r\n".as_bytes()), FileError::Empty);
    assert_eq!(refusal(b"first_name\n\xff\n"), FileError::NotUtf8);
    assert_eq!(refusal(b"first_name;floor\nAda;1\n"), FileError::NotCommas);
    assert_eq!(refusal(b"first_name,flor\n"), FileError::UnknownColumn("flor".to_owned()));
    assert_eq!(refusal(b"first_name,First Name\n"), FileError::ColumnTwice("first_name"));
    assert_eq!(refusal(b"floor\n1\n"), FileError::MissingColumn("first_name"));
    assert_eq!(refusal(&vec![b'a'; FILE_BYTES + 1]), FileError::TooLarge);
    let rows = |count: usize| format!("first_name\n{}", "a\n".repeat(count));
    assert_eq!(refusal(rows(FILE_ROWS + 1).as_bytes()), FileError::TooManyRows);
    assert_eq!(Table::parse(rows(FILE_ROWS).as_bytes(), COLUMNS).unwrap().len(), FILE_ROWS);
}

#[test]
fn a_row_of_another_shape_is_its_own_fault() {
    let long = "ä".repeat(CELL_CHARACTERS + 1);
    let file = format!("first_name,floor\nAda\nBen,1,2\nCleo,{long}\n{},1\n", "ä".repeat(CELL_CHARACTERS));
    let table = Table::parse(file.as_bytes(), COLUMNS).unwrap();
    let problems: Vec<_> = table.rows(0).map(|row| row.problem()).collect();
    let wrong = Some((None, Problem::WrongColumnCount));
    assert_eq!(problems, [wrong, wrong, Some((Some(1), Problem::CellTooLong)), None]);
}

proptest! {
    /// From any row on, the rows are the same as from the first on; no text makes it fail otherwise than by an error.
    #[test]
    fn reading_can_begin_at_any_row(rest in "(?:[a,\"\r\nä ]{0,6}\n){0,12}") {
        let file = format!("first_name,floor\n{rest}");
        let table = Table::parse(file.as_bytes(), COLUMNS).unwrap();
        let all: Vec<_> = table.rows(0).map(|row| (row.line, row.record.iter().map(str::to_owned).collect::<Vec<_>>())).collect();
        prop_assert_eq!(all.len(), table.len());
        for from in 0..=all.len() {
            let some: Vec<_> =
                table.rows(from).map(|row| (row.line, row.record.iter().map(str::to_owned).collect::<Vec<_>>())).collect();
            prop_assert_eq!(&some[..], &all[from..]);
        }
    }
}
