//! What a courier takes on, and what it leaves.

use alloc::vec::Vec;

use super::*;
use crate::signed::Signable;
use crate::update::example::{cards, property, sealed, snapshot, verified};

#[test]
fn a_parcel_comes_back() {
    for count in [0, 1, 62, 63, 64, 200] {
        let parcel = sealed(&snapshot(&cards(count)).0);
        assert_eq!(Parcel::parse(&parcel.to_bytes()).as_ref(), Ok(&parcel));
        assert_eq!(parcel.chunks().count(), usize::from(parcel.size().chunks()));
        assert_eq!(parcel.chunks().map(<[u8]>::len).sum::<usize>(), parcel.size().sealed());
        assert_eq!(parcel.chunk(parcel.size().chunks()), None);
        assert_eq!(parcel.to_bytes().len(), UPDATE_HEADER + parcel.size().sealed());
    }
}

#[test]
fn a_courier_does_not_take_what_is_cut_changed_or_grown() {
    let bytes = sealed(&snapshot(&cards(70)).0).to_bytes();
    for length in (0..bytes.len()).step_by(61).chain([181, 182, bytes.len() - 1]) {
        assert!(Parcel::parse(&bytes[..length]).is_err(), "{length}");
    }
    assert!(Parcel::parse(&[bytes.as_slice(), &[0]].concat()).is_err());
    for at in UPDATE_HEADER..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        assert_eq!(Parcel::parse(&changed), Err(Error::NotAuthentic), "byte {at}");
    }
}

#[test]
fn chunks_in_another_order_are_not_the_parcel() {
    let parcel = sealed(&snapshot(&cards(200)).0);
    let bytes = parcel.to_bytes();
    let (header, chunks) = bytes.split_at(UPDATE_HEADER);
    let (first, rest) = chunks.split_at(4_048);
    let (second, rest) = rest.split_at(4_048);
    let swapped = [header, second, first, rest].concat();
    assert_eq!(Parcel::parse(&swapped), Err(Error::NotAuthentic));
}

/// A header that the property did sign, but over other chunks.
#[test]
fn the_chunks_of_another_update_are_not_the_parcel() {
    let (parcel, other) = (sealed(&snapshot(&cards(69)).0), sealed(&snapshot(&cards(70)).0));
    assert_eq!(parcel.size(), other.size());
    let header = verified(&other).sign(&property()).unwrap();
    let mixed = [header.as_bytes(), &parcel.chunks().collect::<Vec<_>>().concat()].concat();
    assert_eq!(Parcel::parse(&mixed), Err(Error::NotAuthentic));
}
