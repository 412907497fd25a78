//! What a phone may open: a grant for each door, and what goes with it.

use std::collections::BTreeSet;

use thumbturn_protocol::claim::PropertyKeys;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::ids::{DoorId, HolderId, PhoneId};
use thumbturn_protocol::schedule::Schedule;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::validity::Validity;

use crate::access::{Access, Spell, WeeklyHours, stretch};
use crate::authority::generation_keys::GenerationKeys;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::store::life::LifeRecord;
use crate::office::store::phone::PassRecord;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, books, store};

const DAY: u64 = 86_400;
/// Seconds by which the clocks of two hosts may differ.
const CLOCKS: u64 = 600;
const MAY_SHARE: u8 = 1;
const STAFF: u8 = 1 << 1;

/// Everything that a phone needs to open what its person may open. Asked again, it gives the same grants, until half of a lease is gone, leases
/// have become shorter or the person may do something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchCredentials {
    /// Which phone: one of the actor's.
    pub phone: PhoneId,
}

/// What a phone takes into its wallet.
#[derive(Clone, Debug)]
pub struct PhoneCredentials {
    /// The property, to be trusted first.
    pub property: PropertyKeys,
    /// The doors.
    pub doors: Vec<DoorId>,
    /// A credential for each door, in the same order: what a wallet imports.
    pub credentials: Vec<Vec<u8>>,
}

/// For whom, where, and how long a grant is signed.
struct Order<'a> {
    keys: &'a GenerationKeys,
    holder: HolderId,
    phone: PhoneId,
    life: &'a LifeRecord,
    open: Spell,
    roles: u8,
    lease_days: u32,
}

impl Sealed for FetchCredentials {}

impl UseCase for FetchCredentials {
    type Answer = PhoneCredentials;
    const NAME: &'static str = "fetch credentials";
    const IS_AUDITED: bool = false;

    fn need(&self) -> Need {
        Need::Belonging
    }

    fn subject(&self) -> Subject {
        Subject::Phone(self.phone)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<PhoneCredentials, Error> {
        let (property, now) = (work.property(), work.now);
        let holder = store::phone::holder(work.connection(), property, self.phone).await?;
        let holder = holder.ok_or(Error::NotFound(Thing::Phone))?;
        work.require(&Need::Oneself(holder))?;
        let (keys, root_key) = books::keys(work).await?;
        store::phone::drop_ended(work.connection(), property, holder, now).await?;
        let access = store::access::of(work.connection(), property, &BTreeSet::from([holder]), now).await?;
        let settings = store::settings::find(work.connection(), property).await?;
        let is_staff = store::person::is_manager(work.connection(), property, holder).await?;
        let mut answer =
            PhoneCredentials { property: keys.public(root_key), doors: Vec::new(), credentials: Vec::new() };
        for door in access.doors(holder) {
            let Some(open) = stretch(&access.spells(holder, door), now) else { continue };
            let Some(life) = store::life::live(work.connection(), property, door).await? else { continue };
            let roles = roles(&access, (holder, door), is_staff, work);
            let lease_days = if is_staff { settings.staff_lease.days } else { settings.lease.days };
            let phone = self.phone;
            let order = Order { keys: &keys, holder, phone, life: &life, open, roles, lease_days };
            let grant = order.grant(work).await?;
            let tag_key = books::open_settings(work, &life)?.tag_key;
            let certificate = Received::from_bytes(&life.certificate).map_err(|_| Invalid::Foreign)?;
            let credential = Credential::new(certificate, tag_key, grant, None);
            answer.credentials.push(credential.to_bytes().map_err(|_| Invalid::Foreign)?);
            answer.doors.push(door);
        }
        Ok(answer)
    }
}

fn roles(access: &Access, (holder, door): (HolderId, DoorId), is_staff: bool, work: &Work<'_>) -> u8 {
    let may_share = if access.covers(holder, door, work.now) { MAY_SHARE } else { 0 };
    may_share | if is_staff { STAFF } else { 0 }
}

impl Order<'_> {
    /// The grant that the phone has, if it is still what it should be, or a new one.
    async fn grant(&self, work: &mut Work<'_>) -> Result<Received<Grant>, Error> {
        let (property, now) = (work.property(), work.now);
        let lease = u64::from(self.lease_days) * DAY;
        let place = (self.holder, self.life.door);
        let known = store::phone::passes(work.connection(), property, place, now).await?;
        let good = known.into_iter().filter(|pass| {
            pass.phone == self.phone
                && !pass.is_void
                && pass.door_key == self.life.door_key
                && pass.roles == self.roles
                && pass.open == self.open
                && pass.lease_end > now.plus(lease / 2)
                && pass.lease_end <= now.plus(lease + CLOCKS)
        });
        if let Some(pass) = good.max_by_key(|pass| pass.serial) {
            return Ok(Received::from_bytes(&pass.signed).map_err(|_| Invalid::Foreign)?);
        }
        let serial = store::property::next_numbers(work.connection(), property, now).await?.serial;
        let subject = GrantSubject {
            property,
            generation: self.keys.generation(),
            door: self.life.door,
            door_key: self.life.door_key,
            phone: self.phone,
            holder: self.holder,
            serial,
        };
        let lease_end = now.plus(lease);
        let mut grant = Grant::new(subject, self.validity()?, lease_end);
        if self.roles & MAY_SHARE != 0 {
            grant.roles = grant.roles.and(Roles::MAY_SHARE);
        }
        if self.roles & STAFF != 0 {
            grant.roles = grant.roles.and(Roles::STAFF);
        }
        let signed = self.keys.sign(&grant)?;
        let pass = PassRecord {
            phone: self.phone,
            door_key: self.life.door_key,
            serial,
            roles: self.roles,
            open: self.open.clone(),
            lease_end,
            signed: signed.as_bytes().to_vec(),
            is_void: false,
        };
        store::phone::add_pass(work.connection(), property, place, &pass).await?;
        Ok(signed.into())
    }

    fn validity(&self) -> Result<Validity, Error> {
        let mut validity = Validity::from(self.open.term.start());
        if let Some(end) = self.open.term.end() {
            validity = validity.until(end);
        }
        if let WeeklyHours::Within(windows) = &self.open.hours {
            let windows: Vec<_> = windows.iter().copied().collect();
            validity = validity.within(Schedule::new(&windows).map_err(|_| Invalid::TooManyHours)?);
        }
        Ok(validity)
    }
}
