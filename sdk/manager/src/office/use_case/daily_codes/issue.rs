//! Giving a daily code out.

use thumbturn_protocol::code::{DailyCode, DailyKind, Doorcode, LocalDay, Slot};
use thumbturn_protocol::ids::DoorId;

use super::Giver;
use crate::access::{Term, WeeklyHours};
use crate::office::audit::Subject;
use crate::office::daily::{DailyCodes, slots};
use crate::office::model::{Contact, EmailAddress, GuestRefusal, Name};
use crate::office::permission::Need;
use crate::office::store::daily_code::DailyRecord;
use crate::office::store::door::Door;
use crate::office::use_case::UseCase;
use crate::office::use_case::guests::{Shareable, shareable};
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, StoreError, Thing, lists, store};

/// The day of a code; there is no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeDay {
    /// The day that it is at the door.
    Today,
    /// The next.
    Tomorrow,
}

/// Gives somebody a code of 7 digits for one day at one door. It has neither start nor end to choose, and works at once, also at a door without a
/// network: it is computed there, and knows nothing of the giver's hours. So where these are restricted such a door gets none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueDailyCode {
    /// By whose right.
    pub giver: Giver,
    /// Where.
    pub door: DoorId,
    /// When.
    pub day: CodeDay,
    /// For the whole day, or for 15 minutes from its first use within the day.
    pub kind: DailyKind,
    /// Who is told, in one way.
    pub recipient: Contact,
    /// What a service comes for.
    pub service: Option<Name>,
}

/// A code, for the issuer and for the message to the recipient, and nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyCodeIssued {
    /// Which, for revoking it; events name it so.
    pub name: DailyCode,
    /// Its digits.
    pub code: Doorcode,
    /// How to tell the recipient: by mail where the number is known to be that of somebody with an address.
    pub tell: Contact,
}

impl Sealed for IssueDailyCode {}

impl UseCase for IssueDailyCode {
    type Answer = DailyCodeIssued;
    const NAME: &'static str = "issue daily code";

    fn need(&self) -> Need {
        self.giver.need()
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<DailyCodeIssued, Error> {
        let (property, now) = (work.property(), work.now);
        let door = store::door::find(work.connection(), property, self.door).await?;
        let door = door.ok_or(Error::NotFound(Thing::Door))?;
        let (day, term) = self.day(work, &door)?;
        may_give(&self.sharable(work).await?, &door, term)?;
        let (name, code) = self.free(work, &door, day).await?;
        let tell = self.tell(work).await?;
        let record = self.record(work, name);
        store::daily_code::insert(work.connection(), property, &record, now).await?;
        Ok(DailyCodeIssued { name, code, tell })
    }
}

impl IssueDailyCode {
    /// The day at the door, and what is left of it.
    fn day(&self, work: &Work<'_>, door: &Door) -> Result<(LocalDay, Term), Error> {
        let today = work.today_at(door)?;
        let tomorrow = LocalDay(today.0.saturating_add(1));
        let midnight = work.end_of_day_at(door, today)?;
        Ok(match self.day {
            CodeDay::Today => (today, Term::new(work.now, Some(midnight))?),
            CodeDay::Tomorrow => (tomorrow, Term::new(midnight, Some(work.end_of_day_at(door, tomorrow)?))?),
        })
    }

    /// What the giver may give.
    async fn sharable(&self, work: &mut Work<'_>) -> Result<Vec<Shareable>, Error> {
        let (property, now) = (work.property(), work.now);
        match self.giver {
            Giver::Holder(holder) => shareable(work, holder).await,
            Giver::Staff(key) => {
                let doors = store::key::doors(work.connection(), property, key).await?;
                let term = Term::new(now, None)?;
                Ok(doors.into_iter().map(|door| Shareable { term, door }).collect())
            }
        }
    }

    /// The lowest slot whose code nobody at the door has, had until now, or types on the way to another.
    async fn free(
        &self,
        work: &mut Work<'_>,
        door: &Door,
        day: LocalDay,
    ) -> Result<(DailyCode, Doorcode), Error> {
        let place = (work.property(), self.door);
        let codes = DailyCodes::of(&*work.secrets()?, door);
        let given = store::daily_code::of_day(work.connection(), place, day).await?;
        let mut taken = lists::codes_at(work, place).await?;
        taken.extend(given.iter().map(|record| codes.code(record.code)));
        let named = |slot: Slot| DailyCode { day, kind: self.kind, slot };
        let free = slots()
            .map(named)
            .filter(|name| given.iter().all(|record| record.code != *name))
            .map(|name| (name, codes.code(name)))
            .find(|(_, code)| !taken.iter().any(|other| code.begins_with(other)));
        Ok(free.ok_or(Invalid::DailyCodesExhausted)?)
    }

    async fn tell(&self, work: &mut Work<'_>) -> Result<Contact, Error> {
        let Contact::Telephone(telephone) = &self.recipient else { return Ok(self.recipient.clone()) };
        let known = store::account::address_behind(work.connection(), telephone.as_str()).await?;
        let known = known.map(|email| EmailAddress::parse(&email)).transpose();
        let known = known.map_err(|_| StoreError::Damaged("email"))?;
        Ok(known.map_or_else(|| self.recipient.clone(), Contact::Email))
    }

    fn record(&self, work: &Work<'_>, code: DailyCode) -> DailyRecord {
        let (granter, key) = match self.giver {
            Giver::Holder(holder) => (Some(holder), None),
            Giver::Staff(key) => (None, Some(key)),
        };
        let (email, telephone) = match &self.recipient {
            Contact::Email(email) => (Some(email.as_str().to_owned()), None),
            Contact::Telephone(telephone) => (None, Some(telephone.as_str().to_owned())),
        };
        let service = self.service.as_ref().map(|service| service.as_str().to_owned());
        let issued_by = work.actor.account();
        DailyRecord {
            door: self.door,
            code,
            granter,
            key,
            issued_by,
            email,
            telephone,
            service,
            revoked: None,
            is_void: false,
        }
    }
}

/// Whether a code of the whole time can be given: a door that computes it asks for nothing but the day.
fn may_give(shareable: &[Shareable], door: &Door, day: Term) -> Result<(), GuestRefusal> {
    let here: Vec<_> = shareable.iter().filter(|entry| entry.door.door == door.id).collect();
    if here.is_empty() {
        return Err(GuestRefusal::CannotShare);
    }
    let covers = |entry: &&&Shareable| entry.term.and(day) == Some(day) && !entry.door.hours.are_none();
    let mut whole = here.iter().filter(covers).peekable();
    whole.peek().ok_or(GuestRefusal::NotThen)?;
    let is_open = door.is_connected || whole.any(|entry| entry.door.hours == WeeklyHours::Always);
    is_open.then_some(()).ok_or(GuestRefusal::Hours)
}
