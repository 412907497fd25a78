use thumbturn_lock::storage::{CHAINS, FACTS, Storage, StorageError, layout};
use thumbturn_protocol::ids::{PhoneId, TicketId};
use thumbturn_simulator::nor::NorFlash;

use crate::support::{
    assert_same, chain, current_ticket, formatted, holds, phone, secret, settle, ticket_id, used,
};

const ALL: u32 = CHAINS as u32;

fn with_chains(count: u32) -> Storage<NorFlash> {
    let mut storage = Storage::open(formatted()).unwrap();
    for number in 0..count {
        storage.keep_chain(&chain(number, 1)).unwrap();
        settle(&mut storage);
    }
    storage
}

#[test]
fn at_least_1024_chains_are_kept_and_found_by_both_their_tickets_and_by_phone() {
    const { assert!(CHAINS >= 1024) };
    let mut storage = with_chains(ALL);
    for restart in [false, true] {
        if restart {
            storage = Storage::open(storage.into_flash()).unwrap();
        }
        assert_eq!(storage.chains(), CHAINS);
        for number in 0..ALL {
            assert_eq!(current_ticket(&mut storage, number), Some(1));
            for ticket in [0, 1] {
                let found = storage.chains_with_ticket(ticket_id(number, ticket)).unwrap();
                let own = found.iter().find(|found| found.phone == phone(number)).unwrap();
                assert_same(own, &chain(number, 1));
            }
        }
    }
}

#[test]
fn a_lookup_costs_the_same_with_ten_chains_and_with_1024() {
    let worst_and_mean = |storage: &mut Storage<NorFlash>, count: u32| {
        let mut costs = Vec::new();
        for number in 0..count {
            let (_, usage) =
                used(storage, |storage| storage.chains_with_ticket(ticket_id(number, 1)).unwrap());
            assert_eq!(usage.mutations(), 0);
            costs.push(usage.micros());
        }
        (costs.iter().copied().max().unwrap(), costs.iter().sum::<u64>() / u64::from(count))
    };
    let (_, few) = worst_and_mean(&mut with_chains(10), 10);
    let (worst, many) = worst_and_mean(&mut with_chains(ALL), ALL);
    assert!(many <= 2 * few, "{few} µs with ten, {many} µs with 1,024");
    assert!(worst <= 1_000, "{worst} µs at worst");
}

#[test]
fn an_unknown_ticket_costs_no_more_than_a_known_one() {
    let mut storage = with_chains(ALL);
    for number in 0..2_000_u32 {
        let [_, a, b, c] = number.wrapping_mul(2_654_435_761).to_be_bytes();
        let (_, usage) =
            used(&mut storage, |storage| storage.chains_with_ticket(TicketId([a, b, c])).unwrap());
        assert!(usage.micros() <= 1_000, "{} µs", usage.micros());
    }
}

#[test]
fn a_use_costs_one_append_and_replaces_the_chain() {
    let mut storage = with_chains(20);
    for ticket in 2..200 {
        let ((), usage) = used(&mut storage, |storage| storage.keep_chain(&chain(5, ticket)).unwrap());
        assert_eq!((usage.appends, usage.overwrites, usage.erases), (1, 0, 0));
        settle(&mut storage);
        assert_eq!(storage.chains(), 20, "one chain for each phone");
        assert_eq!(current_ticket(&mut storage, 5), Some(ticket));
        let old = storage.chains_with_ticket(ticket_id(5, ticket - 2)).unwrap();
        assert!(
            old.iter().all(|found| found.phone != phone(5)),
            "the ticket before the previous one is gone"
        );
    }
    let mut storage = Storage::open(storage.into_flash()).unwrap();
    assert_eq!((storage.chains(), current_ticket(&mut storage, 5)), (20, Some(199)));
}

