//! `soak`: many taps by many phones over a radio that loses connections; each tap has one outcome.

mod tally;
mod walker;

use futures_util::future::join_all;
use indicatif::ProgressBar;
use thumbturn_protocol::event::LoggedEvent;
use thumbturn_protocol::random::random_bytes;
use tokio::sync::Mutex;

use self::tally::{Tally, check};
use self::walker::{Ground, Walker};
use super::{Workplace, logs};
use crate::arguments::Soak;
use crate::carry::Courier;
use crate::clock::time_of_day;
use crate::delivery;
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::measure::holdings::Holdings;
use crate::measure::store::Measurement;
use crate::player::cancel_on_interrupt;
use crate::radio::Air;
use crate::radio::saboteur::Sabotage;
use crate::state::books::Books;
use crate::state::door::DoorFile;
use crate::state::property::Property;

/// Runs it.
pub(crate) async fn run(workplace: &Workplace, asked: &Soak) -> Result<(), Failure> {
    let property = workplace.state.property()?;
    let door = workplace.state.door(asked.door.as_deref())?;
    let name = door.name.clone();
    let seed = match asked.seed {
        Some(seed) => seed,
        None => u64::from(u32::from_be_bytes(random_bytes(&mut SystemRandom)?)),
    };
    let air = workplace.air().await?;
    let walkers = walkers(workplace, asked, seed, &air, (&property, &door))?;
    let mut books = Books::open(&property, door)?;
    let before = tally::operations(&collected(&walkers, &mut books, &ProgressBar::hidden()).await?);
    let ground = Ground {
        property: &property,
        books: Mutex::new(books),
        tally: Mutex::default(),
        cancel: cancel_on_interrupt(),
        bar: workplace.screen.bar(u64::from(asked.unlocks), "taps"),
        tenth: asked.unlocks.div_ceil(10),
    };
    walk(&walkers, asked, &air, &ground).await?;
    ground.bar.finish_and_clear();
    let Ground { books, tally, .. } = ground;
    let (mut books, mut tally) = (books.into_inner(), tally.into_inner());
    tally.late = Holdings::now();
    for walker in &walkers {
        tally.sabotaged(&walker.saboteur.done());
        delivery::hand_in(&walker.phone, &mut books)?;
    }
    let spinner = workplace.screen.spinner("collecting the log");
    let after = tally::operations(&collected(&walkers, &mut books, &spinner).await?);
    spinner.finish_and_clear();
    let verdict = check(&tally, &before, &after);
    tell(workplace, &air, (&name, seed), &tally, verdict)
}

/// All phones, each with a grant and a radio that something goes wrong on.
fn walkers(
    workplace: &Workplace,
    asked: &Soak,
    seed: u64,
    air: &Air,
    (property, door): (&Property, &DoorFile),
) -> Result<Vec<Walker>, Failure> {
    let walker = |number: u32| {
        let phone = workplace.state.phone(&format!("soak-{number}"), property)?;
        phone.hold_grant(door, property)?;
        let sabotage = Sabotage {
            disconnects: asked.disconnects,
            lost_hellos: asked.lost_hellos,
            seed: seed.wrapping_add(u64::from(number)),
        };
        Ok(Walker::new(air, phone, sabotage))
    };
    (1..=asked.phones).map(walker).collect()
}

/// All taps: side by side where the radio carries that.
async fn walk(walkers: &[Walker], asked: &Soak, air: &Air, ground: &Ground<'_>) -> Result<(), Failure> {
    if air.is_shared() {
        let all = walkers.iter().zip(shares(asked.unlocks, asked.phones));
        let all = join_all(all.map(|(walker, taps)| walker.walk(taps, ground))).await;
        return all.into_iter().collect();
    }
    // Bluetooth stacks keep one connection to a device: the phones take turns.
    for tap in 0..asked.unlocks {
        let turn = usize::try_from(tap % asked.phones).unwrap_or(0);
        let Some(walker) = walkers.get(turn).filter(|_| !ground.cancel.is_cancelled()) else { break };
        walker.walk(1, ground).await?;
    }
    Ok(())
}

/// Everything that the door has written down, with a radio that loses nothing.
async fn collected(
    walkers: &[Walker],
    books: &mut Books<'_>,
    bar: &ProgressBar,
) -> Result<Vec<LoggedEvent>, Failure> {
    if let Some(walker) = walkers.first() {
        walker.saboteur.rest(true);
        let courier = Courier { player: &walker.player, phone: &walker.phone, clock: None };
        let whole = logs::collect(&courier, books, bar).await;
        walker.saboteur.rest(false);
        if !whole? {
            let next = "run `logs` until it says that everything is here, then this again";
            return Err(Failure::new("log-incomplete", "the door's log did not come whole", next));
        }
    }
    Ok(books.events().filter_map(|(_, event)| event).collect())
}

/// Keeps what was measured and says what came of it.
fn tell(
    workplace: &Workplace,
    air: &Air,
    (name, seed): (&str, u64),
    tally: &Tally,
    verdict: Result<(), String>,
) -> Result<(), Failure> {
    let facts = tally.facts(name, seed, &verdict);
    let measurement = Measurement {
        command: "soak".to_owned(),
        at: time_of_day(),
        door: name.to_owned(),
        radio: air.name().to_owned(),
        figures: tally.figures(),
        facts: facts.clone(),
    };
    measurement.save(&workplace.state.measurements())?;
    workplace.screen.tell(&tally.table(name, seed), &facts);
    verdict.map_err(|broken| {
        let next =
            format!("run it again with --seed {seed}, and keep the state folder: its log is the evidence");
        Failure::new("soak-broken", broken, next)
    })
}

/// So many taps for each phone.
fn shares(taps: u32, phones: u32) -> impl Iterator<Item = u32> {
    let (each, more) = (taps.checked_div(phones).unwrap_or(0), taps.checked_rem(phones).unwrap_or(0));
    (0..phones).map(move |phone| each + u32::from(phone < more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_taps_are_shared_out() {
        assert_eq!(shares(50, 3).collect::<Vec<_>>(), [17, 17, 16]);
        assert_eq!(shares(2, 3).sum::<u32>(), 2);
    }
}
