//! What the authority gives couriers: bulletins and time tokens.

use thumbturn_protocol::bulletin::{Bulletin, BulletinDraft, BulletinVersion, Denial};
use thumbturn_protocol::ids::BulletinEpoch;
use thumbturn_protocol::signed::{Signable, Signed};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::{Authority, AuthorityError, counted};

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
}
