//! One transaction of a use case: what it may see, change and tell.

use core::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx_core::any::{Any, AnyConnection};
use sqlx_core::transaction::Transaction;
use thumbturn_protocol::code::LocalDay;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;

use super::actor::Actor;
use super::audit::Subject;
use super::calendar::{Date, End, ZoneRules, first_instant, shortly_before};
use super::error::{Error, Invalid};
use super::lists::Changes;
use super::notification::Notice;
use super::permission::{Need, Standing};
use super::secrets::{Secrets, SecretsOfProperties};
use super::signers::Signers;
use super::store::door::Door;
use super::store::{self, property::Property};
use crate::ids::AccountId;

/// A transaction that changes one property, which nobody else changes at the same time.
pub struct Work<'a> {
    pub(super) view: View<'a>,
    pub(super) subject: Subject,
    pub(super) random: &'a mut (dyn SecureRandom + Send),
    pub(super) notices: u32,
    pub(super) changes: Changes,
}

/// A transaction that reads one property.
pub struct View<'a> {
    pub(super) transaction: Transaction<'static, Any>,
    pub(super) vault: &'a SecretsOfProperties,
    pub(super) signers: &'a dyn Signers,
    pub(super) zones: &'a dyn ZoneRules,
    pub(super) property: Property,
    pub(super) actor: Actor,
    pub(super) standing: Standing,
    pub(super) now: UnixSeconds,
}

impl View<'_> {
    /// The connection, for one statement.
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// The property.
    pub(crate) const fn property(&self) -> PropertyId {
        self.property.id
    }

    /// Refuses whoever has not got the right. For what depends on what the store holds; the rest is asked before the use case begins.
    pub(crate) fn require(&self, need: &Need) -> Result<(), Error> {
        Ok(self.standing.permits(need)?)
    }

    /// The secrets of the property.
    pub(crate) fn secrets(&self) -> Result<Arc<Secrets>, Error> {
        Ok(self.vault.of(self.property.id, &self.property.sealed_key)?)
    }

    /// The property's offsets from an instant on.
    pub(crate) fn zone(&self, from: UnixSeconds) -> Result<Zone, Error> {
        self.zones.zone(&self.property.zone, from).ok_or_else(|| Invalid::Zone.into())
    }

    /// The offsets of a door from an instant on: those of its own zone, or of the property's.
    pub(crate) fn zone_at(&self, door: &Door, from: UnixSeconds) -> Result<Zone, Error> {
        let name = door.zone.as_deref().unwrap_or(&self.property.zone);
        self.zones.zone(name, from).ok_or_else(|| Invalid::Zone.into())
    }

    /// The day that it is at a door.
    pub(crate) fn today_at(&self, door: &Door) -> Result<LocalDay, Error> {
        // A clock that was set back over midnight lately does not bring the day before back.
        Ok(LocalDay::at(self.now, &self.zone_at(door, self.now.minus(172_800))?))
    }

    /// When a day is over at a door.
    pub(crate) fn end_of_day_at(&self, door: &Door, LocalDay(day): LocalDay) -> Result<UnixSeconds, Error> {
        let next = LocalDay(day.saturating_add(1));
        Ok(first_instant(next, &self.zone_at(door, shortly_before(next))?))
    }

    /// From when on something is that begins on a date.
    pub(crate) fn start_of(&self, date: Date) -> Result<UnixSeconds, Error> {
        match date {
            Date::Day(day) => Ok(first_instant(day, &self.zone(shortly_before(day))?)),
            Date::Instant(instant) => Ok(instant),
        }
    }

    /// Until when something is that ends on a date: the end of a day.
    pub(crate) fn end_of(&self, date: Date) -> Result<UnixSeconds, Error> {
        match date {
            Date::Day(LocalDay(day)) => self.start_of(Date::Day(LocalDay(day.saturating_add(1)))),
            Date::Instant(instant) => Ok(instant),
        }
    }

    /// When something ends that was said to end on a date.
    pub(crate) fn end(&self, date: Date) -> Result<End, Error> {
        let last_day = if let Date::Day(day) = date { Some(day) } else { None };
        Ok(End { at: self.end_of(date)?, last_day })
    }
}

impl<'a> Work<'a> {
    /// A transaction that has done nothing yet.
    pub(super) fn new(view: View<'a>, subject: Subject, random: &'a mut (dyn SecureRandom + Send)) -> Self {
        Self { view, subject, random, notices: 0, changes: Changes::default() }
    }
}

impl Work<'_> {
    /// Of this transaction.
    pub(crate) const fn revision(&self) -> u64 {
        self.view.property.revision
    }

    /// Puts a message to somebody into the outbox.
    pub(crate) async fn notify(
        &mut self,
        account: AccountId,
        notice: Notice,
        content: &serde_json::Value,
    ) -> Result<(), Error> {
        self.notify_all(&[(account, notice, content.to_string())]).await
    }

    /// Puts several into it, each with what it says as JSON.
    pub(crate) async fn notify_all(&mut self, messages: &[(AccountId, Notice, String)]) -> Result<(), Error> {
        let (property, first) = (self.property(), (self.revision(), self.notices));
        let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        self.notices = self.notices.saturating_add(count);
        let message = |(account, notice, content): &(AccountId, Notice, String)| {
            (*account, notice.name(), content.clone())
        };
        let messages: Vec<_> = messages.iter().map(message).collect();
        Ok(store::notification::insert(self.connection(), property, first, &messages).await?)
    }

    /// What the audit log names, where that is known only now.
    pub(crate) const fn concerns(&mut self, subject: Subject) {
        self.subject = subject;
    }
}

impl<'a> Deref for Work<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}

impl DerefMut for Work<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.view
    }
}
