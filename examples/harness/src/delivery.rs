//! What phones bring to doors and take along, and how the authority's books learn from it.

use core::time::Duration;
use std::sync::Arc;

use serde_json::{Value, json};
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::courier::{CourierEvent, End, UploadObject};
use thumbturn_phone::driver::{PassError, Unlocked, Unlocker};
use thumbturn_phone::queue::EventQueue;
use thumbturn_phone::wallet::ImportError;
use thumbturn_protocol::ids::{DoorId, ListVersion};

use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::player::Player;
use crate::radio::timeline::Timeline;
use crate::state::books::Books;
use crate::state::phone::TestPhone;

/// Courier events of one delivery: a percentage for each step of an update, and all else.
const EVENTS: usize = 2_048;

/// What became of one delivery.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// How it ended.
    pub(crate) end: End,
    /// What was brought and taken along, with the times on the phone's clock.
    pub(crate) events: Vec<(Duration, CourierEvent)>,
}

/// Delivers behind an opening.
pub(crate) async fn behind(unlocked: Unlocked, cancel: &CancelHandle, player: &Player) -> Delivered {
    let queue = EventQueue::new(EVENTS);
    let (events, end) = collecting(&queue, &player.timeline, |_| {}, unlocked.deliver(cancel, &queue)).await;
    Delivered { end, events }
}

/// Delivers without opening; `watch` sees each event.
pub(crate) async fn passing(
    unlocker: &Unlocker,
    door: DoorId,
    cancel: &CancelHandle,
    timeline: &Arc<Timeline>,
    watch: impl FnMut(&CourierEvent),
) -> Result<Delivered, PassError> {
    let queue = EventQueue::new(EVENTS);
    let passed = unlocker.pass_by(door, cancel, &queue);
    let (events, end) = collecting(&queue, timeline, watch, passed).await;
    Ok(Delivered { end: end?, events })
}

/// Takes the events out of the queue as they come, so that each has its time.
async fn collecting<T>(
    queue: &EventQueue<CourierEvent>,
    timeline: &Timeline,
    mut watch: impl FnMut(&CourierEvent),
    work: impl Future<Output = T>,
) -> (Vec<(Duration, CourierEvent)>, T) {
    let mut events = Vec::new();
    tokio::pin!(work);
    let result = loop {
        tokio::select! {
            event = queue.pop() => {
                watch(&event);
                events.push((timeline.now(), event));
            }
            result = &mut work => break result,
        }
    };
    events.extend(core::iter::from_fn(|| queue.try_pop()).map(|event| (timeline.now(), event)));
    (events, result)
}

/// Hands what a phone has collected to the authority, and gives the phone the authority's answers. The books are written.
pub(crate) fn hand_in(phone: &TestPhone, books: &mut Books<'_>) -> Result<(), Failure> {
    let (inbox, origin) = (phone.inbox()?, books.origin());
    let mut taken = Vec::new();
    for upload in inbox.to_upload() {
        let of = match &upload.object {
            UploadObject::Receipt(receipt) => receipt.peek_unverified()?.origin,
            UploadObject::LogBatch(batch) => batch.peek_unverified()?.origin,
            // This authority publishes no bulletins.
            _ => continue,
        };
        match &upload.object {
            // Of another door: its turn comes with its books.
            _ if of.door != origin.door => continue,
            // Of an earlier life of this one: nobody asks for it any more.
            _ if of != origin => {}
            UploadObject::Receipt(receipt) => books.take_receipt(receipt)?,
            UploadObject::LogBatch(batch) => books.take_batch(batch)?,
            _ => {}
        }
        taken.push(upload.id);
    }
    books.save()?;
    inbox.uploaded(&taken, &mut SystemRandom)?;
    if let Some(word) = books.acknowledge()? {
        match inbox.take_acknowledgement(word.as_bytes(), &mut SystemRandom) {
            Ok(()) | Err(ImportError::Older) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl Delivered {
    /// The list version to which the door was brought.
    pub(crate) fn updated(&self) -> Option<ListVersion> {
        self.events.iter().rev().find_map(|(_, event)| match event {
            CourierEvent::Updated { list_version } => Some(*list_version),
            _ => None,
        })
    }

    /// When the door was heard last of an update: it is in force, or how far it is.
    pub(crate) fn last_of_update(&self) -> Option<Duration> {
        let of_update = |event: &CourierEvent| {
            matches!(event, CourierEvent::Updating { .. } | CourierEvent::Updated { .. })
        };
        self.events.iter().rev().find(|(_, event)| of_update(event)).map(|(at, _)| *at)
    }

    /// For people.
    pub(crate) fn sentence(&self) -> String {
        let news: Vec<_> = self.events.iter().filter_map(|(_, event)| words(event)).collect();
        let news =
            if news.is_empty() { "nothing to bring or to take along".to_owned() } else { news.join(", ") };
        format!("delivery: {news} ({:?})", self.end)
    }

    /// For programs.
    pub(crate) fn facts(&self) -> Value {
        let events: Vec<_> = self.events.iter().map(|(_, event)| format!("{event:?}")).collect();
        json!({ "delivery": format!("{:?}", self.end), "events": events })
    }
}

fn words(event: &CourierEvent) -> Option<String> {
    Some(match event {
        CourierEvent::RotationDelivered { generation } => format!("keys of generation {}", generation.0),
        CourierEvent::BulletinDelivered { epoch } => format!("bulletin {} delivered", epoch.0),
        CourierEvent::BulletinCollected { epoch } => format!("bulletin {} collected", epoch.0),
        CourierEvent::TimeDelivered => "time delivered".to_owned(),
        CourierEvent::Updated { list_version } => format!("list version {} applied", list_version.0),
        CourierEvent::UpdateRefused { reason } => format!("update refused: {reason:?}"),
        CourierEvent::ReceiptCollected { number } => format!("receipt {}", number.0),
        CourierEvent::Acknowledged { sequence } => format!("events up to {} freed", sequence.0),
        CourierEvent::LogsCollected { first, count } => format!("{count} events from {}", first.0),
        _ => return None,
    })
}
