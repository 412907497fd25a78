use std::collections::HashSet;

use thumbturn_protocol::ids::{DoorId, DoorKeyId};
use thumbturn_protocol::ticket::Ticket;

use crate::fixture::{BEGIN, Door, Phone, Property, TestRandom, seconds};
use crate::vault::storage::{StorageError, VaultRecord};
use crate::wallet::Wallet;
use crate::wallet::reservation::{ATTEMPTS_OF_A_CONNECTION, TicketChange};
use crate::wallet::tickets::{TICKETS, TicketEntry, TicketTable};

pub(super) struct Scene {
    pub(super) property: Property,
    pub(super) door: Door,
    pub(super) phone: Phone,
}

impl Scene {
    /// A wallet that holds a grant and a ticket for one door.
    pub(super) fn with_ticket() -> (Self, Wallet) {
        let mut random = TestRandom(1);
        let property = Property::new(&mut random);
        let door = Door::new(&mut random);
        let mut phone = Phone::new(2);
        let wallet = phone.enrol(&property);
        phone.receive_grant(&wallet, &property, &door, 5);
        let mut scene = Self { property, door, phone };
        scene.full_handshake(&wallet, [50; 32]);
        (scene, wallet)
    }

    /// What an unlock by full handshake does to the wallet.
    pub(super) fn full_handshake(&mut self, wallet: &Wallet, ticket: [u8; 32]) {
        let operation = wallet.begin_operation(self.door.id, &mut self.phone.random).unwrap();
        let pass = &wallet.passes(self.door.id)[0];
        let change = TicketChange::Start {
            ticket: Ticket::from_secret(ticket),
            door_key: pass.door_key(),
            made_from: pass.fingerprint(),
        };
        wallet.settle(&operation, change, &mut self.phone.random).unwrap();
    }

    /// The ticket and press that the next intent gets.
    pub(super) fn next_press(&mut self, wallet: &Wallet) -> Option<([u8; 32], u8)> {
        let operation = wallet.begin_operation(self.door.id, &mut self.phone.random).unwrap();
        operation.ticket.map(|(ticket, press)| (*ticket.secret(), press))
    }
}

#[test]
fn each_intent_gets_the_next_press_also_after_a_restart() {
    let (mut scene, mut wallet) = Scene::with_ticket();
    for press in 1..=5 {
        assert_eq!(scene.next_press(&wallet), Some(([50; 32], press)));
        drop(wallet);
        wallet = scene.phone.open().unwrap();
    }
}

#[test]
fn press_does_not_wrap_and_the_last_one_is_followed_by_a_full_handshake() {
    let (mut scene, wallet) = Scene::with_ticket();
    for press in 1..=255 {
        assert_eq!(scene.next_press(&wallet), Some(([50; 32], press)));
    }
    assert_eq!(scene.next_press(&wallet), None);
    assert_eq!(scene.next_press(&wallet), None);
}

#[test]
fn operations_without_a_ticket_have_different_ids() {
    let (scene, wallet) = Scene::with_ticket();
    let nobody = DoorId([0; 8]);
    let mut random = scene.phone.random;
    let ids: HashSet<_> =
        (0..100).map(|_| wallet.begin_operation(nobody, &mut random).unwrap().id.0).collect();
    assert_eq!(ids.len(), 100);
}

#[test]
fn attempts_rise_over_connections_and_are_persisted_ahead() {
    let (mut scene, wallet) = Scene::with_ticket();
    let mut operation = wallet.begin_operation(scene.door.id, &mut scene.phone.random).unwrap();
    let mut last = 0;
    let mut fast = 0;
    for _ in 0..30 {
        wallet.reserve_attempts(&mut operation, &mut scene.phone.random);
        for _ in 0..7 {
            let on_fast_path = operation.ticket_for_next_attempt().is_some();
            let attempt = operation.take_attempt().unwrap();
            assert!(attempt > last, "{attempt} after {last}");
            last = attempt;
            if on_fast_path {
                fast = attempt;
                assert!((attempt..=31).contains(&persisted(&scene, &wallet).attempt));
            }
        }
    }
    assert_eq!((last, fast), (210, 31));
}

fn persisted(scene: &Scene, wallet: &Wallet) -> TicketEntry {
    let bytes = scene.phone.storage.record(VaultRecord::Tickets).unwrap();
    let state = wallet.state();
    let record = crate::vault::sealing::SealedRecord::parse(VaultRecord::Tickets, &bytes).unwrap();
    TicketTable::decode(&record.open(&state.data_key).unwrap()).unwrap().entry(scene.door.id).unwrap().clone()
}

#[test]
fn attempts_end_where_their_byte_ends() {
    let (mut scene, wallet) = Scene::with_ticket();
    let mut operation = wallet.begin_operation(scene.door.id, &mut scene.phone.random).unwrap();
    let mut taken = 0;
    loop {
        wallet.reserve_attempts(&mut operation, &mut scene.phone.random);
        match operation.take_attempt() {
            Some(attempt) => taken = attempt,
            None => break,
        }
    }
    assert!(taken >= 250, "{taken}");
}

#[test]
fn reserving_writes_the_small_record_once_and_never_the_wallet() {
    let (mut scene, wallet) = Scene::with_ticket();
    let wallet_record = scene.phone.storage.record(VaultRecord::Wallet);
    scene.phone.storage.restore_power();
    let calls = scene.phone.keystore.calls();
    let mut operation = wallet.begin_operation(scene.door.id, &mut scene.phone.random).unwrap();
    wallet.reserve_attempts(&mut operation, &mut scene.phone.random);
    assert_eq!(scene.phone.storage.writes(), 1);
    assert_eq!(scene.phone.storage.record(VaultRecord::Wallet), wallet_record);
    assert_eq!(scene.phone.keystore.calls(), calls);
    assert!(scene.phone.storage.record(VaultRecord::Tickets).unwrap().len() < 200);
}

