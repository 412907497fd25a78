//! What is kept of somebody, for whoever asks.

use core::fmt;

use serde_json::{Map, Value as Json, json};
use thumbturn_protocol::ids::HolderId;

use crate::office::audit::Subject;
use crate::office::model::activity::bolt_name;
use crate::office::permission::Need;
use crate::office::store::activity::{Filter, Shown};
use crate::office::store::export::utc;
use crate::office::use_case::UseCase;
use crate::office::use_case::activity::window;
use crate::office::use_case::report::scope;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Thing, store};

/// Entries of the activity that are read at once.
const ENTRIES: u32 = 1_000;

/// Gives everything that the property keeps of a person: to the person, or to staff with Full Key Management on the person's request.
/// The person gets all entries of the activity in which he is the one who came; staff only those that are a manager's to see. Digits
/// of codes, keys, and what others did are not in it. It is written into the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportPerson {
    /// Of whom; also of somebody who was deleted, and not erased.
    pub person: HolderId,
}

/// What is kept of a person, as JSON: an object with a list for each kind of thing; instants as RFC 3339 has them, in UTC. Its `Debug` shows
/// nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonExport {
    /// The text.
    pub json: String,
}

impl fmt::Debug for PersonExport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PersonExport({} bytes)", self.json.len())
    }
}

impl Sealed for ExportPerson {}

impl UseCase for ExportPerson {
    type Answer = PersonExport;
    const NAME: &'static str = "export person";

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.person)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<PersonExport, Error> {
        let property = work.property();
        let account = store::person::account(work.connection(), property, self.person).await?;
        let is_own = account.is_some() && work.actor.account() == account;
        if !is_own {
            work.require(&Need::FullKeys)?;
        }
        if !store::erasure::is_known(work.connection(), property, self.person).await? {
            return Err(Error::NotFound(Thing::Person));
        }
        let who = (property, self.person);
        let mut export: Map<String, Json> = store::export::of_person(work.connection(), who).await?;
        export.insert("activity".to_owned(), Json::Array(self.activity(work, is_own).await?));
        Ok(PersonExport { json: Json::Object(export).to_string() })
    }
}

impl ExportPerson {
    async fn activity(&self, work: &mut Work<'_>, is_own: bool) -> Result<Vec<Json>, Error> {
        let (property, now, scope) = (work.property(), work.now, scope(&work.view));
        let mut entries = Vec::new();
        let mut window = window((None, None), None, ENTRIES);
        loop {
            let page = if is_own {
                store::activity::of_person(work.connection(), (property, self.person), &window).await?
            } else {
                let filter = Filter { window, door: None, person: Some(self.person) };
                store::activity::to_managers(work.connection(), (property, scope), &filter, now).await?
            };
            let Some(last) = page.last() else { return Ok(entries) };
            window.before = (last.at, last.revision, last.door, last.place);
            entries.extend(page.iter().map(entry));
        }
    }
}

fn entry(shown: &Shown) -> Json {
    json!({
        "at": utc(shown.at),
        "clock_was_unsure": shown.is_unsure,
        "door": shown.door_name,
        "method": shown.method.name(),
        "result": shown.happening.name(),
        "bolt": shown.bolt.map(bolt_name),
        "as_guest": shown.is_guest,
        "as_resident": shown.is_resident,
    })
}
