//! From a resident list to people who hold Keys, in the steps that a manager's app goes through.

use std::collections::BTreeSet;
use std::path::Path;

use thumbturn_manager::office::import::{Issue, PeopleFile, Problem, Severity};
use thumbturn_manager::office::use_case::import::{AddContacts, ReviewPeople, STEP_ROWS, SendInvitations};
use thumbturn_manager::office::use_case::key::ListKeys;

use super::{Desk, DeskError};
use crate::mistake::{Mistake, Mistakes};

/// What became of a resident list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Imported {
    /// How many people have their Keys now.
    pub(crate) people: usize,
    /// How many doors are to hear of it.
    pub(crate) doors: usize,
}

impl Desk {
    /// Imports a resident list, unless something is wrong with it.
    pub(crate) fn import(&self, file: &Path, text: &str) -> Result<Imported, DeskError> {
        let people = PeopleFile::parse(text.as_bytes())
            .map_err(|error| Mistakes(vec![Mistake::in_line(file, 1, error.to_string())]))?;
        let mut next = Some(0);
        while let Some(from) = next {
            let reviewed = self.ask(&ReviewPeople { file: &people, from })?;
            self.check(file, &reviewed.issues)?;
            next = reviewed.next;
        }
        next = Some(0);
        while let Some(from) = next {
            next = self.perform(&AddContacts { file: &people, from, most: STEP_ROWS })?.next;
        }
        self.send(file, &people)
    }

    fn send(&self, file: &Path, people: &PeopleFile) -> Result<Imported, DeskError> {
        let (mut sent, mut doors, mut next) = (0, BTreeSet::new(), Some(0));
        while let Some(after) = next {
            let (keys, most) = (BTreeSet::new(), STEP_ROWS);
            let step = SendInvitations { file: people, keys, start: None, end: None, after, most };
            let step = self.perform(&step)?;
            self.check(file, &step.issues)?;
            sent += step.sent;
            doors.extend(step.tasks.iter().map(|task| task.door));
            next = step.next;
        }
        Ok(Imported { people: sent, doors: doors.len() })
    }

    /// What is worth a warning to a manager is worth none here.
    fn check(&self, file: &Path, issues: &[Issue]) -> Result<(), DeskError> {
        let mut mistakes = Vec::new();
        for issue in issues.iter().filter(|issue| issue.problem.severity() != Severity::Warning) {
            let line = usize::try_from(issue.line).unwrap_or(usize::MAX);
            let column = issue.column.map_or_else(String::new, |column| format!("{column}: "));
            let known = if issue.problem == Problem::UnknownKey { self.known_keys()? } else { String::new() };
            mistakes.push(Mistake::in_line(file, line, format!("{column}{}{known}", issue.problem)));
        }
        if mistakes.is_empty() { Ok(()) } else { Err(Mistakes(mistakes).into()) }
    }

    fn known_keys(&self) -> Result<String, DeskError> {
        let keys = self.ask(&ListKeys)?;
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        Ok(format!("; the building file has {}", names.join(", ")))
    }
}
