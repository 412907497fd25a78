//! An event of a door's log, in words and as fields. The names are for programs and never change.

use serde_json::{Map, Value, json};
use thumbturn_protocol::code::DailyKind;
use thumbturn_protocol::event::{AcceptedOperation, Event, Refusal, UsedKey};
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::record::ActuatorResult;

use crate::state::hexadecimal::digits;

/// Bytes of an id that a log shows: enough to follow a thing, too little to name a person.
const SHOWN: usize = 4;

/// What happened: its name, a sentence, and its fields.
pub(super) struct Told {
    pub(super) name: &'static str,
    pub(super) sentence: String,
    pub(super) fields: Map<String, Value>,
}

impl Told {
    fn new(name: &'static str, sentence: impl Into<String>, fields: Value) -> Self {
        let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
        Self { name, sentence: sentence.into(), fields }
    }

    fn bare(name: &'static str, sentence: &str) -> Self {
        Self::new(name, sentence, Value::Null)
    }
}

/// Tells an event.
pub(super) fn told(event: &Event) -> Told {
    match event {
        Event::Operation(accepted) => operation(accepted),
        Event::Actuator { operation, result } => {
            let operation = short(&operation.0);
            let (result, words) = match result {
                ActuatorResult::Moved => ("moved", "the bolt has moved"),
                ActuatorResult::Jammed => ("jammed", "the bolt is stuck"),
                ActuatorResult::Blocked => ("blocked", "something holds the bolt"),
                ActuatorResult::BatteryLow => ("battery-low", "the battery gave out under the motor"),
            };
            let fields = json!({ "operation": operation, "result": result });
            Told::new("actuator", format!("{words}, operation {operation}"), fields)
        }
        Event::Refused { phone, reason } => {
            let (phone, reason) = (short(&phone.0), refusal(*reason));
            let fields = json!({ "phone": phone, "reason": reason });
            Told::new("refused", format!("refused: phone {phone}, {reason}"), fields)
        }
        Event::Failures { count } => {
            Told::new("failures", format!("{count} requests that proved nobody"), json!({ "count": count }))
        }
        Event::DoorSensor { open: true } => Told::bare("door-opened", "the door was opened"),
        Event::DoorSensor { open: false } => Told::bare("door-closed", "the door was closed"),
        Event::Booted => Told::bare("booted", "the door started"),
        Event::Claimed => Told::bare("claimed", "the door was claimed"),
        Event::Reset => Told::bare("reset", "the door was reset"),
        Event::ClockLost => Told::bare("clock-lost", "the clock is unsure"),
        Event::ClockRefused => Told::bare("clock-refused", "a time too far ahead was refused"),
        Event::ClockSet { phone: None } => {
            Told::new("clock-set", "the clock was set by the property", json!({ "phone": null }))
        }
        Event::ClockSet { phone: Some(phone) } => {
            let phone = short(&phone.0);
            let sentence = format!("the clock was set by phone {phone}");
            Told::new("clock-set", sentence, json!({ "phone": phone }))
        }
        _ => of_parcels_and_keys(event),
    }
}

fn of_parcels_and_keys(event: &Event) -> Told {
    match event {
        Event::BulletinTaken { generation, epoch } => Told::new(
            "bulletin-taken",
            format!("bulletin {} of generation {} is in force", epoch.0, generation.0),
            json!({ "generation": generation.0, "epoch": epoch.0 }),
        ),
        Event::RotationTaken { generation } => Told::new(
            "rotation-taken",
            format!("the property's keys are those of generation {}", generation.0),
            json!({ "generation": generation.0 }),
        ),
        Event::UpdateApplied { version } => Told::new(
            "update-applied",
            format!("list version {} is in force", version.0),
            json!({ "list_version": version.0 }),
        ),
        Event::Keyed { operation, key } => {
            let (kind, words, fields) = used(*key);
            let operation = short(&operation.0);
            let mut told = Told::new(kind, format!("opened: {words}, operation {operation}"), fields);
            told.fields.insert("operation".to_owned(), json!(operation));
            told
        }
        Event::WrongCode { digits } => {
            Told::new("wrong-code", format!("a wrong code of {digits} digits"), json!({ "digits": digits }))
        }
        Event::LockedOut => Told::bare("locked-out", "the keypad is locked after wrong codes"),
        Event::CardRefused { credential, reason } => {
            let (number, reason) = (credential.0, refusal(*reason));
            let fields = json!({ "number_of_credential": number, "reason": reason });
            Told::new("card-refused", format!("refused: card {number}, {reason}"), fields)
        }
        Event::CardFailures { count } => {
            let sentence = format!("{count} cards that could not be read or proved nothing");
            Told::new("card-failures", sentence, json!({ "count": count }))
        }
        // A later version of the lock's crate may know more.
        _ => Told::bare("other", "an event that this version does not know"),
    }
}

