//! From rows of a file to people of the property, who hold nothing yet.

use thumbturn_protocol::ids::HolderId;

use super::STEP_ROWS;
use super::register::{Meaning, Register, about};
use super::review::{CONTENT, next};
use crate::ids::AccountId;
use crate::office::import::{Issue, PeopleFile, PersonRow, Problem, column};
use crate::office::permission::Need;
use crate::office::secrets::Place;
use crate::office::store::import::{BatchState, RowRecord};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, store};

/// Makes people of the rows that are right, and leaves out the others. They hold nothing and hear of nothing before
/// [`SendInvitations`](super::SendInvitations). A row for somebody for whom one waits already takes its place.
#[derive(Debug)]
pub struct AddContacts<'a> {
    /// The file.
    pub file: &'a PeopleFile,
    /// From which row on; the first is 0.
    pub from: usize,
    /// How many rows at most, 1 to [`STEP_ROWS`]; others count as the nearest.
    pub most: usize,
}

/// What became of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactsAdded {
    /// How many wait to be sent.
    pub added: usize,
    /// What there is to say of rows, in the order of the file.
    pub issues: Vec<Issue>,
    /// From where to go on; `None`: that was all.
    pub next: Option<usize>,
}

impl Sealed for AddContacts<'_> {}

impl UseCase for AddContacts<'_> {
    type Answer = ContactsAdded;
    const NAME: &'static str = "import contacts";

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<ContactsAdded, Error> {
        let batch = (work.property(), self.file.digest());
        let rows: Vec<_> = self.file.rows(self.from).take(self.most.clamp(1, STEP_ROWS)).collect();
        let next = next(self.file, self.from, rows.len());
        let (mut register, mut issues, mut added) = (Register::default(), Vec::new(), 0);
        for row in rows {
            let found = match row {
                Ok(row) => add(work, batch.1, &mut register, &row).await?,
                Err(found) => Err(found),
            };
            match found {
                Ok(warnings) => {
                    added += 1;
                    issues.extend(warnings);
                }
                Err(found) => issues.extend(found),
            }
        }
        let state = if next.is_some() { BatchState::Adding } else { BatchState::Added };
        let by = (work.actor.account(), work.now);
        store::import::upload(work.connection(), batch, (state, self.file.len()), by).await?;
        Ok(ContactsAdded { added, issues, next })
    }
}

/// Makes a person of a row. Gives warnings, or why there is nobody.
async fn add(
    work: &mut Work<'_>,
    digest: [u8; 32],
    register: &mut Register,
    row: &PersonRow,
) -> Result<Result<Vec<Issue>, Vec<Issue>>, Error> {
    let property = work.property();
    let content = work.secrets()?.fingerprint(&Place(CONTENT, &[]), row.content().as_bytes());
    if store::import::was_sent(work.connection(), property, content).await? {
        return Ok(Err(vec![about(row.line, column::EMAIL, Problem::AlreadyImported)]));
    }
    let meaning = match register.read(work, row).await? {
        Ok(meaning) => meaning,
        Err(issues) => return Ok(Err(issues)),
    };
    let (holder, is_new) = person(work, row, &meaning).await?;
    let was_new = store::import::take_back(work.connection(), property, holder).await?;
    let record = RowRecord {
        content,
        line: row.line,
        holder,
        welcome: is_new || was_new,
        keys: meaning.keys.into_iter().collect(),
        role: row.role,
        may_share: row.may_share,
        start: meaning.start,
        end: meaning.end,
    };
    store::import::insert(work.connection(), (property, digest), &record).await?;
    Ok(Ok(meaning.warnings))
}

/// The person of a row, and whether an account was made.
async fn person(work: &mut Work<'_>, row: &PersonRow, meaning: &Meaning) -> Result<(HolderId, bool), Error> {
    let (property, now) = (work.property(), work.now);
    let (account, holder) = (AccountId::random(work.random)?, HolderId::random(work.random)?);
    let (account, is_new) =
        store::account::find_or_insert(work.connection(), &row.email, &row.name, account, now).await?;
    // An account that is there belongs to the person: codes would go to a number that somebody else has written down.
    if let Some(phone) = row.phone.as_deref().filter(|_| is_new) {
        store::account::set_telephone(work.connection(), account, phone).await?;
    }
    let person = store::person::find_or_insert(work.connection(), property, account, (holder, now)).await?;
    if let Some(unit) = meaning.unit {
        store::person::set_unit(work.connection(), property, person, unit).await?;
    }
    Ok((person, is_new))
}
