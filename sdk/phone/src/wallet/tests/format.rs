use proptest::prelude::*;

use crate::fixture::{Door, Phone, Property, TestRandom};
use crate::vault::keystore::DataKey;
use crate::vault::sealing::{SealError, SealedRecord, seal};
use crate::vault::storage::{StorageError, VaultRecord};
use crate::wallet::WalletError;
use crate::wallet::document::Document;
use crate::wallet::tickets::TicketTable;

fn phone_with_wallet() -> (Phone, Vec<u8>) {
    let mut random = TestRandom(1);
    let property = Property::new(&mut random);
    let door = Door::new(&mut random);
    let mut phone = Phone::new(2);
    let wallet = phone.enrol(&property);
    phone.receive_grant(&wallet, &property, &door, 5);
    let bytes = phone.storage.record(VaultRecord::Wallet).unwrap();
    (phone, bytes)
}

#[test]
fn every_bit_flip_and_truncation_of_the_wallet_record_is_an_error() {
    let (mut phone, bytes) = phone_with_wallet();
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        phone.storage.set_record(VaultRecord::Wallet, Some(damaged));
        let error = phone.open().err();
        assert!(matches!(error, Some(WalletError::Lost | WalletError::TooNew)), "byte {position}: {error:?}");
    }
    for length in 0..bytes.len() {
        phone.storage.set_record(VaultRecord::Wallet, Some(bytes[..length].to_vec()));
        assert_eq!(phone.open().err(), Some(WalletError::Lost), "first {length} bytes");
    }
    phone.storage.set_record(VaultRecord::Wallet, Some(bytes));
    assert!(phone.open().is_ok());
}

#[test]
fn record_of_a_newer_version_is_not_taken_for_a_damaged_one() {
    let (mut phone, mut bytes) = phone_with_wallet();
    bytes[3] = 2;
    phone.storage.set_record(VaultRecord::Wallet, Some(bytes));
    assert_eq!(phone.open().err(), Some(WalletError::TooNew));
}

#[test]
fn record_under_another_s_name_does_not_open() {
    let key = DataKey::from_bytes([7; 32]);
    let sealed = seal(VaultRecord::Tickets, &key, &[], b"content", &mut TestRandom(1)).unwrap();
    assert_eq!(SealedRecord::parse(VaultRecord::Wallet, &sealed).err(), Some(SealError::Damaged));
    // Neither does a renamed one: its name is authenticated.
    let mut renamed = sealed.clone();
    renamed[4] = 1;
    let record = SealedRecord::parse(VaultRecord::Wallet, &renamed).unwrap();
    assert_eq!(record.open(&key).err(), Some(SealError::Damaged));
}

#[test]
fn no_secret_lies_open_at_rest() {
    let mut random = TestRandom(1);
    let property = Property::new(&mut random);
    let door = Door::new(&mut random);
    let mut phone = Phone::new(2);
    let wallet = phone.enrol(&property);
    phone.receive_grant(&wallet, &property, &door, 5);
    let stored: Vec<u8> = [VaultRecord::Wallet, VaultRecord::Tickets]
        .into_iter()
        .flat_map(|record| phone.storage.record(record).unwrap())
        .collect();
    let secrets: [&[u8]; 4] =
        [wallet.keys().session.secret(), wallet.keys().signing.secret(), &wallet.phone_id().0, &door.id.0];
    for secret in secrets {
        assert!(!stored.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn locked_and_lost_are_told_apart() {
    let (mut phone, _) = phone_with_wallet();
    phone.keystore.set_locked(true);
    assert_eq!(phone.open().err(), Some(WalletError::Locked));
    phone.keystore.set_locked(false);
    phone.storage.fail_with(Some(StorageError::Locked));
    assert_eq!(phone.open().err(), Some(WalletError::Locked));
    phone.storage.fail_with(None);
    assert!(phone.open().is_ok());
    phone.keystore.lose_key();
    assert_eq!(phone.open().err(), Some(WalletError::Lost));
    phone.storage.set_record(VaultRecord::Wallet, None);
    assert_eq!(phone.open().err(), Some(WalletError::NotEnrolled));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_open_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let key = DataKey::from_bytes([7; 32]);
        for record in [VaultRecord::Wallet, VaultRecord::Tickets] {
            let opened = SealedRecord::parse(record, &bytes).and_then(|sealed| sealed.open(&key));
            prop_assert!(opened.is_err());
        }
    }

    #[test]
    fn arbitrary_headers_never_panic(
        head in proptest::collection::vec(any::<u8>(), 2..60),
        kind in 1_u8..3,
    ) {
        let bytes = [b"TTV".as_slice(), &[1, kind], &head].concat();
        let key = DataKey::from_bytes([7; 32]);
        for record in [VaultRecord::Wallet, VaultRecord::Tickets] {
            prop_assert!(SealedRecord::parse(record, &bytes).and_then(|sealed| sealed.open(&key)).is_err());
        }
    }

    #[test]
    fn sealed_content_comes_back(content in proptest::collection::vec(any::<u8>(), 0..300), seed: u64) {
        let key = DataKey::from_bytes([7; 32]);
        let sealed = seal(VaultRecord::Wallet, &key, b"wrapped", &content, &mut TestRandom(seed)).unwrap();
        let record = SealedRecord::parse(VaultRecord::Wallet, &sealed).unwrap();
        prop_assert_eq!(record.open_part(), b"wrapped");
        prop_assert_eq!(&**record.open(&key).unwrap(), &content);
    }

    #[test]
    fn any_bit_flip_of_a_sealed_record_is_refused(seed: u64, position: prop::sample::Index, bit in 0_u8..8) {
        let key = DataKey::from_bytes([7; 32]);
        let mut sealed = seal(VaultRecord::Wallet, &key, b"wrapped", b"content", &mut TestRandom(seed)).unwrap();
        let at = position.index(sealed.len());
        sealed[at] ^= 1 << bit;
        let opened = SealedRecord::parse(VaultRecord::Wallet, &sealed).and_then(|record| record.open(&key));
        prop_assert!(opened.is_err());
    }

    /// Behind the seal, too: a bug of an older version must not become a crash at every start.
    #[test]
    fn arbitrary_contents_never_panic(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Document::decode(&content);
        if let Ok(table) = TicketTable::decode(&content) {
            prop_assert_eq!(TicketTable::decode(&table.encode().unwrap()).unwrap().len(), table.len());
        }
    }
}
