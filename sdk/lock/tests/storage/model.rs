//! Random operations and random power cuts against a model in memory (invariant I3).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use thumbturn_lock::storage::{Maintenance, Storage, StorageError};
use thumbturn_protocol::event::{Event, EventClass, Sequence};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::nor::NorFlash;

use crate::support::{
    MOMENTS, TIME, chain, current_ticket, events, formatted, moved, opening, operation, phone, refusal,
    settle,
};

/// Phones whose chains change.
const PHONES: u32 = 6;
/// Phones whose chains lie still, to be moved by compaction.
const STILL: core::ops::Range<u32> = 1_000..1_500;

#[derive(Clone, Debug)]
enum Step {
    Open,
    BoltMoved,
    Refuse,
    Acknowledge(u32),
    Keep(u32),
    Forget(u32),
    Commit(u8),
    RaiseFloor(u64),
    Hello,
    Reset,
    Maintain,
    Restart,
}

#[derive(Clone, Debug)]
struct Action {
    step: Step,
    times: u32,
    /// Power fails after so many more programs and erases, at this moment.
    cut: Option<(u64, usize)>,
}

fn action() -> impl Strategy<Value = Action> {
    let step = prop_oneof![
        6 => Just(Step::Open),
        2 => Just(Step::BoltMoved),
        4 => Just(Step::Refuse),
        2 => (0_u32..80).prop_map(Step::Acknowledge),
        8 => (0..PHONES).prop_map(Step::Keep),
        3 => (0..PHONES).prop_map(Step::Forget),
        2 => any::<u8>().prop_map(Step::Commit),
        1 => (0_u64..9_000).prop_map(Step::RaiseFloor),
        2 => Just(Step::Hello),
        1 => Just(Step::Reset),
        4 => Just(Step::Maintain),
        1 => Just(Step::Restart),
    ];
    let cut = proptest::option::weighted(0.4, (0_u64..60, 0_usize..3));
    (step, 1_u32..40, cut).prop_map(|(step, times, cut)| Action { step, times, cut })
}

#[derive(Clone, Debug, Default)]
struct Model {
    events: Vec<Event>,
    acknowledged: u32,
    /// Overwritten before they were acknowledged, of those that are acknowledged now: evidence, routine.
    lost: [u32; 2],
    chains: BTreeMap<u32, u32>,
    /// The newest ticket that a phone ever had: tickets never come twice.
    tickets: BTreeMap<u32, u32>,
    still: bool,
    identity: Option<u8>,
    floor: u64,
    resetting: bool,
}

struct Door {
    storage: Storage<NorFlash>,
    model: Model,
    newest_hello: Option<u64>,
}

