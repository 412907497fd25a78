//! The facts of a credential: what the door keeps of grant and share for its checks, now and under every later ticket.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thumbturn_protocol::bulletin::BulletinSubject;
use thumbturn_protocol::deny::DenySubject;
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::ids::{Generation, HolderId, ListVersion, PhoneId, Serial, ShareId};
use thumbturn_protocol::keys::PhonePublicKeys;
use thumbturn_protocol::share::Share;
use thumbturn_protocol::signed::Verified;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::connection::Visitor;
use crate::identity::Identity;

/// What every check of spec §8.5 needs. Made from verified objects, or read back from the door's own flash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The phone that stands before the door.
    pub(crate) phone: PhoneId,
    /// The person whose grant it is.
    pub(crate) holder: HolderId,
    /// The generation of the property's keys that signed the grant.
    pub(crate) generation: Generation,
    /// The grant's serial, inherited by ticket and share.
    pub(crate) serial: Serial,
    pub(crate) lease_end: UnixSeconds,
    pub(crate) roles: Roles,
    pub(crate) min_list_version: ListVersion,
    pub(crate) validity: Validity,
    /// The guest's part, when the phone is a guest's.
    pub(crate) share: Option<ShareFacts>,
}

/// What the door keeps of a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShareFacts {
    /// The phone that the grant names and that signed the share.
    pub(crate) granter: PhoneId,
    pub(crate) id: ShareId,
    pub(crate) validity: Validity,
}

impl Facts {
    /// The facts of verified objects, if they are for this door, this phone and each other (spec §8.5 step 3). The grant was
    /// verified with the key of the generation that it names.
    pub(crate) fn establish(
        identity: &Identity,
        phone: &PhonePublicKeys,
        grant: &Verified<Grant>,
        share: Option<(&PhonePublicKeys, &Verified<Share>)>,
    ) -> Option<Self> {
        let configuration = &identity.configuration;
        let here = grant.property == configuration.property
            && grant.door == configuration.door
            && grant.door_key == identity.key_id;
        let named = share.map_or(phone, |(granter, _)| granter).id();
        if !here || grant.phone != named {
            return None;
        }
        // A guest may unlock, whatever else the granter may.
        let roles = match share {
            Some(_) if grant.roles.contains(Roles::UNLOCK) => Roles::UNLOCK,
            Some(_) => Roles::NONE,
            None => grant.roles,
        };
        let share = match share {
            None => None,
            Some((_, share)) => Some(ShareFacts::establish(identity, phone, grant, share)?),
        };
        Some(Self {
            phone: phone.id(),
            holder: grant.holder,
            generation: grant.generation,
            serial: grant.serial,
            lease_end: grant.lease_end,
            roles,
            min_list_version: grant.min_list_version,
            validity: grant.validity.clone(),
            share,
        })
    }

    /// Who stands before the door.
    pub(crate) const fn visitor(&self) -> Visitor {
        Visitor { phone: self.phone, roles: self.roles }
    }

    /// Every id of every link, for the bulletin (spec §11.2).
    pub(crate) fn subjects(&self) -> Vec<BulletinSubject> {
        let mut subjects =
            alloc::vec![BulletinSubject::Holder(self.holder), BulletinSubject::Phone(self.phone)];
        if let Some(share) = &self.share {
            subjects.extend([BulletinSubject::Phone(share.granter), BulletinSubject::Share(share.id)]);
        }
        subjects
    }

    /// Whom a row of the list may deny, so that it denies this credential (spec §10.1).
    pub(crate) fn deny_subjects(&self) -> impl Iterator<Item = DenySubject> {
        let share = self.share.as_ref();
        let guest = share
            .into_iter()
            .flat_map(|share| [DenySubject::Phone(share.granter), DenySubject::Share(share.id)]);
        let everybody = (!self.roles.contains(Roles::STAFF)).then_some(DenySubject::EverybodyButStaff);
        [DenySubject::Holder(self.holder), DenySubject::Phone(self.phone)]
            .into_iter()
            .chain(guest)
            .chain(everybody)
    }

    /// For the ticket store.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_allocvec(self).ok()
    }

    /// From the ticket store.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

impl ShareFacts {
    fn establish(
        identity: &Identity,
        guest: &PhonePublicKeys,
        grant: &Verified<Grant>,
        share: &Verified<Share>,
    ) -> Option<Self> {
        let fits = share.door == identity.configuration.door
            && share.door_key == identity.key_id
            && share.generation == grant.generation
            && share.granter_serial == grant.serial
            && share.guest == guest.id()
            && grant.roles.contains(Roles::MAY_SHARE);
        fits.then(|| Self { granter: grant.phone, id: share.share_id, validity: share.validity.clone() })
    }
}
