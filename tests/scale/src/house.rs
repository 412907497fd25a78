//! A property on which is measured: ten doors, a Key with many holders, a resident with a phone. All of it is made by use cases, and it is
//! the same whatever else is in its store.

use std::collections::BTreeSet;
use std::time::Duration;

use thumbturn_manager::access::{KeyDoor, Role, WeeklyHours};
use thumbturn_manager::ids::{AccountId, KeyId, PortfolioId};
use thumbturn_manager::office::calendar::ZoneRules;
use thumbturn_manager::office::keystore::{DataKey, KeyStore, KeyStoreError};
use thumbturn_manager::office::model::{DoorType, EmailAddress, Name, PersonName};
use thumbturn_manager::office::use_case::UseCase;
use thumbturn_manager::office::use_case::authority::{Claimed, MakeKeys, PrepareClaim};
use thumbturn_manager::office::use_case::door::AddDoor;
use thumbturn_manager::office::use_case::guests::InviteGuest;
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey};
use thumbturn_manager::office::use_case::people::{InvitePerson, Invited, RevokeAll};
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone};
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;
use thumbturn_manager::office::use_case::sync::Exchange;
use thumbturn_manager::office::{Actor, Host, Office, Store};
use thumbturn_protocol::ids::{DoorId, PhoneId, PropertyId};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, PhoneKeys, SigningKeyPair};
use thumbturn_protocol::sync::{Cursor, SyncRequest};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use crate::failure::Failure;
use crate::import::bring;
use crate::mass::MONDAY;
use crate::random::Counting;
use crate::stopwatch::timed;

/// Guests of the person from whom everything is taken.
const GUESTS: usize = 5;
const FLATS: usize = 7;

/// Who does things at a property.
pub(crate) struct Desk {
    pub(crate) office: Office,
    pub(crate) property: PropertyId,
    pub(crate) now: UnixSeconds,
    pub(crate) random: Counting,
}

/// A property on which is measured.
pub(crate) struct House {
    desk: Desk,
    entrance: DoorId,
    gym: DoorId,
    flat: DoorId,
    /// Many have it.
    common: KeyId,
    /// For the flat and the entrance.
    home: KeyId,
    resident: AccountId,
    phone: PhoneId,
    /// How many came to be measured.
    came: usize,
}

/// An office over a store, with a keystore that hides nothing.
pub(crate) fn office(store: &Store) -> Office {
    Office::new(store.clone(), Host { keystore: Box::new(OpenKeyStore), zones: Box::new(Utc) })
}

/// Founds a portfolio, whose manager is somebody else in each store.
pub(crate) async fn found(office: &Office, random: &mut Counting) -> Result<PortfolioId, Failure> {
    let (email, name) = (EmailAddress::parse("pat@example.com")?, PersonName::parse("Pat", "Moss")?);
    let (portfolio, _) = office.found(&Name::parse("Portfolio")?, (&email, &name), monday(), random).await?;
    Ok(portfolio)
}

impl Desk {
    /// A new property.
    pub(crate) async fn open(
        office: &Office,
        portfolio: PortfolioId,
        mut random: Counting,
    ) -> Result<Self, Failure> {
        let now = monday();
        let draft = PropertyDraft {
            name: Name::parse("Elm Street 1")?,
            zone: "Etc/UTC".to_owned(),
            retention_days: 730,
        };
        let opened = office.open_property(Actor::Host, portfolio, &draft, now, &mut random).await?;
        Ok(Self { office: office.clone(), property: opened, now, random })
    }

    /// Does something as the host.
    pub(crate) async fn perform<U: UseCase>(&mut self, use_case: &U) -> Result<U::Answer, Failure> {
        self.perform_as(Actor::Host, use_case).await
    }

    async fn perform_as<U: UseCase>(&mut self, actor: Actor, use_case: &U) -> Result<U::Answer, Failure> {
        Ok(self.office.perform(actor, self.property, use_case, self.now, &mut self.random).await?)
    }

    pub(crate) async fn door(&mut self, name: &str, kind: DoorType) -> Result<DoorId, Failure> {
        self.perform(&AddDoor { name: Name::parse(name)?, kind, is_connected: false }).await
    }

    pub(crate) async fn key(&mut self, name: &str, doors: Vec<KeyDoor>) -> Result<KeyId, Failure> {
        self.perform(&CreateKey { name: Name::parse(name)?, doors }).await
    }
}

impl House {
    /// Makes one.
    pub(crate) async fn build(
        office: &Office,
        portfolio: PortfolioId,
        random: Counting,
        holders: usize,
    ) -> Result<Self, Failure> {
        let mut desk = Desk::open(office, portfolio, random).await?;
        let entrance = desk.door("Entrance", DoorType::BuildingEntrance).await?;
        let gym = desk.door("Gym", DoorType::Communal).await?;
        let flat = desk.door("Flat", DoorType::Residence).await?;
        for place in 0..FLATS {
            desk.door(&format!("Flat {place}"), DoorType::Residence).await?;
        }
        let common = desk.key("Common", vec![with_codes(entrance)]).await?;
        let home = desk.key("Home", vec![with_codes(flat), with_codes(entrance)]).await?;
        let keys = ["Common"].repeat(holders);
        bring(&mut desk, &keys).await?;
        let root_key = SigningKeyPair::generate(&mut desk.random)?.public();
        desk.perform(&MakeKeys { root_key }).await?;
        for door in [flat, entrance] {
            claim(&mut desk, door).await?;
        }
        let resident = invite(&mut desk, "resident", home).await?;
        let invitation = desk.perform(&InvitePhone { person: resident.person }).await?;
        let keys = PhoneKeys::generate(&mut desk.random)?.public();
        let enrol = EnrolPhone { invitation, keys };
        let phone = desk.perform_as(Actor::Account(resident.account), &enrol).await?;
        Ok(Self { desk, entrance, gym, flat, common, home, resident: resident.account, phone, came: 0 })
    }

