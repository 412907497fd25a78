//! `scan`: the doors around, as they are heard.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use thumbturn_phone::link::{ScanEvent, ScanResult};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::advertisement::{Advertisement, Hint};

use super::Workplace;
use crate::arguments::Scan;
use crate::failure::Failure;
use crate::radio::trouble::Trouble;
use crate::state::door::DoorFile;
use crate::state::hexadecimal;

/// Advertisements that wait to be looked at.
const QUEUE: usize = 1_024;
/// How often the table is drawn anew.
const DRAW: Duration = Duration::from_millis(500);

/// A door as it was heard last.
struct Heard {
    result: ScanResult,
    known: Option<(String, Hint)>,
    times: u32,
}

/// Listens and shows.
pub(crate) async fn run(workplace: &Workplace, asked: &Scan) -> Result<(), Failure> {
    let doors = workplace.state.doors()?;
    let air = workplace.air().await?;
    let phone = air.phone();
    let events = Arc::new(EventQueue::new(QUEUE));
    phone
        .link
        .start_scan(Arc::clone(&events))
        .await
        .map_err(|error| phone.timeline.take_trouble().map_or_else(|| Failure::from(error), Failure::from))?;
    let table = workplace.screen.spinner("listening");
    let mut heard = BTreeMap::new();
    let ended = listen(asked, &events, |result| {
        let known = doors.iter().find_map(|door| resolve(door, &result));
        let entry = heard.entry(result.peer.clone());
        let times = entry.or_insert_with(|| Heard { result: result.clone(), known: None, times: 0 });
        *times = Heard { result, known, times: times.times.saturating_add(1) };
        table.set_message(format!("listening\n{}", text(&heard)));
    });
    let ended = ended.await;
    phone.link.stop_scan().await;
    table.finish_and_clear();
    if let Some(trouble) = ended {
        return Err(trouble.into());
    }
    let rows: Vec<_> = heard.iter().map(|(peer, heard)| facts(&peer.0, heard)).collect();
    let text = if heard.is_empty() { nothing(&doors) } else { text(&heard) };
    workplace.screen.tell(&text, &json!({ "command": "scan", "doors": rows }));
    Ok(())
}

/// Until the time is over or Ctrl-C; what ended the radio before.
async fn listen(
    asked: &Scan,
    events: &EventQueue<ScanEvent>,
    mut hear: impl FnMut(ScanResult),
) -> Option<Trouble> {
    let over = async {
        match asked.seconds {
            0 => core::future::pending().await,
            seconds => tokio::time::sleep(Duration::from_secs(seconds)).await,
        }
    };
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return None,
            _ = tokio::signal::ctrl_c() => return None,
            event = tokio::time::timeout(DRAW, events.pop()) => match event {
                Ok(ScanEvent::Heard(result)) => hear(result),
                Ok(ScanEvent::Adapter(thumbturn_phone::link::AdapterState::On)) | Err(_) => {}
                Ok(_) => return Some(Trouble::AdapterOff),
            },
        }
    }
}

fn resolve(door: &DoorFile, result: &ScanResult) -> Option<(String, Hint)> {
    let advertisement = Advertisement::parse(result.service_data.as_deref()?).ok()?;
    let hint = advertisement.resolve(&door.configuration.tag_key)?;
    Some((door.name.clone(), hint))
}

fn text(heard: &BTreeMap<thumbturn_phone::link::PeerId, Heard>) -> String {
    let head = format!("{:20} {:>7} {:>6} {:28} {}", "door", "signal", "list", "flags", "peer");
    let rows = heard.iter().map(|(peer, heard)| {
        let Heard { result, known, .. } = heard;
        let (name, version, flags) = match known {
            Some((name, hint)) => (name.as_str(), hint.list_version.to_string(), flags(hint).join(", ")),
            None if result.service_data.is_none() => {
                ("?", String::new(), "no scan response heard".to_owned())
            }
            None => ("(not claimed here)", String::new(), String::new()),
        };
        format!("{name:20} {:>3} dBm {version:>6} {flags:28} {}", result.signal_dbm, peer.0)
    });
    core::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}

fn facts(peer: &str, heard: &Heard) -> Value {
    let service_data = heard.result.service_data.as_deref().map(hexadecimal::digits);
    let (name, hint) = heard.known.as_ref().map(|(name, hint)| (name, hint)).unzip();
    json!({
        "peer": peer,
        "signal_dbm": heard.result.signal_dbm,
        "heard": heard.times,
        "service_data": service_data,
        "door": name,
        "list_version": hint.map(|hint| hint.list_version),
        "flags": hint.map(flags),
    })
}

fn flags(hint: &Hint) -> Vec<&'static str> {
    let status = hint.status;
    let all = [
        (status.clock_unsure, "clock unsure"),
        (status.logs_waiting, "logs waiting"),
        (status.battery_low, "battery low"),
    ];
    all.into_iter().filter_map(|(set, name)| set.then_some(name)).collect()
}

fn nothing(doors: &[DoorFile]) -> String {
    let next = if doors.is_empty() {
        "is one switched on and near?"
    } else {
        "go nearer, or touch the door to wake it"
    };
    format!("no door was heard: {next}")
}
