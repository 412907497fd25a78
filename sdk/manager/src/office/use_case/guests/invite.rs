//! Letting a guest in, with the app.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;

use super::{Shareable, shareable};
use crate::access::{GuestGrant, Term, WeeklyHours};
use crate::ids::GuestGrantId;
use crate::office::audit::Subject;
use crate::office::calendar::Date;
use crate::office::model::{EmailAddress, GuestRefusal, Name, PersonName};
use crate::office::notification::Notice;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::people::find_or_make;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, lists, store};

/// Latest start: 365 days ahead, in seconds.
const AHEAD: u64 = 365 * 86_400;

/// Lets a guest in at single doors, until the end or until somebody revokes it. For the holder of a Key that may be shared, and for
/// managers of that Key in the holder's name. Whatever is given, the guest can never do more than the holder, nor give it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteGuest {
    /// Who lets the guest in.
    pub granter: HolderId,
    /// Whom.
    pub email: EmailAddress,
    /// For a new account; a name that is known stays.
    pub name: PersonName,
    /// At least one.
    pub doors: BTreeSet<DoorId>,
    /// Whether the guest gets doorcodes of these doors. At a door without a network they work after its update.
    pub doorcodes: bool,
    /// `None`: now. At most 365 days ahead.
    pub start: Option<UnixSeconds>,
    /// `None`: until it is revoked. A day is the last one of access, at the property's zone.
    pub end: Option<Date>,
    /// What a service comes for; it changes nothing about the access.
    pub service: Option<Name>,
}

/// Who was let in, where, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestInvited {
    /// The guest as a person of the property.
    pub guest: HolderId,
    /// Whether an account was made.
    pub is_new: bool,
    /// What was given, for revoking it.
    pub access: GuestGrantId,
    /// What became of each door; at least one was given.
    pub doors: BTreeMap<DoorId, Result<(), GuestRefusal>>,
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
}

impl Sealed for InviteGuest {}

impl UseCase for InviteGuest {
    type Answer = GuestInvited;
    const NAME: &'static str = "invite guest";

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.granter)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.granter)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<GuestInvited, Error> {
        let (property, now) = (work.property(), work.now);
        let end = self.end.map(|date| work.end(date)).transpose()?;
        let term = self.term(end.map(|end| end.at), now)?;
        let last_day = end.and_then(|end| end.last_day);
        let granter = store::person::account(work.connection(), property, self.granter).await?;
        granter.ok_or(Error::NotFound(Thing::Person))?;
        let shareable = shareable(work, self.granter).await?;
        let doors: BTreeMap<_, _> =
            self.doors.iter().map(|door| (*door, may_share(&shareable, *door, term))).collect();
        let given = given(&doors)?;
        let (guest, account, is_new) = find_or_make(work, &self.email, &self.name).await?;
        if guest == self.granter {
            return Err(GuestRefusal::Oneself.into());
        }
        let access = GuestGrantId::random(work.random)?;
        let service = self.service.as_ref().map(Name::as_str);
        let grant = self.grant(guest, given, term);
        let given = (access, &grant, service);
        store::guest::insert(work.connection(), property, given, (last_day, now)).await?;
        let notice = if is_new { Notice::Welcome } else { Notice::AccessAdded };
        work.notify(account, notice, &json!({ "starts_at": term.start().seconds() })).await?;
        work.concerns(Subject::GuestAccess(access));
        let tasks = lists::reconcile(work, &BTreeSet::from([guest]), None).await?;
        Ok(GuestInvited { guest, is_new, access, doors, tasks })
    }
}

impl InviteGuest {
    fn term(&self, end: Option<UnixSeconds>, now: UnixSeconds) -> Result<Term, Error> {
        let term = Term::new(self.start.unwrap_or(now), end)?;
        if term.start() > now.plus(AHEAD) {
            return Err(GuestRefusal::Start.into());
        }
        if term.is_over(now) {
            return Err(Invalid::EndInPast.into());
        }
        Ok(term)
    }

    fn grant(&self, guest: HolderId, doors: Vec<DoorId>, term: Term) -> GuestGrant {
        let (granter, doorcodes) = (self.granter, self.doorcodes);
        GuestGrant { granter, guest, doors, term, hours: WeeklyHours::Always, doorcodes }
    }
}

/// The doors that are given; where there is none, the reason of the first.
fn given(doors: &BTreeMap<DoorId, Result<(), GuestRefusal>>) -> Result<Vec<DoorId>, Error> {
    let given: Vec<_> = doors.iter().filter(|(_, answer)| answer.is_ok()).map(|(door, _)| *door).collect();
    match doors.values().next() {
        None => Err(Invalid::Nothing(Thing::Door).into()),
        Some(Err(refusal)) if given.is_empty() => Err((*refusal).into()),
        Some(_) => Ok(given),
    }
}

/// Whether a guest can be let in at a door at all in that time.
fn may_share(shareable: &[Shareable], door: DoorId, term: Term) -> Result<(), GuestRefusal> {
    let mut here = shareable.iter().filter(|entry| entry.door.door == door).peekable();
    here.peek().ok_or(GuestRefusal::CannotShare)?;
    let is_then = here.any(|entry| entry.term.and(term).is_some() && !entry.door.hours.are_none());
    is_then.then_some(()).ok_or(GuestRefusal::NotThen)
}
