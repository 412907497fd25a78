//! Sessions behind an answer (§4.7, §7).

use core::time::Duration;

use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::record::Record;

use super::case::{Deviation, Verdict};
use super::subject::{Session, Subject};

const SECOND: Duration = Duration::from_secs(1);

/// Asks for the door's state, which must come.
async fn state(session: &mut Session) -> Verdict {
    let Session { talk, records, .. } = session;
    match talk.record(records).await? {
        Record::State(_) => Ok(()),
        other => Err(Deviation::new("the door's state (§7.2)", format!("{other:?}"))),
    }
}

pub(super) async fn who_asks_is_told_the_doors_state(subject: &Subject) -> Verdict {
    let mut session = subject.deliver().await?;
    session.talk.send_record(&mut session.records, &Record::Ask).await?;
    state(&mut session).await
}

pub(super) async fn a_gap_between_records_is_allowed(subject: &Subject) -> Verdict {
    let mut session = subject.deliver().await?;
    session.records.seal(&Record::Ask)?;
    session.talk.send_record(&mut session.records, &Record::Ask).await?;
    state(&mut session).await
}

pub(super) async fn a_repeated_record_ends_the_session(subject: &Subject) -> Verdict {
    let mut session = subject.deliver().await?;
    let record = session.records.seal(&Record::Ask)?;
    session.talk.send(MessageType::Record, &record).await?;
    state(&mut session).await?;
    session.talk.send(MessageType::Record, &record).await?;
    session.talk.expect_end(Duration::ZERO, SECOND * 3 / 2, "with a record that came before").await
}

pub(super) async fn a_changed_record_ends_the_session(subject: &Subject) -> Verdict {
    let mut session = subject.deliver().await?;
    let mut record = session.records.seal(&Record::Ask)?;
    if let Some(last) = record.last_mut() {
        *last ^= 1;
    }
    session.talk.send(MessageType::Record, &record).await?;
    session.talk.expect_end(Duration::ZERO, SECOND * 3 / 2, "with a record that does not open").await
}

pub(super) async fn a_silent_session_ends_after_two_seconds(subject: &Subject) -> Verdict {
    let mut session = subject.deliver().await?;
    session.talk.send_record(&mut session.records, &Record::Ask).await?;
    session.talk.expect_end(SECOND * 3 / 2, SECOND * 4, "after two seconds without a message").await
}
