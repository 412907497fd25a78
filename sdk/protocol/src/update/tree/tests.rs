//! The tree against RFC 6962 §2.1 as it is written there, recursively.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

fn chunks(count: u16) -> Vec<Vec<u8>> {
    (0..count).map(|number| number.to_be_bytes().to_vec()).collect()
}

fn tree(count: u16) -> ChunkTree {
    ChunkTree::over(chunks(count).iter().map(Vec::as_slice))
}

/// The largest power of two below `n` > 1.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// MTH(D[n]).
fn rfc_root(leaves: &[Node]) -> Node {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&rfc_root(left), &rfc_root(right))
        }
    }
}

/// PATH(m, D[n]).
fn rfc_path(m: usize, leaves: &[Node]) -> Vec<Node> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) =
        if m < k { (rfc_path(m, left), rfc_root(right)) } else { (rfc_path(m - k, right), rfc_root(left)) };
    path.push(sibling);
    path
}

#[test]
fn roots_and_paths_are_those_of_rfc_6962() {
    for count in (1..=70).chain([127, 128, 129, 255, 256, 257, 318, 319]) {
        let leaves: Vec<Node> =
            chunks(count).iter().zip(0..).map(|(chunk, number)| leaf(number, chunk)).collect();
        let tree = tree(count);
        assert_eq!(tree.root().0, rfc_root(&leaves), "{count} chunks");
        for chunk in 0..count {
            let path = tree.audit_path(chunk);
            assert_eq!(path, rfc_path(chunk.into(), &leaves), "chunk {chunk} of {count}");
            assert!(path.len() <= 9);
        }
        assert_eq!(tree.audit_path(count), Vec::<Node>::new());
    }
}

/// Over a whole transfer each hash goes once: as many as the tree has nodes beside the root and the leaves that come as chunks.
#[test]
fn no_node_is_sent_twice() {
    for count in [1, 2, 3, 7, 31, 64, 319] {
        let tree = tree(count);
        for first in 0..count {
            let mut sent = vec![tree.audit_path(first)];
            sent.extend((first + 1..count).map(|chunk| tree.continuation(chunk)));
            let mut all: Vec<Node> = sent.into_iter().flatten().collect();
            let total = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), total, "{first} of {count}");
        }
        let from_the_start: usize =
            tree.audit_path(0).len() + (1..count).map(|chunk| tree.continuation(chunk).len()).sum::<usize>();
        assert_eq!(from_the_start, usize::from(count) - 1);
    }
}

#[test]
fn leaves_and_nodes_are_told_apart_and_leaves_by_their_number() {
    assert_ne!(leaf(0, b"x"), leaf(1, b"x"));
    let (left, right) = ([1; 32], [2; 32]);
    assert_ne!(node(&left, &right), node(&right, &left));
    let as_leaf = [left, right].concat();
    assert_ne!(leaf(0, &as_leaf), node(&left, &right));
}
