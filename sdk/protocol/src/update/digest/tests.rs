//! The digest is a sum, and a keyed one.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

fn sum<'a>(parts: impl IntoIterator<Item = &'a DigestPart>) -> ListDigest {
    parts.into_iter().fold(ListDigest::EMPTY, |sum, part| sum.plus(part))
}

#[test]
fn addition_carries_through_all_bytes_and_wraps() {
    let most = DigestPart([0xff; 32]);
    let mut expected = [0xff; 32];
    expected[31] = 0xfe;
    assert_eq!(sum([&most, &most]), ListDigest(expected), "2 · (2^256 − 1) = 2^256 − 2");
    assert_eq!(sum([&most, &DigestPart(ONE)]), ListDigest::EMPTY, "2^256 = 0");
    assert_eq!(ListDigest::EMPTY.minus(&DigestPart(ONE)), ListDigest([0xff; 32]));
}

/// Against the formula, by another hand: `KDF(k, label, m)` of the crate and addition in 64-bit limbs.
#[test]
fn a_list_digest_is_the_formula_of_the_specification() {
    let key = ListKey::from_bytes([3; 16]);
    let rows: Vec<[u8; ROW]> = (0..40).map(|number| [number * 6; ROW]).collect();
    let parts: Vec<[u8; 32]> = rows
        .iter()
        .map(|row| crypto::kdf(&[3; 16], labels::LIST_ROW, &[row]))
        .chain([crypto::kdf(&[3; 16], labels::LIST_SETTINGS, &[b"settings"])])
        .collect();
    let mut limbs = [0_u64; 4];
    for part in &parts {
        let mut carry = false;
        for limb in (0..4).rev() {
            let added = u64::from_be_bytes(part[limb * 8..limb * 8 + 8].try_into().unwrap());
            let (sum, over) = limbs[limb].overflowing_add(added);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            (limbs[limb], carry) = (sum, over || over_again);
        }
    }
    let expected: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_be_bytes()).collect();

    let digester = key.digester();
    let digest = rows.iter().fold(ListDigest::EMPTY, |sum, row| sum.plus(&digester.row(row)));
    assert_eq!(digest.plus(&digester.settings(b"settings")).as_bytes()[..], expected);
}

#[test]
fn rows_and_settings_of_the_same_bytes_and_other_keys_digest_differently() {
    let digester = ListKey::from_bytes([3; 16]).digester();
    assert_ne!(digester.row(&[9; ROW]), digester.settings(&[9; ROW]));
    assert_ne!(digester.row(&[9; ROW]), ListKey::from_bytes([4; 16]).digester().row(&[9; ROW]));
    assert_ne!(digester.row(&[9; ROW]), digester.row(&[8; ROW]));
}

proptest! {
    #[test]
    fn order_does_not_matter_and_taking_away_undoes_adding(
        parts in proptest::collection::vec(any::<[u8; 32]>().prop_map(DigestPart), 1..20),
        kept in 0..20_usize,
    ) {
        prop_assert_eq!(sum(&parts), sum(parts.iter().rev()));
        let kept = kept.min(parts.len());
        let shrunk = parts[kept..].iter().fold(sum(&parts), |sum, part| sum.minus(part));
        prop_assert_eq!(shrunk, sum(&parts[..kept]));
    }
}
