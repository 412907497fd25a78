//! From any first chunk, in order, with the fewest hashes; anything else is refused and changes nothing.

extern crate std;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::ids::ListVersion;
use crate::sealing::Encapsulation;
use crate::update::example::{instant, subject};
use crate::update::header::UpdateKind;
use crate::update::tree::ChunkTree;

struct Transfer {
    header: UpdateHeader,
    chunks: Vec<Vec<u8>>,
    tree: ChunkTree,
}

/// A body of `count` chunks, the last 64 bytes or more shorter.
fn transfer(count: u16) -> Transfer {
    let size = BodySize::padded(usize::from(count) * 4_032 - 3_000).unwrap();
    assert_eq!(size.chunks(), count);
    let chunks: Vec<Vec<u8>> =
        (0..count).map(|number| vec![number.to_be_bytes()[1]; size.sealed_chunk(number).unwrap()]).collect();
    let tree = ChunkTree::over(chunks.iter().map(Vec::as_slice));
    let header = UpdateHeader {
        subject: subject(),
        kind: UpdateKind::Snapshot,
        to: ListVersion(9),
        size,
        issued: instant(1_000),
        apply_until: instant(2_000),
        encapsulation: Encapsulation([0; 32]),
        root: tree.root(),
    };
    Transfer { header, chunks, tree }
}

impl Transfer {
    fn proof(&self, first: u16, chunk: u16) -> Vec<Node> {
        if chunk == first { self.tree.audit_path(chunk) } else { self.tree.continuation(chunk) }
    }

    fn chunk(&self, number: u16) -> &[u8] {
        &self.chunks[usize::from(number)]
    }

    /// A verifier that has taken `first` to before `next`.
    fn at(&self, first: u16, next: u16) -> ChunkVerifier {
        let mut verifier = ChunkVerifier::new(&self.header);
        for chunk in first..next {
            verifier.accept(chunk, self.chunk(chunk), &self.proof(first, chunk)).unwrap();
        }
        verifier
    }
}

#[test]
fn every_tree_verifies_from_every_first_chunk_to_the_end() {
    for count in (1..=34).chain([63, 64, 65]) {
        let transfer = transfer(count);
        for first in 0..count {
            let mut verifier = ChunkVerifier::new(&transfer.header);
            assert_eq!(verifier.next(), None);
            for chunk in first..count {
                verifier.accept(chunk, transfer.chunk(chunk), &transfer.proof(first, chunk)).unwrap();
                assert!(verifier.known.len() <= 9);
                assert_eq!(verifier.next(), (chunk + 1 < count).then_some(chunk + 1));
            }
            assert!(verifier.known.is_empty());
            for chunk in 0..=count {
                let sealed = transfer.chunks.get(usize::from(chunk)).map_or(&[][..], Vec::as_slice);
                assert!(verifier.accept(chunk, sealed, &transfer.tree.audit_path(chunk)).is_err());
            }
        }
    }
}

#[test]
fn the_largest_tree_needs_at_most_nine_hashes() {
    let transfer = transfer(319);
    for first in [0, 1, 100, 255, 256, 317, 318] {
        let mut verifier = ChunkVerifier::new(&transfer.header);
        for chunk in first..319 {
            let proof = transfer.proof(first, chunk);
            assert!(proof.len() <= 9);
            verifier.accept(chunk, transfer.chunk(chunk), &proof).unwrap();
            assert!(verifier.known.len() <= 9);
        }
    }
}

