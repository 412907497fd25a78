//! A whole claim, and claims that must be refused (spec §9).

use thumbturn_protocol::claim::{self, ClaimResponder, DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::full::check_gate;
use thumbturn_protocol::hello::{self, DoorState, Hello};
use thumbturn_protocol::ids::{
    ClaimSecret, Generation, HolderId, ListVersion, PhoneId, Serial, ShareId, TagKey,
};
use thumbturn_protocol::labels;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{Transition, UtcOffset, Zone};

use crate::error::{Error, agree};
use crate::json::{Fields, Json, text, vector};
use crate::objects::seconds;
use crate::transcript::{self, Inputs};
use crate::{cast, formula, full};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let mut vectors = vec![
        exchange("a residence in Berlin", &berlin()?)?,
        exchange("no zone change, nobody denied", &plain())?,
        exchange("the largest configuration", &largest()?)?,
    ];
    vectors.extend(refusals()?);
    Ok(vectors)
}

fn secret() -> [u8; 16] {
    cast::bytes("claim secret")
}

fn plain() -> DoorConfiguration {
    let keys = PropertyKeys {
        property: cast::property(),
        generation: Generation(1),
        root_key: cast::signing("root").public(),
        signing_key: cast::property_signing().public(),
        sealing_key: cast::exchange("property sealing").public(),
    };
    let zone = Zone::fixed(UtcOffset::UTC);
    DoorConfiguration::new(
        keys,
        cast::door(),
        cast::tag_key(),
        DoorKind::BuildingEntrance,
        cast::instant(0),
        zone,
    )
}

fn offset(seconds_east: i32) -> Result<UtcOffset, Error> {
    UtcOffset::new(seconds_east).ok_or(Error::Disagree("offset"))
}

fn berlin() -> Result<DoorConfiguration, Error> {
    let mut configuration = plain();
    configuration.kind = DoorKind::Residence;
    configuration.list_version = ListVersion(1_137_121);
    let (winter, summer) = (offset(3_600)?, offset(7_200)?);
    let transition = |at: u64, offset| Transition { at: UnixSeconds::ZERO.plus(at), offset };
    configuration.zone = Zone::new(
        winter,
        vec![
            transition(1_774_746_000, summer),
            transition(1_792_890_000, winter),
            transition(1_806_195_600, summer),
            transition(1_825_030_800, winter),
        ],
    )?;
    configuration.deny = vec![
        entry(DenySubject::Holder(HolderId(cast::bytes("denied holder"))), 1_100_000),
        entry(DenySubject::Phone(PhoneId(cast::bytes("denied phone"))), 1_110_000),
        entry(DenySubject::Share(ShareId(cast::bytes("denied share"))), u32::MAX),
        entry(DenySubject::EverybodyButStaff, 1_000_000),
    ];
    Ok(configuration)
}

/// Everything that has a length has its longest, so that the request has exactly 700 bytes.
fn largest() -> Result<DoorConfiguration, Error> {
    let mut configuration = plain();
    configuration.generation = Generation(u32::MAX);
    configuration.kind = DoorKind::Communal;
    configuration.relock_seconds = 240;
    configuration.now = UnixSeconds::MAX;
    configuration.list_version = ListVersion(u32::MAX);
    let last = UnixSeconds::MAX.seconds();
    let transitions = (0..16).map(|index| {
        let at = UnixSeconds::new(last - 15 + index).ok_or(Error::Disagree("times"))?;
        Ok(Transition { at, offset: offset(-64_800)? })
    });
    configuration.zone = Zone::new(offset(64_800)?, transitions.collect::<Result<_, Error>>()?)?;
    configuration.deny = vec![entry(DenySubject::Phone(PhoneId([0xff; 16])), u32::MAX); 16];
    Ok(configuration)
}

const fn entry(subject: DenySubject, void_before: u32) -> DenyEntry {
    DenyEntry { subject, void_before: Serial(void_before) }
}

fn hello_of(name: &str, secret: &ClaimSecret) -> Hello {
    let nonce = hello::nonce(&cast::bytes("door nonce key"), 1, &cast::bytes(name));
    Hello::new(DoorState::FactoryFresh, nonce, &secret.tag_key())
}

