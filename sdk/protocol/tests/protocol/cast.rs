//! One property, one door, one resident, one guest: fixed keys, fixed times.

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::full::{self, RequestPayload, Responder};
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{
    DoorId, Generation, HolderId, ListVersion, OperationId, PhoneId, PropertyId, Serial, ShareId, TagKey,
};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKeyPair, PhoneKeys, SigningKeyPair};
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::share::{Share, ShareChain};
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

/// 2026-03-02T08:00:00Z.
pub(crate) fn now() -> UnixSeconds {
    UnixSeconds::new(1_772_438_400).unwrap()
}

pub(crate) fn property() -> SigningKeyPair {
    SigningKeyPair::from_secret([0x11; 32])
}

pub(crate) fn root() -> SigningKeyPair {
    SigningKeyPair::from_secret([0x12; 32])
}

pub(crate) fn tag_key() -> TagKey {
    TagKey::from_bytes([0x13; 16])
}

pub(crate) fn door() -> ExchangeKeyPair {
    ExchangeKeyPair::from_secret([0x21; 32])
}

pub(crate) fn door_receipt() -> SigningKeyPair {
    SigningKeyPair::from_secret([0x23; 32])
}

/// The property's sealing key.
pub(crate) fn sealing() -> ExchangeKeyPair {
    ExchangeKeyPair::from_secret([0x16; 32])
}

/// This life of the door.
pub(crate) fn origin() -> Origin {
    Origin::new(PropertyId([1; 8]), Generation(1), DoorId([2; 8]), &door_keys())
}

pub(crate) fn door_keys() -> DoorPublicKeys {
    DoorPublicKeys {
        session_key: door().public(),
        sealing_key: ExchangeKeyPair::from_secret([0x22; 32]).public(),
        receipt_key: door_receipt().public(),
    }
}

pub(crate) fn resident() -> PhoneKeys {
    PhoneKeys {
        session: ExchangeKeyPair::from_secret([0x31; 32]),
        signing: SigningKeyPair::from_secret([0x32; 32]),
    }
}

pub(crate) fn guest() -> PhoneKeys {
    PhoneKeys {
        session: ExchangeKeyPair::from_secret([0x41; 32]),
        signing: SigningKeyPair::from_secret([0x42; 32]),
    }
}

pub(crate) fn ephemeral(byte: u8) -> Ephemeral {
    Ephemeral::generate(&mut Fixed(byte)).unwrap()
}

/// A random source that is none.
pub(crate) struct Fixed(pub(crate) u8);

impl SecureRandom for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.fill(self.0);
        Ok(())
    }
}

pub(crate) fn hello(nonce: u8) -> Hello {
    Hello::new(DoorState::Claimed, [nonce; 12], &tag_key())
}

pub(crate) fn two_windows() -> Schedule {
    let at = |hour, minute| Minute::at(hour, minute).unwrap();
    Schedule::new(&[
        Window::new(Days::WORKDAYS, at(7, 30), at(19, 0)).unwrap(),
        Window::new(Days::WEEKEND, at(10, 0), at(24, 0)).unwrap(),
    ])
    .unwrap()
}

pub(crate) fn grant_for(phone: PhoneId) -> Grant {
    let subject = GrantSubject {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        door: DoorId([2; 8]),
        door_key: door_keys().id(),
        phone,
        holder: HolderId([3; 8]),
        serial: Serial(1_137_120),
    };
    let validity = Validity::from(now()).until(now().plus(365 * 86_400)).within(two_windows());
    let mut grant = Grant::new(subject, validity, now().plus(7 * 86_400));
    grant.roles = Roles::UNLOCK.and(Roles::MAY_SHARE);
    grant
}

/// The resident's grant of two windows.
pub(crate) fn grant() -> Received<Grant> {
    grant_for(resident().public().id()).sign(&property()).unwrap().into()
}

pub(crate) fn share_draft() -> Share {
    Share::new(
        DoorId([2; 8]),
        door_keys().id(),
        Generation(1),
        Serial(1_137_120),
        guest().public().id(),
        ShareId([4; 8]),
        Validity::from(now()).until(now().plus(86_400)).within(two_windows()),
    )
}

pub(crate) fn share() -> Received<Share> {
    share_draft().sign(&resident().signing).unwrap().into()
}

pub(crate) fn share_chain() -> ShareChain {
    ShareChain { granter: resident().public(), share: share() }
}

pub(crate) fn certificate() -> Received<DoorCertificate> {
    let draft = DoorCertificate::new(PropertyId([1; 8]), Generation(1), DoorId([2; 8]), door_keys(), now());
    draft.sign(&property()).unwrap().into()
}

pub(crate) fn rotation() -> Received<KeyRotation> {
    let mut draft = KeyRotation::new(
        PropertyId([1; 8]),
        Generation(2),
        SigningKeyPair::from_secret([0x14; 32]).public(),
        ExchangeKeyPair::from_secret([0x15; 32]).public(),
        now(),
    );
    draft.previous_until = Some(now().plus(86_400));
    draft.sign(&root()).unwrap().into()
}

pub(crate) fn payload(phone: &PhoneKeys, share: Option<ShareChain>) -> RequestPayload {
    RequestPayload {
        phone_signing_key: phone.public().signing_key,
        operation: Operation { kind: OperationKind::Unlock, id: OperationId([5; 8]), attempt: 1 },
        grant: grant(),
        share,
    }
}

pub(crate) fn accepted() -> Answer {
    let outcome = Outcome::Accepted { relock_seconds: 5 };
    Answer::new(outcome, DoorStatus::default(), ListVersion(0x1_2345)).with_ticket()
}

/// The full request of the resident, or of the guest behind a share.
pub(crate) fn full_request(hello: &Hello, share: Option<ShareChain>) -> (full::Initiator, Vec<u8>) {
    let phone = if share.is_some() { guest() } else { resident() };
    let payload = payload(&phone, share);
    full::request(&phone.session, door().public(), &tag_key(), hello, &payload, ephemeral(6)).unwrap()
}

/// What a door makes of a Noise message behind a good gate.
pub(crate) fn read(
    hello: &Hello,
    message: &[u8],
) -> Result<(Responder, RequestPayload), thumbturn_protocol::error::Error> {
    Responder::read(&door(), hello, message, ephemeral(7))
}

/// Both ends of a finished full handshake.
pub(crate) fn session(hello: &Hello) -> SessionSecret {
    let (_, request) = full_request(hello, None);
    let message = full::check_gate(&tag_key(), hello, &request).unwrap();
    read(hello, message).unwrap().0.answer(accepted()).unwrap().1
}
