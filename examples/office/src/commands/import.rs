//! `import`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use indicatif::ProgressBar;
use serde_json::json;
use thumbturn_manager::ids::KeyId;
use thumbturn_manager::office::calendar::Date;
use thumbturn_manager::office::import::{Issue, PeopleFile, Severity, UnitsFile};
use thumbturn_manager::office::use_case::door::OpenTasks;
use thumbturn_manager::office::use_case::import::{
    AddContacts, ImportUnits, ReviewPeople, STEP_ROWS, SendInvitations,
};
use thumbturn_protocol::ids::DoorId;

use super::{key, tasks};
use crate::arguments::{Import, ImportPeople, Template};
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::screen::Screen;

/// The header of a file, which needs no office.
pub(super) fn template(screen: Screen, wanted: Template) {
    let template = match wanted {
        Template::People => PeopleFile::template(),
        Template::Units => UnitsFile::template(),
    };
    screen.tell(template.trim_end(), &json!({ "template": template.trim_end() }));
}

pub(super) async fn run(desk: &PropertyDesk, wanted: &Import) -> Result<(), Failure> {
    match wanted {
        Import::Template { of } => {
            template(desk.screen(), *of);
            Ok(())
        }
        Import::People(wanted) => people(desk, wanted).await,
        Import::Units { file } => units(desk, file).await,
    }
}

/// Says what is wrong with the file and what would follow, asks, and goes through it. Broken off, the same command does the rest.
async fn people(desk: &PropertyDesk, wanted: &ImportPeople) -> Result<(), Failure> {
    let file = PeopleFile::parse(&read(&wanted.file)?)?;
    let mut keys = BTreeSet::new();
    for name in &wanted.keys {
        keys.insert(key::named(desk, name).await?.key);
    }
    let date = |date: &Option<String>| date.as_deref().map(Date::parse).transpose();
    let (start, end) = (date(&wanted.start)?, date(&wanted.end)?);
    let good = review(desk, &file).await?;
    if wanted.review {
        return Ok(());
    }
    desk.confirm()?;
    let bar = desk.screen().bar(u64::try_from(good).unwrap_or(u64::MAX), "people");
    let sent = send(desk, &file, (keys, start, end), &bar).await;
    bar.finish_and_clear();
    let (sent, doors) = sent?;
    desk.screen().tell(&format!("{sent} people have their Keys now."), &json!({ "imported": sent }));
    let mut open = desk.ask(&OpenTasks).await?;
    open.retain(|task| doors.contains(&task.door));
    tasks::tell(desk, &open, "task").await
}

async fn review(desk: &PropertyDesk, file: &PeopleFile) -> Result<usize, Failure> {
    let (mut good, mut next) = (0, Some(0));
    while let Some(from) = next {
        let reviewed = desk.ask(&ReviewPeople { file, from }).await?;
        reviewed.issues.iter().for_each(|issue| tell(desk.screen(), issue));
        good += reviewed.good;
        next = reviewed.next;
    }
    desk.screen().tell(&format!("{good} people would be invited."), &json!({ "follows": { "good": good } }));
    Ok(good)
}

type Choices = (BTreeSet<KeyId>, Option<Date>, Option<Date>);
type Sent = (usize, BTreeSet<DoorId>);

async fn send(
    desk: &PropertyDesk,
    file: &PeopleFile,
    (keys, start, end): Choices,
    bar: &ProgressBar,
) -> Result<Sent, Failure> {
    let mut next = Some(0);
    while let Some(from) = next {
        next = desk.perform(&AddContacts { file, from, most: STEP_ROWS }).await?.next;
    }
    let (mut sent, mut doors, mut next) = (0, BTreeSet::new(), Some(0));
    while let Some(after) = next {
        let step = SendInvitations { file, keys: keys.clone(), start, end, after, most: STEP_ROWS };
        let step = desk.perform(&step).await?;
        step.issues.iter().for_each(|issue| tell(desk.screen(), issue));
        sent += step.sent;
        bar.inc(u64::try_from(step.sent).unwrap_or_default());
        doors.extend(step.tasks.iter().map(|task| task.door));
        next = step.next;
    }
    Ok((sent, doors))
}

async fn units(desk: &PropertyDesk, file: &Path) -> Result<(), Failure> {
    let file = UnitsFile::parse(&read(file)?)?;
    let (mut added, mut next) = (0, Some(0));
    while let Some(from) = next {
        let step = desk.perform(&ImportUnits { file: &file, from }).await?;
        step.issues.iter().for_each(|issue| tell(desk.screen(), issue));
        added += step.added;
        next = step.next;
    }
    desk.screen().tell(&format!("{added} units were added."), &json!({ "imported": added }));
    Ok(())
}

fn tell(screen: Screen, issue: &Issue) {
    let severity = match issue.problem.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Skipped => "skipped",
    };
    let place = issue.column.map_or_else(String::new, |column| format!(", {column}"));
    let facts = json!({
        "line": issue.line, "column": issue.column, "severity": severity, "problem": issue.problem.to_string(),
    });
    let sentence = format!("line {}{place}: {severity}: {}", issue.line, issue.problem);
    screen.tell(&sentence, &json!({ "issue": facts }));
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::of_file(file, &error))
}
