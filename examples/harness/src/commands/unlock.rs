//! `unlock`: one tap, one outcome.

use serde_json::json;
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::unlock::{Bolt, Opened, Progress, UnlockError, UnlockPath};

use super::Workplace;
use crate::arguments::Unlock;
use crate::delivery;
use crate::failure::Failure;
use crate::player::{Player, cancel_on_interrupt};
use crate::radio::timeline::Timeline;
use crate::state::books::Books;

/// Steps that an intent may report.
const STEPS: usize = 256;

/// Opens the door.
pub(crate) async fn run(workplace: &Workplace, asked: &Unlock) -> Result<(), Failure> {
    let (property, door, phone) = workplace.visit(&asked.visit)?;
    let air = workplace.air().await?;
    let player = Player::new(&air);
    let (unlocker, cancel) = (player.unlocker(&phone, Some(&property)), cancel_on_interrupt());
    let (steps, id) = (EventQueue::new(STEPS), door.configuration.door);
    let spinner = workplace.screen.spinner("searching");
    let tap = unlocker.unlock_first(id, &cancel, &steps);
    tokio::pin!(tap);
    let unlocked = loop {
        tokio::select! {
            biased;
            unlocked = &mut tap => break unlocked,
            step = steps.pop() => spinner.set_message(words(step)),
        }
    };
    spinner.finish_and_clear();
    let unlocked = unlocked.map_err(|error| explain(error, &player.timeline))?;
    let opened = unlocked.opened;
    let milliseconds = u64::try_from(player.timeline.now().as_millis()).unwrap_or(u64::MAX);
    workplace.screen.tell(
        &format!("{} is open ({}), {milliseconds} ms after the tap", door.name, sentence(&opened)),
        &json!({
            "command": "unlock", "door": door.name, "phone": phone.name, "outcome": "open",
            "path": path(opened.path), "bolt_moved": opened.bolt == Bolt::Moved, "attempts": opened.attempts,
            "list_version": opened.list_version, "relock_seconds": opened.relock_seconds,
            "milliseconds": milliseconds,
        }),
    );
    if asked.deliver {
        let mut books = Books::open(&property, door)?;
        let delivered = delivery::behind(unlocked, &cancel, &player).await;
        delivery::hand_in(&phone, &mut books)?;
        workplace.screen.tell(&delivered.sentence(), &delivered.facts());
    } else {
        unlocked.leave().await;
    }
    Ok(())
}

/// A failure with what the radio saw behind it.
pub(crate) fn explain(error: UnlockError, timeline: &Timeline) -> Failure {
    let of_radio = matches!(
        error,
        UnlockError::BluetoothOff | UnlockError::BluetoothUnauthorized | UnlockError::ConnectionLost
    );
    let trouble = timeline.take_trouble().filter(|_| of_radio);
    Failure::from(error).because(trouble.as_ref())
}

/// How a path is called in figures.
pub(crate) const fn path(path: UnlockPath) -> &'static str {
    match path {
        UnlockPath::Fast => "fast",
        UnlockPath::Full => "full",
    }
}

fn sentence(opened: &Opened) -> String {
    let bolt = match opened.bolt {
        Bolt::Moved => "the bolt has moved",
        Bolt::Unconfirmed => "the bolt's word has not come",
    };
    format!("{} path, {bolt}, list version {}", path(opened.path), opened.list_version)
}

fn words(step: Progress) -> String {
    match step {
        Progress::Searching => "searching".to_owned(),
        Progress::Connecting { attempt } => format!("connecting, attempt {attempt}"),
        Progress::Asking => "asking".to_owned(),
        Progress::WaitingForDoor => "the door is busy".to_owned(),
        Progress::Updating { percent } => format!("the door is being updated: {percent} %"),
        Progress::Accepted { .. } => "accepted, the motor runs".to_owned(),
        _ => "working".to_owned(),
    }
}
