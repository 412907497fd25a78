//! From a factory-fresh door to one of the property, and back (spec §9).

use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::ids::{DoorId, ListVersion, TagKey};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::zone::Zone;

use crate::authority::list_book::ListBook;
use crate::authority::numbering::next_number;
use crate::office::audit::Subject;
use crate::office::daily::DailyCodes;
use crate::office::model::DoorType;
use crate::office::permission::Need;
use crate::office::store::door::Door;
use crate::office::store::life::LifeRecord;
use crate::office::task::Reason;
use crate::office::use_case::UseCase;
use crate::office::use_case::daily_codes::begin_edition;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, books, lists, store};

/// What an installer's phone claims a door with. Nothing is kept yet: a claim that fails leaves the door behind this one as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrepareClaim {
    /// Which door of the property the device is put on. One that has another device gets this one in its place.
    pub door: DoorId,
    /// The door's civil time, from now on for two years.
    pub zone: Zone,
    /// Seconds from unlock to relock, 1…240.
    pub relock_seconds: u8,
}

impl Sealed for PrepareClaim {}

impl UseCase for PrepareClaim {
    type Answer = DoorConfiguration;
    const NAME: &'static str = "prepare claim";

    fn need(&self) -> Need {
        Need::Installer
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<DoorConfiguration, Error> {
        let (property, now) = (work.property(), work.now);
        let door = store::door::find(work.connection(), property, self.door).await?;
        let kind = kind(door.ok_or(Error::NotFound(Thing::Door))?.kind);
        let (keys, root_key) = books::keys(work).await?;
        let tag_key = TagKey::generate(work.random)?;
        let public = keys.public(root_key);
        let mut configuration =
            DoorConfiguration::new(public, self.door, tag_key, kind, now, self.zone.clone());
        configuration.relock_seconds = self.relock_seconds;
        // Above every version of an earlier life.
        let last = store::life::live(work.connection(), property, self.door).await?;
        let last = last.map_or(0, |life| life.versions.version.0);
        configuration.list_version = ListVersion(next_number(last, now)?);
        Ok(configuration)
    }
}

/// The door has taken a configuration that [`PrepareClaim`] gave, and has told its keys. Another device that was on the door is none of the
/// property's from here on, nor are the daily codes that it took; what people may open stays as it is, and the new device learns it from its first
/// update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// As it was prepared.
    pub configuration: DoorConfiguration,
    /// What the door answered.
    pub keys: DoorPublicKeys,
}

impl Sealed for Claimed {}

impl UseCase for Claimed {
    type Answer = ();
    const NAME: &'static str = "claimed";

    fn need(&self) -> Need {
        Need::Installer
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.configuration.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let (property, now, configuration) = (work.property(), work.now, &self.configuration);
        let door = store::door::find(work.connection(), property, configuration.door).await?;
        let mut door = door.ok_or(Error::NotFound(Thing::Door))?;
        let (keys, root_key) = books::keys(work).await?;
        let public = keys.public(root_key);
        let is_own = configuration.property == property
            && configuration.generation == public.generation
            && configuration.signing_key == public.signing_key
            && configuration.sealing_key == public.sealing_key
            && configuration.root_key == root_key;
        let known = store::life::live(work.connection(), property, door.id).await?;
        if known.is_some_and(|life| life.door_key == self.keys.id()) {
            return Ok(());
        }
        if !is_own {
            return Err(Invalid::Foreign.into());
        }
        if store::life::has_been(work.connection(), property, door.id).await? {
            let edition = door.codes.of_new_device();
            begin_edition(work, &mut door, edition).await?;
        }
        let certificate =
            keys.sign(&DoorCertificate::new(property, keys.generation(), door.id, self.keys, now))?;
        let life = self.life(work, &door, certificate.as_bytes())?;
        store::life::begin(work.connection(), property, &life.0, now).await?;
        let id = (property, door.id, life.0.door_key);
        store::life::set_versions(work.connection(), id, &life.0.versions, &life.1).await?;
        lists::open_task(work, door.id, Reason::DeviceAdded).await
    }
}

impl Claimed {
    fn life(
        &self,
        work: &mut Work<'_>,
        door: &Door,
        certificate: &[u8],
    ) -> Result<(LifeRecord, Vec<crate::authority::list_book::StoredLeft>), Error> {
        let mut book = ListBook::claimed(&self.configuration, work.random)?;
        let (length, codes) = (work.property.code_length(door.kind), DailyCodes::of(&*work.secrets()?, door));
        book.change_settings(|settings| {
            settings.code_length = length;
            settings.daily_codes = Some(codes.into_settings());
        });
        let (versions, revision) = (book.versions(), work.revision());
        let mut public_keys = [0; 96];
        let keys = [self.keys.session_key.0, self.keys.sealing_key.0, self.keys.receipt_key.0];
        public_keys.iter_mut().zip(keys.as_flattened()).for_each(|(to, from)| *to = *from);
        let life = LifeRecord {
            door: door.id,
            door_key: self.keys.id(),
            public_keys,
            certificate: certificate.to_vec(),
            generation: self.configuration.generation,
            sealed_settings: books::seal_settings(work, door.id, book.settings())?,
            settings_changed: revision,
            versions: books::seal_versions(work, door.id, &versions)?,
            receipt: thumbturn_protocol::ids::ReceiptNumber(0),
        };
        Ok((life, versions.left))
    }
}

/// Takes the device off a door: nothing is signed for it any more. The door keeps its place in Keys, and its activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decommission {
    /// Which door.
    pub door: DoorId,
}

impl Sealed for Decommission {}

impl UseCase for Decommission {
    type Answer = ();
    const NAME: &'static str = "decommission";

    fn need(&self) -> Need {
        Need::Installer
    }

    fn subject(&self) -> Subject {
        Subject::Door(self.door)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let (property, now) = (work.property(), work.now);
        store::life::live(work.connection(), property, self.door)
            .await?
            .ok_or(Error::NotFound(Thing::Door))?;
        store::life::end(work.connection(), (property, self.door), now).await?;
        Ok(store::task::cancel(work.connection(), property, &[self.door], now).await?)
    }
}

const fn kind(kind: DoorType) -> DoorKind {
    match kind {
        DoorType::BuildingEntrance => DoorKind::BuildingEntrance,
        DoorType::Residence => DoorKind::Residence,
        DoorType::Service => DoorKind::Service,
        DoorType::Communal => DoorKind::Communal,
    }
}
