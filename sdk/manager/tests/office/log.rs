//! What doors write into their logs, for tests of what becomes of it.

use core::sync::atomic::{AtomicU8, Ordering};

use thumbturn_manager::office::use_case::activity::{Activity, ActivityLine, MyActivity};
use thumbturn_protocol::event::{AcceptedOperation, Event, EventTime, LoggedEvent, Sequence, UsedKey};
use thumbturn_protocol::ids::{DoorId, HolderId, OperationId, PhoneId, Serial, ShareId};
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::CredentialNumber;

use crate::setting::Setting;

/// Notes events of a door that happened at these instants.
pub(crate) async fn note_at(setting: &Setting, door: DoorId, events: &[(UnixSeconds, Event)]) {
    let logged = |(number, (at, event)): (u32, &(UnixSeconds, Event))| LoggedEvent {
        sequence: Sequence(number),
        time: EventTime { at: *at, unsure: false },
        event: event.clone(),
    };
    let events: Vec<_> = (1..).zip(events).map(logged).collect();
    setting.office.note_events(setting.property, door, &events, setting.now).await.unwrap();
}

/// Notes events of a door that happened just now.
pub(crate) async fn note(setting: &Setting, door: DoorId, events: &[Event]) {
    let events: Vec<_> = events.iter().map(|event| (setting.now, event.clone())).collect();
    note_at(setting, door, &events).await;
}

static OPERATIONS: AtomicU8 = AtomicU8::new(1);

pub(crate) fn operation() -> OperationId {
    OperationId([OPERATIONS.fetch_add(1, Ordering::Relaxed); 8])
}

fn accepted(holder: HolderId) -> AcceptedOperation {
    AcceptedOperation {
        phone: PhoneId([1; 16]),
        operation: operation(),
        holder,
        serial: Serial(1),
        share: None,
        kind: OperationKind::Unlock,
    }
}

/// Somebody opened with the app.
pub(crate) fn app(holder: HolderId) -> Event {
    Event::Operation(accepted(holder))
}

/// Somebody came by with deliveries.
pub(crate) fn delivery(holder: HolderId) -> Event {
    Event::Operation(AcceptedOperation { kind: OperationKind::Deliver, ..accepted(holder) })
}

/// A guest's phone opened under somebody's grant.
pub(crate) fn shared(holder: HolderId, phone: PhoneId) -> Event {
    Event::Operation(AcceptedOperation { phone, share: Some(ShareId([1; 8])), ..accepted(holder) })
}

/// Something else than a phone opened.
pub(crate) fn keyed(key: UsedKey) -> Event {
    Event::Keyed { operation: operation(), key }
}

/// The number by which events name what a person has in the list of a door: the doorcode, or the card.
pub(crate) async fn number(setting: &Setting, door: DoorId, person: HolderId) -> CredentialNumber {
    let rows = setting.rows(door).await;
    let mut terms = rows.iter().filter_map(|row| row.terms());
    terms.find(|terms| terms.holder() == person).unwrap().credential()
}

/// Who was where, oldest first.
pub(crate) fn who(lines: &[ActivityLine]) -> Vec<(DoorId, Option<HolderId>)> {
    let who = |line: &ActivityLine| (line.door, line.person.as_ref().map(|somebody| somebody.person));
    lines.iter().rev().map(who).collect()
}

/// What the Portfolio Manager sees, newest first.
pub(crate) async fn seen(setting: &Setting) -> Vec<ActivityLine> {
    setting.ask(&Activity::default()).await.lines
}

/// Who a person sees, where, oldest first.
pub(crate) async fn seen_by(setting: &Setting, person: HolderId) -> Vec<(DoorId, Option<HolderId>)> {
    who(&setting.ask_as(person, &MyActivity::of(person)).await.unwrap().lines)
}
