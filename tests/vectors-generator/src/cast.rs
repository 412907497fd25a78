//! Who appears in the vectors: fixed keys and times. Everything random is the hash of a name.

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::hello::{self, DoorState, Hello};
use thumbturn_protocol::ids::{
    DoorId, DoorKeyId, Generation, HolderId, PhoneId, PropertyId, Serial, ShareId, TagKey,
};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, PhoneKeys, SigningKeyPair};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::share::{Share, ShareChain};
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::error::Error;
use crate::formula;

/// 2026-03-02T08:00:00Z, a Monday.
pub(crate) const NOW: u64 = 1_772_438_400;
/// Serial of the resident's grant.
pub(crate) const SERIAL: u32 = 1_137_120;

/// The first `N` bytes of `SHA256("thumbturn vectors: " ‖ name)`.
pub(crate) fn bytes<const N: usize>(name: &str) -> [u8; N] {
    formula::first(formula::sha256(format!("thumbturn vectors: {name}").as_bytes()))
}

pub(crate) fn exchange(name: &str) -> ExchangeKeyPair {
    ExchangeKeyPair::from_secret(bytes(name))
}

pub(crate) fn signing(name: &str) -> SigningKeyPair {
    SigningKeyPair::from_secret(bytes(name))
}

pub(crate) fn property() -> PropertyId {
    PropertyId(bytes("property"))
}

/// The property's key of generation 1.
pub(crate) fn property_signing() -> SigningKeyPair {
    signing("property signing")
}

pub(crate) fn door() -> DoorId {
    DoorId(bytes("door"))
}

pub(crate) fn door_session() -> ExchangeKeyPair {
    exchange("door session")
}

pub(crate) fn door_keys() -> DoorPublicKeys {
    DoorPublicKeys {
        session_key: door_session().public(),
        sealing_key: exchange("door sealing").public(),
        receipt_key: signing("door receipt").public(),
    }
}

pub(crate) fn door_key_id() -> DoorKeyId {
    door_keys().id()
}

pub(crate) const TAG_KEY_NAME: &str = "door tag key";

pub(crate) fn tag_key() -> TagKey {
    TagKey::from_bytes(bytes(TAG_KEY_NAME))
}

/// `who` is `resident` or `guest`.
pub(crate) fn phone(who: &str) -> PhoneKeys {
    PhoneKeys { session: exchange(&format!("{who} session")), signing: signing(&format!("{who} signing")) }
}

/// A key pair for one handshake, and the same pair to look into.
pub(crate) fn ephemeral(name: &str) -> Result<(Ephemeral, ExchangeKeyPair), Error> {
    Ok((Ephemeral::generate(&mut Fixed(bytes(name)))?, exchange(name)))
}

/// 32 random bytes that are always the same: the hash of a name.
pub(crate) fn random(name: &str) -> impl SecureRandom {
    Fixed(bytes(name))
}

/// Gives 32 fixed bytes.
struct Fixed([u8; 32]);

impl SecureRandom for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.copy_from_slice(self.0.get(..bytes.len()).ok_or(RandomFailed)?);
        Ok(())
    }
}

/// The hello of a claimed door, its nonce derived from `name`.
pub(crate) fn hello(name: &str) -> Hello {
    let nonce = hello::nonce(&bytes("door nonce key"), 7, &bytes(name));
    Hello::new(DoorState::Claimed, nonce, &tag_key())
}

pub(crate) fn instant(after_now: u64) -> UnixSeconds {
    UnixSeconds::ZERO.plus(NOW + after_now)
}

/// Monday to Friday 07:30 to 19:00 and the weekend from 10:00 to midnight.
pub(crate) fn two_windows() -> Result<Schedule, Error> {
    let minute = |hour, minute| Minute::at(hour, minute).ok_or(Error::Disagree("minutes"));
    Ok(Schedule::new(&[
        Window::new(Days::WORKDAYS, minute(7, 30)?, minute(19, 0)?)?,
        Window::new(Days::WEEKEND, minute(10, 0)?, minute(24, 0)?)?,
    ])?)
}

/// A grant of two windows for `phone`, with the right to share.
pub(crate) fn grant(phone: PhoneId) -> Result<Grant, Error> {
    let subject = GrantSubject {
        property: property(),
        generation: Generation(1),
        door: door(),
        door_key: door_key_id(),
        phone,
        holder: HolderId(bytes("holder")),
        serial: Serial(SERIAL),
    };
    let validity = Validity::from(instant(0)).until(instant(365 * 86_400)).within(two_windows()?);
    let mut grant = Grant::new(subject, validity, instant(7 * 86_400));
    grant.roles = Roles::UNLOCK.and(Roles::MAY_SHARE);
    Ok(grant)
}

/// The resident's grant, signed.
pub(crate) fn resident_grant() -> Result<Received<Grant>, Error> {
    Ok(grant(phone("resident").public().id())?.sign(&property_signing())?.into())
}

/// Two days for the guest, behind the resident's grant.
pub(crate) fn share() -> Share {
    Share::new(
        door(),
        door_key_id(),
        Generation(1),
        Serial(SERIAL),
        phone("guest").public().id(),
        ShareId(bytes("share")),
        Validity::from(instant(3_600)).until(instant(3_600 + 2 * 86_400)),
    )
}

/// The share, signed by the resident's phone, with that phone's keys.
pub(crate) fn share_chain() -> Result<ShareChain, Error> {
    let resident = phone("resident");
    let share = share().sign(&resident.signing)?.into();
    Ok(ShareChain { granter: resident.public(), share })
}

pub(crate) fn certificate() -> DoorCertificate {
    DoorCertificate::new(property(), Generation(1), door(), door_keys(), instant(0))
}
