//! `person`.

use serde_json::json;
use thumbturn_manager::access::Role;
use thumbturn_manager::ids::KeyGrantId;
use thumbturn_manager::office::calendar::Date;
use thumbturn_manager::office::model::{EmailAddress, PersonName};
use thumbturn_manager::office::task::DoorTask;
use thumbturn_manager::office::use_case::UseCase;
use thumbturn_manager::office::use_case::key::ListKeys;
use thumbturn_manager::office::use_case::people::{
    DeletePerson, HeldKeys, InvitePerson, PersonLine, RevokeAll, RevokeKey,
};

use super::{key, tasks};
use crate::arguments::{Invite, Person};
use crate::clock::beginning_of;
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::hexadecimal::digits;

pub(super) async fn run(desk: &PropertyDesk, wanted: &Person) -> Result<(), Failure> {
    match wanted {
        Person::Invite(wanted) => invite(desk, wanted).await,
        Person::List { expired } => list(desk, *expired).await,
        Person::Revoke { email, key: None } => {
            let person = desk.person(email).await?;
            take(desk, &person, None, &RevokeAll { person: person.person }).await
        }
        Person::Revoke { email, key: Some(name) } => {
            let person = desk.person(email).await?;
            revoke_key(desk, &person, name).await
        }
        Person::Delete { email } => {
            let person = desk.person(email).await?;
            take(desk, &person, None, &DeletePerson { person: person.person }).await
        }
    }
}

async fn invite(desk: &PropertyDesk, wanted: &Invite) -> Result<(), Failure> {
    let mut keys = Vec::new();
    for name in &wanted.keys {
        keys.push(key::named(desk, name).await?.key);
    }
    let (email, name) =
        (EmailAddress::parse(&wanted.email)?, PersonName::parse(&wanted.first, &wanted.last)?);
    let invitation = InvitePerson {
        email: email.clone(),
        name,
        unit: None,
        keys: keys.into_iter().collect(),
        role: if wanted.non_resident { Role::NonResident } else { Role::Resident },
        may_share: wanted.may_share,
        start: wanted.start.as_ref().map(|day| beginning_of(day, &desk.zone)).transpose()?,
        end: wanted.end.as_deref().map(Date::parse).transpose()?,
    };
    let invited = desk.perform(&invitation).await?;
    let (person, held) = (digits(&invited.person.0), wanted.keys.join(", "));
    let sentence = format!("{} holds {held}.", email.as_str());
    let facts =
        json!({ "person": person, "email": email.as_str(), "new": invited.is_new, "keys": wanted.keys });
    desk.screen().tell(&sentence, &facts);
    tasks::tell(desk, &invited.tasks, "task").await
}

async fn list(desk: &PropertyDesk, expired: bool) -> Result<(), Failure> {
    for line in desk.people(expired).await? {
        let held = held_keys(desk, &line).await?;
        let names: Vec<&str> = held.iter().map(|(_, name)| name.as_str()).collect();
        let facts = json!({
            "person": digits(&line.person.0), "email": line.email, "name": line.name, "keys": names,
            "signed_in": line.has_signed_in, "access": line.has_access,
        });
        let keys = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        desk.screen().tell(&format!("{}  {}  {keys}", line.email, line.name), &facts);
    }
    Ok(())
}

/// What somebody holds, by the Keys' names.
async fn held_keys(desk: &PropertyDesk, person: &PersonLine) -> Result<Vec<(KeyGrantId, String)>, Failure> {
    let keys = desk.ask(&ListKeys).await?;
    let held = desk.ask(&HeldKeys { person: person.person }).await?;
    let named = |(id, grant): (KeyGrantId, thumbturn_manager::access::KeyGrant)| {
        let line = keys.iter().find(|line| line.key == grant.key);
        (id, line.map_or_else(|| digits(&grant.key.0), |line| line.name.clone()))
    };
    Ok(held.into_iter().map(named).collect())
}

/// Every grant of the Key: somebody may have it for now, and for later.
async fn revoke_key(desk: &PropertyDesk, person: &PersonLine, name: &str) -> Result<(), Failure> {
    let held = held_keys(desk, person).await?;
    let mut grants = held.iter().filter(|(_, held)| held == name).peekable();
    if grants.peek().is_none() {
        let names: Vec<&str> = held.iter().map(|(_, name)| name.as_str()).collect();
        return Err(Failure::unknown("Key of this person", name, &names));
    }
    for (grant, _) in grants {
        take(desk, person, Some(name), &RevokeKey { grant: *grant }).await?;
    }
    Ok(())
}

/// Says what somebody loses and what follows, asks, and takes it. Without a Key: all of them.
async fn take<U: UseCase<Answer = Vec<DoorTask>>>(
    desk: &PropertyDesk,
    person: &PersonLine,
    key: Option<&str>,
    use_case: &U,
) -> Result<(), Failure> {
    let foreseen = desk.foresee(use_case).await?;
    let held = held_keys(desk, person).await?;
    let lost: Vec<&str> = held.iter().map(|(_, name)| name.as_str()).collect();
    let lost = key.map_or(lost, |key| vec![key]);
    let loses = if lost.is_empty() { "no Key".to_owned() } else { lost.join(", ") };
    let facts = json!({ "action": U::NAME, "email": person.email, "loses": lost });
    let sentence = format!("{}: {} loses {loses}.", U::NAME, person.email);
    desk.screen().tell(&sentence, &json!({ "follows": facts }));
    tasks::tell(desk, &foreseen, "follows").await?;
    desk.confirm()?;
    let tasks = desk.perform(use_case).await?;
    desk.screen().tell("Done.", &json!({ "done": U::NAME, "person": digits(&person.person.0) }));
    tasks::tell(desk, &tasks, "task").await
}
