//! Random changes, maintenance, restarts and power cuts against the list in memory (invariants I2 and I3).

use proptest::prelude::*;
use thumbturn_lock::storage::StorageError;
use thumbturn_lock::storage::list::{ListError, ParcelKind};

use crate::door::Door;
use crate::list::{Delta, List, key};
use crate::power_cuts::MOMENTS;

/// Numbers of rows.
const NUMBERS: u32 = 600;

#[derive(Clone, Debug)]
enum Step {
    /// Rows from `first` on, so many, by this stride.
    Delta {
        first: u32,
        count: u32,
        stride: u32,
        settings: Option<usize>,
    },
    Snapshot {
        first: u32,
        count: u32,
    },
    /// So many chunks of a snapshot, which may never be completed.
    Stage {
        count: u32,
        chunks: usize,
    },
    Maintain(usize),
    Restart,
}

#[derive(Clone, Debug)]
struct Action {
    step: Step,
    cut: Option<(u64, usize)>,
    /// Whether the chip works on after the failure.
    powered: bool,
}

fn action() -> impl Strategy<Value = Action> {
    let settings = prop::option::weighted(0.2, 1_usize..1_000);
    let step = prop_oneof![
        12 => (0..NUMBERS, 0_u32..3, 1_u32..40, settings.clone())
            .prop_map(|(first, count, stride, settings)| Step::Delta { first, count, stride, settings }),
        6 => (0..NUMBERS, 0_u32..300, 1_u32..8, settings)
            .prop_map(|(first, count, stride, settings)| Step::Delta { first, count, stride, settings }),
        2 => (0..NUMBERS, 0..NUMBERS).prop_map(|(first, count)| Step::Snapshot { first, count }),
        2 => (0..NUMBERS, 0_usize..8).prop_map(|(count, chunks)| Step::Stage { count, chunks }),
        6 => (0_usize..30).prop_map(Step::Maintain),
        1 => Just(Step::Restart),
    ];
    let cut = prop::option::weighted(0.3, (0_u64..150, 0_usize..3));
    (step, cut, any::<bool>()).prop_map(|(step, cut, powered)| Action { step, cut, powered })
}

struct World {
    door: Door,
    list: List,
    /// What the list is if a change that failed has happened after all.
    perhaps: Option<List>,
    version: u32,
}

impl World {
    fn new() -> Self {
        let list = List::new(1, (0..300).map(|number| (number, number)));
        Self { door: Door::with(&list), list, perhaps: None, version: 1 }
    }

    fn run(&mut self, step: &Step) -> Result<(), ListError> {
        match step {
            Step::Delta { first, count, stride, settings } => {
                self.version += 1;
                let version = self.version;
                let rows = (0..*count).map(|index| {
                    let number = (first + index * stride) % NUMBERS;
                    (number, (!(number + version).is_multiple_of(3)).then_some(version * 1_000 + index))
                });
                let delta = Delta { rows: rows.collect(), settings: *settings };
                let list = self.list.changed(version, &delta);
                self.perhaps = Some(list.clone());
                self.door.apply_delta(&delta, &list)?;
                self.list = list;
            }
            Step::Snapshot { first, count } => {
                self.version += 1;
                let rows = (0..*count).map(|index| ((first + index) % NUMBERS, self.version + index));
                let list = List::new(self.version, rows);
                self.perhaps = Some(list.clone());
                self.door.take_snapshot(&list)?;
                self.list = list;
            }
            Step::Stage { count, chunks } => {
                self.version += 1;
                let list = List::new(self.version, (0..*count).map(|number| (number, number)));
                // Never applied: a later version overtakes it.
                self.door.stage_snapshot(&list, *chunks)?;
            }
            Step::Maintain(times) => {
                for _ in 0..*times {
                    self.door.maintain()?;
                }
            }
            Step::Restart => {
                let flash = self.door.flash.clone();
                self.door = Door::open(flash)?;
            }
        }
        self.perhaps = None;
        Ok(())
    }

    /// After a failure: the door has the list as it was or as it was to be.
    fn recover(&mut self, powered: bool) {
        if powered {
            self.door.maintain().unwrap();
        } else {
            let mut flash = self.door.flash.clone();
            flash.power_on();
            self.door = Door::open(flash).unwrap();
        }
        if let Some(perhaps) = self.perhaps.take()
            && self.door.holds(&perhaps)
        {
            self.list = perhaps;
        }
    }

    fn assert_right(&mut self) {
        assert!(self.door.holds(&self.list), "version {}", self.list.version);
        for number in 0..NUMBERS {
            assert_eq!(self.door.find(number).unwrap().as_ref(), self.list.rows.get(&key(number)));
        }
        if let Some(staged) = self.door.store.staged(ParcelKind::Snapshot) {
            assert!(staged.parcel.to.version.0 > self.list.version);
        }
        assert!(self.door.longest_call <= 100_000, "{} µs", self.door.longest_call);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_door_has_the_list_of_its_version_whatever_happens(actions in prop::collection::vec(action(), 1..40)) {
        let mut world = World::new();
        for (number, Action { step, cut, powered }) in actions.iter().enumerate() {
            if let Some((operations, moment)) = cut {
                world.door.flash.reseed(number as u64);
                if *powered {
                    world.door.flash.fail_operation(*operations, MOMENTS[*moment]);
                } else {
                    world.door.flash.cut_power(*operations, MOMENTS[*moment]);
                }
            }
            match world.run(step) {
                Ok(()) => world.door.flash.power_on(),
                Err(ListError::Storage(StorageError::Flash(_)) | ListError::NotBegun | ListError::NotStaged) if cut.is_some() => {
                    world.recover(*powered);
                    world.door.flash.power_on();
                }
                Err(ListError::DailyErases) => world.perhaps = None,
                // A merge that could not wait took the slot.
                Err(ListError::NotStaged) => world.perhaps = None,
                Err(error) => panic!("{error:?} in {step:?}"),
            }
            world.assert_right();
        }
        world.door.settle();
        world.assert_right();
        let door = core::mem::replace(&mut world.door, Door::new());
        world.door = door.restart();
        world.assert_right();
    }
}