#[test]
fn secrets_of_superseded_tickets_do_not_stay_on_the_chip() {
    let mut storage = with_chains(3);
    for ticket in 2..60 {
        storage.keep_chain(&chain(1, ticket)).unwrap();
        settle(&mut storage);
        assert!(holds(storage.flash(), &secret(1, ticket)), "the current one is there");
        assert!(holds(storage.flash(), &secret(1, ticket - 1)), "so is the previous one");
        assert!(!holds(storage.flash(), &secret(1, ticket - 2)), "the one before is not");
    }
}

#[test]
fn a_forgotten_chain_leaves_no_secret_and_does_not_come_back() {
    let mut storage = with_chains(30);
    // Superseded records wait when it is forgotten.
    for ticket in 2..6 {
        storage.keep_chain(&chain(7, ticket)).unwrap();
    }
    storage.forget_chain(phone(7)).unwrap();
    storage.forget_chain(phone(999)).unwrap();
    for ticket in 0..6 {
        assert!(!holds(storage.flash(), &secret(7, ticket)));
    }
    for restart in [false, true] {
        if restart {
            storage = Storage::open(storage.into_flash()).unwrap();
        }
        assert_eq!((storage.chains(), current_ticket(&mut storage, 7)), (29, None));
        assert!(storage.chains_with_ticket(ticket_id(7, 5)).unwrap().is_empty());
        assert_eq!(current_ticket(&mut storage, 8), Some(1));
    }
}

#[test]
fn a_full_door_forgets_the_chain_that_was_used_least_recently() {
    let mut storage = with_chains(ALL);
    // Phone 0 is the oldest but has just been used; so phone 1 has to go first.
    storage.keep_chain(&chain(0, 2)).unwrap();
    settle(&mut storage);
    for newcomer in 0..40 {
        storage.keep_chain(&chain(ALL + newcomer, 1)).unwrap();
        let (_, usage) = used(&mut storage, settle);
        assert!(usage.micros() <= 400_000, "{usage:?}");
        assert_eq!(storage.chains(), CHAINS);
        assert_eq!(current_ticket(&mut storage, newcomer + 1), None);
        assert_eq!(current_ticket(&mut storage, newcomer + 2), Some(1));
    }
    assert_eq!(current_ticket(&mut storage, 0), Some(2));
}

#[test]
fn the_order_of_use_outlives_compaction_and_restart() {
    let mut storage = with_chains(ALL);
    // Many laps: every record is moved again and again.
    for ticket in 2..3_000 {
        storage.keep_chain(&chain(9, ticket)).unwrap();
        settle(&mut storage);
    }
    let mut storage = Storage::open(storage.into_flash()).unwrap();
    storage.keep_chain(&chain(ALL, 1)).unwrap();
    settle(&mut storage);
    assert_eq!(current_ticket(&mut storage, 0), None, "the least recently used one");
    assert_eq!(current_ticket(&mut storage, 1), Some(1));
    assert_eq!(current_ticket(&mut storage, 9), Some(2_999));
}

#[test]
fn newcomers_between_two_maintenances_never_fail_for_lack_of_places() {
    let mut storage = with_chains(ALL);
    let room = u32::try_from(storage.chain_room()).unwrap();
    assert!(room >= 48, "{room} uses between two maintenances");
    let ((), usage) = used(&mut storage, |storage| {
        for newcomer in 0..room {
            storage.keep_chain(&chain(ALL + newcomer, 1)).unwrap();
        }
    });
    assert_eq!(usage.erases, 0);
    assert_eq!(storage.keep_chain(&chain(1, 2)), Err(StorageError::NoRoom));
    settle(&mut storage);
    assert_eq!(storage.chains(), CHAINS);
    assert_eq!(current_ticket(&mut storage, ALL + room - 1), Some(1));
}

