//! A transfer: the number of chunks, the first one, then three bytes for each thing that a phone sends: a number, whose
//! content, whose proof and what is done to it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::chunked;
use thumbturn_protocol::update::verifier::ChunkVerifier;

// Accepted is the next chunk with its own content only; the right one is accepted at any time.
fuzz_target!(|input: &[u8]| {
    let Some((&[count, start], steps)) = input.split_first_chunk::<2>() else { return };
    let transfer = chunked(u16::from(count % 24) + 1);
    let count = transfer.header.size.chunks();
    let first = u16::from(start) % count;
    let mut verifier = ChunkVerifier::new(&transfer.header);
    let mut next = None;
    for &[number, content, what] in steps.as_chunks::<3>().0 {
        let (number, content) = (u16::from(number) % count, u16::from(content) % count);
        // Nothing says which chunk comes first but the door itself.
        let number = if next.is_none() { first } else { number };
        let mut nodes =
            if what & 1 == 0 { transfer.tree.audit_path(number) } else { transfer.tree.continuation(number) };
        match what >> 1 & 3 {
            0 => {}
            1 => nodes.truncate(usize::from(what >> 3)),
            2 => nodes.push([what; 32]),
            _ => {
                let length = nodes.len().max(1);
                if let Some(node) = nodes.get_mut(usize::from(what >> 3) % length) {
                    node[0] ^= 1;
                }
            }
        }
        let expected = next.unwrap_or(first);
        if verifier.accept(number, &transfer.chunks[usize::from(content)], &nodes).is_ok() {
            assert!(number == expected && content == expected);
            next = Some(expected + 1);
        }
        if next == Some(count) {
            assert_eq!(verifier.next(), None);
            return;
        }
    }
    for chunk in next.unwrap_or(first)..count {
        let is_first = next.is_none() && chunk == first;
        let nodes =
            if is_first { transfer.tree.audit_path(chunk) } else { transfer.tree.continuation(chunk) };
        verifier.accept(chunk, &transfer.chunks[usize::from(chunk)], &nodes).expect("the right chunk");
    }
});
