use thumbturn_lock::storage::{LostEvents, Storage, StorageError, layout};
use thumbturn_protocol::event::{Event, EventClass, Sequence};
use thumbturn_protocol::record::ActuatorResult;
use thumbturn_simulator::nor::NorFlash;

use crate::support::{TIME, events, formatted, moved, opening, operation, refusal, settle, used};

/// Records that each part of the log holds at most.
const EVIDENCE: u32 = 31 * layout::EVIDENCE.blocks as u32;
const ROUTINE: u32 = 31 * layout::ROUTINE.blocks as u32;

fn storage() -> Storage<NorFlash> {
    Storage::open(formatted()).unwrap()
}

#[test]
fn an_opening_costs_one_append_and_no_erase_over_three_wraps_of_a_full_log() {
    let mut storage = storage();
    let mut worst_micros = 0;
    for number in 0..3 * EVIDENCE {
        let ((), usage) = used(&mut storage, |storage| {
            storage.append_event(TIME, &opening(number)).unwrap();
        });
        assert_eq!((usage.appends, usage.overwrites, usage.erases, usage.pages), (1, 0, 0, 1));
        worst_micros = worst_micros.max(usage.micros());
        storage.append_event(TIME, &moved(number)).unwrap();
        storage.append_event(TIME, &refusal(number)).unwrap();
        settle(&mut storage);
    }
    assert!(worst_micros <= 800, "{worst_micros} µs before the bolt");
    assert!(storage.lost_events().evidence > 4 * EVIDENCE, "the log was full and nobody acknowledged");
}

#[test]
fn one_maintenance_call_erases_at_most_once() {
    let mut storage = Storage::open(NorFlash::new(1)).unwrap();
    for number in 0..20_000 {
        let ((), usage) = used(&mut storage, |storage| {
            storage.maintain().unwrap();
        });
        assert!(usage.erases <= 1 && usage.micros() <= 100_000, "{usage:?}");
        if storage.event_room(EventClass::Routine) > 0 {
            storage.append_event(TIME, &refusal(number)).unwrap();
        }
    }
}

#[test]
fn without_maintenance_appending_ends_in_no_room_and_never_erases() {
    let mut storage = storage();
    let room = storage.event_room(EventClass::Evidence);
    assert!(room >= 62, "{room} events fit between two maintenances");
    let (sequence, usage) = used(&mut storage, |storage| {
        for number in 0..u32::try_from(room).unwrap() {
            storage.append_event(TIME, &opening(number)).unwrap();
        }
        let full = storage.append_event(TIME, &opening(0));
        assert_eq!(full, Err(StorageError::NoRoom));
        storage.newest_event()
    });
    assert_eq!((usage.erases, sequence), (0, Sequence(u32::try_from(room).unwrap())));
    settle(&mut storage);
    assert_eq!(
        storage.append_event(TIME, &opening(0)),
        Ok(sequence.next()),
        "no number was spent on the refusal"
    );
}

#[test]
fn noise_never_overwrites_evidence() {
    let mut storage = storage();
    let opened = storage.append_event(TIME, &opening(7)).unwrap();
    for number in 0..4 * ROUTINE {
        storage.append_event(TIME, &refusal(number)).unwrap();
        settle(&mut storage);
    }
    assert_eq!(storage.next_event(Sequence::FIRST).unwrap().unwrap().sequence, opened);
    assert_eq!(storage.lost_events().evidence, 0);
    assert!(storage.lost_events().routine > 3 * ROUTINE - 200);
}

#[test]
fn events_come_back_in_order_from_any_sequence_also_after_a_restart() {
    let mut storage = storage();
    let mut written = Vec::new();
    for number in 0..500 {
        for event in [opening(number), refusal(number), moved(number)] {
            let sequence = storage.append_event(TIME, &event).unwrap();
            written.push((sequence, event));
        }
        settle(&mut storage);
    }
    let mut storage = Storage::open(storage.into_flash()).unwrap();
    // Both parts are larger than what was written, but for the routine events.
    let lost = storage.lost_events().routine;
    let kept: Vec<_> = written
        .iter()
        .filter(|(sequence, event)| event.class() == EventClass::Evidence || sequence.0 > 3 * lost)
        .cloned()
        .collect();
    let read: Vec<_> =
        events(&mut storage, Sequence(0)).into_iter().map(|event| (event.sequence, event.event)).collect();
    assert!(read == kept, "{} read, {} kept, {lost} lost", read.len(), kept.len());
    for from in (1..1501).step_by(97).map(Sequence) {
        let first = storage.next_event(from).unwrap().unwrap().sequence;
        assert_eq!(
            Some(first),
            kept.iter().map(|(sequence, _)| *sequence).find(|sequence| *sequence >= from)
        );
    }
    assert_eq!(storage.next_event(Sequence(1501)).unwrap(), None);
}