impl Door {
    fn run(&mut self, action: &Action) -> Result<(), TestCaseError> {
        if let Some((operations, moment)) = action.cut {
            self.storage.flash_mut().cut_power(operations, MOMENTS[moment]);
        }
        let once = matches!(action.step, Step::Acknowledge(_) | Step::Reset | Step::Restart);
        for _ in 0..if once { 1 } else { action.times } {
            self.step(&action.step)?;
            if !matches!(action.step, Step::Maintain) {
                self.step(&Step::Maintain)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let mut after = self.model.clone();
        let result = self.apply(step, &mut after);
        match result {
            Ok(()) => self.model = after,
            Err(StorageError::NoRoom | StorageError::Resetting) => {}
            Err(StorageError::Flash(_)) => {
                prop_assert!(!self.storage.flash().is_powered(), "the flash fails only when its power does");
                self.restart()?;
                // It happened or it did not; nothing else.
                if self.compare(&self.model.clone()).is_err() {
                    self.compare(&after)?;
                    self.model = after;
                }
            }
            Err(error) => prop_assert!(false, "{step:?}: {error}"),
        }
        Ok(())
    }

    fn apply(&mut self, step: &Step, after: &mut Model) -> Result<(), StorageError> {
        let number = after.events.len() as u32;
        let storage = &mut self.storage;
        match *step {
            Step::Open => append(storage, after, opening(number)),
            // The motor reports once for each operation.
            Step::BoltMoved if !matches!(after.events.last(), Some(Event::Operation(_))) => Ok(()),
            Step::BoltMoved => append(storage, after, moved(number - 1)),
            Step::Refuse => append(storage, after, refusal(number)),
            Step::Acknowledge(back) => {
                let up_to = number.saturating_sub(back).max(after.acknowledged);
                let readable: Vec<u32> = if storage.is_resetting() { Vec::new() } else { readable(storage) };
                for sequence in after.acknowledged + 1..=up_to {
                    if readable.binary_search(&sequence).is_err() {
                        after.lost[part(&after.events[sequence as usize - 1])] += 1;
                    }
                }
                after.acknowledged = up_to;
                storage.acknowledge(Sequence(number.saturating_sub(back)))
            }
            Step::Keep(number) => {
                let ticket = after.tickets.get(&number).map_or(0, |ticket| ticket + 1);
                after.tickets.insert(number, ticket);
                after.chains.insert(number, ticket);
                // A ticket that may have been written is never made again.
                self.model.tickets.insert(number, ticket);
                storage.keep_chain(&chain(number, ticket))
            }
            Step::Forget(number) => {
                after.chains.remove(&number);
                storage.forget_chain(phone(number))
            }
            Step::Commit(identity) => {
                after.identity = Some(identity);
                storage.commit_identity(&[identity; 500])
            }
            Step::RaiseFloor(seconds) => {
                after.floor = after.floor.max(seconds);
                storage.raise_floor(UnixSeconds::new(seconds).unwrap());
                let persisted = storage.persist_floor();
                if persisted == Err(StorageError::NoRoom) {
                    *storage = Storage::open(storage.flash().clone())?;
                }
                persisted
            }
            Step::Hello => {
                let hello = storage.next_hello()?;
                assert!(self.newest_hello.is_none_or(|newest| newest < hello), "hello {hello} came twice");
                self.newest_hello = Some(hello);
                Ok(())
            }
            Step::Reset => {
                if after.resetting {
                    return storage.begin_reset();
                }
                *after = Model { tickets: after.tickets.clone(), resetting: true, ..Model::default() };
                storage.begin_reset()
            }
            Step::Maintain => storage.maintain().map(|_| after.resetting = storage.is_resetting()),
            Step::Restart => {
                storage.flash_mut().power_on();
                *storage = Storage::open(storage.flash().clone())?;
                Ok(())
            }
        }
    }

    fn restart(&mut self) -> Result<(), TestCaseError> {
        let mut flash = self.storage.flash().clone();
        // Power fails again while the door starts and prepares blocks.
        for operations in 0..3 {
            flash.power_on();
            flash.cut_power(operations, MOMENTS[operations as usize]);
            if let Ok(mut storage) = Storage::open(&mut flash) {
                while storage.maintain() == Ok(Maintenance::More) {}
            }
        }
        flash.power_on();
        self.storage = Storage::open(flash).map_err(|error| TestCaseError::fail(error.to_string()))?;
        Ok(())
    }

    fn compare(&mut self, model: &Model) -> Result<(), TestCaseError> {
        let storage = &mut self.storage;
        prop_assert_eq!(storage.floor().seconds(), model.floor);
        let identity = storage.identity().unwrap().map(|identity| identity[0]);
        prop_assert_eq!(identity, model.identity);
        // Maintenance at the restart may have finished the reset.
        prop_assert!(!storage.is_resetting() || model.resetting);
        if storage.is_resetting() {
            return Ok(());
        }
        compare_events(storage, model)?;
        for number in 0..PHONES {
            prop_assert_eq!(current_ticket(storage, number), model.chains.get(&number).copied());
        }
        for number in STILL.step_by(41) {
            prop_assert_eq!(current_ticket(storage, number), model.still.then_some(1));
        }
        let still = if model.still { STILL.len() } else { 0 };
        prop_assert_eq!(storage.chains(), model.chains.len() + still);
        Ok(())
    }
}

fn append(storage: &mut Storage<NorFlash>, after: &mut Model, event: Event) -> Result<(), StorageError> {
    after.events.push(event.clone());
    let sequence = storage.append_event(TIME, &event)?;
    assert_eq!(sequence.0 as usize, after.events.len(), "the sequence has no gap");
    Ok(())
}

fn part(event: &Event) -> usize {
    match event.class() {
        EventClass::Evidence => 0,
        EventClass::Routine => 1,
    }
}

fn readable(storage: &mut Storage<NorFlash>) -> Vec<u32> {
    events(storage, Sequence(0)).iter().map(|event| event.sequence.0).collect()
}

fn compare_events(storage: &mut Storage<NorFlash>, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(storage.newest_event().0 as usize, model.events.len());
    prop_assert_eq!(storage.acknowledged().0, model.acknowledged);
    let read = events(storage, Sequence(0));
    let mut lost = model.lost;
    let mut kept = [0, 0];
    let mut next_read = read.iter().peekable();
    for (sequence, event) in (1..).zip(&model.events) {
        let class = part(event);
        if let Some(found) = next_read.next_if(|read| read.sequence.0 == sequence) {
            prop_assert_eq!(&found.event, event);
            kept[class] += 1;
        } else {
            prop_assert_eq!(kept[class], 0, "event {} is missing between others of its part", sequence);
            lost[class] += u32::from(sequence > model.acknowledged);
        }
    }
    prop_assert!(next_read.peek().is_none());
    prop_assert_eq!([storage.lost_events().evidence, storage.lost_events().routine], lost);
    let written = |class| model.events.iter().filter(|event| part(event) == class).count();
    prop_assert!(kept[0] >= written(0).min(44 * 31) && kept[1] >= written(1).min(12 * 31), "{:?}", kept);

    let openings: Vec<_> =
        (0..).zip(&model.events).filter(|(_, event)| matches!(event, Event::Operation(_))).collect();
    let recent = storage.recent_operations().unwrap();
    let expected = openings.iter().rev().map(|(number, _)| operation(*number));
    prop_assert!(recent.iter().map(|recent| recent.operation.operation).eq(expected.take(16)));
    Ok(())
}

/// A chip fresh from the factory, one with a full log, and one whose ticket store is about to be compacted.
static STARTS: LazyLock<[(NorFlash, Model); 3]> = LazyLock::new(|| {
    let fresh = (formatted(), Model::default());
    let mut logged = Storage::open(formatted()).unwrap();
    let mut model = Model::default();
    for number in 0..2_200 {
        append(&mut logged, &mut model, opening(number * 2)).unwrap();
        append(&mut logged, &mut model, refusal(number)).unwrap();
        settle(&mut logged);
    }
    let full_log = (logged.into_flash(), model);
    let mut kept = Storage::open(formatted()).unwrap();
    for number in STILL {
        kept.keep_chain(&chain(number, 1)).unwrap();
        settle(&mut kept);
    }
    for ticket in 0..1_150 {
        kept.keep_chain(&chain(0, ticket)).unwrap();
        settle(&mut kept);
    }
    let model = Model {
        chains: BTreeMap::from([(0, 1_149)]),
        tickets: BTreeMap::from([(0, 1_149)]),
        still: true,
        ..Model::default()
    };
    [fresh, full_log, (kept.into_flash(), model)]
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_door_is_in_the_state_before_or_after(
        start in 0_usize..3,
        seed in any::<u64>(),
        actions in prop::collection::vec(action(), 1..40),
    ) {
        let (mut flash, model) = STARTS[start].clone();
        flash.reseed(seed);
        let mut door = Door { storage: Storage::open(flash).unwrap(), model, newest_hello: None };
        for action in &actions {
            door.run(action)?;
        }
        door.restart()?;
        door.compare(&door.model.clone())?;
        prop_assert_eq!(door.storage.flash().usage().conflicts, 0);
    }
}
