//! The answer body of both paths (spec §5.5).

use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
use thumbturn_protocol::ids::ListVersion;

use crate::json::Fields;

/// The door's list version in all exchanges; the answer carries its last two bytes.
pub(crate) const LIST_VERSION: ListVersion = ListVersion(1_137_121);

/// `Accepted`, five seconds, with a ticket.
pub(crate) fn accepted() -> Answer {
    Answer::new(Outcome::Accepted { relock_seconds: 5 }, DoorStatus::default(), LIST_VERSION).with_ticket()
}

/// `AlreadyDone`, three seconds left, with a ticket.
pub(crate) fn already_done() -> Answer {
    Answer::new(Outcome::AlreadyDone { relock_seconds: 3 }, DoorStatus::default(), LIST_VERSION).with_ticket()
}

/// A refusal by a door that has something to say about itself.
pub(crate) fn refusal(outcome: Outcome) -> Answer {
    let status = DoorStatus { clock_unsure: true, logs_waiting: false, battery_low: true };
    Answer::new(outcome, status, LIST_VERSION)
}

/// An answer, field by field.
pub(crate) fn fields(answer: Answer) -> Fields {
    let [outcome, detail, ..] = answer.to_bytes();
    Fields::new()
        .with("outcome", outcome)
        .with("detail", detail)
        .with("ticket", answer.ticket)
        .with("clock_unsure", answer.status.clock_unsure)
        .with("logs_waiting", answer.status.logs_waiting)
        .with("battery_low", answer.status.battery_low)
        .with("list_version_mod_65536", answer.list_version)
}
