//! The office, somebody at it, and the property that a command is about.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use thumbturn_manager::office::model::EmailAddress;
use thumbturn_manager::office::use_case::people::{ListPeople, PersonLine};
use thumbturn_manager::office::use_case::portfolio::PropertyLine;
use thumbturn_manager::office::use_case::{Question, UseCase};
use thumbturn_manager::office::{Actor, Host, Office, Store};
use thumbturn_protocol::ids::PropertyId;

use crate::arguments::Arguments;
use crate::clock;
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::hexadecimal;
use crate::keystore::FileKeyStore;
use crate::screen::Screen;

const POSTGRES: &str = "postgres://";

/// An office with its store open.
pub(crate) struct Desk {
    pub(crate) office: Office,
    pub(crate) actor: Actor,
    pub(crate) screen: Screen,
    yes: bool,
    property: Option<String>,
}

impl Desk {
    /// Opens a store that `found` has made.
    pub(crate) async fn open(arguments: &Arguments) -> Result<Self, Failure> {
        let keystore = FileKeyStore::open(&key_file(arguments)?)?;
        Self::with(arguments, keystore).await
    }

    /// Opens a store, and makes what is not there yet.
    pub(crate) async fn open_or_make(arguments: &Arguments) -> Result<Self, Failure> {
        let file = key_file(arguments)?;
        // With a new key beside an old store, nobody could tell why it does not open.
        let is_there = !arguments.store.starts_with(POSTGRES) && Path::new(&arguments.store).exists();
        let keystore = if is_there { FileKeyStore::open(&file)? } else { FileKeyStore::open_or_make(&file)? };
        Self::with(arguments, keystore).await
    }

    async fn with(arguments: &Arguments, keystore: FileKeyStore) -> Result<Self, Failure> {
        let screen = arguments.screen();
        let spinner = screen.spinner("opening the store");
        let store = if arguments.store.starts_with(POSTGRES) {
            Store::open_postgres(&arguments.store).await?
        } else {
            Store::open_file(Path::new(&arguments.store)).await?
        };
        spinner.finish_and_clear();
        let office = Office::new(store, Host { keystore: Box::new(keystore), zones: Box::new(clock::Zones) });
        let actor = match &arguments.actor {
            None => Actor::Host,
            Some(email) => Actor::Account(account(&office, email).await?),
        };
        Ok(Self { office, actor, screen, yes: arguments.yes, property: arguments.property.clone() })
    }

    /// The property that was named, or the only one.
    pub(crate) async fn at_property(self) -> Result<PropertyDesk, Failure> {
        let properties = self.office.properties(self.actor).await?;
        let wanted = self.property.as_deref();
        let is_meant = |line: &&PropertyLine| {
            wanted.is_none_or(|wanted| line.name == wanted || hexadecimal::digits(&line.property.0) == wanted)
        };
        let mut meant = properties.iter().filter(is_meant);
        let names: Vec<&str> = properties.iter().map(|line| line.name.as_str()).collect();
        let Some(line) = meant.next() else {
            return Err(Failure::unknown("property", wanted.unwrap_or("of yours"), &names));
        };
        if meant.next().is_some() {
            let what = "more than one property is meant";
            return Err(Failure::new("which-property", what, "name one with --property, by its identifier"));
        }
        let zone = clock::zone(&line.zone)?;
        Ok(PropertyDesk { property: line.property, zone, desk: self })
    }
}

/// The same, at one property.
pub(crate) struct PropertyDesk {
    pub(crate) property: PropertyId,
    pub(crate) zone: TimeZone,
    pub(crate) desk: Desk,
}

impl PropertyDesk {
    pub(crate) const fn screen(&self) -> Screen {
        self.desk.screen
    }

    pub(crate) async fn perform<U: UseCase>(&self, use_case: &U) -> Result<U::Answer, Failure> {
        let (actor, now) = (self.desk.actor, clock::time_of_day());
        Ok(self.desk.office.perform(actor, self.property, use_case, now, &mut SystemRandom).await?)
    }

    /// What would follow.
    pub(crate) async fn foresee<U: UseCase>(&self, use_case: &U) -> Result<U::Answer, Failure> {
        let (actor, now) = (self.desk.actor, clock::time_of_day());
        Ok(self.desk.office.foresee(actor, self.property, use_case, now, &mut SystemRandom).await?)
    }

    pub(crate) async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, Failure> {
        let (actor, now) = (self.desk.actor, clock::time_of_day());
        Ok(self.desk.office.ask(actor, self.property, question, now).await?)
    }

    /// Asks for a yes to what was just told.
    pub(crate) fn confirm(&self) -> Result<(), Failure> {
        self.screen().confirm(self.desk.yes)
    }

    /// Everybody, or everybody with access.
    pub(crate) async fn people(&self, show_expired: bool) -> Result<Vec<PersonLine>, Failure> {
        let spinner = self.screen().spinner("reading people");
        let mut people: Vec<PersonLine> = Vec::new();
        loop {
            let after = people.last().map(|person| person.email.clone());
            let page = self.ask(&ListPeople { show_expired, after }).await?;
            if page.is_empty() {
                spinner.finish_and_clear();
                return Ok(people);
            }
            people.extend(page);
        }
    }

    /// A person by e-mail address, also one whose access is over.
    pub(crate) async fn person(&self, email: &str) -> Result<PersonLine, Failure> {
        let email = EmailAddress::parse(email)?;
        let people = self.people(true).await?;
        let found = people.into_iter().find(|person| person.email == email.as_str());
        found.ok_or_else(|| {
            let what = format!("nobody here has the address {}", email.as_str());
            Failure::new("unknown-name", what, "see `person list --expired`")
        })
    }
}

async fn account(office: &Office, email: &str) -> Result<thumbturn_manager::ids::AccountId, Failure> {
    let account = office.account(&EmailAddress::parse(email)?).await?;
    account.ok_or_else(|| {
        let what = format!("there is no account with the address {email}");
        Failure::new("unknown-name", what, "leave --as away to act as the host, or name a manager")
    })
}

/// Beside the store, unless it was named.
fn key_file(arguments: &Arguments) -> Result<PathBuf, Failure> {
    if let Some(file) = &arguments.keystore {
        return Ok(file.clone());
    }
    if arguments.store.starts_with(POSTGRES) {
        let what = "a store in Postgres has no file beside it";
        return Err(Failure::new("keystore", what, "name the file of the host's key with --keystore"));
    }
    Ok(PathBuf::from(format!("{}.key", arguments.store)))
}
