//! Receipts (spec §12.1).

use proptest::prelude::*;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::{BulletinEpoch, EventNumber, Generation, ListVersion, ReceiptNumber};
use thumbturn_protocol::keys::{ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::log::LogHead;
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::receipt::{Receipt, ReceiptBody, ReceiptFlags, ReceiptHeader, SealedReceipt};
use thumbturn_protocol::statement::StatementKeys;
use thumbturn_protocol::time::UnixSeconds;

use crate::cast::Fixed;
use crate::{cast, damage, strategies};

fn seal_as(receipt: &Receipt, receipt_key: &SigningKeyPair) -> SealedReceipt {
    let keys = StatementKeys { receipt_key, sealing_key: &cast::sealing().public() };
    receipt.seal(&keys, &mut Fixed(9)).unwrap()
}

fn seal(receipt: &Receipt) -> SealedReceipt {
    seal_as(receipt, &cast::door_receipt())
}

fn open(sealed: &SealedReceipt) -> Result<Receipt, Error> {
    sealed.open(&cast::origin(), &cast::door_keys(), &cast::sealing())
}

fn receipt() -> Receipt {
    Receipt {
        header: ReceiptHeader {
            origin: cast::origin(),
            number: ReceiptNumber(7),
            list_version: ListVersion(1_137_121),
            flags: ReceiptFlags { logs_waiting: true, ..ReceiptFlags::default() },
        },
        body: ReceiptBody {
            list_digest: [6; 32],
            bulletin_epoch: BulletinEpoch(1_137_122),
            clock: cast::now(),
            clock_error: 4,
            battery: 83,
            firmware: 65_536,
            log_next: EventNumber(1_000),
            log_head: LogHead([8; 32]),
            lost_events: 0,
        },
    }
}

prop_compose! {
    fn any_receipt()(
        [number, list_version, epoch, clock_error, firmware, log_next, lost] in [(); 7].map(|()| strategies::number()),
        [wants_snapshot, logs_waiting, battery_low, clock_unsure] in any::<[bool; 4]>(),
        (list_digest, log_head, battery) in any::<([u8; 32], [u8; 32], u8)>(),
        clock in strategies::instant(),
    ) -> Receipt {
        let flags = ReceiptFlags { wants_snapshot, logs_waiting, battery_low, clock_unsure };
        Receipt {
            header: ReceiptHeader {
                origin: cast::origin(),
                number: ReceiptNumber(number),
                list_version: ListVersion(list_version),
                flags,
            },
            body: ReceiptBody {
                list_digest,
                bulletin_epoch: BulletinEpoch(epoch),
                clock,
                clock_error,
                battery,
                firmware,
                log_next: EventNumber(log_next),
                log_head: LogHead(log_head),
                lost_events: lost,
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_receipt_survives_the_way(receipt in any_receipt()) {
        let sealed = seal(&receipt);
        let carried = SealedReceipt::from_bytes(sealed.as_bytes()).unwrap();
        prop_assert_eq!(carried.peek_unverified().unwrap(), receipt.header);
        prop_assert_eq!(open(&carried).unwrap(), receipt);
        prop_assert!((219..=244).contains(&sealed.as_bytes().len()));
    }
}

#[test]
fn every_damage_to_a_receipt_is_refused() {
    let good = seal(&receipt());
    assert_eq!(open(&good).unwrap(), receipt());
    for damaged in damage::all(good.as_bytes()) {
        assert!(
            SealedReceipt::from_bytes(&damaged).and_then(|receipt| open(&receipt)).is_err(),
            "{damaged:02x?}"
        );
    }
}

/// Behind a good signature: a door that signs it is wrong itself, but must not be understood in two ways.
#[test]
fn open_parts_that_are_not_canonical_are_refused() {
    let good = seal(&receipt());
    let changed = |at: usize, value: u8| {
        let mut bytes = good.as_bytes().to_vec();
        bytes[at] = value;
        SealedReceipt::from_bytes(&bytes).unwrap().peek_unverified()
    };
    assert_eq!(changed(0, 2), Err(Error::UnsupportedVersion("receipt")));
    assert_eq!(changed(33, 0x10), Err(Error::Malformed("receipt")));
    assert_eq!(changed(34, 1), Err(Error::Malformed("receipt")));
    assert_eq!(changed(35, 1), Err(Error::Malformed("receipt")));
    assert!(changed(33, 0x0f).is_ok());
}

#[test]
fn a_receipt_of_another_life_door_generation_or_property_is_refused() {
    let sealed = seal(&receipt());
    let others = [
        |origin: &mut thumbturn_protocol::statement::Origin| origin.property.0[0] ^= 1,
        |origin: &mut thumbturn_protocol::statement::Origin| origin.generation = Generation(2),
        |origin: &mut thumbturn_protocol::statement::Origin| origin.door.0[0] ^= 1,
        |origin: &mut thumbturn_protocol::statement::Origin| origin.door_key.0[0] ^= 1,
    ];
    for change in others {
        let mut origin = cast::origin();
        change(&mut origin);
        assert_eq!(sealed.open(&origin, &cast::door_keys(), &cast::sealing()), Err(Error::NotAuthentic));
    }
}

#[test]
fn a_receipt_signed_by_another_door_or_sealed_to_another_property_is_refused() {
    let forged = seal_as(&receipt(), &SigningKeyPair::from_secret([0x77; 32]));
    assert_eq!(open(&forged), Err(Error::NotAuthentic));
    let other = ExchangeKeyPair::from_secret([0x78; 32]);
    let opened = seal(&receipt()).open(&cast::origin(), &cast::door_keys(), &other);
    assert_eq!(opened, Err(Error::NotAuthentic));
}

#[test]
fn a_courier_finds_nothing_of_the_sealed_part() {
    let bytes = seal(&receipt());
    let holds = |secret: &[u8]| bytes.as_bytes().windows(secret.len()).any(|window| window == secret);
    assert!(holds(&cast::origin().door.0));
    assert!(!holds(&[6; 4]) && !holds(&[8; 4]));
}

#[test]
fn the_widest_receipt_is_as_long_as_the_limit() {
    let mut receipt = receipt();
    let widest = ReceiptBody {
        bulletin_epoch: BulletinEpoch(u32::MAX),
        clock: UnixSeconds::MAX,
        clock_error: u32::MAX,
        firmware: u32::MAX,
        log_next: EventNumber(u32::MAX),
        lost_events: u32::MAX,
        ..receipt.body
    };
    receipt.body = widest;
    assert_eq!(seal(&receipt).as_bytes().len(), 244);
}

#[test]
fn a_door_whose_random_source_fails_states_nothing() {
    struct Broken;
    impl SecureRandom for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
            Err(RandomFailed)
        }
    }
    let keys = StatementKeys { receipt_key: &cast::door_receipt(), sealing_key: &cast::sealing().public() };
    assert_eq!(receipt().seal(&keys, &mut Broken), Err(Error::Random(RandomFailed)));
}
