//! Ends that were given as local days, moved to where the rules of their zone have them now.

use std::collections::{BTreeSet, HashMap};

use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;

use crate::access::Term;
use crate::ids::{GuestGrantId, KeyGrantId};
use crate::office::calendar::Date;
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, lists, store};

/// Most ends of one transaction.
const ENDS: u32 = 200;

/// Moves the ends of access that were given as local days to where these days end now, at most 200 looked at in one transaction. The host
/// performs it after [`SetZone`](super::SetZone), and after its rules of zones have changed, until [`EndsMoved::next`] is `None`. What is over
/// stays so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoveEnds {
    /// After what to go on: `next` of the step before.
    pub after: Option<AfterEnd>,
}

/// A place among all ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterEnd(Place);

/// Keys come first, then guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Key(KeyGrantId),
    Keys,
    Guest(GuestGrantId),
}

/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndsMoved {
    /// How many ends.
    pub moved: usize,
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
    /// After what to go on; `None`: that was all.
    pub next: Option<AfterEnd>,
}

/// What a step does.
#[derive(Default)]
struct Step {
    /// Days that were looked up.
    ends: HashMap<LocalDay, UnixSeconds>,
    moved: usize,
    affected: BTreeSet<HolderId>,
}

impl Sealed for MoveEnds {}

impl UseCase for MoveEnds {
    type Answer = EndsMoved;
    const NAME: &'static str = "move ends";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<EndsMoved, Error> {
        let mut step = Step::default();
        let next = match self.after.map(|AfterEnd(place)| place) {
            None => step.keys(work, None).await?,
            Some(Place::Key(after)) => step.keys(work, Some(after)).await?,
            Some(Place::Keys) => step.guests(work, None).await?,
            Some(Place::Guest(after)) => step.guests(work, Some(after)).await?,
        };
        let tasks = lists::reconcile(work, &step.affected, None).await?;
        Ok(EndsMoved { moved: step.moved, tasks, next: next.map(AfterEnd) })
    }
}

impl Step {
    async fn keys(&mut self, work: &mut Work<'_>, after: Option<KeyGrantId>) -> Result<Option<Place>, Error> {
        let (property, now) = (work.property(), work.now);
        let found = store::grant::with_last_day(work.connection(), property, (after, ENDS), now).await?;
        let is_full = u32::try_from(found.len()).is_ok_and(|count| count == ENDS);
        let last = found.last().filter(|_| is_full).map(|record| Place::Key(record.id));
        for mut record in found {
            let Some(term) = self.term(work, record.grant.term, record.last_day)? else { continue };
            record.grant.term = term;
            let new = (&record.grant, record.last_day);
            store::grant::update(work.connection(), property, record.id, new).await?;
            let person = record.grant.person;
            let guests = store::grant::guests_of(work.connection(), property, person, now).await?;
            self.affected.extend(guests.into_iter().map(|(_, guest)| guest).chain([person]));
            self.moved += 1;
        }
        Ok(Some(last.unwrap_or(Place::Keys)))
    }

    async fn guests(
        &mut self,
        work: &mut Work<'_>,
        after: Option<GuestGrantId>,
    ) -> Result<Option<Place>, Error> {
        let (property, now) = (work.property(), work.now);
        let found = store::guest::with_last_day(work.connection(), property, (after, ENDS), now).await?;
        let is_full = u32::try_from(found.len()).is_ok_and(|count| count == ENDS);
        let last = found.last().filter(|_| is_full).map(|record| Place::Guest(record.id));
        for record in found {
            let Some(term) = self.term(work, record.term, Some(record.last_day))? else { continue };
            store::guest::set_end(work.connection(), property, record.id, term.end()).await?;
            self.affected.insert(record.guest);
            self.moved += 1;
        }
        Ok(last)
    }

    /// The term until the end of its last day, where that is another. Where it would end before it begins, it is left as it is.
    fn term(
        &mut self,
        work: &Work<'_>,
        term: Term,
        last_day: Option<LocalDay>,
    ) -> Result<Option<Term>, Error> {
        let Some(day) = last_day else { return Ok(None) };
        let end = match self.ends.get(&day) {
            Some(known) => *known,
            None => work.end_of(Date::Day(day))?,
        };
        self.ends.insert(day, end);
        let is_moved = term.end() != Some(end);
        Ok(Term::new(term.start(), Some(end)).ok().filter(|_| is_moved))
    }
}
