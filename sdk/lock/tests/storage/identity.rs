use thumbturn_lock::storage::{IDENTITY, Maintenance, Storage, StorageError};
use thumbturn_protocol::event::Sequence;
use thumbturn_simulator::nor::NorFlash;

use crate::support::{TIME, chain, current_ticket, formatted, holds, opening, refusal, secret, settle, used};

/// A door in use, with an identity of `[0x1d; 700]`.
pub(crate) fn in_use() -> NorFlash {
    let mut storage = Storage::open(formatted()).unwrap();
    storage.commit_identity(&[0x1d; 700]).unwrap();
    storage.keep_nonce_key([7; 32]).unwrap();
    for number in 0..80 {
        storage.append_event(TIME, &opening(number)).unwrap();
        storage.append_event(TIME, &refusal(number)).unwrap();
        storage.keep_chain(&chain(number, 1)).unwrap();
        settle(&mut storage);
    }
    storage.into_flash()
}

#[test]
fn an_identity_is_kept_replaced_and_found_after_a_restart() {
    let mut storage = Storage::open(formatted()).unwrap();
    assert!(!storage.is_claimed());
    assert_eq!(storage.identity().unwrap(), None);
    for round in 0..40_u8 {
        let identity = vec![round; 300 + usize::from(round)];
        storage.commit_identity(&identity).unwrap();
        settle(&mut storage);
        storage = Storage::open(storage.into_flash()).unwrap();
        assert!(storage.is_claimed());
        assert_eq!(storage.identity().unwrap().unwrap().as_slice(), identity);
    }
}

#[test]
fn an_identity_has_a_longest_length() {
    let mut storage = Storage::open(formatted()).unwrap();
    assert_eq!(storage.commit_identity(&[1; IDENTITY + 1]), Err(StorageError::TooLong));
    storage.commit_identity(&[2; IDENTITY]).unwrap();
    assert_eq!(storage.identity().unwrap().unwrap().as_slice(), [2; IDENTITY]);
}

#[test]
fn a_replaced_identity_leaves_no_trace() {
    let mut storage = Storage::open(formatted()).unwrap();
    storage.commit_identity(&[0xc3; 200]).unwrap();
    assert!(holds(storage.flash(), &[0xc3; 32]));
    storage.commit_identity(&[0xc4; 200]).unwrap();
    assert!(!holds(storage.flash(), &[0xc3; 32]));
}

#[test]
fn a_reset_ends_the_identity_at_once_and_everything_else_in_short_steps() {
    let mut storage = Storage::open(in_use()).unwrap();
    let last_hello = storage.next_hello().unwrap();
    storage.begin_reset().unwrap();
    assert!(!storage.is_claimed() && storage.is_resetting());
    let mut restarted = Storage::open(storage.flash().clone()).unwrap();
    assert!(restarted.is_resetting() && restarted.next_hello().unwrap() > last_hello);
    assert_eq!(storage.append_event(TIME, &opening(1)), Err(StorageError::Resetting));
    assert_eq!(storage.keep_chain(&chain(1, 2)), Err(StorageError::Resetting));
    assert_eq!(storage.commit_identity(&[1; 10]), Err(StorageError::Resetting));
    assert!(!holds(storage.flash(), &[0x1d; 16]));
    while storage.is_resetting() {
        let (state, usage) = used(&mut storage, |storage| storage.maintain().unwrap());
        assert_eq!(state, Maintenance::More);
        assert!(usage.erases <= 1 && usage.micros() <= 100_000, "{usage:?}");
    }
    settle(&mut storage);
    assert_factory_fresh(&mut storage);
    assert!(storage.next_hello().unwrap() > last_hello, "hellos go on over a reset");
    assert_eq!(storage.nonce_key(), Some(&[7; 32]));
    assert_eq!(storage.append_event(TIME, &opening(1)), Ok(Sequence::FIRST));
}

/// Nothing of an identity, a chain or an event is left, anywhere on the chip.
pub(crate) fn assert_factory_fresh(storage: &mut Storage<NorFlash>) {
    assert!(!storage.is_claimed() && !storage.is_resetting());
    assert_eq!(storage.next_event(Sequence(0)).unwrap(), None);
    assert_eq!((storage.newest_event(), storage.acknowledged()), (Sequence(0), Sequence(0)));
    assert_eq!((storage.chains(), current_ticket(storage, 3)), (0, None));
    assert!(!holds(storage.flash(), &[0x1d; 16]), "the identity");
    assert!(!holds(storage.flash(), &secret(3, 1)), "a ticket");
    assert!(!holds(storage.flash(), &crate::support::phone(3).0), "a phone");
}
