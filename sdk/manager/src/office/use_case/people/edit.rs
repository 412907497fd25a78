//! Changing a Key in somebody's hand.

use std::collections::BTreeSet;

use crate::access::{Role, Term};
use crate::ids::KeyGrantId;
use crate::office::audit::Subject;
use crate::office::calendar::{Date, End};
use crate::office::permission::Need;
use crate::office::task::DoorTask;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, lists, store};

/// Changes role, sharing or end of a Key in somebody's hand. What has ended stays so: give the Key again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditAccess {
    /// Which.
    pub grant: KeyGrantId,
    /// `None`: as it is.
    pub role: Option<Role>,
    /// `None`: as it is. Off, it ends no guest that is there.
    pub may_share: Option<bool>,
    /// When it ends.
    pub end: NewEnd,
}

/// When something is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewEnd {
    /// When it does now.
    #[default]
    Keep,
    /// Not before it is revoked.
    Clear,
    /// Then; a day is the last one of access.
    Set(Date),
}

/// What follows from a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// Guests of the person whose access goes on.
    pub guests: usize,
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
}

impl Sealed for EditAccess {}

impl UseCase for EditAccess {
    type Answer = Edited;
    const NAME: &'static str = "edit access";

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    fn subject(&self) -> Subject {
        Subject::KeyGrant(self.grant)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Edited, Error> {
        let (property, now) = (work.property(), work.now);
        let record = store::grant::find(work.connection(), property, self.grant).await?;
        let record = record.filter(|record| record.ended_at.is_none() && !record.grant.term.is_over(now));
        let record = record.ok_or(Error::NotFound(Thing::KeyGrant))?;
        let mut grant = record.grant;
        work.require(&Need::Keys(BTreeSet::from([grant.key])))?;
        grant.role = self.role.unwrap_or(grant.role);
        grant.may_share = self.may_share.unwrap_or(grant.may_share);
        let (end, last_day) = match self.end {
            NewEnd::Keep => (grant.term.end(), record.last_day),
            NewEnd::Clear => (None, None),
            NewEnd::Set(date) => {
                let End { at, last_day } = work.end(date)?;
                (Some(at), last_day)
            }
        };
        grant.term = Term::new(grant.term.start(), end)?;
        if grant.term.is_over(now) {
            return Err(Invalid::EndInPast.into());
        }
        store::grant::update(work.connection(), property, self.grant, (&grant, last_day)).await?;
        let guests = store::grant::guests_of(work.connection(), property, grant.person, now).await?;
        let mut affected: BTreeSet<_> = guests.iter().map(|(_, guest)| *guest).collect();
        affected.insert(grant.person);
        let tasks = lists::reconcile(work, &affected, None).await?;
        Ok(Edited { guests: guests.len(), tasks })
    }
}
