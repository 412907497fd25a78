//! What a phone and its authority say to each other when the phone has a network (spec §15).
//!
//! One exchange: the phone hands in what doors have said, and gets what is new for it and for the doors that it may meet. Both directions may
//! be lost and repeated. Everything inside is signed or sealed by itself; the channel around it has to authenticate the authority, and to
//! tell the authority whose account this is.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bounded::{Bytes, List};
use crate::claim::PropertyKeys;
use crate::codec;
use crate::credential::Credential;
use crate::error::Error;
use crate::ids::{DoorId, PhoneId, UpdateId, check_version};
use crate::limits;

/// Up to where a phone has what the authority has for it; 0: nothing yet. Only the authority counts these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cursor(pub u64);

/// Something that a door said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Statement {
    /// What it knows (spec §12.1).
    Receipt(Bytes<1, { limits::RECEIPT }>),
    /// What happened at it (spec §12.3).
    LogBatch(Bytes<1, { limits::LOG_BATCH }>),
    /// A bulletin that the phone heard from it before it heard it from the authority.
    Bulletin(Bytes<1, { limits::BULLETIN }>),
}

/// Something to hand in, under a number by which the answer says that it need not come again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// The phone's number for it.
    pub number: u64,
    /// What it is.
    pub statement: Statement,
}

/// What a phone says: at most [`limits::SYNC_REQUEST`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRequest {
    version: u8,
    /// The phone.
    pub phone: PhoneId,
    /// The cursor of the last answer that was taken in as a whole.
    pub since: Cursor,
    /// Bytes of updates that the phone would carry beside those that it has.
    pub room: u32,
    /// The updates that it has.
    pub carries: List<UpdateId, 0, { limits::SYNC_CARRIED }>,
    /// What it hands in.
    pub handed: List<Handed, 0, { limits::SYNC_HANDED }>,
}

/// What the authority answers: at most [`limits::SYNC_ANSWER`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncAnswer {
    version: u8,
    /// For the next request, once all of this is kept.
    pub cursor: Cursor,
    /// Whether to ask again at once: something did not fit.
    pub more: bool,
    /// What need not be handed in again: it was taken, or will never be.
    pub taken: List<u64, 0, { limits::SYNC_HANDED }>,
    /// The property, for a phone that does not trust it yet. A later generation is believed by its rotation only.
    pub property: PropertyKeys,
    /// The newest rotation of the property's keys, where there was one.
    pub rotation: Option<Bytes<1, { limits::SIGNED_CERTIFICATE }>>,
    /// The newest bulletin, where it is news.
    pub bulletin: Option<Bytes<1, { limits::BULLETIN }>>,
    /// A time token without a nonce.
    pub time: Bytes<1, { limits::SIGNED_TIME_TOKEN }>,
    /// All doors for which the phone may keep a grant of its own.
    pub doors: List<DoorId, 0, { limits::SYNC_DOORS }>,
    /// Credentials that are new since the cursor of the request.
    pub credentials: List<Bytes<1, { Credential::MAX_BYTES }>, 0, { limits::SYNC_DOORS }>,
    /// Updates to carry.
    pub parcels: List<Bytes<1, { limits::PARCEL }>, 0, { limits::SYNC_CARRIED }>,
    /// For doors: their events have arrived.
    pub acknowledgements: List<Bytes<1, { limits::SIGNED_ACKNOWLEDGEMENT }>, 0, { limits::SYNC_DOORS }>,
}

impl SyncRequest {
    const VERSION: u8 = 1;
    const NAME: &'static str = "sync request";

    /// A request of a phone that has nothing to hand in and carries nothing.
    ///
    /// # Errors
    ///
    /// None that a caller can cause.
    pub fn new(phone: PhoneId, since: Cursor) -> Result<Self, Error> {
        let (carries, handed) = (Vec::new().try_into()?, Vec::new().try_into()?);
        Ok(Self { version: Self::VERSION, phone, since, room: 0, carries, handed })
    }

    /// As bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for more than [`limits::SYNC_REQUEST`] bytes: hand in less at once.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        within(codec::encode(self)?, limits::SYNC_REQUEST)
    }

    /// From bytes of any origin.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::UnsupportedVersion`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let request: Self = codec::decode(bytes, limits::SYNC_REQUEST, Self::NAME)?;
        check_version(request.version, Self::VERSION, Self::NAME)?;
        Ok(request)
    }
}

/// The parts of an answer that every one has; the rest is empty until it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerHead {
    /// [`SyncAnswer::cursor`].
    pub cursor: Cursor,
    /// [`SyncAnswer::property`].
    pub property: PropertyKeys,
    /// [`SyncAnswer::time`].
    pub time: Bytes<1, { limits::SIGNED_TIME_TOKEN }>,
}

impl SyncAnswer {
    const VERSION: u8 = 1;
    const NAME: &'static str = "sync answer";

