//! Keys and a message for those who were imported.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;

use super::STEP_ROWS;
use super::register::about;
use crate::access::{KeyGrant, Term};
use crate::ids::{AccountId, KeyGrantId, KeyId};
use crate::office::calendar::{Date, End};
use crate::office::import::{Issue, PeopleFile, Problem, column};
use crate::office::notification::Notice;
use crate::office::permission::Need;
use crate::office::store::grant::{Given, Source};
use crate::office::store::import::RowRecord;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
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

/// What was chosen for all, as instants, and which Keys are there to give.
struct Chosen {
    start: Option<UnixSeconds>,
    end: Option<End>,
    existing: BTreeSet<KeyId>,
}

/// What the person of a row is to have.
struct Order<'a> {
    row: &'a RowRecord,
    account: AccountId,
    keys: BTreeSet<KeyId>,
    term: Term,
    /// Where its end was given as a local day.
    last_day: Option<LocalDay>,
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
        let most = self.most.clamp(1, STEP_ROWS);
        let rows = store::import::waiting(work.connection(), batch, (self.after, most)).await?;
        let chosen = self.chosen(work, &rows).await?;
        let next = rows.last().filter(|_| rows.len() == most).map(|(row, _)| row.line);
        let (mut issues, mut orders) = (Vec::new(), Vec::new());
        for (row, account) in &rows {
            match self.order(work, &chosen, (row, *account)) {
                Ok(order) => orders.push(order),
                Err(problem) => issues.push(about(row.line, column_of(problem), problem)),
            }
        }
        give(work, &orders).await?;
        // All at once: what several of them do to a door is one change of its list.
        let people = orders.iter().map(|order| order.row.holder).collect();
        let tasks = lists::reconcile(work, &people, None).await?;
        if next.is_none() {
            store::import::finish(work.connection(), batch).await?;
        }
        Ok(InvitationsSent { sent: people.len(), issues, tasks, next })
    }
}

impl SendInvitations<'_> {
    async fn chosen(&self, work: &mut Work<'_>, rows: &[(RowRecord, AccountId)]) -> Result<Chosen, Error> {
        let start = self.start.map(|date| work.start_of(date)).transpose()?;
        let end = self.end.map(|date| work.end(date)).transpose()?;
        if Term::new(start.unwrap_or(work.now), end.map(|end| end.at))?.is_over(work.now) {
            return Err(Invalid::EndInPast.into());
        }
        let of_rows = rows.iter().flat_map(|(row, _)| &row.keys);
        let keys: BTreeSet<KeyId> = of_rows.chain(&self.keys).copied().collect();
        let keys: Vec<KeyId> = keys.into_iter().collect();
        let property = work.property();
        let existing = store::key::existing(work.connection(), property, &keys).await?;
        if !self.keys.is_subset(&existing) {
            return Err(Error::NotFound(Thing::Key));
        }
        Ok(Chosen { start, end, existing })
    }

    /// What a row comes to, or why nobody gets anything. Whoever sends a row need not be whoever added it.
    fn order<'a>(
        &self,
        work: &Work<'_>,
        chosen: &Chosen,
        (row, account): (&'a RowRecord, AccountId),
    ) -> Result<Order<'a>, Problem> {
        let keys: BTreeSet<KeyId> = row.keys.iter().chain(&self.keys).copied().collect();
        if keys.is_empty() {
            return Err(Problem::NoKey);
        }
        for key in &keys {
            if !chosen.existing.contains(key) {
                return Err(Problem::UnknownKey);
            }
            work.require(&Need::Keys(BTreeSet::from([*key]))).map_err(|_| Problem::KeyNotPermitted)?;
        }
        let start = row.start.or(chosen.start).unwrap_or(work.now);
        let end = row.end.or(chosen.end);
        let term = Term::new(start, end.map(|end| end.at)).map_err(|_| Problem::EndBeforeStart)?;
        if term.is_over(work.now) {
            return Err(Problem::EndInPast);
        }
        Ok(Order { row, account, keys, term, last_day: end.and_then(|end| end.last_day) })
    }
}

/// Gives Keys, unless somebody has the very same already, and tells people of them.
async fn give(work: &mut Work<'_>, orders: &[Order<'_>]) -> Result<(), Error> {
    let (property, now, by) = (work.property(), work.now, work.actor.account());
    let people: Vec<HolderId> = orders.iter().map(|order| order.row.holder).collect();
    let mut held: HashMap<HolderId, Vec<KeyGrant>> = HashMap::new();
    for record in store::grant::not_ended(work.connection(), property, &people).await? {
        held.entry(record.grant.person).or_default().push(record.grant);
    }
    let (mut grants, mut messages, mut contents) = (Vec::new(), Vec::new(), Vec::new());
    for Order { row, account, keys, term, last_day } in orders {
        let given = Given { last_day: *last_day, source: Source::Csv, by, at: now };
        let (person, role, may_share) = (row.holder, row.role, row.may_share);
        for key in keys {
            let grant = KeyGrant { person, key: *key, role, may_share, term: *term };
            if !held.get(&person).is_some_and(|held| held.contains(&grant)) {
                grants.push((KeyGrantId::random(work.random)?, grant, given));
            }
        }
        let notice = if row.welcome { Notice::Welcome } else { Notice::AccessAdded };
        messages.push((*account, notice, json!({ "starts_at": term.start().seconds() }).to_string()));
        contents.push(row.content);
    }
    store::grant::insert(work.connection(), property, &grants).await?;
    work.notify_all(&messages).await?;
    // In the transaction that gives, so that a crash leaves both or neither.
    Ok(store::import::note_sent(work.connection(), property, &contents).await?)
}

const fn column_of(problem: Problem) -> usize {
    match problem {
        Problem::EndBeforeStart | Problem::EndInPast => column::EXPIRES,
        _ => column::KEYS,
    }
}
