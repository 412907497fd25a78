//! What a decision depends on besides the credential: the list in force, and the door as it is now (spec §8.5).

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::schedule::Schedule;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::row::{Row, RowKey, ScheduleNumber};
use thumbturn_protocol::update::settings::Settings;

use super::Engine;
use crate::decision::Circumstances;
use crate::hardware::Hardware;
use crate::platform::Platform;
use crate::storage::list::ListError;

impl<P: Platform> Engine<P> {
    /// The circumstances of a credential that nobody's signature stands behind: the list itself is the word of the property.
    pub(super) fn circumstances<'a>(
        &'a self,
        now: Millis,
        denied_by_bulletin: bool,
        deny_rows: &'a [DenyEntry],
    ) -> Result<Circumstances<'a>, Outcome> {
        let identity = self.identity.as_ref().ok_or(Outcome::Denied)?;
        Ok(Circumstances {
            configuration: &identity.configuration,
            list_generation: identity.list_generation,
            signer_is_valid: true,
            denied_by_bulletin,
            deny_rows,
            clock: self.clock.read(now),
            motor: self.motor.occupation(),
            readiness: self.hardware.readiness(),
        })
    }

    /// A row of the list.
    pub(super) fn row(&mut self, key: &RowKey) -> Result<Option<Row>, ListError> {
        let (list, flash) = self.storage.list()?;
        let Some(bytes) = list.find(flash, key.as_bytes())? else { return Ok(None) };
        Row::parse(&bytes).map(Some).map_err(|_| ListError::Damaged)
    }

    /// The rows of the list that deny a credential's holder, phones or share, or everybody. At most five look-ups.
    pub(super) fn deny_rows(
        &mut self,
        subjects: impl Iterator<Item = DenySubject>,
    ) -> Result<heapless::Vec<DenyEntry, 5>, ListError> {
        let mut rows = heapless::Vec::new();
        for subject in subjects {
            match self.row(&RowKey::deny(&subject))? {
                None => {}
                Some(Row::Deny(entry)) => rows.push(entry).map_err(|_| ListError::Damaged)?,
                Some(_) => return Err(ListError::Damaged),
            }
        }
        Ok(rows)
    }

    /// A schedule of the list's settings; `None`: they have none of that number.
    pub(super) fn schedule(&mut self, number: ScheduleNumber) -> Result<Option<Schedule>, Outcome> {
        let fault = Outcome::DoorFault(Fault::Storage);
        let (list, flash) = self.storage.list().map_err(|_| fault)?;
        let Some(bytes) = list.settings(flash).map_err(|_| fault)? else { return Ok(None) };
        Settings::schedule_in(&bytes, number).map_err(|_| fault)
    }
}
