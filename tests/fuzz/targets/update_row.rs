//! Rows of a list, 64 bytes each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_protocol::update::row::{Change, RowKey};

// What is accepted has exactly these bytes, and its key is their beginning.
fuzz_target!(|input: &[u8]| {
    for row in input.as_chunks::<64>().0 {
        let Ok(change) = Change::parse(row) else { continue };
        assert_eq!(&*change.to_bytes(), row);
        let key = change.key();
        assert_eq!(key.as_bytes(), &row[..17]);
        assert!(RowKey::parse(key.as_bytes()).is_ok_and(|parsed| parsed == key));
    }
});