fn exchange(name: &str, configuration: &DoorConfiguration) -> Result<Fields, Error> {
    let secret = ClaimSecret::from_bytes(secret());
    let hello = hello_of(&format!("{name} hello"), &secret);
    let (claimer_ephemeral, claimer_pair) = cast::ephemeral(&format!("{name} claimer ephemeral"))?;
    let (door_ephemeral, door_pair) = cast::ephemeral(&format!("{name} door ephemeral"))?;
    let (claimer, request) = claim::request(&secret, &hello, configuration, claimer_ephemeral)?;
    let message = check_gate(&secret.tag_key(), &hello, &request)?;
    let (responder, read) = ClaimResponder::read(&secret, &hello, message, door_ephemeral)?;
    agree(&read, configuration, "configuration")?;
    let (response, session) = responder.answer(&cast::door_keys())?;
    let (keys, same) = claimer.finish(&response)?;
    agree(&keys, &cast::door_keys(), "door keys")?;
    agree(same.dangerous_bytes(), session.dangerous_bytes(), "session secret")?;

    let psk = formula::kdf(&self::secret(), labels::CLAIM_PSK.text(), &[])?;
    let tag_key = formula::first::<16>(formula::kdf(&self::secret(), labels::CLAIM_TAG_KEY.text(), &[])?);
    agree(&secret.tag_key(), &TagKey::from_bytes(tag_key), "claim tag key")?;
    let prologue = [labels::CLAIM_PROLOGUE.text().as_bytes(), hello.as_bytes()].concat();
    let payload = encoded(configuration);
    let answer_payload = [keys.session_key.0, keys.sealing_key.0, keys.receipt_key.0].concat();
    let inputs = Inputs {
        prologue: &prologue,
        initiator_ephemeral: &claimer_pair,
        responder_ephemeral: &door_pair,
        first_payload: &payload,
        second_payload: &answer_payload,
    };
    let outputs = transcript::nnpsk0(&psk, &inputs)?;
    let gated = [hello.as_bytes().as_slice(), &outputs.first_message].concat();
    let gate = formula::first::<4>(formula::kdf(&tag_key, labels::GATE.text(), &gated)?);
    agree(&[gate.as_slice(), &outputs.first_message].concat(), &request, "claim request")?;
    agree(&outputs.second_message, &response, "claim answer")?;
    let (k1, k2) = outputs.keys;
    let session_secret =
        formula::kdf(&outputs.handshake_hash, labels::CLAIM_SESSION.text(), &[k1, k2].concat())?;
    agree(&session_secret, session.dangerous_bytes(), "session secret")?;
    let confirm = Records::new(&session, Side::Phone).seal(&Record::ClaimConfirm)?;
    let claimed = Records::new(&session, Side::Door).seal(&Record::Claimed)?;

    Ok(vector(name, "9", "claim-exchange")
        .with("claim_secret", self::secret())
        .with("psk", psk)
        .with("claim_tag_key", tag_key)
        .with("hello", hello.as_bytes())
        .with("claimer_ephemeral_secret", claimer_pair.secret())
        .with("door_ephemeral_secret", door_pair.secret())
        .with("configuration", fields(configuration))
        .with("payload", payload)
        .with("prologue", prologue)
        .with("noise", outputs.steps)
        .with("message_1", outputs.first_message)
        .with("gate", gate)
        .with("request", request)
        .with("door_session_key", keys.session_key.0)
        .with("door_sealing_key", keys.sealing_key.0)
        .with("door_receipt_key", keys.receipt_key.0)
        .with("door_key_id", keys.id().0)
        .with("answer_payload", answer_payload)
        .with("message_2", outputs.second_message)
        .with("session_secret", session_secret)
        .with("claim_confirm_record", confirm)
        .with("claimed_record", claimed))
}

/// A configuration, field by field (spec §9.4).
fn fields(configuration: &DoorConfiguration) -> Fields {
    let transitions = configuration.zone.transitions().iter().map(|transition| {
        let at = Fields::new().with("at", seconds(transition.at));
        at.with("offset", transition.offset.seconds_east()).into()
    });
    let zone = Fields::new()
        .with("initial", configuration.zone.initial().seconds_east())
        .with("transitions", Json::List(transitions.collect()));
    let deny = configuration.deny.iter().map(|entry| {
        let (subject, id) = subject(entry.subject);
        let fields = Fields::new().with("subject", subject).with("id", id);
        fields.with("void_before", entry.void_before.0).into()
    });
    Fields::new()
        .with("version", 1_u8)
        .with("property", configuration.property.0)
        .with("generation", configuration.generation.0)
        .with("root_key", configuration.root_key.0)
        .with("signing_key", configuration.signing_key.0)
        .with("sealing_key", configuration.sealing_key.0)
        .with("door", configuration.door.0)
        .with("tag_key", cast::bytes::<16>(cast::TAG_KEY_NAME))
        .with("kind", kind(configuration.kind))
        .with("relock_seconds", configuration.relock_seconds)
        .with("now", seconds(configuration.now))
        .with("list_version", configuration.list_version.0)
        .with("zone", zone)
        .with("deny", Json::List(deny.collect()))
}

