//! What a phone has for one door, and what it remembers of it: all that a session needs of the inbox.

use core::fmt;
use std::sync::Arc;

use thumbturn_protocol::bulletin::BulletinVersion;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::time_token::TimeToken;
use thumbturn_protocol::update::edition::Edition;

use crate::courier::inbox::document::{DoorShelf, HeldBulletin};
use crate::courier::inbox::parcels::HeldParcel;
use crate::courier::session::Occasion;
use crate::wallet::TrustAnchor;

/// What there is for one door. A copy: what the inbox learns later is for the next session.
pub struct Cargo {
    /// The life of the door that this phone's credential is for; the generation is the wallet's.
    pub(crate) origin: Origin,
    pub(crate) keys: DoorPublicKeys,
    pub(crate) anchor: TrustAnchor,
    pub(crate) roles: Roles,
    /// The list without which the door does not take this phone's credential.
    pub(crate) least_list: Edition,
    pub(crate) rotation: Option<(Generation, Received<KeyRotation>)>,
    pub(crate) bulletin: Option<HeldBulletin>,
    pub(crate) time: Option<Received<TimeToken>>,
    pub(crate) time_received: Option<Millis>,
    pub(crate) parcels: Vec<Arc<HeldParcel>>,
    pub(crate) room: Room,
    pub(crate) memory: DoorShelf,
}

/// What the inbox still has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) receipt: bool,
    pub(crate) batch: bool,
}

impl HeldBulletin {
    pub(crate) const fn version(&self) -> BulletinVersion {
        BulletinVersion { generation: self.generation, epoch: self.epoch }
    }
}

impl Cargo {
    /// The newest bulletin at hand.
    pub(crate) fn bulletin_version(&self) -> BulletinVersion {
        self.bulletin.as_ref().map(HeldBulletin::version).unwrap_or_default()
    }

    /// Whether something of it could change what the door has answered. The door's state tells whether it does.
    pub(crate) fn may_change(&self, occasion: Occasion) -> bool {
        match occasion {
            Occasion::Accepted => false,
            Occasion::Denied => self.rotation.is_some() || self.bulletin.is_some(),
            Occasion::UpdateRequired => {
                self.parcels.iter().any(|held| held.header.edition() >= self.least_list)
            }
        }
    }
}

impl fmt::Debug for Cargo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Cargo for {:?}", self.origin.door)
    }
}
