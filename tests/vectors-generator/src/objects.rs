//! Signed objects and credentials (spec §3), and the byte strings near them that must be refused.

use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::{Grant, Roles};
use thumbturn_protocol::ids::{
    DoorId, DoorKeyId, Generation, HolderId, ListVersion, PhoneId, PropertyId, Serial,
};
use thumbturn_protocol::keys::{SigningKeyPair, VerifyingKey};
use thumbturn_protocol::labels::{self, Label};
use thumbturn_protocol::limits;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::share::Share;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::cast;
use crate::error::{Error, agree, refused};
use crate::formula;
use crate::json::{Fields, Json, text, vector};

mod malformed;

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = vec![certificate()?];
    vectors.extend(rotations()?);
    vectors.extend(grants()?);
    vectors.extend(shares()?);
    vectors.extend(credentials()?);
    vectors.extend(malformed::vectors()?);
    Ok(vectors)
}

fn certificate() -> Result<Fields, Error> {
    let certificate = cast::certificate();
    let fields = Fields::new()
        .with("version", 1_u8)
        .with("property", certificate.property.0)
        .with("generation", certificate.generation.0)
        .with("door", certificate.door.0)
        .with("session_key", certificate.keys.session_key.0)
        .with("sealing_key", certificate.keys.sealing_key.0)
        .with("receipt_key", certificate.keys.receipt_key.0)
        .with("issued", seconds(certificate.issued));
    let head = vector("door certificate", "3.2", "certificate");
    Ok(signed(head, &certificate, &cast::property_signing(), fields)?
        .with("door_key_id", cast::door_key_id().0))
}

fn rotations() -> Result<Vec<Fields>, Error> {
    let root = cast::signing("root");
    let mut rotation = KeyRotation::new(
        cast::property(),
        Generation(2),
        cast::signing("property signing 2").public(),
        cast::exchange("property sealing 2").public(),
        cast::instant(0),
    );
    let void = rotation.clone();
    rotation.previous_until = Some(cast::instant(30 * 86_400));
    [("the previous key is void at once", void), ("the previous key stays valid for thirty days", rotation)]
        .into_iter()
        .map(|(name, rotation)| {
            let fields = Fields::new()
                .with("version", 1_u8)
                .with("property", rotation.property.0)
                .with("generation", rotation.generation.0)
                .with("signing_key", rotation.signing_key.0)
                .with("sealing_key", rotation.sealing_key.0)
                .with("previous_until", rotation.previous_until.map(seconds))
                .with("floor", seconds(rotation.floor));
            signed(vector(name, "3.3", "rotation"), &rotation, &root, fields)
        })
        .collect()
}

fn grants() -> Result<Vec<Fields>, Error> {
    let usual = cast::grant(cast::phone("resident").public().id())?;
    let mut courier = usual.clone();
    courier.roles = Roles::COURIER.and(Roles::CLOCK);
    courier.validity = Validity::from(UnixSeconds::ZERO);
    [
        ("grant of two windows", usual.clone()),
        ("courier's grant without end, hours or a right to open", courier),
        ("smallest grant", smallest()),
        ("largest grant: eight windows and the widest numbers", largest()?),
        ("grant of an incoming resident that asks for a list version", {
            let mut grant = usual;
            grant.min_list_version = ListVersion(1_137_000);
            grant
        }),
    ]
    .into_iter()
    .map(|(name, grant)| {
        signed(vector(name, "3.4", "grant"), &grant, &cast::property_signing(), grant_fields(&grant))
    })
    .collect()
}

fn smallest() -> Grant {
    let mut grant = Grant::new(
        thumbturn_protocol::grant::GrantSubject {
            property: PropertyId([0; 8]),
            generation: Generation(1),
            door: DoorId([0; 8]),
            door_key: DoorKeyId([0; 4]),
            phone: PhoneId([0; 16]),
            holder: HolderId([0; 8]),
            serial: Serial(0),
        },
        Validity::from(UnixSeconds::ZERO),
        UnixSeconds::ZERO,
    );
    grant.roles = Roles::NONE;
    grant
}

fn largest() -> Result<Grant, Error> {
    let minute = |minute| Minute::new(minute).ok_or(Error::Disagree("minutes"));
    let windows: Vec<Window> = (0..8)
        .map(|hour| Ok(Window::new(Days::EVERY_DAY, minute(hour * 180)?, minute(hour * 180 + 90)?)?))
        .collect::<Result<_, Error>>()?;
    let mut grant = cast::grant(PhoneId([0xff; 16]))?;
    grant.generation = Generation(u32::MAX);
    grant.serial = Serial(u32::MAX);
    grant.lease_end = UnixSeconds::MAX;
    grant.roles = Roles::UNLOCK.and(Roles::MAY_SHARE).and(Roles::COURIER).and(Roles::CLOCK).and(Roles::STAFF);
    grant.min_list_version = ListVersion(u32::MAX);
    let before = UnixSeconds::new(UnixSeconds::MAX.seconds() - 1).ok_or(Error::Disagree("times"))?;
    grant.validity = Validity::from(before).until(UnixSeconds::MAX).within(Schedule::new(&windows)?);
    Ok(grant)
}

