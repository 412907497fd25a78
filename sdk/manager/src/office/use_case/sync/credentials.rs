//! What a phone may open: a grant for each door, and what goes with it.

use std::collections::BTreeSet;

use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::ids::{DoorId, HolderId, ListVersion, PhoneId};
use thumbturn_protocol::limits::SYNC_DOORS;
use thumbturn_protocol::schedule::Schedule;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::access::{Access, Spell, Term, WeeklyHours, stretch};
use crate::authority::generation_keys::GenerationKeys;
use crate::office::lists::COURIER;
use crate::office::model::DoorType;
use crate::office::permission::Need;
use crate::office::store::life::LifeRecord;
use crate::office::store::phone::PassRecord;
use crate::office::task::Reasons;
use crate::office::use_case::authority::seal;
use crate::office::work::Work;
use crate::office::{Error, Invalid, books, store};

const DAY: u64 = 86_400;
/// Seconds by which the clocks of two hosts may differ.
const CLOCKS: u64 = 600;
const MAY_SHARE: u8 = 1;
const STAFF: u8 = 1 << 1;
/// Most grants that are signed in one transaction, so that nobody waits long for it.
const SIGNED: usize = 128;
/// Seconds by which the clock of a door may be behind: whoever is let in just now is not to be told that it is too early.
const SLOW_CLOCK: u64 = 300;

/// What a phone is to hold.
#[derive(Default)]
pub(super) struct Held {
    /// The doors for which it is to hold a grant.
    pub(super) doors: Vec<DoorId>,
    /// Those of them that take it only after an update.
    pub(super) waiting: BTreeSet<DoorId>,
    /// The credentials that it does not have.
    pub(super) credentials: Vec<Vec<u8>>,
    /// Whether others are to be signed in the next exchange.
    pub(super) more: bool,
}

/// Whose phone, and what it has.
pub(super) struct Wallet<'a> {
    pub(super) keys: &'a GenerationKeys,
    pub(super) holder: HolderId,
    pub(super) phone: PhoneId,
    /// The revision up to which it has what there is.
    pub(super) since: u64,
}

/// For which door, and what a grant is to say.
struct Order<'a> {
    wallet: &'a Wallet<'a>,
    life: &'a LifeRecord,
    open: Spell,
    roles: u8,
    lease_days: u32,
}

impl Wallet<'_> {
    /// Grants for all that the holder may open, and, for staff who update doors, for those that wait for it. What is good already stays as
    /// it is, until half of a lease is gone, or leases have become shorter.
    pub(super) async fn held(&self, work: &mut Work<'_>) -> Result<Held, Error> {
        let (property, now, revision) = (work.property(), work.now, work.revision());
        store::phone::drop_ended(work.connection(), property, self.holder, now).await?;
        let only = BTreeSet::from([self.holder]);
        let access = store::access::of(work.connection(), property, &only, now).await?;
        let settings = store::settings::find(work.connection(), property).await?;
        let is_staff = store::person::is_manager(work.connection(), property, self.holder).await?;
        let lease_days = if is_staff { settings.staff_lease.days } else { settings.lease.days };
        let (mut held, mut signed) = (Held::default(), 0);
        let carries = is_staff && settings.couriers && work.require(&Need::Devices).is_ok();
        for (door, open, roles) in self.wanted(work, &access, (is_staff, carries)).await? {
            let Some(life) = store::life::live(work.connection(), property, door).await? else { continue };
            if held.doors.len() >= SYNC_DOORS {
                break;
            }
            held.doors.push(door);
            if signed >= SIGNED {
                held.more = true;
                continue;
            }
            let order = Order { wallet: self, life: &life, open, roles, lease_days };
            let pass = order.pass(work).await?;
            signed += usize::from(pass.revision == revision);
            if pass.least_list > ListVersion(0) && life.versions.confirmed < Some(pass.least_list) {
                held.waiting.insert(door);
            }
            if pass.revision > self.since {
                held.credentials.push(credential(work, &life, &pass)?);
            }
        }
        Ok(held)
    }

    /// The doors for which the phone is to hold a grant, from when until when, and what it may do there.
    async fn wanted(
        &self,
        work: &mut Work<'_>,
        access: &Access,
        (is_staff, carries): (bool, bool),
    ) -> Result<Vec<(DoorId, Spell, u8)>, Error> {
        let (property, now) = (work.property(), work.now);
        let staff = if is_staff { STAFF } else { 0 };
        let opened = access.doors(self.holder).into_iter().filter_map(|door| {
            let open = stretch(&access.spells(self.holder, door), now)?;
            let may_share = if access.covers(self.holder, door, now) { MAY_SHARE } else { 0 };
            Some((door, open, may_share | staff))
        });
        let mut wanted: Vec<_> = opened.collect();
        if carries {
            // whoever updates doors need not be let in there.
            let known: BTreeSet<DoorId> = wanted.iter().map(|(door, ..)| *door).collect();
            let tasks = store::task::all_open(work.connection(), property).await?;
            let others = tasks.iter().map(|task| task.door).filter(|door| !known.contains(door));
            let always = Spell { term: Term::new(now, None)?, hours: WeeklyHours::Always };
            wanted.extend(others.map(|door| (door, always.clone(), COURIER)));
        }
        Ok(wanted)
    }
}

