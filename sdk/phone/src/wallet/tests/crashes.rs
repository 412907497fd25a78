//! Crash-point iteration: the power goes before and after every single write of a phone's life.

use std::collections::HashSet;

use crate::fixture::Phone;
use crate::wallet::reservation::TicketChange;
use crate::wallet::tests::counters::Scene;
use crate::wallet::{Wallet, WalletError};

/// Presses whose request "left": a ticket with a press may appear here once only.
#[derive(Default)]
struct Air(HashSet<([u8; 32], u8)>);

impl Air {
    /// One intent: reserve, send, settle. The request leaves only after the reservation returned.
    fn unlock(&mut self, scene: &mut Scene, wallet: &Wallet, change: fn() -> TicketChange) {
        let operation = wallet.begin_operation(scene.door.id, &mut scene.phone.random).unwrap();
        if let Some((ticket, press)) = &operation.ticket {
            assert!(self.0.insert((*ticket.secret(), *press)), "press {press} was used twice");
        }
        let _ = wallet.settle(&operation, change(), &mut scene.phone.random);
    }
}

/// A day in the life of a wallet; stops at nothing, as a process does not know that its power is gone.
fn live(scene: &mut Scene, wallet: &Wallet, air: &mut Air) {
    air.unlock(scene, wallet, || TicketChange::Keep);
    air.unlock(scene, wallet, || TicketChange::Advance);
    let grant = scene.property.grant(&scene.door, wallet.phone_id(), 6);
    let credential = scene.property.credential(&scene.door, &grant).to_bytes().unwrap();
    let _ = wallet.import(&credential, &mut scene.phone.random);
    air.unlock(scene, wallet, || TicketChange::Keep);
    air.unlock(scene, wallet, || TicketChange::Keep);
}

#[test]
fn power_cut_at_any_write_loses_nothing_and_uses_no_counter_twice() {
    let mut writes = 1;
    for number in 1.. {
        if number > writes {
            break;
        }
        for after in [false, true] {
            let (mut scene, wallet) = Scene::with_ticket();
            let id = wallet.phone_id();
            let mut air = Air::default();
            scene.phone.storage.restore_power();
            if after {
                scene.phone.storage.cut_power_after_write(number);
            } else {
                scene.phone.storage.cut_power_before_write(number);
            }
            live(&mut scene, &wallet, &mut air);
            writes = writes.max(scene.phone.storage.writes());
            drop(wallet);

            scene.phone.storage.restore_power();
            let wallet = scene.phone.open().unwrap();
            assert_eq!(wallet.phone_id(), id);
            assert_eq!(wallet.credentials().len(), 1);
            assert_eq!(wallet.tickets(), 1, "a crash at write {number} is not a restore");
            live(&mut scene, &wallet, &mut air);
            drop(wallet);
            live_again(&mut scene, &mut air);
        }
    }
    assert!(writes >= 5, "the life has {writes} writes only");
}

fn live_again(scene: &mut Scene, air: &mut Air) {
    let wallet = scene.phone.open().unwrap();
    live(scene, &wallet, air);
}

#[test]
fn crash_between_reservation_and_settlement_keeps_the_ticket() {
    let (mut scene, wallet) = Scene::with_ticket();
    assert_eq!(scene.next_press(&wallet), Some(([50; 32], 1)));
    drop(wallet);
    let wallet = scene.phone.open().unwrap();
    assert_eq!(scene.next_press(&wallet), Some(([50; 32], 2)));
}

#[test]
fn crash_between_the_record_and_the_keystore_is_not_taken_for_a_restore() {
    let (mut scene, wallet) = Scene::with_ticket();
    let operation = wallet.begin_operation(scene.door.id, &mut scene.phone.random).unwrap();
    // The keystore fails after the record was written.
    scene.phone.keystore.set_locked(true);
    assert_eq!(
        wallet.settle(&operation, TicketChange::Keep, &mut scene.phone.random),
        Err(WalletError::Locked)
    );
    scene.phone.keystore.set_locked(false);
    drop(wallet);
    assert_eq!(scene.phone.open().unwrap().tickets(), 1);
}

#[test]
fn power_cut_while_enrolling_leaves_a_phone_that_can_enrol() {
    for number in 1..=4 {
        for after in [false, true] {
            let (scene, wallet) = Scene::with_ticket();
            drop(wallet);
            let mut phone = Phone::new(9);
            if after {
                phone.storage.cut_power_after_write(number);
            } else {
                phone.storage.cut_power_before_write(number);
            }
            let enrolled =
                Wallet::enrol(Box::new(phone.storage.clone()), phone.keystore.clone(), &mut phone.random);
            drop(enrolled);
            phone.storage.restore_power();
            match phone.open() {
                Ok(wallet) => assert!(wallet.trust(scene.property.anchor(), &mut phone.random).is_ok()),
                Err(error) => {
                    assert_eq!(error, WalletError::NotEnrolled);
                    phone.enrol(&scene.property);
                }
            }
        }
    }
}
