//! From rows of a file to people of the property, who hold nothing yet.

use std::collections::BTreeMap;

use thumbturn_protocol::ids::HolderId;

use super::STEP_ROWS;
use super::register::{Candidate, Meaning, Register};
use super::review::{candidates, good};
use crate::ids::AccountId;
use crate::office::import::{Issue, PeopleFile};
use crate::office::permission::Need;
use crate::office::store::account::NewAccount;
use crate::office::store::import::{BatchState, RowRecord};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, StoreError, store};

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
        let (batch, most) = ((work.property(), self.file.digest()), self.most.clamp(1, STEP_ROWS));
        let (candidates, next) = candidates(work, self.file, self.from, most)?;
        let mut register = Register::of(work, &good(&candidates)).await?;
        let (mut issues, mut contacts) = (Vec::new(), Vec::new());
        for candidate in candidates {
            let candidate = match candidate {
                Ok(candidate) => candidate,
                Err(found) => {
                    issues.extend(found);
                    continue;
                }
            };
            match register.read(work, &candidate)? {
                Ok(mut meaning) => {
                    issues.append(&mut meaning.warnings);
                    contacts.push((candidate, meaning));
                }
                Err(found) => issues.extend(found),
            }
        }
        let added = contacts.len();
        add(work, batch.1, &register, contacts).await?;
        let state = if next.is_some() { BatchState::Adding } else { BatchState::Added };
        let by = (work.actor.account(), work.now);
        store::import::upload(work.connection(), batch, (state, self.file.len()), by).await?;
        Ok(ContactsAdded { added, issues, next })
    }
}

/// Makes people of rows, and keeps what the rows say until it is sent.
async fn add(
    work: &mut Work<'_>,
    digest: [u8; 32],
    register: &Register,
    contacts: Vec<(Candidate, Meaning)>,
) -> Result<(), Error> {
    let property = work.property();
    let accounts = accounts(work, register, &contacts).await?;
    let people = people(work, &contacts, &accounts).await?;
    // Nothing can wait for somebody who has just come.
    let known: Vec<HolderId> =
        people.iter().filter(|person| !person.is_new).map(|person| person.holder).collect();
    let welcomed = store::import::take_back(work.connection(), property, &known).await?;
    let record = |((contact, account), person): ((&(Candidate, Meaning), &Account), &Person)| {
        let (Candidate { row, content }, meaning) = contact;
        RowRecord {
            content: *content,
            line: row.line,
            holder: person.holder,
            welcome: account.is_new || welcomed.contains(&person.holder),
            keys: meaning.keys.iter().copied().collect(),
            role: row.role,
            may_share: row.may_share,
            start: meaning.start,
            end: meaning.end,
        }
    };
    let records: Vec<RowRecord> = contacts.iter().zip(&accounts).zip(&people).map(record).collect();
    Ok(store::import::insert(work.connection(), (property, digest), &records).await?)
}

/// Who signs in as the person of a row.
struct Account {
    id: AccountId,
    is_new: bool,
}

/// The person of a row.
struct Person {
    holder: HolderId,
    is_new: bool,
}

/// The accounts of rows, made where there are none.
async fn accounts(
    work: &mut Work<'_>,
    register: &Register,
    contacts: &[(Candidate, Meaning)],
) -> Result<Vec<Account>, Error> {
    let mut new = Vec::new();
    for (Candidate { row, .. }, _) in
        contacts.iter().filter(|(contact, _)| register.account(&contact.row).is_none())
    {
        let (id, telephone) = (AccountId::random(work.random)?, row.phone.as_deref());
        new.push(NewAccount { id, email: &row.email, name: &row.name, telephone });
    }
    let now = work.now;
    let made = store::account::insert(work.connection(), &new, now).await?;
    // Of an address that somebody else has taken at this very time, the account is theirs: codes would go to a number that somebody else
    // has written down.
    let (mut ids, mut missed) = (BTreeMap::new(), Vec::new());
    for account in &new {
        if made.contains(&account.id) {
            ids.insert(account.email.as_str(), account.id);
        } else {
            missed.push(account.email.as_str());
        }
    }
    let others = store::account::known(work.connection(), &missed).await?;
    let account = |(Candidate { row, .. }, _): &(Candidate, Meaning)| {
        let address = row.email.as_str();
        if let Some(id) = ids.get(address) {
            return Ok(Account { id: *id, is_new: true });
        }
        let known = register.account(row).or_else(|| others.get(address)).ok_or(StoreError::Contended)?;
        Ok(Account { id: known.id, is_new: false })
    };
    contacts.iter().map(account).collect()
}

/// The people of rows, made where there are none, in their units.
async fn people(
    work: &mut Work<'_>,
    contacts: &[(Candidate, Meaning)],
    accounts: &[Account],
) -> Result<Vec<Person>, Error> {
    let (property, now) = (work.property(), work.now);
    let old: Vec<AccountId> =
        accounts.iter().filter(|account| !account.is_new).map(|account| account.id).collect();
    let known = store::person::of_accounts(work.connection(), property, &old).await?;
    let (mut people, mut new) = (Vec::new(), Vec::new());
    for ((_, meaning), account) in contacts.iter().zip(accounts) {
        if let Some(holder) = known.get(&account.id) {
            if let Some(unit) = meaning.unit {
                store::person::set_unit(work.connection(), property, *holder, unit).await?;
            }
            people.push(Person { holder: *holder, is_new: false });
        } else {
            let holder = HolderId::random(work.random)?;
            new.push((holder, account.id, meaning.unit));
            people.push(Person { holder, is_new: true });
        }
    }
    store::person::insert(work.connection(), property, &new, now).await?;
    Ok(people)
}