    /// An answer without news.
    ///
    /// # Errors
    ///
    /// None that a caller can cause.
    pub fn new(head: AnswerHead) -> Result<Self, Error> {
        Ok(Self {
            version: Self::VERSION,
            cursor: head.cursor,
            more: false,
            taken: Vec::new().try_into()?,
            property: head.property,
            rotation: None,
            bulletin: None,
            time: head.time,
            doors: Vec::new().try_into()?,
            credentials: Vec::new().try_into()?,
            parcels: Vec::new().try_into()?,
            acknowledgements: Vec::new().try_into()?,
        })
    }

    /// As bytes.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] for more than [`limits::SYNC_ANSWER`] bytes: say less at once.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        within(codec::encode(self)?, limits::SYNC_ANSWER)
    }

    /// From bytes of any origin. Nothing inside is verified yet.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::UnsupportedVersion`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let answer: Self = codec::decode(bytes, limits::SYNC_ANSWER, Self::NAME)?;
        check_version(answer.version, Self::VERSION, Self::NAME)?;
        Ok(answer)
    }
}

fn within(bytes: Vec<u8>, limit: usize) -> Result<Vec<u8>, Error> {
    if bytes.len() > limit { Err(Error::InvalidArgument("length of a sync message")) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;
    use crate::ids::{Generation, PropertyId};
    use crate::keys::{ExchangeKey, VerifyingKey};

    fn answer() -> SyncAnswer {
        let property = PropertyKeys {
            property: PropertyId([1; 8]),
            generation: Generation(1),
            root_key: VerifyingKey([2; 32]),
            signing_key: VerifyingKey([3; 32]),
            sealing_key: ExchangeKey([4; 32]),
        };
        let head = AnswerHead { cursor: Cursor(5), property, time: vec![6; 90].try_into().unwrap() };
        let mut answer = SyncAnswer::new(head).unwrap();
        answer.doors = vec![DoorId([7; 8])].try_into().unwrap();
        answer.credentials = vec![vec![8; 400].try_into().unwrap()].try_into().unwrap();
        answer
    }

    fn request() -> SyncRequest {
        let mut request = SyncRequest::new(PhoneId([1; 16]), Cursor(300)).unwrap();
        let receipt = Statement::Receipt(vec![2; 200].try_into().unwrap());
        let batch = Statement::LogBatch(vec![3; 300].try_into().unwrap());
        let handed =
            [receipt, batch].into_iter().zip(0..).map(|(statement, number)| Handed { number, statement });
        request.handed = handed.collect::<Vec<_>>().try_into().unwrap();
        request.carries = vec![UpdateId([4; 8])].try_into().unwrap();
        request
    }

    #[test]
    fn what_was_said_is_what_is_heard() {
        assert_eq!(SyncRequest::from_bytes(&request().to_bytes().unwrap()), Ok(request()));
        assert_eq!(SyncAnswer::from_bytes(&answer().to_bytes().unwrap()), Ok(answer()));
    }

    #[test]
    fn a_later_version_is_told_from_nonsense() {
        let mut bytes = request().to_bytes().unwrap();
        bytes[0] = 2;
        assert!(matches!(SyncRequest::from_bytes(&bytes), Err(Error::UnsupportedVersion(_))));
        let mut bytes = answer().to_bytes().unwrap();
        bytes[0] = 2;
        assert!(matches!(SyncAnswer::from_bytes(&bytes), Err(Error::UnsupportedVersion(_))));
    }

    #[test]
    fn what_was_cut_or_grown_is_refused() {
        let (request, answer) = (request().to_bytes().unwrap(), answer().to_bytes().unwrap());
        for length in 0..request.len() {
            assert!(SyncRequest::from_bytes(&request[..length]).is_err());
        }
        for length in 0..answer.len() {
            assert!(SyncAnswer::from_bytes(&answer[..length]).is_err());
        }
        assert!(SyncRequest::from_bytes(&[request, vec![0]].concat()).is_err());
        assert!(SyncAnswer::from_bytes(&[answer, vec![0]].concat()).is_err());
    }

    #[test]
    fn a_request_that_is_too_long_is_not_built() {
        let batch = || Statement::LogBatch(vec![3; limits::LOG_BATCH].try_into().unwrap());
        let mut request = request();
        let handed = (0..320).map(|number| Handed { number, statement: batch() });
        request.handed = handed.collect::<Vec<_>>().try_into().unwrap();
        assert!(request.to_bytes().is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_taken_encodes_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(request) = SyncRequest::from_bytes(&bytes) {
                prop_assert_eq!(request.to_bytes().unwrap(), bytes.clone());
            }
            if let Ok(answer) = SyncAnswer::from_bytes(&bytes) {
                prop_assert_eq!(answer.to_bytes().unwrap(), bytes);
            }
        }
    }
}
