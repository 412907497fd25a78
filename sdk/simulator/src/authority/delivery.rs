//! What the authority gives couriers, and what they bring it: bulletins, time tokens, receipts, logs.

use thumbturn_manager::authority::receipt_book::NewReceipt;
use thumbturn_protocol::bulletin::{Bulletin, Denial};
use thumbturn_protocol::ids::{DoorId, EventNumber};
use thumbturn_protocol::log::{Acknowledgement, LogHead, SealedBatch};
use thumbturn_protocol::receipt::{Receipt, SealedReceipt};
use thumbturn_protocol::signed::Signed;
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::{Authority, AuthorityError, DoorLog};

impl Authority {
    /// Signs the whole set of what every door refuses from now on. Epochs rise with the minutes, and never repeat.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] when there are more than 256 denials, or two of one subject.
    pub fn bulletin(&mut self, denials: Vec<Denial>, now: UnixSeconds) -> Result<Bulletin, AuthorityError> {
        Ok(self.bulletins.sign(&self.keys, denials, now)?)
    }

    /// Signs that it is `at` now, for one session of a door or for all doors.
    ///
    /// # Errors
    ///
    /// None that a caller can cause.
    pub fn time_token(
        &self,
        at: UnixSeconds,
        nonce: Option<TimeNonce>,
    ) -> Result<Signed<TimeToken>, AuthorityError> {
        Ok(self.keys.time_token(at, nonce)?)
    }

    /// Opens a receipt that some courier brought from a door.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`]; [`AuthorityError::Protocol`] when the door did not sign it for this property;
    /// [`AuthorityError::NotNewer`] when one with as high a number was opened.
    pub fn take_receipt(&mut self, door: DoorId, sealed: &SealedReceipt) -> Result<Receipt, AuthorityError> {
        Ok(*self.take_new_receipt(door, sealed)?)
    }

    pub(super) fn take_new_receipt(
        &mut self,
        door: DoorId,
        sealed: &SealedReceipt,
    ) -> Result<NewReceipt, AuthorityError> {
        let claimed = self.doors.get_mut(&door).ok_or(AuthorityError::UnknownDoor)?;
        Ok(claimed.receipts.take(sealed, &self.keys)?)
    }

    /// Opens a batch that some courier brought from a door, in any order.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`]; [`AuthorityError::Protocol`] when the door did not sign it for this property;
    /// [`AuthorityError::Forked`] when it contradicts what came before.
    pub fn take_batch(&mut self, door: DoorId, sealed: &SealedBatch) -> Result<(), AuthorityError> {
        let claimed = self.doors.get_mut(&door).ok_or(AuthorityError::UnknownDoor)?;
        Ok(claimed.log.book.take(sealed, &self.keys)?)
    }

    /// Signs for the door what it may free; `None`: nothing.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`].
    pub fn acknowledge(&self, door: DoorId) -> Result<Option<Signed<Acknowledgement>>, AuthorityError> {
        Ok(self.log(door)?.book.acknowledge(&self.keys)?)
    }

    /// Signs any acknowledgement, true or not: for tests of what doors believe.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`].
    pub fn sign_acknowledgement(
        &self,
        door: DoorId,
        number: EventNumber,
        head: LogHead,
    ) -> Result<Signed<Acknowledgement>, AuthorityError> {
        self.sign_of(self.origin(door)?, number, head)
    }

    /// The same for any life of any door.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] for a number of no event.
    pub fn sign_of(
        &self,
        origin: Origin,
        number: EventNumber,
        head: LogHead,
    ) -> Result<Signed<Acknowledgement>, AuthorityError> {
        Ok(self.keys.sign(&Acknowledgement::new(origin, number, head))?)
    }

    /// What is here of a door's log.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`].
    pub fn log(&self, door: DoorId) -> Result<&DoorLog, AuthorityError> {
        self.doors.get(&door).map(|claimed| &claimed.log).ok_or(AuthorityError::UnknownDoor)
    }

    fn origin(&self, door: DoorId) -> Result<Origin, AuthorityError> {
        let claimed = self.doors.get(&door).ok_or(AuthorityError::UnknownDoor)?;
        Ok(self.keys.origin(door, &claimed.keys))
    }
}