const fn kind(kind: DoorKind) -> u8 {
    match kind {
        DoorKind::BuildingEntrance => 0,
        DoorKind::Residence => 1,
        DoorKind::Service => 2,
        DoorKind::Communal => 3,
    }
}

fn subject(subject: DenySubject) -> (u8, Vec<u8>) {
    match subject {
        DenySubject::Holder(holder) => (0, holder.0.to_vec()),
        DenySubject::Phone(phone) => (1, phone.0.to_vec()),
        DenySubject::Share(share) => (2, share.0.to_vec()),
        // Everybody but staff, and a subject that this generator does not know: it then disagrees with the protocol crate.
        _ => (3, Vec::new()),
    }
}

/// A configuration, written by hand.
fn encoded(configuration: &DoorConfiguration) -> Vec<u8> {
    let number = |value: u32| formula::varint(u64::from(value));
    let count = |length: usize| formula::varint(u64::try_from(length).unwrap_or(u64::MAX));
    let zone = &configuration.zone;
    let mut bytes = [
        [1].as_slice(),
        &configuration.property.0,
        &number(configuration.generation.0),
        &configuration.root_key.0,
        &configuration.signing_key.0,
        &configuration.sealing_key.0,
        &configuration.door.0,
        &cast::bytes::<16>(cast::TAG_KEY_NAME),
        &[kind(configuration.kind), configuration.relock_seconds],
        &formula::varint(configuration.now.seconds()),
        &number(configuration.list_version.0),
        &zigzag(zone.initial()),
        &count(zone.transitions().len()),
    ]
    .concat();
    for transition in zone.transitions() {
        bytes.extend(formula::varint(transition.at.seconds()));
        bytes.extend(zigzag(transition.offset));
    }
    bytes.extend(count(configuration.deny.len()));
    for entry in &configuration.deny {
        let (index, id) = subject(entry.subject);
        bytes.push(index);
        bytes.extend(id);
        bytes.extend(number(entry.void_before.0));
    }
    bytes
}

fn zigzag(offset: UtcOffset) -> Vec<u8> {
    let seconds = i64::from(offset.seconds_east());
    let folded = if seconds < 0 { -2 * seconds - 1 } else { 2 * seconds };
    formula::varint(folded.unsigned_abs())
}

fn refusals() -> Result<Vec<Fields>, Error> {
    let secret = ClaimSecret::from_bytes(secret());
    let hello = hello_of("refused claim hello", &secret);
    let (ephemeral, _) = cast::ephemeral("refused claim claimer ephemeral")?;
    let (_, good) = claim::request(&secret, &hello, &plain(), ephemeral)?;
    let (_, message) = good.split_first_chunk::<4>().ok_or(Error::Disagree("gate"))?;
    let flipped = formula::last_flipped(message)?;
    let small_order = [&[0; 32], message.get(32..).unwrap_or_default()].concat();
    let mut vectors = vec![
        request_refused("a wrong gate", &hello, formula::flipped(&good, 0, 1)?, "gate")?,
        request_refused(
            "a flipped bit behind a good gate",
            &hello,
            gated(&secret, &hello, &flipped)?,
            "noise",
        )?,
        request_refused(
            "an ephemeral key of small order",
            &hello,
            gated(&secret, &hello, &small_order)?,
            "noise",
        )?,
    ];
    for (reason, payload) in payloads()? {
        let request = made(&hello, &payload)?;
        vectors.push(request_refused(reason, &hello, request, "payload")?.with("payload", payload));
    }
    let other = ClaimSecret::from_bytes(cast::bytes("another claim secret"));
    let (ephemeral, _) = cast::ephemeral("refused claim claimer ephemeral")?;
    let (_, foreign) = claim::request(&other, &hello, &plain(), ephemeral)?;
    let (_, message) = foreign.split_first_chunk::<4>().ok_or(Error::Disagree("gate"))?;
    let request = gated(&secret, &hello, message)?;
    vectors.push(request_refused("another claim secret behind a good gate", &hello, request, "noise")?);
    Ok(vectors)
}

