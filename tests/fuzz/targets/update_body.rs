//! A plain body: a byte that chooses delta or snapshot, then what is filled up with zeros to a size that a body may have.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::update_header;
use thumbturn_protocol::update::body::BodyReader;
use thumbturn_protocol::update::header::UpdateKind;
use thumbturn_protocol::update::row::Change;
use thumbturn_protocol::update::size::BodySize;

// What is accepted has as many rows as it promised, rising, and in a snapshot none removed and settings.
fuzz_target!(|input: &[u8]| {
    let Some((kind, content)) = input.split_first() else { return };
    let mut body = content.to_vec();
    body.resize(content.len().next_multiple_of(256), 0);
    let Some(size) = u32::try_from(body.len()).ok().and_then(BodySize::new) else { return };
    let mut header = update_header(size);
    if kind % 2 == 0 {
        header.kind = UpdateKind::Snapshot;
    }
    let mut reader = BodyReader::new(&header);
    let (mut rows, mut promised) = (Vec::new(), None);
    for chunk in body.chunks(4_032) {
        let Ok(piece) = reader.read(chunk) else {
            assert!(reader.read(chunk).is_err(), "read on after an error");
            assert!(reader.finish().is_err());
            return;
        };
        if let Some(head) = piece.head {
            assert!(promised.replace(head.changes).is_none());
            assert!(
                header.kind != UpdateKind::Snapshot || head.settings.is_some() && head.rows == head.changes
            );
        }
        rows.extend(piece.changes.iter().map(|row| Change::parse(row).expect("the reader parsed it")));
    }
    if reader.finish().is_ok() {
        assert_eq!(promised.and_then(|count| usize::try_from(count).ok()), Some(rows.len()));
        assert!(rows.is_sorted_by(|earlier, later| earlier.key() < later.key()));
        let removed = rows.iter().any(|row| matches!(row, Change::Remove(_)));
        assert!(header.kind != UpdateKind::Snapshot || !removed);
    }
});
