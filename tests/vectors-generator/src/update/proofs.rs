//! What a phone sends with each chunk, from whichever chunk a door asks for first (spec §7.3, §10.5).

use thumbturn_protocol::update::tree::ChunkTree;
use thumbturn_protocol::update::verifier::ChunkVerifier;

use super::parcels::parcel_of;
use crate::error::{Error, agree};
use crate::formula;
use crate::json::{Fields, Json, vector};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    [1, 2, 3, 5, 7, 8, 13].into_iter().map(proofs).collect()
}

fn proofs(chunks: u32) -> Result<Fields, Error> {
    let parcel = parcel_of(chunks)?;
    let tree = ChunkTree::of(&parcel);
    let leaves: Vec<[u8; 32]> = parcel
        .chunks()
        .zip(0_u32..)
        .map(|(chunk, number)| {
            formula::hash("thumbturn/1/update-leaf", &[number.to_be_bytes().as_slice(), chunk].concat())
        })
        .collect();
    agree(&root(&leaves), &tree.root().0, "root")?;
    let header = parcel.header().peek_unverified()?;
    let mut transfers = Vec::new();
    for first in 0..parcel.size().chunks() {
        let mut verifier = ChunkVerifier::new(&header);
        let mut sent = Vec::new();
        for number in first..parcel.size().chunks() {
            let nodes = if number == first { tree.audit_path(number) } else { tree.continuation(number) };
            verifier.accept(number, parcel.chunk(number).unwrap_or_default(), &nodes)?;
            sent.push(Json::List(nodes.into_iter().map(Json::from).collect()));
        }
        transfers.push(Fields::new().with("first", first).with("proofs", Json::List(sent)).into());
    }
    Ok(vector(format!("tree of {chunks} chunks"), "10.5", "update-proofs")
        .with("leaves", Json::List(leaves.into_iter().map(Json::from).collect()))
        .with("root", tree.root().0)
        .with("transfers", Json::List(transfers)))
}

/// The hash of a tree, as RFC 6962 writes it.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            formula::hash("thumbturn/1/update-node", &[root(left), root(right)].concat())
        }
    }
}
