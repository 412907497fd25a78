//! The next keys of a property, announced by the portfolio's root, which is kept offline (spec §3.3, §11.4).

use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::UnixSeconds;

use crate::authority::generation_keys::GenerationKeys;
use crate::authority::rotation::{announcement, next_generation};
use crate::office::permission::Need;
use crate::office::task::Reason;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, books, lists, store};

/// Makes the keys that are to follow, for when those that are in use may be known to somebody. Nothing changes until the root has signed
/// what this answers: take it to where the root key is, sign it there, and bring it back with [`TakeRotation`]. Asked again, it makes
/// others, and forgets those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrepareRotation {
    /// Until when doors and phones take what the present keys have signed; `None`: not at all from the moment at which they hear of it.
    pub previous_until: Option<UnixSeconds>,
}

impl Sealed for PrepareRotation {}

impl UseCase for PrepareRotation {
    type Answer = KeyRotation;
    const NAME: &'static str = "prepare rotation";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<KeyRotation, Error> {
        let (property, now) = (work.property(), work.now);
        let (keys, root_key) = books::keys(work).await?;
        let (next, record) = books::make_keys(work, next_generation(&keys)?, root_key)?;
        store::generation::set_pending(work.connection(), property, &record, now).await?;
        Ok(announcement(&next, self.previous_until, now))
    }
}

/// Takes what the root has signed: from here on the new keys sign everything, and every phone carries the word to every door. Serials and
/// versions go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeRotation {
    /// The draft of [`PrepareRotation`], signed with the root key.
    pub announcement: Vec<u8>,
}

impl Sealed for TakeRotation {}

impl UseCase for TakeRotation {
    type Answer = ();
    const NAME: &'static str = "take rotation";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let (property, revision) = (work.property(), work.revision());
        let pending = store::generation::pending(work.connection(), property).await?;
        let pending = books::open_keys(work, &pending.ok_or(Invalid::NoRotation)?)?;
        let (_, root_key) = books::keys(work).await?;
        let received =
            Received::<KeyRotation>::from_bytes(&self.announcement).map_err(|_| Invalid::Foreign)?;
        let announced = received.verify(&root_key).map_err(|_| Invalid::Foreign)?;
        let is_own = announced.property == property
            && announced.generation == pending.generation()
            && announced.signing_key == pending.signing_key()
            && announced.sealing_key == pending.sealing_key();
        if !is_own {
            return Err(Invalid::Foreign.into());
        }
        store::generation::announce(work.connection(), property, &self.announcement, revision).await?;
        store::parcel::drop_all(work.connection(), property).await?;
        certify(work, &pending).await
    }
}

/// Certifies the devices of all doors with new keys, and has somebody tell them of these.
async fn certify(work: &mut Work<'_>, keys: &GenerationKeys) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    for life in store::life::all_live(work.connection(), property).await? {
        let door_keys = books::door_keys(&life)?;
        let draft = DoorCertificate::new(property, keys.generation(), life.door, door_keys, now);
        let certificate = keys.sign(&draft)?;
        let id = (property, life.door, life.door_key);
        store::life::set_certificate(work.connection(), id, certificate.as_bytes()).await?;
        lists::open_task(work, life.door, Reason::KeysRotated).await?;
    }
    Ok(())
}
