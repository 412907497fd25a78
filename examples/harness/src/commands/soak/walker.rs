//! A phone that taps, again and again, over a radio that loses connections.

use core::time::Duration;
use std::sync::Arc;

use indicatif::ProgressBar;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::queue::EventQueue;
use tokio::sync::Mutex;

use super::tally::Tally;
use crate::commands::unlock::path;
use crate::delivery;
use crate::failure::{Failure, unlock_reason};
use crate::measure::holdings::Holdings;
use crate::player::Player;
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
pub(super) struct Walker {
    pub(super) phone: TestPhone,
    pub(super) player: Player,
    pub(super) saboteur: Arc<Saboteur>,
}

/// What all phones of the run share.
pub(super) struct Ground<'a> {
    pub(super) property: &'a Arc<Property>,
    pub(super) books: Mutex<Books<'a>>,
    pub(super) tally: Mutex<Tally>,
    pub(super) cancel: CancelHandle,
    pub(super) bar: ProgressBar,
    /// The tap by which the process holds what it needs.
    pub(super) tenth: u32,
}

impl Walker {
    /// Another phone on the air.
    pub(super) fn new(air: &Air, phone: TestPhone, sabotage: Sabotage) -> Self {
        let PhoneRadio { link, timeline } = air.phone();
        let saboteur = Arc::new(Saboteur::new(link, sabotage));
        let radio = PhoneRadio { link: Arc::<Saboteur>::clone(&saboteur), timeline };
        Self { phone, player: Player::on(radio), saboteur }
    }

    /// So many taps, one after the other.
    pub(super) async fn walk(&self, taps: u32, ground: &Ground<'_>) -> Result<(), Failure> {
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
