//! What opens without a phone, decided and done: a row of the list, or a daily code (spec §14.4, §14.8).
//!
//! The list is asked at the moment of the decision; what a row said earlier does not count.

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::bulletin::BulletinSubject;
use thumbturn_protocol::code::DailyCode;
use thumbturn_protocol::deny::DenySubject;
use thumbturn_protocol::ids::{Generation, OperationId, Serial};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::row::Terms;
use thumbturn_protocol::validity::Validity;

use super::Engine;
use super::opening::Opening;
use crate::decision::{ListedCredential, Permission, decide_daily, decide_listed};
use crate::platform::Platform;
use crate::storage::StorageError;
use thumbturn_protocol::event::{Event, UsedKey};

impl<P: Platform> Engine<P> {
    /// Rules 5 to 9 of §8.5 for a row; `token` names its card in bulletins.
    pub(super) fn decide_row(
        &mut self,
        now: Millis,
        terms: &Terms,
        card: Option<BulletinSubject>,
        operation: OperationId,
    ) -> Result<Permission, Outcome> {
        let generation = self.identity.as_ref().ok_or(Outcome::Denied)?.list_generation;
        let subjects: heapless::Vec<_, 2> =
            core::iter::once(BulletinSubject::Holder(terms.holder())).chain(card).collect();
        let denied_by_bulletin = self.is_named(now, (generation, terms.serial()), &subjects)?;
        let everybody = (!terms.is_staff()).then_some(DenySubject::EverybodyButStaff);
        let denied = core::iter::once(DenySubject::Holder(terms.holder())).chain(everybody);
        let deny_rows = self.deny_rows(denied).map_err(|_| Outcome::DoorFault(Fault::Storage))?;
        let schedule = match terms.schedule() {
            None => None,
            // One that the settings do not have is never open.
            Some(number) => Some(self.schedule(number)?.ok_or(Outcome::OutOfSchedule)?),
        };
        let validity = Validity { not_before: terms.not_before(), not_after: terms.not_after(), schedule };
        let credential = ListedCredential {
            holder: terms.holder(),
            serial: terms.serial(),
            staff: terms.is_staff(),
            validity,
        };
        let circumstances = self.circumstances(now, denied_by_bulletin, &deny_rows)?;
        decide_listed(&credential, operation, &circumstances)
    }

    /// Rules 5 and 9 of §8.5 for a daily code. It has no generation and no serial: the bulletin in force may name it, whichever it is.
    pub(super) fn decide_daily(
        &mut self,
        now: Millis,
        code: DailyCode,
        operation: OperationId,
    ) -> Result<Permission, Outcome> {
        let door = self.identity.as_ref().ok_or(Outcome::Denied)?.configuration.door;
        let DailyCode { day, kind, slot } = code;
        let subject = BulletinSubject::DailyCode { door, day: day.0, kind: kind.code(), slot: slot.0 };
        let denied_by_bulletin = self.is_named(now, (Generation(0), Serial(0)), &[subject])?;
        decide_daily(operation, &self.circumstances(now, denied_by_bulletin, &[])?)
    }

    /// Opens for nobody's phone.
    pub(super) fn open_keyed(
        &mut self,
        now: Millis,
        permission: Permission,
        operation: OperationId,
        key: UsedKey,
    ) -> Result<(), StorageError> {
        let opening = Opening { operation, event: &Event::Keyed { operation, key }, listener: None };
        self.open(now, &opening, permission).map(drop)
    }

    fn is_named(
        &mut self,
        now: Millis,
        serial: (Generation, Serial),
        subjects: &[BulletinSubject],
    ) -> Result<bool, Outcome> {
        let clock = self.clock.read(now);
        self.bulletin_names(clock, serial, subjects).map_err(|_| Outcome::DoorFault(Fault::Storage))
    }
}
