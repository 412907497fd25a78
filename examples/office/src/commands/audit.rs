//! `audit`.

use serde_json::json;
use thumbturn_manager::office::audit::Entry;
use thumbturn_manager::office::use_case::audit::{AuditLog, VerifyAuditLog};

use crate::arguments::Audit;
use crate::clock::local;
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::hexadecimal::digits;

pub(super) async fn run(desk: &PropertyDesk, wanted: &Audit) -> Result<(), Failure> {
    match wanted {
        Audit::Show { after } => show(desk, *after).await,
        Audit::Verify => verify(desk).await,
    }
}

async fn show(desk: &PropertyDesk, mut after: Option<u64>) -> Result<(), Failure> {
    loop {
        let page = desk.ask(&AuditLog { after }).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.revision);
        page.iter().for_each(|entry| tell(desk, entry));
    }
}

fn tell(desk: &PropertyDesk, entry: &Entry) {
    let who = entry.account.map(|account| digits(&account.0));
    let facts = json!({
        "revision": entry.revision, "at": entry.at.seconds(), "account": who, "action": entry.action,
        "subject": entry.subject, "done": entry.done,
    });
    let (at, denied) = (local(entry.at, &desk.zone), if entry.done { "" } else { "  (denied)" });
    let who = who.unwrap_or_else(|| "the host".to_owned());
    let sentence = format!("{}  {at}  {who}: {}, {}{denied}", entry.revision, entry.action, entry.subject);
    desk.screen().tell(&sentence, &facts);
}

async fn verify(desk: &PropertyDesk) -> Result<(), Failure> {
    let spinner = desk.screen().spinner("reading the audit log");
    let head = desk.ask(&VerifyAuditLog).await;
    spinner.finish_and_clear();
    let head = digits(&head?);
    let sentence = format!("The audit log is as it was written. Keep its newest hash elsewhere: {head}");
    desk.screen().tell(&sentence, &json!({ "head": head }));
    Ok(())
}