fn operation(accepted: &AcceptedOperation) -> Told {
    let AcceptedOperation { phone, operation, holder, serial, share, kind } = accepted;
    let (phone, operation, holder) = (short(&phone.0), short(&operation.0), short(&holder.0));
    let (name, verb) = match kind {
        OperationKind::Unlock => ("unlock", "opened"),
        OperationKind::Deliver => ("deliver", "let in to deliver"),
        _ => ("other", "accepted"),
    };
    let share = share.map(|share| short(&share.0));
    let guest = share.as_ref().map(|share| format!(", share {share}")).unwrap_or_default();
    let grant = format!("holder {holder}, grant {}{guest}", serial.0);
    Told::new(
        "operation",
        format!("{verb}: phone {phone}, {grant}, operation {operation}"),
        json!({
            "kind": name, "phone": phone, "holder": holder, "serial": serial.0, "share": share,
            "operation": operation,
        }),
    )
}

fn used(key: UsedKey) -> (&'static str, String, Value) {
    match key {
        UsedKey::Doorcode(number) => {
            ("opened-by-code", format!("code {}", number.0), json!({ "number_of_credential": number.0 }))
        }
        UsedKey::Card(number) => {
            ("opened-by-card", format!("card {}", number.0), json!({ "number_of_credential": number.0 }))
        }
        UsedKey::Daily(code) => {
            let kind = match code.kind {
                DailyKind::WholeDay => "whole-day",
                DailyKind::FirstUse => "first-use",
            };
            let fields = json!({ "day": code.day.0, "kind": kind, "slot": code.slot.0 });
            (
                "opened-by-daily-code",
                format!("daily code {kind} {} of day {}", code.slot.0, code.day.0),
                fields,
            )
        }
        _ => ("opened", "something that this version does not know".to_owned(), Value::Null),
    }
}

const fn refusal(reason: Refusal) -> &'static str {
    match reason {
        Refusal::Denied => "denied",
        Refusal::NotYet => "not-yet",
        Refusal::Expired => "expired",
        Refusal::LeaseEnded => "lease-ended",
        Refusal::OutOfSchedule => "out-of-schedule",
        Refusal::UpdateRequired => "update-required",
        Refusal::UnknownTime => "unknown-time",
        Refusal::Busy => "busy",
        Refusal::DoorFault => "door-fault",
    }
}

fn short(id: &[u8]) -> String {
    digits(id.get(..SHOWN).unwrap_or(id))
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::ids::{HolderId, OperationId, PhoneId, Serial, ShareId};

    use super::*;

    #[test]
    fn an_opening_names_people_by_the_beginning_of_their_ids() {
        let accepted = AcceptedOperation {
            phone: PhoneId([1; 16]),
            operation: OperationId([2; 8]),
            holder: HolderId([3; 8]),
            serial: Serial(7),
            share: Some(ShareId([4; 8])),
            kind: OperationKind::Unlock,
        };
        let told = told(&Event::Operation(accepted));
        assert_eq!(told.name, "operation");
        assert_eq!(
            told.sentence,
            "opened: phone 01010101, holder 03030303, grant 7, share 04040404, operation 02020202"
        );
        assert_eq!((&told.fields["kind"], &told.fields["serial"]), (&"unlock".into(), &7.into()));
    }
}
