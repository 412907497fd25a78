//! `logs`: what a door has written down, collected, checked, and freed at the door.

use serde_json::json;
use thumbturn_lock::event::LoggedEvent;
use thumbturn_protocol::ids::EventNumber;

use super::Workplace;
use crate::arguments::Logs;
use crate::carry::Courier;
use crate::failure::Failure;
use crate::player::{Player, cancel_on_interrupt};
use crate::state::books::Books;

/// Most sessions of one run. A session brings a batch and frees the one before.
const SESSIONS: usize = 16;

/// Collects and shows.
pub(crate) async fn run(workplace: &Workplace, asked: &Logs) -> Result<(), Failure> {
    let property = workplace.state.property()?;
    let door = workplace.state.door(asked.visit.door.as_deref())?;
    let phone = workplace.state.phone(&asked.visit.phone, &property)?;
    phone.hold_grant(&door, &property)?;
    let mut books = Books::open(&property, door)?;
    let air = workplace.air().await?;
    let player = Player::new(&air);
    let courier = Courier { player: &player, phone: &phone, property: &property };
    let bar = workplace.screen.spinner("collecting");
    let collected = collect(&courier, &mut books, &bar).await;
    bar.finish_and_clear();
    collected?;
    let name = &books.door().name;
    for (EventNumber(number), event) in books.events() {
        workplace.screen.tell(&line(number, event.as_ref()), &facts(number, event.as_ref()));
    }
    let complete = books.complete().0;
    let lost = books.lost();
    workplace.screen.tell(
        &format!("{name}: every event up to {complete} is here, {lost} lost at the door before anybody came"),
        &json!({ "command": "logs", "door": name, "complete": complete, "lost": lost }),
    );
    Ok(())
}

/// Passes the door until its receipt says that everything is here.
pub(crate) async fn collect(
    courier: &Courier<'_>,
    books: &mut Books<'_>,
    bar: &indicatif::ProgressBar,
) -> Result<(), Failure> {
    let cancel = cancel_on_interrupt();
    for session in 0..SESSIONS {
        let before = books.complete();
        match courier.pass(books, &cancel, bar).await {
            Ok(_) => {}
            // A door lets somebody deliver who opens nothing every ten seconds, after the first eight.
            Err(failure) if failure.reason == "busy" && session > 0 => return Ok(()),
            Err(failure) => return Err(failure),
        }
        if cancel.is_cancelled() || is_whole(books) || books.complete() == before {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether everything is here that the door's newest receipt counts.
fn is_whole(books: &Books<'_>) -> bool {
    let next = books.last_receipt().map(|receipt| receipt.body.log_next.0);
    next.is_some_and(|next| books.complete().0.saturating_add(1) >= next)
}

fn line(number: u32, event: Option<&LoggedEvent>) -> String {
    match event {
        Some(LoggedEvent { time, event, .. }) => {
            let unsure = if time.unsure { " or later" } else { "" };
            format!("{number:>6}  {}{unsure}  {event:?}", time.at.seconds())
        }
        None => format!("{number:>6}  an event that this version does not know"),
    }
}

fn facts(number: u32, event: Option<&LoggedEvent>) -> serde_json::Value {
    match event {
        Some(LoggedEvent { time, event, .. }) => json!({
            "number": number, "at": time.at.seconds(), "unsure": time.unsure, "event": format!("{event:?}"),
        }),
        None => json!({ "number": number, "event": null }),
    }
}
