//! One verified way to open one door.

use core::fmt;

use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::ids::{DoorId, DoorKeyId, PhoneId};
use thumbturn_protocol::share::Share;
use thumbturn_protocol::update::edition::Edition;

use crate::wallet::anchor::TrustAnchor;
use crate::wallet::import::ImportError;

/// A credential whose signatures were checked when it was imported, with its content at hand.
pub(crate) struct Pass {
    pub(crate) credential: Credential,
    pub(crate) certificate: DoorCertificate,
    pub(crate) grant: Grant,
    pub(crate) share: Option<Share>,
}

/// Tells one credential from another in the ticket table: a ticket holds the facts of the credential it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Fingerprint([u8; 8]);

impl Pass {
    /// Checks everything that a door would check about who signed what for whom, against the anchors of this wallet.
    pub(crate) fn verify(
        credential: Credential,
        anchors: &[TrustAnchor],
        phone: PhoneId,
    ) -> Result<Self, ImportError> {
        let claimed = credential.certificate.peek_unverified()?;
        let anchor = anchors
            .iter()
            .find(|anchor| anchor.property == claimed.property)
            .ok_or(ImportError::UnknownProperty)?;
        let certificate_key = anchor.key_of(claimed.generation).ok_or(ImportError::UnknownGeneration)?;
        let certificate = credential.certificate.verify(certificate_key)?;

        let claimed = credential.grant.peek_unverified()?;
        let grant_key = anchor.key_of(claimed.generation).ok_or(ImportError::UnknownGeneration)?;
        let grant = credential.grant.verify(grant_key)?;
        if grant.property != certificate.property
            || grant.door != certificate.door
            || grant.door_key != certificate.keys.id()
        {
            return Err(ImportError::Inconsistent);
        }
        let share = verify_holder(&credential, &grant, phone)?;
        let (certificate, grant) = (DoorCertificate::clone(&certificate), Grant::clone(&grant));
        Ok(Self { credential, certificate, grant, share })
    }

    /// A pass from the wallet's own sealed record: what was verified at import is not verified again at each start.
    pub(crate) fn from_vault(credential: Credential) -> Result<Self, Error> {
        let certificate = credential.certificate.peek_unverified()?;
        let grant = credential.grant.peek_unverified()?;
        let share = match &credential.share {
            Some(chain) => Some(chain.share.peek_unverified()?),
            None => None,
        };
        Ok(Self { credential, certificate, grant, share })
    }

    pub(crate) const fn door(&self) -> DoorId {
        self.certificate.door
    }

    /// The id of the door's keys; the import has checked that grant and certificate agree on it.
    pub(crate) const fn door_key(&self) -> DoorKeyId {
        self.grant.door_key
    }

    /// The list without which the door does not take it (spec §8.5 step 8).
    pub(crate) const fn least_list(&self) -> Edition {
        Edition { generation: self.grant.generation, version: self.grant.min_list_version }
    }

    /// Eight bytes of the signatures: they change with anything that they sign.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut bytes = [0_u8; 8];
        let signed = [
            Some(self.credential.grant.as_bytes()),
            self.credential.share.as_ref().map(|chain| chain.share.as_bytes()),
        ];
        for object in signed.into_iter().flatten() {
            for (to, from) in bytes.iter_mut().zip(object.iter().rev()) {
                // The last byte of an Ed25519 signature holds few bits; rotating keeps two of them from cancelling.
                *to = to.rotate_left(3) ^ from;
            }
        }
        Fingerprint(bytes)
    }
}

/// The grant must be this phone's, or be shared with this phone by the phone whose grant it is (spec §8.5 step 3).
fn verify_holder(
    credential: &Credential,
    grant: &Grant,
    phone: PhoneId,
) -> Result<Option<Share>, ImportError> {
    let Some(chain) = &credential.share else {
        return if grant.phone == phone { Ok(None) } else { Err(ImportError::NotForThisPhone) };
    };
    if chain.granter.id() != grant.phone {
        return Err(ImportError::Inconsistent);
    }
    if !grant.roles.contains(Roles::MAY_SHARE) {
        return Err(ImportError::NotShareable);
    }
    let share = chain.verify()?;
    let behind = (share.generation, share.granter_serial) == (grant.generation, grant.serial);
    if share.door != grant.door || share.door_key != grant.door_key || !behind {
        return Err(ImportError::Inconsistent);
    }
    if share.guest != phone {
        return Err(ImportError::NotForThisPhone);
    }
    Ok(Some(Share::clone(&share)))
}

impl fmt::Debug for Pass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pass")
    }
}