    /// Takes everything from somebody who has let guests in.
    pub(crate) async fn revoke(&mut self) -> Result<Duration, Failure> {
        let granter = self.newcomer().await?.person;
        for guest in 0..GUESTS {
            let invitation = InviteGuest {
                granter,
                email: email(&self.desk, &format!("guest-{}-{guest}", self.came))?,
                name: PersonName::parse("Ben", "Moss")?,
                doors: BTreeSet::from([self.flat, self.entrance]),
                doorcodes: true,
                start: None,
                end: None,
                service: None,
            };
            self.desk.perform(&invitation).await?;
        }
        let (done, time) = timed(self.desk.perform(&RevokeAll { person: granter })).await;
        done?;
        Ok(time)
    }

    /// Adds a door to the Key that many have, and takes it out again.
    pub(crate) async fn change_key(&mut self) -> Result<Duration, Failure> {
        let key = self.common;
        let [one, two] = [vec![self.entrance], vec![self.entrance, self.gym]]
            .map(|doors| ChangeKey { key, doors: doors.into_iter().map(with_codes).collect() });
        let mut time = Duration::ZERO;
        for change in [two, one] {
            self.desk.now = self.desk.now.plus(60);
            let (done, more) = timed(self.desk.perform(&change)).await;
            done?;
            time += more;
        }
        // What was taken away is forgotten, so that the next change finds as much as this one.
        self.desk.office.door_applied(self.desk.property, self.gym).await?;
        Ok(time)
    }

    /// A phone comes online after somebody was invited to its doors.
    pub(crate) async fn sync(&mut self) -> Result<Duration, Failure> {
        self.newcomer().await?;
        let (done, time) = timed(self.exchange()).await;
        done?;
        Ok(time)
    }

    /// All that a phone's sync asks of the office.
    async fn exchange(&mut self) -> Result<(), Failure> {
        let exchange = Exchange { request: SyncRequest::new(self.phone, Cursor(0))? };
        self.desk.perform_as(Actor::Account(self.resident), &exchange).await?;
        Ok(())
    }

    async fn newcomer(&mut self) -> Result<Invited, Failure> {
        self.came += 1;
        self.desk.now = self.desk.now.plus(60);
        invite(&mut self.desk, &format!("newcomer-{}", self.came), self.home).await
    }
}

async fn invite(desk: &mut Desk, who: &str, key: KeyId) -> Result<Invited, Failure> {
    let invitation = InvitePerson {
        email: email(desk, who)?,
        name: PersonName::parse("Ada", "Moss")?,
        unit: None,
        keys: BTreeSet::from([key]),
        role: Role::Resident,
        may_share: true,
        start: None,
        end: None,
    };
    desk.perform(&invitation).await
}

/// Puts a device on a door.
async fn claim(desk: &mut Desk, door: DoorId) -> Result<(), Failure> {
    let zone = Zone::fixed(UtcOffset::UTC);
    let configuration = desk.perform(&PrepareClaim { door, zone, relock_seconds: 5 }).await?;
    let keys = DoorPublicKeys {
        session_key: ExchangeKeyPair::generate(&mut desk.random)?.public(),
        sealing_key: ExchangeKeyPair::generate(&mut desk.random)?.public(),
        receipt_key: SigningKeyPair::generate(&mut desk.random)?.public(),
    };
    desk.perform(&Claimed { configuration, keys }).await
}

/// An address that nobody has at another property.
pub(crate) fn email(desk: &Desk, who: &str) -> Result<EmailAddress, Failure> {
    let own = u64::from_be_bytes(desk.property.0);
    Ok(EmailAddress::parse(&format!("{who}@{own:016x}.example.com"))?)
}

pub(crate) const fn with_codes(door: DoorId) -> KeyDoor {
    KeyDoor { door, hours: WeeklyHours::Always, doorcodes: true }
}

fn monday() -> UnixSeconds {
    UnixSeconds::new(MONDAY).unwrap_or(UnixSeconds::ZERO)
}

struct OpenKeyStore;

impl KeyStore for OpenKeyStore {
    fn wrap_key(&self, key: &DataKey) -> Result<Vec<u8>, KeyStoreError> {
        Ok(key.as_bytes().to_vec())
    }

    fn unwrap_key(&self, wrapped: &[u8]) -> Result<DataKey, KeyStoreError> {
        wrapped.try_into().map(DataKey::from_bytes).map_err(|_| KeyStoreError::Lost)
    }
}

struct Utc;

impl ZoneRules for Utc {
    fn zone(&self, name: &str, _: UnixSeconds) -> Option<Zone> {
        (name == "Etc/UTC").then(|| Zone::fixed(UtcOffset::UTC))
    }
}
