//! Keys and a message for those who were imported.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;

use super::STEP_ROWS;
use super::register::about;
use crate::access::{KeyGrant, Term};
use crate::ids::{AccountId, KeyId};
use crate::office::calendar::{Date, End};
use crate::office::import::{Issue, PeopleFile, Problem, column};
use crate::office::notification::Notice;
use crate::office::permission::Need;
use crate::office::store::grant::Source;
use crate::office::store::import::RowRecord;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::people::give;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, lists, store};

/// Gives those who were added from a file the Keys of their rows and those chosen for all, and tells them (F-083 to F-086). A row that has a
/// start or an end of its own keeps it.
#[derive(Debug)]
pub struct SendInvitations<'a> {
    /// The file.
    pub file: &'a PeopleFile,
    /// Keys for all.
    pub keys: BTreeSet<KeyId>,
    /// From when on; `None`: now.
    pub start: Option<Date>,
    /// Until when; `None`: until it is revoked.
    pub end: Option<Date>,
    /// Only rows after this line; 0 at first.
    pub after: u32,
    /// How many rows at most, 1 to [`STEP_ROWS`]; others count as the nearest.
    pub most: usize,
}

/// What became of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationsSent {
    /// How many people have their Keys now.
    pub sent: usize,
    /// Rows that wait for something else to be chosen.
    pub issues: Vec<Issue>,
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
    /// After which line to go on; `None`: that was all.
    pub next: Option<u32>,
}

/// What was chosen for all, as instants.
struct Chosen {
    start: Option<UnixSeconds>,
    end: Option<End>,
    /// Keys, and whether they are there and the actor's to give.
    keys: BTreeMap<KeyId, Result<(), Problem>>,
}

impl Sealed for SendInvitations<'_> {}

impl UseCase for SendInvitations<'_> {
    type Answer = InvitationsSent;
    const NAME: &'static str = "import send";

    fn need(&self) -> Need {
        Need::Keys(self.keys.clone())
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<InvitationsSent, Error> {
        let batch = (work.property(), self.file.digest());
        let mut chosen = self.chosen(work).await?;
        let most = self.most.clamp(1, STEP_ROWS);
        let rows = store::import::waiting(work.connection(), batch, (self.after, most)).await?;
        let next = rows.last().filter(|_| rows.len() == most).map(|(row, _)| row.line);
        let (mut issues, mut affected) = (Vec::new(), BTreeSet::new());
        for (row, account) in &rows {
            match self.send(work, &mut chosen, (row, *account)).await? {
                Ok(person) => drop(affected.insert(person)),
                Err(problem) => issues.push(about(row.line, column_of(problem), problem)),
            }
        }
        // All at once: what several of them do to a door is one change of its list.
        let tasks = lists::reconcile(work, &affected, None).await?;
        if next.is_none() {
            store::import::finish(work.connection(), batch).await?;
        }
        Ok(InvitationsSent { sent: affected.len(), issues, tasks, next })
    }
}

impl SendInvitations<'_> {
    async fn chosen(&self, work: &mut Work<'_>) -> Result<Chosen, Error> {
        let start = self.start.map(|date| work.start_of(date)).transpose()?;
        let end = self.end.map(|date| work.end(date)).transpose()?;
        if Term::new(start.unwrap_or(work.now), end.map(|end| end.at))?.is_over(work.now) {
            return Err(Invalid::EndInPast.into());
        }
        let mut chosen = Chosen { start, end, keys: BTreeMap::new() };
        for key in &self.keys {
            chosen.check(work, *key).await?.map_err(|_| Error::NotFound(Thing::Key))?;
        }
        Ok(chosen)
    }

    /// Gives the Keys of a row and tells the person, or says why not.
    async fn send(
        &self,
        work: &mut Work<'_>,
        chosen: &mut Chosen,
        (row, account): (&RowRecord, AccountId),
    ) -> Result<Result<HolderId, Problem>, Error> {
        let (property, now) = (work.property(), work.now);
        let keys: BTreeSet<KeyId> = row.keys.iter().chain(&self.keys).copied().collect();
        if keys.is_empty() {
            return Ok(Err(Problem::NoKey));
        }
        for key in &keys {
            if let Err(problem) = chosen.check(work, *key).await? {
                return Ok(Err(problem));
            }
        }
        let end = row.end.or(chosen.end);
        let (start, until) = (row.start.or(chosen.start).unwrap_or(now), end.map(|end| end.at));
        let Ok(term) = Term::new(start, until) else {
            return Ok(Err(Problem::EndBeforeStart));
        };
        if term.is_over(now) {
            return Ok(Err(Problem::EndInPast));
        }
        for key in keys {
            let (person, role, may_share) = (row.holder, row.role, row.may_share);
            let grant = KeyGrant { person, key, role, may_share, term };
            give(work, &grant, end.and_then(|end| end.last_day), Source::Csv).await?;
        }
        let notice = if row.welcome { Notice::Welcome } else { Notice::AccessAdded };
        work.notify(account, notice, &json!({ "starts_at": term.start().seconds() })).await?;
        // In the transaction that gives, so that a crash leaves both or neither.
        store::import::sent(work.connection(), property, row.content).await?;
        Ok(Ok(row.holder))
    }
}

impl Chosen {
    /// Whether a Key is still there, and the actor's to give: whoever sends a row need not be whoever added it.
    async fn check(&mut self, work: &mut Work<'_>, key: KeyId) -> Result<Result<(), Problem>, Error> {
        if let Some(known) = self.keys.get(&key) {
            return Ok(*known);
        }
        let property = work.property();
        let found = if store::key::find(work.connection(), property, key).await?.is_none() {
            Err(Problem::UnknownKey)
        } else {
            work.require(&Need::Keys(BTreeSet::from([key]))).map_err(|_| Problem::KeyNotPermitted)
        };
        self.keys.insert(key, found);
        Ok(found)
    }
}

const fn column_of(problem: Problem) -> usize {
    match problem {
        Problem::EndBeforeStart | Problem::EndInPast => column::EXPIRES,
        _ => column::KEYS,
    }
}
