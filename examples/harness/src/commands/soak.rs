//! `soak`: many taps by many phones over a radio that loses connections; each tap has one outcome.

mod tally;

use core::time::Duration;
use std::sync::Arc;

use futures_util::future::join_all;
use indicatif::ProgressBar;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::random::random_bytes;
use tokio::sync::Mutex;

use self::tally::{Tally, check};
use super::unlock::path;
use super::{Workplace, logs};
use crate::arguments::Soak;
use crate::carry::Courier;
use crate::clock::time_of_day;
use crate::delivery;
use crate::entropy::SystemRandom;
use crate::failure::{Failure, unlock_reason};
use crate::measure::holdings::Holdings;
use crate::measure::store::Measurement;
use crate::player::{Player, cancel_on_interrupt};
use crate::radio::saboteur::{Sabotage, Saboteur};
use crate::radio::{Air, PhoneRadio};
use crate::state::books::Books;
use crate::state::phone::TestPhone;
use crate::state::property::Property;

/// An outcome that takes longer than this has not come: the phone core's own deadline, a slow disconnect, and room.
const PATIENCE: Duration = Duration::from_secs(30);
/// Steps that an intent may report.
const STEPS: usize = 256;
/// What waits to be handed in before the books are opened for it: a phone keeps four batches of a door.
const HAND_IN: usize = 3;

/// One phone of the run.
struct Walker {
    phone: TestPhone,
    player: Player,
    saboteur: Arc<Saboteur>,
}

/// What all phones of the run share.
struct Ground<'a> {
    property: &'a Arc<Property>,
    books: Mutex<Books<'a>>,
    tally: Mutex<Tally>,
    cancel: CancelHandle,
    bar: ProgressBar,
    /// The tap by which the process holds what it needs.
    tenth: u32,
}

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
    let mut walkers = Vec::new();
    for number in 1..=asked.phones {
        let phone = workplace.state.phone(&format!("soak-{number}"), &property)?;
        phone.hold_grant(&door, &property)?;
        let sabotage = Sabotage {
            disconnects: asked.disconnects,
            lost_hellos: asked.lost_hellos,
            seed: seed.wrapping_add(u64::from(number)),
        };
        walkers.push(Walker::new(&air, phone, sabotage));
    }
    let mut books = Books::open(&property, door)?;
    let quiet = ProgressBar::hidden();
    let before = tally::operations(&collected(&walkers, &mut books, &quiet).await?);
    let bar = workplace.screen.bar(u64::from(asked.unlocks), "taps");
    let ground = Ground {
        property: &property,
        books: Mutex::new(books),
        tally: Mutex::default(),
        cancel: cancel_on_interrupt(),
        bar,
        tenth: asked.unlocks.div_ceil(10),
    };
    if air.is_shared() {
        let all = walkers.iter().zip(shares(asked.unlocks, asked.phones));
        let all = join_all(all.map(|(walker, taps)| walker.walk(taps, &ground))).await;
        all.into_iter().collect::<Result<(), _>>()?;
    } else {
        // Bluetooth stacks keep one connection to a device: the phones take turns.
        for tap in 0..asked.unlocks {
            let turn = usize::try_from(tap % asked.phones).unwrap_or(0);
            let Some(walker) = walkers.get(turn).filter(|_| !ground.cancel.is_cancelled()) else { break };
            walker.walk(1, &ground).await?;
        }
    }
    ground.bar.finish_and_clear();
    let Ground { books, tally, .. } = ground;
    let (mut books, mut tally) = (books.into_inner(), tally.into_inner());
    tally.late = Holdings::now();
    walkers.iter().for_each(|walker| tally.sabotaged(&walker.saboteur.done()));
    for walker in &walkers {
        delivery::hand_in(&walker.phone, &mut books)?;
    }
    let spinner = workplace.screen.spinner("collecting the log");
    let after = tally::operations(&collected(&walkers, &mut books, &spinner).await?);
    spinner.finish_and_clear();
    let verdict = check(&tally, &before, &after);
    let facts = tally.facts(&name, seed, &verdict);
    let measurement = Measurement {
        command: "soak".to_owned(),
        at: time_of_day(),
        door: name.clone(),
        radio: air.name().to_owned(),
        figures: tally.figures(),
        facts: facts.clone(),
    };
    measurement.save(&workplace.state.measurements())?;
    workplace.screen.tell(&tally.table(&name, seed), &facts);
    verdict.map_err(|broken| {
        let next =
            format!("run it again with --seed {seed}, and keep the state folder: its log is the evidence");
        Failure::new("soak-broken", broken, next)
    })
}

/// Everything that the door has written down, with a radio that loses nothing.
async fn collected(
    walkers: &[Walker],
    books: &mut Books<'_>,
    bar: &ProgressBar,
) -> Result<Vec<thumbturn_lock::event::LoggedEvent>, Failure> {
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

impl Walker {
    fn new(air: &Air, phone: TestPhone, sabotage: Sabotage) -> Self {
        let PhoneRadio { link, timeline } = air.phone();
        let saboteur = Arc::new(Saboteur::new(link, sabotage));
        let radio = PhoneRadio { link: Arc::<Saboteur>::clone(&saboteur), timeline };
        Self { phone, player: Player::on(radio), saboteur }
    }

    /// So many taps, one after the other.
    async fn walk(&self, taps: u32, ground: &Ground<'_>) -> Result<(), Failure> {
        for _ in 0..taps {
            if ground.cancel.is_cancelled() {
                return Ok(());
            }
            self.tap(ground).await?;
            ground.bar.inc(1);
        }
        Ok(())
    }

    /// One tap, and what follows behind the opening.
    async fn tap(&self, ground: &Ground<'_>) -> Result<(), Failure> {
        let door = ground.books.lock().await.door().configuration.door;
        let unlocker = self.player.unlocker(&self.phone, Some(ground.property));
        let (steps, begun) = (EventQueue::new(STEPS), self.player.timeline.now());
        {
            let mut tally = ground.tally.lock().await;
            tally.requests += 1;
            if tally.requests == ground.tenth {
                tally.early = Holdings::now();
            }
        }
        // A tap is not taken back by Ctrl-C: its outcome is what this is about.
        let cancel = CancelHandle::new();
        let tapped = tokio::time::timeout(PATIENCE, unlocker.unlock_first(door, &cancel, &steps)).await;
        let took = self.player.timeline.now().saturating_sub(begun);
        drop(self.player.timeline.take());
        let Ok(outcome) = tapped else {
            ground.tally.lock().await.silent += 1;
            return Ok(());
        };
        match outcome {
            Ok(unlocked) => {
                ground.tally.lock().await.opened(path(unlocked.opened.path), took);
                drop(delivery::behind(unlocked, &cancel, &self.player).await);
            }
            Err(error) => ground.tally.lock().await.refused(unlock_reason(error)),
        }
        if self.phone.inbox()?.to_upload().len() >= HAND_IN {
            delivery::hand_in(&self.phone, &mut *ground.books.lock().await)?;
        }
        Ok(())
    }
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