fn credential(work: &mut Work<'_>, life: &LifeRecord, pass: &PassRecord) -> Result<Vec<u8>, Error> {
    let tag_key = books::open_settings(work, life)?.tag_key;
    let certificate = Received::from_bytes(&life.certificate).map_err(|_| Invalid::Foreign)?;
    let grant = Received::from_bytes(&pass.signed).map_err(|_| Invalid::Foreign)?;
    let credential = Credential::new(certificate, tag_key, grant, None);
    Ok(credential.to_bytes().map_err(|_| Invalid::Foreign)?)
}

impl Order<'_> {
    /// The grant that the phone has, if it is still what it should be, or a new one.
    async fn pass(&self, work: &mut Work<'_>) -> Result<PassRecord, Error> {
        let (property, now) = (work.property(), work.now);
        let lease = u64::from(self.lease_days) * DAY;
        let place = (self.wallet.holder, self.life.door);
        let known = store::phone::passes(work.connection(), property, place, now).await?;
        // Somebody may have been moved out since this one was to move in.
        let is_to_come = self.open.term.start() > now;
        let needed = if is_to_come { self.handed_over(work).await? } else { ListVersion(0) };
        // A door that refuses a grant refuses all that were made before it.
        let void = known.iter().filter(|pass| pass.phone == self.wallet.phone && pass.is_void);
        let void = void.map(|pass| pass.serial).max();
        let good = known.iter().filter(|pass| {
            pass.phone == self.wallet.phone
                && Some(pass.serial) > void
                && pass.generation == self.wallet.keys.generation()
                && pass.door_key == self.life.door_key
                && pass.roles == self.roles
                && self.says_the_same(pass)
                && pass.least_list >= needed
                && pass.lease_end > now.plus(lease / 2)
                && pass.lease_end <= now.plus(lease + CLOCKS)
        });
        if let Some(pass) = good.max_by_key(|pass| pass.serial) {
            return Ok(pass.clone());
        }
        // Somebody who held a grant already does not wait for the hand-over.
        let own = known.iter().filter(|pass| !pass.is_void).map(|pass| pass.least_list).max();
        let least_list = match own.filter(|_| !is_to_come) {
            Some(own) => own,
            None => self.handed_over(work).await?,
        };
        let pass = self.sign(work, least_list).await?;
        store::phone::add_pass(work.connection(), property, place, &pass).await?;
        Ok(pass)
    }

    /// A courier opens nothing, so it does not matter since when.
    fn says_the_same(&self, pass: &PassRecord) -> bool {
        self.roles & COURIER != 0 || pass.open == self.open
    }

    /// The hand-over of a residence: whoever is new there gets in with the very update that locks out whoever was there before (design §3).
    /// 0: nobody is to be locked out, or the door has it already.
    async fn handed_over(&self, work: &mut Work<'_>) -> Result<ListVersion, Error> {
        let (property, door) = (work.property(), self.life.door);
        let kind = store::door::find(work.connection(), property, door).await?.map(|door| door.kind);
        let reasons = Reasons::from_bits(store::task::reasons(work.connection(), property, door).await?);
        if self.roles & COURIER != 0 || kind != Some(DoorType::Residence) || !reasons.may_remove() {
            return Ok(ListVersion(0));
        }
        Ok(seal(work, door).await?.map_or(ListVersion(0), |update| update.to))
    }

    async fn sign(&self, work: &mut Work<'_>, least_list: ListVersion) -> Result<PassRecord, Error> {
        let (property, now, revision) = (work.property(), work.now, work.revision());
        let serial = store::property::next_numbers(work.connection(), property, now).await?.serial;
        let subject = GrantSubject {
            property,
            generation: self.wallet.keys.generation(),
            door: self.life.door,
            door_key: self.life.door_key,
            phone: self.wallet.phone,
            holder: self.wallet.holder,
            serial,
        };
        let lease_end = now.plus(u64::from(self.lease_days) * DAY);
        let mut grant = Grant::new(subject, self.validity(now)?, lease_end);
        grant.roles = self.granted();
        grant.min_list_version = least_list;
        let signed = self.wallet.keys.sign(&grant)?;
        Ok(PassRecord {
            phone: self.wallet.phone,
            door_key: self.life.door_key,
            serial,
            roles: self.roles,
            open: self.open.clone(),
            lease_end,
            signed: signed.as_bytes().to_vec(),
            is_void: false,
            least_list,
            generation: self.wallet.keys.generation(),
            revision,
        })
    }

    fn granted(&self) -> Roles {
        let has = |role: u8| self.roles & role != 0;
        let mut roles = if has(COURIER) { Roles::COURIER } else { Roles::UNLOCK };
        if has(MAY_SHARE) {
            roles = roles.and(Roles::MAY_SHARE);
        }
        if has(STAFF) {
            roles = roles.and(Roles::STAFF);
        }
        roles
    }

    fn validity(&self, now: UnixSeconds) -> Result<Validity, Error> {
        let start = self.open.term.start();
        // What has begun may say that it began earlier: no phone had it then.
        let start = if start <= now { start.min(now.minus(SLOW_CLOCK)) } else { start };
        let mut validity = Validity::from(start);
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