#[test]
fn a_full_store_in_use_loses_nothing_and_wears_evenly() {
    let mut storage = with_chains(ALL);
    let mut current = vec![1_u32; CHAINS];
    let mut worst = 0;
    for step in 0..8_000_u32 {
        // Some phones come often, most seldom.
        let number = if step % 3 == 0 { step.wrapping_mul(2_654_435_761) >> 22 } else { step % 17 };
        let ticket = &mut current[number as usize];
        *ticket += 1;
        storage.keep_chain(&chain(number, *ticket)).unwrap();
        loop {
            let (state, usage) = used(&mut storage, |storage| storage.maintain().unwrap());
            assert!(usage.erases <= 1);
            worst = worst.max(usage.micros());
            if state == thumbturn_lock::storage::Maintenance::Done {
                break;
            }
        }
    }
    assert!(worst <= 100_000, "{worst} µs in one maintenance");
    for (number, ticket) in (0..).zip(current) {
        assert_eq!(current_ticket(&mut storage, number), Some(ticket));
    }
    let wear = &storage.flash().wear()[layout::TICKETS.first_block..][..layout::TICKETS.blocks];
    let (least, most) = (wear.iter().min().unwrap(), wear.iter().max().unwrap());
    assert!(most - least <= 1 && *least > 5, "{least} to {most} erases");
    assert!(*most < 20, "{most} erases of each block for 9,000 uses");
}

#[test]
fn facts_have_a_longest_length() {
    let mut storage = with_chains(0);
    let mut long = chain(1, 1);
    long.facts = vec![0xff; FACTS + 1];
    assert_eq!(storage.keep_chain(&long), Err(StorageError::TooLong));
    long.facts.truncate(FACTS);
    storage.keep_chain(&long).unwrap();
    assert_same(&storage.chain_of(phone(1)).unwrap().unwrap(), &long);
}

#[test]
fn a_flipped_bit_costs_one_chain_and_no_other() {
    let storage = with_chains(30);
    let mut flash = storage.into_flash();
    // The third record of the first block.
    flash.corrupt(layout::TICKETS.address() + 16 + 2 * 340 + 40, 1, 0x04);
    let mut storage = Storage::open(flash).unwrap();
    assert_eq!((storage.chains(), current_ticket(&mut storage, 2)), (29, None));
    assert!(
        (0..30).filter(|number| *number != 2).all(|number| current_ticket(&mut storage, number) == Some(1))
    );
    storage.keep_chain(&chain(2, 1)).unwrap();
    assert_eq!(current_ticket(&mut storage, 2), Some(1));
}

#[test]
fn starting_with_a_full_store_takes_a_quarter_of_a_second_of_flash_time() {
    let storage = with_chains(ALL);
    let flash = storage.into_flash();
    let before = flash.usage();
    let storage = Storage::open(flash).unwrap();
    let usage = storage.flash().usage().since(&before);
    assert!(usage.micros() <= 250_000, "{} µs", usage.micros());
}

#[test]
fn phones_whose_ids_collide_push_out_each_other_only() {
    let mut storage = with_chains(100);
    let collide = |number: u32| {
        let mut chain = chain(5_000 + number, 1);
        chain.phone = PhoneId([1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number as u8]);
        chain
    };
    for number in 0..80 {
        storage.keep_chain(&collide(number)).unwrap();
        settle(&mut storage);
        let (found, usage) = used(&mut storage, |storage| storage.chain_of(collide(number).phone).unwrap());
        assert_same(&found.unwrap(), &collide(number));
        assert!(usage.micros() <= 2_000, "{} µs", usage.micros());
    }
    for restart in [false, true] {
        if restart {
            storage = Storage::open(storage.into_flash()).unwrap();
        }
        let colliding =
            (0..80).filter(|number| storage.chain_of(collide(*number).phone).unwrap().is_some()).count();
        let others = (0..100).filter(|number| current_ticket(&mut storage, *number).is_some()).count();
        assert_eq!(storage.chains(), colliding + others, "what is counted can be found");
        assert!((20..=32).contains(&colliding) && others >= 95, "{colliding} and {others}");
    }
}
