//! Headers and parcels for the targets of updates.

use std::sync::OnceLock;

use thumbturn_protocol::card::{CardKey, CardVersion};
use thumbturn_protocol::ids::{
    CardToken, DoorId, DoorKeyId, Generation, HolderId, ListVersion, PropertyId, Serial,
};
use thumbturn_protocol::sealing::Encapsulation;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::body::{Body, Delta};
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::header::{UpdateHeader, UpdateKind, UpdateSubject};
use thumbturn_protocol::update::parcel::Issue;
use thumbturn_protocol::update::row::{Card, Change, CredentialNumber, Row, Terms};
use thumbturn_protocol::update::size::BodySize;
use thumbturn_protocol::update::tree::{ChunkRoot, ChunkTree};

use crate::{Sevens, door, property};

fn subject() -> UpdateSubject {
    UpdateSubject {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        door: DoorId([2; 8]),
        door_key: DoorKeyId([3; 4]),
    }
}

/// A delta's header, for a body of any content.
pub fn update_header(size: BodySize) -> UpdateHeader {
    UpdateHeader {
        subject: subject(),
        kind: UpdateKind::Delta { from: ListVersion(1) },
        to: ListVersion(2),
        size,
        issued: UnixSeconds::ZERO,
        apply_until: UnixSeconds::MAX,
        encapsulation: Encapsulation([0; 32]),
        root: ChunkRoot([0; 32]),
    }
}

/// A parcel in pieces.
pub struct Chunked {
    /// Its header.
    pub header: UpdateHeader,
    /// Its sealed chunks.
    pub chunks: Vec<Vec<u8>>,
    /// The tree over them.
    pub tree: ChunkTree,
}

/// A parcel of so many chunks, 1 to 24.
pub fn chunked(count: u16) -> &'static Chunked {
    static ALL: [OnceLock<Chunked>; 24] = [const { OnceLock::new() }; 24];
    ALL[usize::from(count) - 1].get_or_init(|| make(count))
}

fn make(count: u16) -> Chunked {
    let terms = Terms::new(HolderId([1; 8]), Serial(1), CredentialNumber(1));
    let card = |number: u16| {
        let [a, b] = number.to_be_bytes();
        let token = CardToken([a, b, 0, 0, 0, 0, 0, 0]);
        let key = CardKey::from_bytes([9; 16]);
        Change::Set(Row::Card(Card { token, key, lowest_version: CardVersion(1) }, terms))
    };
    let changes: Vec<Change> = (0..count * 63 - 40).map(card).collect();
    let key = ListKey::from_bytes([6; 16]);
    let delta =
        Delta { list_key: &key, digest: ListDigest::EMPTY, rows: 0, changes: &changes, settings: None };
    let body = Body::delta(&delta, ListVersion(1)).expect("a good delta");
    let issue = Issue {
        subject: subject(),
        to: ListVersion(2),
        issued: UnixSeconds::ZERO,
        apply_until: UnixSeconds::MAX,
    };
    let parcel = body.seal(&issue, &door().public(), property(), &mut Sevens).expect("good keys");
    let chunks: Vec<Vec<u8>> = parcel.chunks().map(<[u8]>::to_vec).collect();
    assert_eq!(chunks.len(), usize::from(count));
    let header = parcel.header().peek_unverified().expect("a good header");
    Chunked { header, chunks, tree: ChunkTree::of(&parcel) }
}
