//! Receipts, log batches and entries of bulletins, as couriers and doors take them before they can know who made them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::property;
use thumbturn_protocol::bulletin::{BulletinDraft, BulletinReader, BulletinVersion, ENTRY, Entry};
use thumbturn_protocol::ids::{BulletinEpoch, DoorId, Generation, PropertyId};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair};
use thumbturn_protocol::log::SealedBatch;
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::UnixSeconds;

fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else { return };
    match kind % 3 {
        0 => receipt(rest),
        1 => batch(rest),
        _ => entries(rest),
    }
});

fn door() -> (Origin, DoorPublicKeys, ExchangeKeyPair) {
    let key = ExchangeKeyPair::from_secret([9; 32]);
    let keys = DoorPublicKeys {
        session_key: key.public(),
        sealing_key: key.public(),
        receipt_key: property().public(),
    };
    (Origin::new(PropertyId([1; 8]), Generation(1), DoorId([2; 8]), &keys), keys, key)
}

fn receipt(bytes: &[u8]) {
    let Ok(receipt) = SealedReceipt::from_bytes(bytes) else { return };
    assert_eq!(receipt.as_bytes(), bytes);
    let _ = receipt.peek_unverified();
    let (origin, keys, sealing) = door();
    assert!(receipt.open(&origin, &keys, &sealing).is_err(), "forged");
}

fn batch(bytes: &[u8]) {
    let Ok(batch) = SealedBatch::from_bytes(bytes) else { return };
    assert_eq!(batch.as_bytes(), bytes);
    if let Ok(header) = batch.peek_unverified() {
        assert!(header.first.0 > 0 && header.count > 0 && header.gone < header.first.0);
    }
    let (origin, keys, sealing) = door();
    assert!(batch.open(&origin, &keys, &sealing).is_err(), "forged");
}

/// Records of entries, each behind its number of them, against a header that vouches for no entry.
fn entries(mut rest: &[u8]) {
    let version = BulletinVersion { generation: Generation(1), epoch: BulletinEpoch(1) };
    let denials = Vec::new();
    let draft = BulletinDraft { property: PropertyId([1; 8]), version, issued: UnixSeconds::ZERO, denials };
    let header = draft.sign(property()).expect("an empty set").header;
    let header = Received::from(header).verify(&property().public()).expect("a good signature");
    let mut reader = BulletinReader::new(header);
    let mut handed = 0;
    while let Some((count, after)) = rest.split_first() {
        let length = (usize::from(count % 33) * ENTRY).min(after.len() / ENTRY * ENTRY);
        let (bytes, after) = after.split_at(length);
        rest = after;
        let entry = |bytes: &[u8]| Entry::from_bytes(bytes.try_into().expect("the length of an entry"));
        let entries: Vec<Entry> = bytes.chunks(ENTRY).filter_map(|bytes| entry(bytes).ok()).collect();
        for (entry, bytes) in
            bytes.chunks(ENTRY).filter_map(|bytes| entry(bytes).ok().map(|entry| (entry, bytes)))
        {
            assert_eq!(entry.to_bytes(), bytes);
        }
        let taken = reader.take(version.epoch, handed, &entries);
        assert_eq!(taken.is_ok(), entries.is_empty() && reader.next().is_some());
        handed = handed.saturating_add(u16::try_from(entries.len()).expect("at most 32"));
    }
    assert_eq!(reader.next().is_some(), handed == 0);
    assert_eq!(reader.finish().is_ok(), handed == 0);
}
