//! A phone becomes somebody's, by an invitation that serves once.

use core::fmt;

use thumbturn_protocol::ids::{HolderId, PhoneId};
use thumbturn_protocol::keys::PhonePublicKeys;
use thumbturn_protocol::random::random_bytes;
use zeroize::Zeroize;

use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::secrets::Place;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, store};

/// Seconds for which an invitation serves: seven days.
const SERVES_FOR: u64 = 7 * 86_400;
/// Most phones of one person, watches and tablets among them.
const PHONES: usize = 8;
const TABLE: &str = "phone_invitation";

/// The secret of an invitation, for a link or a QR code. Shown once; the store has its fingerprint only.
#[derive(Clone, PartialEq, Eq, Zeroize)]
#[zeroize(drop)]
pub struct PhoneInvitation(pub [u8; 16]);

impl fmt::Debug for PhoneInvitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneInvitation")
    }
}

/// Makes an invitation for one more phone of a person: by the person, or by a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitePhone {
    /// Whose phone it will be.
    pub person: HolderId,
}

impl Sealed for InvitePhone {}

impl UseCase for InvitePhone {
    type Answer = PhoneInvitation;
    const NAME: &'static str = "invite phone";

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.person)
    }

    fn subject(&self) -> Subject {
        Subject::Person(self.person)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<PhoneInvitation, Error> {
        let (property, now) = (work.property(), work.now);
        store::person::account(work.connection(), property, self.person)
            .await?
            .ok_or(Error::NotFound(Thing::Person))?;
        let invitation = PhoneInvitation(random_bytes(work.random)?);
        let fingerprint = work.secrets()?.fingerprint(&Place(TABLE, &[&property.0]), &invitation.0);
        let kept = (fingerprint, self.person);
        store::phone::invite(work.connection(), property, kept, now.plus(SERVES_FOR)).await?;
        Ok(invitation)
    }
}

/// Enrols a phone with an invitation. The same phone may ask again when the answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolPhone {
    /// As it came to the person.
    pub invitation: PhoneInvitation,
    /// The keys that the phone has made.
    pub keys: PhonePublicKeys,
}

impl Sealed for EnrolPhone {}

impl UseCase for EnrolPhone {
    type Answer = PhoneId;
    const NAME: &'static str = "enrol phone";

    fn need(&self) -> Need {
        Need::Belonging
    }

    fn subject(&self) -> Subject {
        Subject::Phone(self.keys.id())
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<PhoneId, Error> {
        let (property, now, phone) = (work.property(), work.now, self.keys.id());
        let fingerprint = work.secrets()?.fingerprint(&Place(TABLE, &[&property.0]), &self.invitation.0);
        let known = store::phone::invitation(work.connection(), property, fingerprint, now).await?;
        let known = known.ok_or(Invalid::Invitation)?;
        work.require(&Need::Oneself(known.holder)).map_err(|_| Invalid::Invitation)?;
        if known.used_by == Some(phone) {
            return Ok(phone);
        }
        if known.used_by.is_some() {
            return Err(Invalid::Invitation.into());
        }
        let others = store::phone::of(work.connection(), property, known.holder).await?;
        if others.len() >= PHONES {
            return Err(Invalid::TooManyPhones.into());
        }
        let own = (fingerprint, phone, known.holder);
        if store::phone::enrol(work.connection(), property, own, now).await? {
            Ok(phone)
        } else {
            Err(Invalid::Invitation.into())
        }
    }
}