fn shares() -> Result<Vec<Fields>, Error> {
    let plain = cast::share();
    let mut hours = plain.clone();
    hours.validity = Validity::from(cast::instant(0)).within(cast::two_windows()?);
    [("share for two days", plain), ("share without end, within hours", hours)]
        .into_iter()
        .map(|(name, share)| {
            let granter = cast::phone("resident").signing;
            signed(vector(name, "3.5", "share"), &share, &granter, share_fields(&share))
        })
        .collect()
}

fn credentials() -> Result<Vec<Fields>, Error> {
    let own = credential(None)?;
    let guest = credential(Some(cast::share_chain()?))?;
    Ok(vec![
        credential_vector("resident's credential", &own)?,
        credential_vector("guest's credential", &guest)?,
    ])
}

pub(crate) fn credential(share: Option<thumbturn_protocol::share::ShareChain>) -> Result<Credential, Error> {
    let certificate: Received<DoorCertificate> = cast::certificate().sign(&cast::property_signing())?.into();
    Ok(Credential::new(certificate, cast::tag_key(), cast::resident_grant()?, share))
}

fn credential_vector(name: &str, credential: &Credential) -> Result<Fields, Error> {
    let bytes = credential.to_bytes()?;
    agree(&Credential::from_bytes(&bytes)?, credential, "credential")?;
    Ok(vector(name, "3.7", "credential")
        .with("accepted", true)
        .with("certificate", credential.certificate.as_bytes())
        .with("tag_key", cast::bytes::<16>(cast::TAG_KEY_NAME))
        .with("grant", credential.grant.as_bytes())
        .with("share", share_chain_fields(credential.share.as_ref()))
        .with("encoded", bytes))
}

/// A share chain, field by field; none for a phone with a grant of its own.
pub(crate) fn share_chain_fields(chain: Option<&thumbturn_protocol::share::ShareChain>) -> Json {
    chain
        .map(|chain| {
            Fields::new()
                .with("granter_session_key", chain.granter.session_key.0)
                .with("granter_signing_key", chain.granter.signing_key.0)
                .with("share", chain.share.as_bytes())
        })
        .into()
}

/// The vector of a signed object that verifiers accept.
pub(crate) fn signed<T: Signable + PartialEq>(
    head: Fields,
    draft: &T,
    key: &SigningKeyPair,
    fields: Fields,
) -> Result<Fields, Error> {
    let signed: Received<T> = draft.sign(key)?.into();
    if *signed.verify(&key.public())? != *draft {
        return Err(Error::Disagree(T::NAME));
    }
    let (body, signature) =
        signed.as_bytes().split_last_chunk::<{ limits::SIGNATURE }>().ok_or(Error::Disagree(T::NAME))?;
    agree(&formula::sign(key.secret(), T::LABEL.text(), body), signature, "signature")?;
    Ok(head
        .with("accepted", true)
        .with("label", text(T::LABEL.text()))
        .with("signing_secret", key.secret())
        .with("signing_key", key.public().0)
        .with("fields", fields)
        .with("body", body)
        .with("signature", signature)
        .with("signed", signed.as_bytes()))
}

fn grant_fields(grant: &Grant) -> Fields {
    let [_, roles] = roles_of(grant);
    Fields::new()
        .with("version", 1_u8)
        .with("property", grant.property.0)
        .with("generation", grant.generation.0)
        .with("door", grant.door.0)
        .with("door_key", grant.door_key.0)
        .with("phone", grant.phone.0)
        .with("holder", grant.holder.0)
        .with("serial", grant.serial.0)
        .with("lease_end", seconds(grant.lease_end))
        .with("roles", roles)
        .with("min_list_version", grant.min_list_version.0)
        .and(validity_fields(&grant.validity))
}

/// The bits of the known roles; the protocol crate keeps them to itself.
fn roles_of(grant: &Grant) -> [u8; 2] {
    let known = [Roles::UNLOCK, Roles::MAY_SHARE, Roles::COURIER, Roles::CLOCK, Roles::STAFF];
    let bits = known.into_iter().zip(0_u32..).filter(|(role, _)| grant.roles.contains(*role));
    [0, bits.fold(0, |bits, (_, position)| bits | 1 << position)]
}

fn share_fields(share: &Share) -> Fields {
    Fields::new()
        .with("version", 1_u8)
        .with("door", share.door.0)
        .with("door_key", share.door_key.0)
        .with("generation", share.generation.0)
        .with("granter_serial", share.granter_serial.0)
        .with("guest", share.guest.0)
        .with("share_id", share.share_id.0)
        .and(validity_fields(&share.validity))
}

fn validity_fields(validity: &Validity) -> Fields {
    let schedule = validity.schedule.as_ref().map(|schedule| {
        let windows = schedule.windows().iter().map(|window| <[u8; 4]>::from(*window).into());
        Json::List(windows.collect())
    });
    Fields::new()
        .with("not_before", seconds(validity.not_before))
        .with("not_after", validity.not_after.map(seconds))
        .with("schedule", schedule)
}

/// Instants are below 2^40, so that they fit every JSON reader's numbers.
pub(crate) fn seconds(instant: UnixSeconds) -> i64 {
    i64::try_from(instant.seconds()).unwrap_or(i64::MAX)
}