#[test]
fn wrong_proofs_are_refused_and_change_nothing() {
    let transfer = transfer(13);
    for first in 0..13 {
        for chunk in first..13 {
            let mut verifier = transfer.at(first, chunk);
            let (sealed, proof) = (transfer.chunk(chunk), transfer.proof(first, chunk));
            for node in 0..proof.len() {
                for byte in [0, 31] {
                    let mut wrong = proof.clone();
                    wrong[node][byte] ^= 1;
                    assert_eq!(verifier.accept(chunk, sealed, &wrong), Err(Error::NotAuthentic));
                }
                let mut short = proof.clone();
                short.remove(node);
                assert!(verifier.accept(chunk, sealed, &short).is_err());
            }
            for node in 1..proof.len() {
                let mut swapped = proof.clone();
                swapped.swap(node - 1, node);
                assert_eq!(verifier.accept(chunk, sealed, &swapped), Err(Error::NotAuthentic));
            }
            let long = [proof.clone(), vec![[0; 32]]].concat();
            assert_eq!(verifier.accept(chunk, sealed, &long), Err(Error::Malformed(NAME)));
            verifier.accept(chunk, sealed, &proof).unwrap();
        }
    }
}

#[test]
fn another_chunk_a_changed_one_or_one_out_of_order_is_refused() {
    let transfer = transfer(13);
    for first in 0..13 {
        for next in first..13 {
            let mut verifier = transfer.at(first, next);
            for chunk in (0..13).filter(|chunk| *chunk != next) {
                let content = transfer.chunk(chunk);
                if next > first {
                    for proof in [transfer.tree.audit_path(chunk), transfer.tree.continuation(chunk)] {
                        let refused = verifier.accept(chunk, content, &proof);
                        assert_eq!(refused, Err(Error::Malformed(NAME)), "{chunk} for {next}");
                    }
                }
                assert!(verifier.accept(next, content, &transfer.proof(first, next)).is_err());
            }
            let mut changed = transfer.chunk(next).to_vec();
            *changed.last_mut().unwrap() ^= 1;
            let proof = transfer.proof(first, next);
            assert_eq!(verifier.accept(next, &changed, &proof), Err(Error::NotAuthentic));
            changed.pop();
            assert_eq!(verifier.accept(next, &changed, &proof), Err(Error::Malformed(NAME)));
            verifier.accept(next, transfer.chunk(next), &proof).unwrap();
        }
    }
}

/// A leaf holds its number and no inner node is a leaf, so nothing inside the tree passes for a chunk.
#[test]
fn two_nodes_do_not_pass_for_a_chunk() {
    let transfer = transfer(2);
    let mut header = transfer.header;
    let inner = [transfer.tree.audit_path(1), transfer.tree.audit_path(0)].concat().concat();
    header.size = BodySize::new(256).unwrap();
    let mut verifier = ChunkVerifier::new(&header);
    assert!(verifier.accept(0, &inner, &[]).is_err());
    assert!(ChunkVerifier::new(&transfer.header).accept(0, transfer.chunk(0), &[]).is_err());
}

proptest! {
    /// Whatever a phone sends: accepted is the right chunk only, and the right one is always accepted afterwards.
    #[test]
    fn only_the_right_chunk_is_ever_accepted(
        count in 1..20_u16,
        start in any::<u16>(),
        noise in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u16>(), any::<bool>()), 0..40),
    ) {
        let transfer = transfer(count);
        let first = start % count;
        let mut verifier = ChunkVerifier::new(&transfer.header);
        let mut next = first;
        for (number, content, proof, audit) in noise {
            let (number, content, proof) = (number % count, content % count, proof % count);
            let nodes = if audit { transfer.tree.audit_path(proof) } else { transfer.tree.continuation(proof) };
            if next > first && verifier.accept(number, transfer.chunk(content), &nodes).is_ok() {
                prop_assert!(number == next && content == next);
                next += 1;
            } else if next == first {
                prop_assert!(number == content || verifier.accept(number, transfer.chunk(content), &nodes).is_err());
                verifier.accept(first, transfer.chunk(first), &transfer.tree.audit_path(first)).unwrap();
                next += 1;
            }
            if next == count {
                return Ok(());
            }
        }
        while next < count {
            verifier.accept(next, transfer.chunk(next), &transfer.proof(first, next)).unwrap();
            next += 1;
        }
    }
}
