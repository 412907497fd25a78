//! `logs`: what a door has written down, collected, checked, and freed at the door.

mod event;

use core::time::Duration;

use indicatif::ProgressBar;
use serde_json::{Value, json};
use thumbturn_phone::courier::{CourierEvent, End};
use thumbturn_protocol::event::LoggedEvent;
use thumbturn_protocol::ids::EventNumber;

use self::event::told;
use super::Workplace;
use crate::arguments::Logs;
use crate::carry::Courier;
use crate::clock::date_and_time;
use crate::delivery::Delivered;
use crate::failure::Failure;
use crate::player::{Player, cancel_on_interrupt};
use crate::state::books::Books;

/// Most sessions of one run. A session brings a batch and frees the one before.
const SESSIONS: usize = 64;
/// Until the door lets somebody deliver again who opens nothing (spec §8.8), and how often to wait for that.
const DELIVERY_TOKEN: Duration = Duration::from_millis(10_200);
const WAITS: u32 = 30;

/// Collects and shows.
pub(crate) async fn run(workplace: &Workplace, asked: &Logs) -> Result<(), Failure> {
    let (property, door, phone) = workplace.visit(&asked.visit)?;
    let mut books = Books::open(&property, door)?;
    let air = workplace.air().await?;
    let player = Player::new(&air);
    let courier = Courier { player: &player, phone: &phone, clock: None };
    let bar = workplace.screen.spinner("collecting");
    let collected = collect(&courier, &mut books, &bar).await;
    bar.finish_and_clear();
    let whole = collected?;
    let name = &books.door().name;
    for (EventNumber(number), event) in books.events() {
        workplace.screen.tell(&line(number, event.as_ref()), &facts(number, event.as_ref()));
    }
    let complete = books.complete().0;
    let lost = books.lost();
    let more = if whole { "" } else { "; the door has more: run it again" };
    workplace.screen.tell(
        &format!(
            "{name}: every event up to {complete} is here, {lost} lost at the door before anybody came{more}"
        ),
        &json!({ "command": "logs", "door": name, "complete": complete, "lost": lost, "whole": whole }),
    );
    Ok(())
}

/// Passes the door until it has no more events; whether everything is here then. Waits where the door has no token left for a
/// delivery.
pub(crate) async fn collect(
    courier: &Courier<'_>,
    books: &mut Books<'_>,
    bar: &ProgressBar,
) -> Result<bool, Failure> {
    let cancel = cancel_on_interrupt();
    let mut waits = 0;
    for _ in 0..SESSIONS {
        match courier.pass(books, &cancel, bar).await {
            Ok(delivered) if has_no_more(&delivered) => return Ok(is_whole(books)),
            Ok(_) => {}
            Err(failure) if failure.reason == "busy" && waits < WAITS => {
                waits += 1;
                tokio::time::sleep(DELIVERY_TOKEN).await;
            }
            Err(failure) => return Err(failure),
        }
        if cancel.is_cancelled() {
            break;
        }
    }
    Ok(false)
}

/// Whether the door had no events in a session that ended as it should. Where it freed some, the next ones come in the next session.
fn has_no_more(delivered: &Delivered) -> bool {
    let moves_on = |event: &CourierEvent| {
        matches!(event, CourierEvent::LogsCollected { .. } | CourierEvent::Acknowledged { .. })
    };
    delivered.end == End::Complete && !delivered.events.iter().any(|(_, event)| moves_on(event))
}

/// Whether everything is here that the door's newest receipt counts. A phone that has this receipt gets none, whatever happened since.
fn is_whole(books: &Books<'_>) -> bool {
    let next = books.last_receipt().map(|receipt| receipt.body.log_next.0);
    next.is_some_and(|next| books.complete().0.saturating_add(1) >= next)
}

fn line(number: u32, event: Option<&LoggedEvent>) -> String {
    match event {
        Some(LoggedEvent { time, event, .. }) => {
            let unsure = if time.unsure { " or later" } else { "" };
            format!("{number:>6}  {}{unsure}  {}", date_and_time(time.at), told(event).sentence)
        }
        None => format!("{number:>6}  an event that this version does not know"),
    }
}

fn facts(number: u32, event: Option<&LoggedEvent>) -> Value {
    let Some(LoggedEvent { time, event, .. }) = event else {
        return json!({ "number": number, "event": null });
    };
    let told = told(event);
    let mut facts = told.fields;
    let common = [
        ("number", json!(number)),
        ("at", json!(time.at.seconds())),
        ("unsure", json!(time.unsure)),
        ("event", json!(told.name)),
    ];
    facts.extend(common.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(facts)
}