#[test]
fn finding_an_event_in_a_full_log_takes_few_milliseconds() {
    let mut storage = storage();
    for number in 0..2 * EVIDENCE {
        storage.append_event(TIME, &opening(number)).unwrap();
        storage.append_event(TIME, &refusal(number)).unwrap();
        settle(&mut storage);
    }
    for from in (1..4 * EVIDENCE).step_by(331).map(Sequence) {
        let (_, usage) = used(&mut storage, |storage| storage.next_event(from).unwrap());
        assert!(usage.micros() <= 5_000, "{} µs from {from:?}", usage.micros());
    }
}

#[test]
fn loss_counts_what_was_overwritten_unacknowledged_and_survives_restarts() {
    let mut storage = storage();
    let mut appended = 0;
    let mut append = |storage: &mut Storage<NorFlash>, count: u32| {
        for _ in 0..count {
            storage.append_event(TIME, &opening(appended)).unwrap();
            appended += 1;
            settle(storage);
        }
    };
    append(&mut storage, 100);
    storage.acknowledge(Sequence(100)).unwrap();
    append(&mut storage, EVIDENCE);
    let oldest = storage.next_event(Sequence::FIRST).unwrap().unwrap().sequence;
    let first_loss = oldest.0 - 101;
    assert!(first_loss > 0, "some were overwritten");
    assert_eq!(storage.lost_events(), LostEvents { evidence: first_loss, routine: 0 });

    // Acknowledging past the gap keeps the count; what comes after adds to it.
    let newest = storage.newest_event();
    storage.acknowledge(newest).unwrap();
    let mut storage = Storage::open(storage.into_flash()).unwrap();
    assert_eq!(storage.lost_events().evidence, first_loss);
    append(&mut storage, EVIDENCE + 50);
    let oldest = storage.next_event(Sequence::FIRST).unwrap().unwrap().sequence;
    assert_eq!(storage.lost_events().evidence, first_loss + (oldest.0 - newest.0 - 1));
    let storage = Storage::open(storage.into_flash()).unwrap();
    assert_eq!(storage.lost_events().evidence, first_loss + (oldest.0 - newest.0 - 1));
}

#[test]
fn acknowledgements_only_rise_and_never_pass_the_newest_event() {
    let mut storage = storage();
    for number in 0..10 {
        storage.append_event(TIME, &opening(number)).unwrap();
    }
    assert!(storage.logs_waiting());
    storage.acknowledge(Sequence(7)).unwrap();
    storage.acknowledge(Sequence(3)).unwrap();
    assert_eq!(storage.acknowledged(), Sequence(7));
    storage.acknowledge(Sequence(4_000_000_000)).unwrap();
    assert_eq!(storage.acknowledged(), Sequence(10));
    assert!(!storage.logs_waiting());
    let storage = Storage::open(storage.into_flash()).unwrap();
    assert_eq!(storage.acknowledged(), Sequence(10));
}

#[test]
fn the_last_sixteen_operations_come_back_with_what_the_bolt_did() {
    let mut storage = storage();
    storage.append_event(TIME, &Event::Claimed).unwrap();
    for number in 0..40 {
        storage.append_event(TIME, &opening(number)).unwrap();
        storage.append_event(TIME, &refusal(number)).unwrap();
        // The bolt's report is missing now and then, as after a power cut.
        if number % 5 != 4 {
            storage.append_event(TIME, &moved(number)).unwrap();
        }
        settle(&mut storage);
    }
    let mut storage = Storage::open(storage.into_flash()).unwrap();
    let (recent, usage) = used(&mut storage, |storage| storage.recent_operations().unwrap());
    assert!(usage.reads <= 48, "{} reads", usage.reads);
    let read: Vec<_> = recent.iter().map(|recent| (recent.operation.operation, recent.result)).collect();
    let expected: Vec<_> = (24..40)
        .rev()
        .map(|number| (operation(number), (number % 5 != 4).then_some(ActuatorResult::Moved)))
        .collect();
    assert_eq!(read, expected);
}

#[test]
fn wear_spreads_over_each_part_of_the_log() {
    let mut storage = storage();
    for number in 0..6 * EVIDENCE {
        storage.append_event(TIME, &opening(number)).unwrap();
        storage.append_event(TIME, &refusal(number)).unwrap();
        settle(&mut storage);
    }
    for region in [layout::EVIDENCE, layout::ROUTINE] {
        let wear = &storage.flash().wear()[region.first_block..][..region.blocks];
        let (least, most) = (wear.iter().min().unwrap(), wear.iter().max().unwrap());
        assert!(most - least <= 1 && *least >= 5, "{least} to {most} erases");
    }
}

#[test]
fn a_flipped_bit_costs_one_record_and_no_other() {
    let mut storage = storage();
    for number in 0..100 {
        storage.append_event(TIME, &opening(number)).unwrap();
        settle(&mut storage);
    }
    let mut flash = storage.into_flash();
    // The 41st record: the tenth of the second block.
    flash.corrupt(layout::EVIDENCE.address() + 4096 + 128 * 10 + 20, 1, 0x10);
    let mut storage = Storage::open(flash).unwrap();
    let sequences: Vec<_> = events(&mut storage, Sequence(0)).iter().map(|event| event.sequence.0).collect();
    let expected: Vec<_> = (1..=100).filter(|sequence| *sequence != 41).collect();
    assert_eq!(sequences, expected, "the gap is detectable");
}
