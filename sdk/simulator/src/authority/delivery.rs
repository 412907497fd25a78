//! What the authority gives couriers, and what they bring it: bulletins, time tokens, receipts, logs.

use thumbturn_protocol::bulletin::{Bulletin, BulletinDraft, BulletinVersion, Denial};
use thumbturn_protocol::ids::{BulletinEpoch, DoorId, EventNumber};
use thumbturn_protocol::log::{Acknowledgement, LogHead, SealedBatch};
use thumbturn_protocol::receipt::{Receipt, SealedReceipt};
use thumbturn_protocol::signed::{Signable, Signed};
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::{Authority, AuthorityError, DoorLog, counted};

impl Authority {
    /// Signs the whole set of what every door refuses from now on. Epochs rise with the minutes, and never repeat.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] when there are more than 256 denials, or two of one subject.
    pub fn bulletin(&mut self, denials: Vec<Denial>, now: UnixSeconds) -> Result<Bulletin, AuthorityError> {
        let epoch = BulletinEpoch(counted(self.last_epoch.0, now));
        let version = BulletinVersion { generation: self.generation, epoch };
        let draft = BulletinDraft { property: self.property, version, issued: now, denials };
        let bulletin = draft.sign(&self.signing)?;
        self.last_epoch = epoch;
        Ok(bulletin)
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
        let plain = TimeToken::new(self.property, self.generation, at);
        let token = match nonce {
            Some(nonce) => plain.for_session(nonce),
            None => plain,
        };
        Ok(token.sign(&self.signing)?)
    }

    /// Opens a receipt that some courier brought from a door.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`]; [`AuthorityError::Protocol`] when the door did not sign it for this property;
    /// [`AuthorityError::NotNewer`] when one with as high a number was opened.
    pub fn take_receipt(&mut self, door: DoorId, sealed: &SealedReceipt) -> Result<Receipt, AuthorityError> {
        let origin = self.origin(door)?;
        let claimed = self.doors.get_mut(&door).ok_or(AuthorityError::UnknownDoor)?;
        let receipt = sealed.open(&origin, &claimed.keys, &self.sealing)?;
        if receipt.header.number <= claimed.last_receipt {
            return Err(AuthorityError::NotNewer);
        }
        claimed.last_receipt = receipt.header.number;
        Ok(receipt)
    }

    /// Opens a batch that some courier brought from a door, in any order.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`]; [`AuthorityError::Protocol`] when the door did not sign it for this property;
    /// [`AuthorityError::Forked`] when it contradicts what came before.
    pub fn take_batch(&mut self, door: DoorId, sealed: &SealedBatch) -> Result<(), AuthorityError> {
        let origin = self.origin(door)?;
        let claimed = self.doors.get_mut(&door).ok_or(AuthorityError::UnknownDoor)?;
        let batch = sealed.open(&origin, &claimed.keys, &self.sealing)?;
        claimed.log.take(&batch)
    }

    /// Signs for the door what it may free; `None`: nothing.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::UnknownDoor`].
    pub fn acknowledge(&self, door: DoorId) -> Result<Option<Signed<Acknowledgement>>, AuthorityError> {
        match self.log(door)?.complete() {
            (EventNumber(0), _) => Ok(None),
            (number, head) => self.sign_acknowledgement(door, number, head).map(Some),
        }
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
        Ok(Acknowledgement::new(origin, number, head).sign(&self.signing)?)
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
        Ok(Origin::new(self.property, self.generation, door, &claimed.keys))
    }
}