/// Authentic configurations that must be refused.
fn payloads() -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let good = encoded(&plain());
    // version 1, property 8, generation 1, three keys, door 8, tag key 16: kind; relock; now 5; list version 1; zone.
    let (kind, relock, zone) = (130, 131, 138);
    let replaced = |index, old, by: &[u8]| formula::replaced(&good, index, old, by);
    let zoned = |bytes: &[u8]| {
        let head = good.get(..zone).ok_or(Error::Disagree("configuration layout"))?;
        Ok::<_, Error>([head, bytes, &[0]].concat())
    };
    let seventeen = [[0, 17].as_slice(), &(1..=17).flat_map(|at| [at, 0]).collect::<Vec<_>>()].concat();
    let denied = [[17].as_slice(), &[3, 1].repeat(17)].concat();
    let head = formula::shortened(&good)?;
    Ok(vec![
        ("unknown version", replaced(0, 1, &[2])?),
        ("an unknown kind of door", replaced(kind, 0, &[4])?),
        ("relock after 0 seconds", replaced(relock, 5, &[0])?),
        ("relock after 241 seconds", replaced(relock, 5, &[241])?),
        ("an offset above 18 hours", zoned(&[0xc2, 0xf4, 0x07, 0])?),
        ("transitions that do not rise", zoned(&[0, 2, 5, 0, 5, 0])?),
        ("seventeen transitions", zoned(&seventeen)?),
        ("2^32 − 1 transitions", zoned(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f])?),
        ("2^32 − 1 deny entries", [head.as_slice(), &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat()),
        ("seventeen deny entries", [head.as_slice(), &denied].concat()),
        ("an unknown subject", [head.as_slice(), &[1, 4, 1]].concat()),
        ("a trailing byte", [good.as_slice(), &[0]].concat()),
    ])
}

/// A claim request with any payload.
fn made(hello: &Hello, payload: &[u8]) -> Result<Vec<u8>, Error> {
    let psk = formula::kdf(&secret(), labels::CLAIM_PSK.text(), &[])?;
    let prologue = [labels::CLAIM_PROLOGUE.text().as_bytes(), hello.as_bytes()].concat();
    let inputs = Inputs {
        prologue: &prologue,
        initiator_ephemeral: &cast::exchange("refused claim claimer ephemeral"),
        responder_ephemeral: &cast::exchange("refused claim door ephemeral"),
        first_payload: payload,
        second_payload: &[],
    };
    let outputs = transcript::nnpsk0(&psk, &inputs)?;
    gated(&ClaimSecret::from_bytes(secret()), hello, &outputs.first_message)
}

fn gated(secret: &ClaimSecret, hello: &Hello, message: &[u8]) -> Result<Vec<u8>, Error> {
    let tag_key = formula::first::<16>(formula::kdf(&self::secret(), labels::CLAIM_TAG_KEY.text(), &[])?);
    agree(&secret.tag_key(), &TagKey::from_bytes(tag_key), "claim tag key")?;
    let message_and_hello = [hello.as_bytes().as_slice(), message].concat();
    let gate = formula::first::<4>(formula::kdf(&tag_key, labels::GATE.text(), &message_and_hello)?);
    Ok([gate.as_slice(), message].concat())
}

fn request_refused(
    reason: &'static str,
    hello: &Hello,
    request: Vec<u8>,
    at: &'static str,
) -> Result<Fields, Error> {
    let secret = ClaimSecret::from_bytes(secret());
    let gate = check_gate(&secret.tag_key(), hello, &request);
    agree(&gate.is_err(), &(at == "gate"), reason)?;
    if let Ok(message) = gate {
        let (ephemeral, _) = cast::ephemeral("refused claim door ephemeral")?;
        let cause = ClaimResponder::read(&secret, hello, message, ephemeral).err();
        agree(&cause.map(full::stage), &Some(at), reason)?;
    }
    Ok(vector(format!("request: {reason}"), "9.4", "claim-request-refused")
        .with("refused_at", text(at))
        .with("claim_secret", self::secret())
        .with("hello", hello.as_bytes())
        .with("request", request))
}
