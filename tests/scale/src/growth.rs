//! What use cases cost in a small store and in a large one, in turns, so that whatever else the machine does meets both.

use std::time::Duration;

use thumbturn_manager::office::Store;

use crate::engine::{Engine, Place};
use crate::failure::Failure;
use crate::figures::Figures;
use crate::house::{House, found, office};
use crate::mass;
use crate::plan::Plan;
use crate::random::Counting;
use crate::stopwatch::{median, now};

/// Properties on which is measured, spread over the others.
const HOUSES: u64 = 4;
/// As much more as a use case may cost in the large store.
const BOUND: f64 = 2.0;

/// What is measured.
#[derive(Clone, Copy)]
enum Case {
    Revoke,
    KeyChange,
    Sync,
}

impl Case {
    const fn name(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::KeyChange => "key_change",
            Self::Sync => "sync",
        }
    }

    const fn repetitions(self, plan: &Plan) -> usize {
        match self {
            Self::Revoke => plan.revokes,
            Self::KeyChange => plan.key_changes,
            Self::Sync => plan.syncs,
        }
    }
}

/// Fills both stores, measures in them, and deletes them.
pub(crate) async fn measure(engine: &Engine, plan: &Plan, figures: &mut Figures) -> Result<(), Failure> {
    let (small, large) = (engine.make(Place::Small).await?, engine.make(Place::Large).await?);
    let [few, many] = plan.people;
    let mut houses = [build(&small, few, plan).await?, build(&large, many, plan).await?];
    println!("{}: two stores of {few} and {many} people are filled", engine.name());
    for case in [Case::Revoke, Case::KeyChange, Case::Sync] {
        let [few, many] = times(&mut houses, case, case.repetitions(plan)).await?.map(median);
        let (subject, case, engine) = (plan.subject, case.name(), engine.name());
        println!("{engine}: {case} takes {few:.2} ms and {many:.2} ms");
        figures.note(format!("{subject}.{case}_ms_small.{engine}"), few);
        figures.note(format!("{subject}.{case}_ms_large.{engine}"), many);
        figures.note_bounded(format!("{subject}.{case}_ratio_{}.{engine}", plan.sizes), many / few, BOUND);
    }
    drop(houses);
    engine.delete(small, Place::Small).await?;
    engine.delete(large, Place::Large).await
}

/// Fills a store, a part before each property on which is measured and one behind the last.
async fn build(store: &Store, people: u64, plan: &Plan) -> Result<Vec<House>, Failure> {
    let (office, mut random, start) = (office(store), Counting::seeded(people), now());
    let portfolio = found(&office, &mut random).await?;
    let (properties, mut houses, mut first) = (people / mass::PEOPLE, Vec::new(), 0);
    for part in 1..=HOUSES + 1 {
        let last = properties * part / (HOUSES + 1);
        mass::fill(store, first..last).await?;
        first = last;
        if part <= HOUSES {
            houses.push(House::build(&office, portfolio, Counting::seeded(part), plan.holders).await?);
        }
        println!("{} people after {:.0} s", last * mass::PEOPLE, start.elapsed().as_secs_f64());
    }
    // What the engine does by itself after a while: it looks how much there is of everything.
    store.run_alone("ANALYZE").await?;
    Ok(houses)
}

/// Times in the small store and in the large one. Each property has its turn, and the first turns do not count: they find nothing in memory.
async fn times(
    houses: &mut [Vec<House>; 2],
    case: Case,
    repetitions: usize,
) -> Result<[Vec<Duration>; 2], Failure> {
    let mut times = [Vec::new(), Vec::new()];
    let warm_up = houses.iter().map(Vec::len).max().unwrap_or(0);
    for turn in 0..warm_up + repetitions {
        for (houses, times) in houses.iter_mut().zip(&mut times) {
            let place = turn % houses.len().max(1);
            let Some(house) = houses.get_mut(place) else { continue };
            let time = match case {
                Case::Revoke => house.revoke().await?,
                Case::KeyChange => house.change_key().await?,
                Case::Sync => house.sync().await?,
            };
            if turn >= warm_up {
                times.push(time);
            }
        }
    }
    Ok(times)
}
