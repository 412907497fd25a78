//! Inviting somebody by app.

use std::collections::BTreeSet;

use serde_json::json;
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;

use crate::access::{KeyGrant, Role, Term};
use crate::ids::{AccountId, KeyGrantId, KeyId, UnitId};
use crate::office::audit::Subject;
use crate::office::calendar::Date;
use crate::office::model::{EmailAddress, PersonName};
use crate::office::notification::Notice;
use crate::office::permission::Need;
use crate::office::store::grant::{Given, Source};
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, lists, store};

/// Gives Keys to somebody, by e-mail address. Whoever has an account already gets the doors added. A welcome goes out today,
/// also where access begins later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitePerson {
    /// Whom.
    pub email: EmailAddress,
    /// For a new account; a name that is known stays.
    pub name: PersonName,
    /// Where the person lives or works. It opens no door.
    pub unit: Option<UnitId>,
    /// At least one.
    pub keys: BTreeSet<KeyId>,
    /// As whom, for all these Keys.
    pub role: Role,
    /// Whether the person may let guests in with them.
    pub may_share: bool,
    /// `None`: now.
    pub start: Option<UnixSeconds>,
    /// Recommended; after start and after now. A day is the last one of access, at the property's zone.
    pub end: Option<Date>,
}

/// Who was invited, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The person at this property.
    pub person: HolderId,
    /// Who signs in as this person.
    pub account: AccountId,
    /// Whether an account was made.
    pub is_new: bool,
    /// The Keys in the person's hand. One that was there already, in every respect the same, is not given twice.
    pub grants: Vec<KeyGrantId>,
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
}

impl Sealed for InvitePerson {}

impl UseCase for InvitePerson {
    type Answer = Invited;
    const NAME: &'static str = "invite person";

    fn need(&self) -> Need {
        Need::Keys(self.keys.clone())
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Invited, Error> {
        let (property, now) = (work.property(), work.now);
        if self.keys.is_empty() {
            return Err(Invalid::Nothing(Thing::Key).into());
        }
        let end = self.end.map(|date| work.end(date)).transpose()?;
        let term = Term::new(self.start.unwrap_or(now), end.map(|end| end.at))?;
        let last_day = end.and_then(|end| end.last_day);
        if term.is_over(now) {
            return Err(Invalid::EndInPast.into());
        }
        for key in &self.keys {
            store::key::find(work.connection(), property, *key).await?.ok_or(Error::NotFound(Thing::Key))?;
        }
        let (person, account, is_new) = self.person(work).await?;
        work.concerns(Subject::Person(person));
        let mut grants = Vec::new();
        for key in &self.keys {
            let grant = KeyGrant { person, key: *key, role: self.role, may_share: self.may_share, term };
            grants.extend(give(work, &grant, last_day, Source::Hand).await?);
        }
        let notice = if is_new { Notice::Welcome } else { Notice::AccessAdded };
        work.notify(account, notice, &json!({ "starts_at": term.start().seconds() })).await?;
        // What guests have is cut to what the person has, and that is more now.
        let guests = store::grant::guests_of(work.connection(), property, person, now).await?;
        let affected = guests.into_iter().map(|(_, guest)| guest).chain([person]).collect();
        let tasks = lists::reconcile(work, &affected, None).await?;
        Ok(Invited { person, account, is_new, grants, tasks })
    }
}

impl InvitePerson {
    /// The person, who may have to be made, and so may the account.
    async fn person(&self, work: &mut Work<'_>) -> Result<(HolderId, AccountId, bool), Error> {
        let property = work.property();
        let (person, account, is_new) = find_or_make(work, &self.email, &self.name).await?;
        if let Some(unit) = self.unit {
            if !store::unit::exists(work.connection(), property, unit).await? {
                return Err(Error::NotFound(Thing::Unit));
            }
            store::person::set_unit(work.connection(), property, person, unit).await?;
        }
        Ok((person, account, is_new))
    }
}

/// Whoever has this address, as a person of the property, and whether the account had to be made.
pub(in crate::office::use_case) async fn find_or_make(
    work: &mut Work<'_>,
    email: &EmailAddress,
    name: &PersonName,
) -> Result<(HolderId, AccountId, bool), Error> {
    let (property, now) = (work.property(), work.now);
    let (account, holder) = (AccountId::random(work.random)?, HolderId::random(work.random)?);
    let (account, is_new) =
        store::account::find_or_insert(work.connection(), email, name, account, now).await?;
    let person = store::person::find_or_insert(work.connection(), property, account, (holder, now)).await?;
    Ok((person, account, is_new))
}

/// Gives a Key, unless the person has the very same already. `last_day`: where the end was given as a local day.
async fn give(
    work: &mut Work<'_>,
    grant: &KeyGrant,
    last_day: Option<LocalDay>,
    source: Source,
) -> Result<Option<KeyGrantId>, Error> {
    let (property, now, by) = (work.property(), work.now, work.actor.account());
    if store::grant::has_same(work.connection(), property, grant).await? {
        return Ok(None);
    }
    let id = KeyGrantId::random(work.random)?;
    let given = Given { last_day, source, by, at: now };
    store::grant::insert(work.connection(), property, &[(id, grant.clone(), given)]).await?;
    Ok(Some(id))
}