#[test]
fn ticket_record_stays_small_however_many_doors() {
    let (scene, wallet) = Scene::with_ticket();
    let made_from = wallet.passes(scene.door.id)[0].fingerprint();
    let mut table = TicketTable::default();
    table.epoch = u64::MAX;
    for door in 0..200_u8 {
        table.put(TicketEntry {
            door: DoorId([door; 8]),
            door_key: DoorKeyId([255; 4]),
            made_from,
            ticket: Ticket::from_secret([door; 32]),
            press: 255,
            attempt: 255,
        });
    }
    assert_eq!(table.len(), TICKETS);
    assert!(table.encode().unwrap().len() <= 4_096);
    assert!(table.entry(DoorId([199; 8])).is_some());
    assert!(table.entry(DoorId([0; 8])).is_none(), "the one used longest ago goes first");
}

#[test]
fn vault_restored_from_a_copy_drops_all_tickets() {
    let (mut scene, wallet) = Scene::with_ticket();
    let backup = scene.phone.storage.backup();
    // One unlock later, in the same process.
    let operation = wallet.begin_operation(scene.door.id, &mut scene.phone.random).unwrap();
    wallet.settle(&operation, TicketChange::Keep, &mut scene.phone.random).unwrap();
    drop(wallet);
    scene.phone.storage.restore(&backup);
    let wallet = scene.phone.open().unwrap();
    assert_eq!(wallet.tickets(), 0);
    assert_eq!(wallet.credentials().len(), 1, "credentials have no counters");
    assert_eq!(scene.next_press(&wallet), None);
}

#[test]
fn copy_made_before_a_restart_is_known_as_one() {
    let (mut scene, wallet) = Scene::with_ticket();
    let backup = scene.phone.storage.backup();
    drop(wallet);
    drop(scene.phone.open().unwrap());
    scene.phone.storage.restore(&backup);
    assert_eq!(scene.phone.open().unwrap().tickets(), 0);
}

#[test]
fn restart_without_a_restore_keeps_tickets() {
    let (mut scene, wallet) = Scene::with_ticket();
    drop(wallet);
    for _ in 0..3 {
        assert_eq!(scene.phone.open().unwrap().tickets(), 1);
    }
}

#[test]
fn missing_or_damaged_ticket_record_costs_the_tickets_alone() {
    let (mut scene, wallet) = Scene::with_ticket();
    drop(wallet);
    let mut damaged = scene.phone.storage.record(VaultRecord::Tickets).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    for record in [Some(damaged), None] {
        scene.phone.storage.set_record(VaultRecord::Tickets, record);
        let wallet = scene.phone.open().unwrap();
        assert_eq!((wallet.tickets(), wallet.credentials().len()), (0, 1));
    }
}

#[test]
fn full_disk_costs_the_ticket_but_not_the_unlock() {
    let (mut scene, wallet) = Scene::with_ticket();
    scene.phone.storage.fail_with(Some(StorageError::Failed { code: Some(28) }));
    assert_eq!(scene.next_press(&wallet), None);
    scene.phone.storage.fail_with(None);
    assert_eq!(scene.next_press(&wallet), Some(([50; 32], 1)));
}

#[test]
fn renewed_grant_is_shown_before_its_old_ticket_is_used_again() {
    let (mut scene, wallet) = Scene::with_ticket();
    let mut renewed = scene.property.grant(&scene.door, wallet.phone_id(), 5);
    renewed.lease_end = seconds(BEGIN + 2_000_000);
    let credential = scene.property.credential(&scene.door, &renewed);
    wallet.import(&credential.to_bytes().unwrap(), &mut scene.phone.random).unwrap();
    assert_eq!(scene.next_press(&wallet), None);
    scene.full_handshake(&wallet, [51; 32]);
    assert_eq!(scene.next_press(&wallet), Some(([51; 32], 1)));
}

#[test]
fn ticket_of_a_door_s_earlier_life_is_not_used() {
    let (mut scene, wallet) = Scene::with_ticket();
    let anew = scene.door.claimed_anew(&mut TestRandom(8));
    let credential = scene.property.credential(&anew, &scene.property.grant(&anew, wallet.phone_id(), 6));
    wallet.import(&credential.to_bytes().unwrap(), &mut scene.phone.random).unwrap();
    assert_eq!(scene.next_press(&wallet), None);
}

#[test]
fn advance_moves_to_the_next_ticket_and_counts_from_one_again() {
    let (mut scene, wallet) = Scene::with_ticket();
    let operation = wallet.begin_operation(scene.door.id, &mut scene.phone.random).unwrap();
    wallet.settle(&operation, TicketChange::Advance, &mut scene.phone.random).unwrap();
    let next = *Ticket::from_secret([50; 32]).next().secret();
    assert_eq!(scene.next_press(&wallet), Some((next, 1)));
    drop(wallet);
    let wallet = scene.phone.open().unwrap();
    assert_eq!(scene.next_press(&wallet), Some((next, 2)));
}

#[test]
fn connection_s_reservation_covers_every_hello_with_its_fallback() {
    let hellos = 1 + thumbturn_protocol::hello::HELLO_REQUESTS;
    assert!(ATTEMPTS_OF_A_CONNECTION >= 2 * hellos);
}
