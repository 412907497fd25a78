//! What rows are checked against: Keys and units of the property by name, accounts by address, and what was imported before. All of it is
//! looked up at once for the rows of a step.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use thumbturn_protocol::time::UnixSeconds;

use crate::access::Term;
use crate::ids::{KeyId, UnitId};
use crate::office::calendar::{Date, End};
use crate::office::import::{Issue, PEOPLE, PersonRow, Problem, column};
use crate::office::permission::Need;
use crate::office::secrets::Place;
use crate::office::store::account::AccountRecord;
use crate::office::work::View;
use crate::office::{Error, store};

/// What fingerprints of rows are made for.
const CONTENT: &str = "import_row";

/// A person of a file, under the fingerprint of what the row says.
pub(super) struct Candidate {
    pub(super) row: PersonRow,
    pub(super) content: [u8; 16],
}

/// What was looked up.
pub(super) struct Register {
    sent: BTreeSet<[u8; 16]>,
    keys: BTreeMap<String, KeyId>,
    units: BTreeMap<String, UnitId>,
    accounts: BTreeMap<String, AccountRecord>,
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

impl Candidate {
    /// Whom a row is about.
    pub(super) fn of(view: &View<'_>, row: PersonRow) -> Result<Self, Error> {
        let content = view.secrets()?.fingerprint(&Place(CONTENT, &[]), row.content().as_bytes());
        Ok(Self { row, content })
    }
}

impl Register {
    /// Looks up what these rows name.
    pub(super) async fn of(view: &mut View<'_>, candidates: &[&Candidate]) -> Result<Self, Error> {
        let property = view.property();
        let rows = || candidates.iter().map(|candidate| &candidate.row);
        let keys: BTreeSet<&str> = rows().flat_map(|row| &row.keys).map(String::as_str).collect();
        let units: BTreeSet<&str> = rows().filter_map(|row| row.unit.as_deref()).collect();
        let keys: Vec<&str> = keys.into_iter().collect();
        let units: Vec<&str> = units.into_iter().collect();
        let addresses: Vec<&str> = rows().map(|row| row.email.as_str()).collect();
        let contents: Vec<[u8; 16]> = candidates.iter().map(|candidate| candidate.content).collect();
        let connection = view.connection();
        Ok(Self {
            sent: store::import::sent_among(connection, property, &contents).await?,
            keys: store::key::named(connection, property, &keys).await?,
            units: store::unit::named_among(connection, property, &units).await?,
            accounts: store::account::known(connection, &addresses).await?,
            starts: HashMap::new(),
            ends: HashMap::new(),
        })
    }

    /// What a row means, or all that is wrong with it.
    pub(super) fn read(
        &mut self,
        view: &View<'_>,
        candidate: &Candidate,
    ) -> Result<Result<Meaning, Vec<Issue>>, Error> {
        let row = &candidate.row;
        if self.sent.contains(&candidate.content) {
            return Ok(Err(vec![about(row.line, column::EMAIL, Problem::AlreadyImported)]));
        }
        let mut problems = Vec::new();
        let mut keys = BTreeSet::new();
        for name in &row.keys {
            match self.keys.get(name) {
                None => problems.push((column::KEYS, Problem::UnknownKey)),
                Some(key) if view.require(&Need::Keys(BTreeSet::from([*key]))).is_err() => {
                    problems.push((column::KEYS, Problem::KeyNotPermitted));
                }
                Some(key) => drop(keys.insert(*key)),
            }
        }
        let unit = row.unit.as_ref().and_then(|name| self.units.get(name)).copied();
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
        let is_other = |known: &AccountRecord| {
            known.first_name != row.name.first() || known.last_name != row.name.last()
        };
        if self.account(row).is_some_and(is_other) {
            warnings.push(about(row.line, column::FIRST_NAME, Problem::NameDiffers));
        }
        Ok(Ok(Meaning { keys, unit, start, end, warnings }))
    }

    /// The account with the address of a row.
    pub(super) fn account(&self, row: &PersonRow) -> Option<&AccountRecord> {
        self.accounts.get(row.email.as_str())
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
