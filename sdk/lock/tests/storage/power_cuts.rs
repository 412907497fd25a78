//! Power cut before, in the middle of and after every single program and erase (invariant I3).

use thumbturn_lock::flash::{ERASE_BLOCK, Flash};
use thumbturn_lock::storage::{CHAINS, Maintenance, Storage, StorageError, layout};
use thumbturn_protocol::event::Sequence;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::nor::{Moment, NorFlash};

use crate::identity::{assert_factory_fresh, in_use};
use crate::support::{
    MOMENTS, TIME, chain, current_ticket, events, formatted, holds, moved, opening, phone, refusal, secret,
    settle, ticket_id,
};

type Cut<'a> = Storage<&'a mut NorFlash>;

/// Runs `action` on copies of `start`, with power cut at every operation it makes in every way, and gives each
/// restarted door to `check`: first as it starts, then when maintenance is done, then after one more restart.
fn at_every_cut(
    start: &NorFlash,
    action: impl Fn(&mut Cut<'_>) -> Result<(), StorageError>,
    check: impl Fn(&mut Storage<NorFlash>),
) {
    let operations = {
        let mut flash = start.clone();
        action(&mut Storage::open(&mut flash).unwrap()).unwrap();
        flash.usage().since(&start.usage()).mutations()
    };
    assert!(operations > 0, "there is something to cut");
    for operation in 0..operations {
        for moment in MOMENTS {
            let seeds = if moment == Moment::Middle { 6 } else { 1 };
            for seed in 0..seeds {
                let mut flash = start.clone();
                flash.reseed(seed);
                flash.cut_power(operation, moment);
                let result = Storage::open(&mut flash).and_then(|mut storage| action(&mut storage));
                assert!(result.is_err(), "power failed in operation {operation} of {operations}");
                flash.power_on();
                let mut storage = Storage::open(flash).unwrap();
                check(&mut storage);
                settle(&mut storage);
                check(&mut storage);
                check(&mut Storage::open(storage.into_flash()).unwrap());
            }
        }
    }
}

/// Sequences that can be read, which must have no gap.
fn gap_free(storage: &mut Storage<NorFlash>) -> Vec<u32> {
    let sequences: Vec<u32> = events(storage, Sequence(0)).iter().map(|event| event.sequence.0).collect();
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{sequences:?}");
    sequences
}

#[test]
fn an_append_is_there_or_not_and_the_sequence_has_no_gap() {
    for filled in [0, 1, 30, 31, 61] {
        let mut storage = Storage::open(formatted()).unwrap();
        for number in 0..filled {
            storage.append_event(TIME, &opening(number)).unwrap();
        }
        let start = storage.into_flash();
        at_every_cut(
            &start,
            |storage| {
                storage.append_event(TIME, &refusal(filled))?;
                storage.append_event(TIME, &opening(filled)).map(drop)
            },
            |storage| {
                let written = u32::try_from(gap_free(storage).len()).unwrap();
                assert!((filled..=filled + 2).contains(&written));
                assert_eq!(storage.newest_event(), Sequence(written));
                assert_eq!(storage.lost_events(), Default::default());
                // The next event takes the next number, on a copy, since the door is checked again.
                let mut copy = Storage::open(storage.flash().clone()).unwrap();
                settle(&mut copy);
                assert_eq!(copy.append_event(TIME, &moved(filled)), Ok(Sequence(written + 1)));
                assert_eq!(u32::try_from(gap_free(&mut copy).len()).unwrap(), written + 1);
            },
        );
    }
}

#[test]
fn overwriting_the_oldest_block_of_a_full_log_loses_what_it_counts() {
    let mut storage = Storage::open(formatted()).unwrap();
    // Eight records before the end of a block.
    for number in 0..2_999 {
        storage.append_event(TIME, &opening(number)).unwrap();
        settle(&mut storage);
        storage.acknowledge(Sequence(1_600.min(number))).unwrap();
    }
    let start = storage.into_flash();
    at_every_cut(
        &start,
        |storage| {
            for number in 0..10 {
                storage.append_event(TIME, &opening(number))?;
                while storage.maintain()? == Maintenance::More {}
            }
            Ok(())
        },
        |storage| {
            let sequences = gap_free(storage);
            let (oldest, newest) = (sequences[0], sequences[sequences.len() - 1]);
            assert!((2_999..=3_009).contains(&newest));
            assert_eq!(storage.newest_event(), Sequence(newest));
            assert!(sequences.len() > 1_350, "{}", sequences.len());
            assert_eq!(storage.lost_events().evidence, oldest.saturating_sub(1_601));
        },
    );
}

#[test]
fn an_acknowledgement_is_there_or_not() {
    let mut storage = Storage::open(formatted()).unwrap();
    for number in 0..20 {
        storage.append_event(TIME, &opening(number)).unwrap();
    }
    storage.acknowledge(Sequence(5)).unwrap();
    storage.raise_floor(UnixSeconds::new(1_000).unwrap());
    storage.persist_floor().unwrap();
    let start = storage.into_flash();
    at_every_cut(
        &start,
        |storage| storage.acknowledge(Sequence(15)),
        |storage| {
            assert!([5, 15].contains(&storage.acknowledged().0));
            assert_eq!(storage.floor().seconds(), 1_000);
        },
    );
}

#[test]
fn a_used_ticket_is_the_old_chain_or_the_new_one_and_the_secrets_between_are_gone() {
    let mut storage = Storage::open(formatted()).unwrap();
    for number in 0..14 {
        storage.keep_chain(&chain(number, 1)).unwrap();
    }
    settle(&mut storage);
    let start = storage.into_flash();
    at_every_cut(
        &start,
        |storage| {
            for ticket in 2..5 {
                storage.keep_chain(&chain(3, ticket))?;
                while storage.maintain()? == Maintenance::More {}
            }
            Ok(())
        },
        |storage| {
            let current = current_ticket(storage, 3).unwrap();
            assert!((1..=4).contains(&current));
            assert_eq!(storage.chains(), 14);
            assert_eq!(current_ticket(storage, 4), Some(1));
            let found = storage.chains_with_ticket(ticket_id(3, current)).unwrap();
            assert_eq!(found.len(), 1);
            if storage.maintain().unwrap() == Maintenance::Done {
                for ticket in (0..current - 1).chain(current + 1..6) {
                    assert!(!holds(storage.flash(), &secret(3, ticket)[16..]), "{ticket} beside {current}");
                }
            }
        },
    );
}

#[test]
fn a_forgotten_chain_never_comes_back() {
    let mut storage = Storage::open(formatted()).unwrap();
    for number in 0..14 {
        storage.keep_chain(&chain(number, 1)).unwrap();
    }
    settle(&mut storage);
    let start = storage.into_flash();
    at_every_cut(
        &start,
        |storage| {
            storage.keep_chain(&chain(3, 2))?;
            storage.keep_chain(&chain(3, 3))?;
            storage.forget_chain(phone(3))
        },
        |storage| {
            // An operation that was not finished leaves one of the states on the way, never an older one after a newer.
            let state = current_ticket(storage, 3);
            assert!([Some(1), Some(2), Some(3), None].contains(&state));
            let mut copy = Storage::open(storage.flash().clone()).unwrap();
            copy.forget_chain(phone(3)).unwrap();
            assert_eq!(current_ticket(&mut Storage::open(copy.into_flash()).unwrap(), 3), None);
        },
    );
}

#[test]
fn a_cut_while_a_chain_is_ended_ends_it_or_leaves_the_newest() {
    let mut storage = Storage::open(formatted()).unwrap();
    for ticket in 1..6 {
        storage.keep_chain(&chain(3, ticket)).unwrap();
    }
    // Four superseded records still wait in the queue, and are lost with it.
    for operation in 0..5 {
        for moment in MOMENTS {
            for seed in 0..6 {
                let mut flash = storage.flash().clone();
                flash.reseed(seed);
                flash.cut_power(operation, moment);
                let _ = Storage::open(&mut flash).and_then(|mut door| door.forget_chain(phone(3)));
                flash.power_on();
                let state = current_ticket(&mut Storage::open(flash).unwrap(), 3);
                assert!(state.is_none() || state == Some(5), "{state:?} came back");
            }
        }
    }
}

#[test]
fn compaction_moves_every_chain_or_leaves_it() {
    let mut storage = Storage::open(formatted()).unwrap();
    let all = CHAINS as u32;
    for number in 0..all {
        storage.keep_chain(&chain(number, 1)).unwrap();
        settle(&mut storage);
    }
    // Until all blocks were used and the next maintenance frees the oldest, which is full of chains.
    let mut ticket = 1;
    while erased_blocks(storage.flash()) < layout::TICKETS.blocks || !storage.chain_room().is_multiple_of(12)
    {
        ticket += 1;
        storage.keep_chain(&chain(5, ticket)).unwrap();
        settle(&mut storage);
    }
    let start = storage.into_flash();
    at_every_cut(
        &start,
        |storage| {
            let erased = erased_blocks(storage.flash());
            storage.keep_chain(&chain(5, ticket + 1))?;
            while storage.maintain()? == Maintenance::More {}
            assert_eq!(erased_blocks(storage.flash()), erased + 1, "a block was compacted");
            Ok(())
        },
        |storage| {
            assert_eq!(storage.chains(), CHAINS);
            for number in (0..all).step_by(23).filter(|number| *number != 5) {
                assert_eq!(current_ticket(storage, number), Some(1));
            }
            assert!([ticket, ticket + 1].contains(&current_ticket(storage, 5).unwrap()));
        },
    );
}

/// Erases of the ticket store.
fn erased_blocks(flash: &NorFlash) -> usize {
    flash.wear()[layout::TICKETS.first_block..][..layout::TICKETS.blocks].iter().sum::<u32>() as usize
}

#[test]
fn an_identity_is_committed_or_not() {
    let fresh = formatted();
    at_every_cut(
        &fresh,
        |storage| storage.commit_identity(&[8; 900]),
        |storage| match storage.identity().unwrap() {
            None => assert!(!storage.is_claimed()),
            Some(identity) => assert_eq!(identity.as_slice(), [8; 900]),
        },
    );
    at_every_cut(
        &in_use(),
        |storage| storage.commit_identity(&[8; 900]),
        |storage| {
            let identity = storage.identity().unwrap().unwrap();
            assert!(identity.as_slice() == [8; 900] || identity.as_slice() == [0x1d; 700]);
            if identity.as_slice() == [8; 900] {
                assert!(!holds(storage.flash(), &[0x1d; 64]));
            }
        },
    );
}

/// A chip in use whose many blocks of the list were never prepared: an erase of each would be cut, too.
fn in_use_without_a_list() -> NorFlash {
    let mut flash = in_use();
    for block in layout::LIST_FIRST.first_block..layout::BULLETINS[0].first_block {
        flash.erase(block * ERASE_BLOCK).unwrap();
    }
    flash
}

#[test]
fn a_reset_that_was_begun_is_finished_and_one_that_was_not_changed_nothing() {
    at_every_cut(
        &in_use_without_a_list(),
        |storage| {
            storage.begin_reset()?;
            while storage.is_resetting() {
                storage.maintain()?;
            }
            Ok(())
        },
        |storage| {
            if storage.is_claimed() {
                assert_eq!(storage.identity().unwrap().unwrap().as_slice(), [0x1d; 700]);
                assert_eq!(events(storage, Sequence(0)).len(), 160);
                assert_eq!(storage.chains(), 80);
                return;
            }
            assert_eq!(storage.identity().unwrap(), None, "no door opens in the middle of a reset");
            if !storage.is_resetting() {
                assert_factory_fresh(storage);
            }
        },
    );
}

/// A chip as new, but with the blocks of the list prepared, which are many and have tests of their own.
fn new_but_for_the_list() -> NorFlash {
    let mut storage = Storage::open(NorFlash::new(3)).unwrap();
    settle(&mut storage);
    let mut flash = storage.into_flash();
    for block in
        (0..layout::LIST_FIRST.first_block).chain(layout::BULLETINS[0].first_block..layout::END / ERASE_BLOCK)
    {
        flash.erase(block * ERASE_BLOCK).unwrap();
    }
    flash
}

#[test]
fn a_new_chip_is_prepared_whenever_power_fails() {
    at_every_cut(
        &new_but_for_the_list(),
        |storage| {
            while storage.maintain()? == Maintenance::More {}
            storage.keep_nonce_key([1; 32])
        },
        |storage| {
            let mut copy = Storage::open(storage.flash().clone()).unwrap();
            settle(&mut copy);
            assert_eq!(copy.append_event(TIME, &opening(0)), Ok(Sequence::FIRST));
            copy.keep_chain(&chain(0, 1)).unwrap();
            copy.commit_identity(&[1; 100]).unwrap();
        },
    );
}

#[test]
fn after_a_program_that_failed_without_a_power_cut_numbers_stay_free_of_gaps() {
    for moment in MOMENTS {
        let mut storage = Storage::open(formatted()).unwrap();
        storage.append_event(TIME, &opening(0)).unwrap();
        storage.flash_mut().fail_operation(0, moment);
        assert!(matches!(storage.append_event(TIME, &opening(1)), Err(StorageError::Flash(_))));
        for number in 2..6 {
            storage.append_event(TIME, &opening(number)).unwrap();
        }
        let sequences = gap_free(&mut storage);
        assert!((5..=6).contains(&sequences.len()), "{moment:?}: {sequences:?}");
        assert_eq!(storage.newest_event().0 as usize, sequences.len());
        assert_eq!(gap_free(&mut Storage::open(storage.into_flash()).unwrap()), sequences);
    }
}

#[test]
fn a_chain_whose_program_failed_leaves_no_secret_and_no_second_chain() {
    for moment in MOMENTS {
        let mut storage = Storage::open(formatted()).unwrap();
        storage.keep_chain(&chain(1, 1)).unwrap();
        settle(&mut storage);
        storage.flash_mut().fail_operation(0, moment);
        assert!(matches!(storage.keep_chain(&chain(1, 2)), Err(StorageError::Flash(_))));
        assert_eq!(current_ticket(&mut storage, 1), Some(1), "{moment:?}");
        storage.keep_chain(&chain(1, 3)).unwrap();
        storage.forget_chain(phone(1)).unwrap();
        for ticket in 0..4 {
            assert!(!holds(storage.flash(), &secret(1, ticket)[16..]), "{moment:?}: {ticket}");
        }
        assert_eq!(Storage::open(storage.into_flash()).unwrap().chains(), 0);
    }
}

#[test]
fn a_chain_whose_end_failed_is_gone_at_once_and_from_the_flash_in_time() {
    for moment in MOMENTS {
        let mut storage = Storage::open(formatted()).unwrap();
        storage.keep_chain(&chain(1, 1)).unwrap();
        settle(&mut storage);
        storage.flash_mut().fail_operation(0, moment);
        assert!(matches!(storage.forget_chain(phone(1)), Err(StorageError::Flash(_))));
        assert_eq!((storage.chains(), current_ticket(&mut storage, 1)), (0, None), "{moment:?}");
        settle(&mut storage);
        assert!(!holds(storage.flash(), &secret(1, 1)[16..]), "{moment:?}");
        assert_eq!(Storage::open(storage.into_flash()).unwrap().chains(), 0, "{moment:?}");
    }
}
