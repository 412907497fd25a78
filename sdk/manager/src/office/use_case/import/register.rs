//! What rows are checked against: the Keys and units of the property, by name. Each name is looked up once in a transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use thumbturn_protocol::time::UnixSeconds;

use crate::access::Term;
use crate::ids::{KeyId, UnitId};
use crate::office::calendar::{Date, End};
use crate::office::import::{Issue, PEOPLE, PersonRow, Problem, column};
use crate::office::permission::Need;
use crate::office::work::View;
use crate::office::{Error, store};

/// What was looked up so far.
#[derive(Default)]
pub(super) struct Register {
    keys: BTreeMap<String, Option<KeyId>>,
    units: BTreeMap<String, Option<UnitId>>,
    starts: HashMap<Date, UnixSeconds>,
    ends: HashMap<Date, End>,
}

/// What the names and dates of a row mean at the property.
pub(super) struct Meaning {
    pub(super) keys: BTreeSet<KeyId>,
    pub(super) unit: Option<UnitId>,
    pub(super) start: Option<UnixSeconds>,
    pub(super) end: Option<End>,
    pub(super) warnings: Vec<Issue>,
}

impl Register {
    /// What a row means, or all that is wrong with it.
    pub(super) async fn read(
        &mut self,
        view: &mut View<'_>,
        row: &PersonRow,
    ) -> Result<Result<Meaning, Vec<Issue>>, Error> {
        let mut problems = Vec::new();
        let mut keys = BTreeSet::new();
        for name in &row.keys {
            match self.key(view, name).await? {
                None => problems.push((column::KEYS, Problem::UnknownKey)),
                Some(key) if view.require(&Need::Keys(BTreeSet::from([key]))).is_err() => {
                    problems.push((column::KEYS, Problem::KeyNotPermitted));
                }
                Some(key) => drop(keys.insert(key)),
            }
        }
        let unit = match &row.unit {
            Some(name) => self.unit(view, name).await?,
            None => None,
        };
        if row.unit.is_some() && unit.is_none() {
            problems.push((column::UNIT, Problem::UnknownUnit));
        }
        let start = row.start.map(|date| self.start(view, date)).transpose()?;
        let end = row.end.map(|date| self.end(view, date)).transpose()?;
        let until = end.map(|end| end.at);
        problems.extend(term_problem(start, until, view.now).map(|problem| (column::EXPIRES, problem)));
        let issue = |(column, problem)| about(row.line, column, problem);
        if !problems.is_empty() {
            return Ok(Err(problems.into_iter().map(issue).collect()));
        }
        let mut warnings = row.warnings.clone();
        let known = store::account::name_of(view.connection(), &row.email).await?;
        if known.is_some_and(|(first, last)| first != row.name.first() || last != row.name.last()) {
            warnings.push(about(row.line, column::FIRST_NAME, Problem::NameDiffers));
        }
        Ok(Ok(Meaning { keys, unit, start, end, warnings }))
    }

    async fn key(&mut self, view: &mut View<'_>, name: &str) -> Result<Option<KeyId>, Error> {
        if let Some(known) = self.keys.get(name) {
            return Ok(*known);
        }
        let property = view.property();
        let key = store::key::named(view.connection(), property, name).await?;
        self.keys.insert(name.to_owned(), key);
        Ok(key)
    }

    async fn unit(&mut self, view: &mut View<'_>, name: &str) -> Result<Option<UnitId>, Error> {
        if let Some(known) = self.units.get(name) {
            return Ok(*known);
        }
        let property = view.property();
        let unit = store::unit::named(view.connection(), property, name).await?.map(|unit| unit.id);
        self.units.insert(name.to_owned(), unit);
        Ok(unit)
    }

    fn start(&mut self, view: &View<'_>, date: Date) -> Result<UnixSeconds, Error> {
        if let Some(known) = self.starts.get(&date) {
            return Ok(*known);
        }
        let start = view.start_of(date)?;
        self.starts.insert(date, start);
        Ok(start)
    }

    fn end(&mut self, view: &View<'_>, date: Date) -> Result<End, Error> {
        if let Some(known) = self.ends.get(&date) {
            return Ok(*known);
        }
        let end = view.end(date)?;
        self.ends.insert(date, end);
        Ok(end)
    }
}

/// What is wrong with a term, if anything.
fn term_problem(start: Option<UnixSeconds>, end: Option<UnixSeconds>, now: UnixSeconds) -> Option<Problem> {
    if end.is_some_and(|end| end <= now) {
        return Some(Problem::EndInPast);
    }
    Term::new(start.unwrap_or(now), end).err().map(|_| Problem::EndBeforeStart)
}

/// Something about a cell.
pub(super) fn about(line: u32, column: usize, problem: Problem) -> Issue {
    Issue { line, column: PEOPLE.get(column).map(|column| column.name), problem }
}
