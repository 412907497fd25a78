//! Any value of every structure, for property tests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use thumbturn_protocol::answer::{Answer, DoorStatus, Fault, Outcome};
use thumbturn_protocol::bounded::Bytes;
use thumbturn_protocol::bulletin::{Entry, SubjectHash};
use thumbturn_protocol::certificate::DoorCertificate;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::grant::{Grant, GrantSubject, Roles};
use thumbturn_protocol::ids::{
    BulletinEpoch, DoorId, DoorKeyId, EventNumber, Generation, HolderId, ListVersion, OperationId, PhoneId,
    PropertyId, ReceiptNumber, Serial, ShareId, TagKey, UpdateId,
};
use thumbturn_protocol::keys::{DoorPublicKeys, ExchangeKey, VerifyingKey};
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::receipt::SealedReceipt;
use thumbturn_protocol::record::{
    ActuatorResult, DoorKnowledge, DoorObject, Progress, Record, Staged, TakenObject, UpdateRefusal,
};
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::share::Share;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::time_token::TimeNonce;
use thumbturn_protocol::validity::Validity;
use thumbturn_protocol::zone::{Transition, UtcOffset, Zone};

pub(crate) fn instant() -> impl Strategy<Value = UnixSeconds> {
    // Both ends of each width of the varint, and everything between.
    let width = (0..=40_u32).prop_flat_map(|bits| 0..(1_u64 << bits));
    prop_oneof![width, Just(UnixSeconds::MAX.seconds())].prop_map(|value| UnixSeconds::new(value).unwrap())
}

pub(crate) fn number() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), 0..300_u32, Just(u32::MAX)]
}

fn window() -> impl Strategy<Value = Window> {
    (1..=0x7f_u8, 0..1_440_u16).prop_flat_map(|(days, start)| {
        (start + 1..=1_440).prop_map(move |end| {
            let minute = |minute| Minute::new(minute).unwrap();
            Window::new(Days::from_bits(days).unwrap(), minute(start), minute(end)).unwrap()
        })
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    vec(window(), 1..=8).prop_map(|windows| Schedule::new(&windows).unwrap())
}

fn validity() -> impl Strategy<Value = Validity> {
    (instant(), option::of(instant()), option::of(schedule())).prop_map(|(one, other, schedule)| {
        let (not_before, not_after) = match other {
            Some(other) if other != one => (one.min(other), Some(one.max(other))),
            _ => (one, None),
        };
        Validity { not_before, not_after, schedule }
    })
}

fn roles() -> impl Strategy<Value = Roles> {
    let known = [Roles::UNLOCK, Roles::MAY_SHARE, Roles::COURIER, Roles::CLOCK, Roles::STAFF];
    proptest::sample::subsequence(known.to_vec(), 0..=5)
        .prop_map(|roles| roles.into_iter().fold(Roles::NONE, Roles::and))
}

prop_compose! {
    pub(crate) fn grant()(
        (property, door, holder, phone) in any::<([u8; 8], [u8; 8], [u8; 8], [u8; 16])>(),
        door_key in any::<[u8; 4]>(),
        (generation, serial, min_list_version) in (number(), number(), number()),
        (lease_end, roles, validity) in (instant(), roles(), validity()),
    ) -> Grant {
        let subject = GrantSubject {
            property: PropertyId(property),
            generation: Generation(generation),
            door: DoorId(door),
            door_key: DoorKeyId(door_key),
            phone: PhoneId(phone),
            holder: HolderId(holder),
            serial: Serial(serial),
        };
        let mut grant = Grant::new(subject, validity, lease_end);
        grant.roles = roles;
        grant.min_list_version = ListVersion(min_list_version);
        grant
    }
}

prop_compose! {
    pub(crate) fn share()(
        (door, door_key, guest, share_id) in any::<([u8; 8], [u8; 4], [u8; 16], [u8; 8])>(),
        (generation, serial, validity) in (number(), number(), validity()),
    ) -> Share {
        let (guest, share_id) = (PhoneId(guest), ShareId(share_id));
        let (generation, serial) = (Generation(generation), Serial(serial));
        Share::new(DoorId(door), DoorKeyId(door_key), generation, serial, guest, share_id, validity)
    }
}

pub(crate) fn door_keys() -> impl Strategy<Value = DoorPublicKeys> {
    any::<[[u8; 32]; 3]>().prop_map(|[session, sealing, receipt]| DoorPublicKeys {
        session_key: ExchangeKey(session),
        sealing_key: ExchangeKey(sealing),
        receipt_key: VerifyingKey(receipt),
    })
}

prop_compose! {
    pub(crate) fn certificate()(
        (property, door) in any::<([u8; 8], [u8; 8])>(),
        (generation, keys, issued) in (number(), door_keys(), instant()),
    ) -> DoorCertificate {
        DoorCertificate::new(PropertyId(property), Generation(generation), DoorId(door), keys, issued)
    }
}

prop_compose! {
    pub(crate) fn rotation()(
        (property, signing, sealing) in any::<([u8; 8], [u8; 32], [u8; 32])>(),
        (generation, previous_until, floor) in (2..=u32::MAX, option::of(instant()), instant()),
    ) -> KeyRotation {
        let (property, generation) = (PropertyId(property), Generation(generation));
        let (signing, sealing) = (VerifyingKey(signing), ExchangeKey(sealing));
        let mut rotation = KeyRotation::new(property, generation, signing, sealing, floor);
        rotation.previous_until = previous_until;
        rotation
    }
}

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    let kind = proptest::sample::select(vec![OperationKind::Unlock, OperationKind::Deliver]);
    (kind, any::<[u8; 8]>(), 1..=255_u8).prop_map(|(kind, id, attempt)| Operation {
        kind,
        id: OperationId(id),
        attempt,
    })
}

pub(crate) fn outcome() -> impl Strategy<Value = Outcome> {
    let fixed = [
        Outcome::OutcomeUnknown,
        Outcome::Denied,
        Outcome::NotYet,
        Outcome::Expired,
        Outcome::LeaseEnded,
        Outcome::OutOfSchedule,
        Outcome::UpdateRequired,
        Outcome::UnknownTime,
        Outcome::Busy,
        Outcome::DoorFault(Fault::Jammed),
        Outcome::DoorFault(Fault::Battery),
        Outcome::DoorFault(Fault::Storage),
        Outcome::Ready,
    ];
    prop_oneof![
        any::<u8>().prop_map(|relock_seconds| Outcome::Accepted { relock_seconds }),
        any::<u8>().prop_map(|relock_seconds| Outcome::AlreadyDone { relock_seconds }),
        proptest::sample::select(fixed.to_vec()),
    ]
}

pub(crate) fn status() -> impl Strategy<Value = DoorStatus> {
    any::<[bool; 3]>().prop_map(|[clock_unsure, logs_waiting, battery_low]| DoorStatus {
        clock_unsure,
        logs_waiting,
        battery_low,
    })
}

pub(crate) fn answer() -> impl Strategy<Value = Answer> {
    (outcome(), any::<bool>(), status(), any::<u16>())
        .prop_map(|(outcome, ticket, status, list_version)| Answer { outcome, ticket, status, list_version })
}

fn simple_record() -> impl Strategy<Value = Record> {
    let results = vec![
        ActuatorResult::Moved,
        ActuatorResult::Jammed,
        ActuatorResult::Blocked,
        ActuatorResult::BatteryLow,
    ];
    let objects =
        || proptest::sample::select(vec![DoorObject::Bulletin, DoorObject::Receipt, DoorObject::LogBatch]);
    prop_oneof![
        (any::<[u8; 8]>(), proptest::sample::select(results))
            .prop_map(|(id, result)| Record::Actuator { operation: OperationId(id), result }),
        Just(Record::ClaimConfirm),
        Just(Record::Claimed),
        Just(Record::Ask),
        objects().prop_map(Record::Fetch),
        objects().prop_map(Record::Nothing),
        number().prop_map(|first| Record::Taken(TakenObject::LogBatch { first: EventNumber(first) })),
    ]
}

prop_compose! {
    fn state()(
        [generation, list_version, bulletin_epoch, receipt, log_first, log_next] in [(); 6].map(|()| number()),
        nonce in any::<[u8; 8]>(),
        staged in vec(any::<([u8; 8], u16)>(), 0..=2),
    ) -> Record {
        let staged = staged.into_iter().map(|(update, chunk)| Staged { update: UpdateId(update), chunk });
        Record::State(DoorKnowledge {
            generation: Generation(generation),
            list_version: ListVersion(list_version),
            bulletin_epoch: BulletinEpoch(bulletin_epoch),
            receipt: ReceiptNumber(receipt),
            log_first: EventNumber(log_first),
            log_next: EventNumber(log_next),
            nonce: TimeNonce(nonce),
            staged: staged.collect::<Vec<_>>().try_into().unwrap(),
        })
    }
}

/// Any bytes that are long enough to be received as a `T`.
fn received<T: Signable + core::fmt::Debug>() -> impl Strategy<Value = Received<T>> {
    vec(any::<u8>(), 65..=T::MAX_BODY + 64).prop_map(|bytes| Received::from_bytes(&bytes).unwrap())
}

pub(crate) fn entry() -> impl Strategy<Value = Entry> {
    (any::<[u8; 12]>(), number(), instant()).prop_map(|(subject, void_before, until)| {
        Entry::new(SubjectHash(subject), Serial(void_before)).until(until)
    })
}

fn progress() -> impl Strategy<Value = Progress> {
    let refusals = vec![
        UpdateRefusal::NotAuthentic,
        UpdateRefusal::NotForThisDoor,
        UpdateRefusal::NotNewer,
        UpdateRefusal::DoesNotContinue,
        UpdateRefusal::TooLate,
        UpdateRefusal::Broken,
        UpdateRefusal::NoRoom,
        UpdateRefusal::TransferUnderWay,
    ];
    prop_oneof![
        any::<(u16, u16)>().prop_map(|(chunk, offset)| Progress::Next { chunk, offset }),
        any::<(u16, u16)>().prop_map(|(chunk, offset)| Progress::Gap { chunk, offset }),
        Just(Progress::Applying),
        number().prop_map(|version| Progress::Applied { list_version: ListVersion(version) }),
        proptest::sample::select(refusals).prop_map(Progress::Refused),
    ]
}

fn piece() -> impl Strategy<Value = Bytes<1, 1488>> {
    vec(any::<u8>(), 1..=1_488).prop_map(|bytes| bytes.as_slice().try_into().unwrap())
}

fn transfer_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        vec(any::<u8>(), 182).prop_map(|header| Record::Offer(header.as_slice().try_into().unwrap())),
        (any::<[u8; 8]>(), progress())
            .prop_map(|(update, progress)| Record::Progress { update: UpdateId(update), progress }),
        (any::<u16>(), vec(any::<[u8; 32]>(), 1..=9))
            .prop_map(|(chunk, nodes)| Record::Proof { chunk, nodes: nodes.try_into().unwrap() }),
        (any::<(u16, u16)>(), piece()).prop_map(|((chunk, offset), bytes)| Record::Piece {
            chunk,
            offset,
            bytes
        }),
        (number(), any::<(u16, u16)>(), piece()).prop_map(|(first, (total, offset), bytes)| {
            Record::LogPiece { first: EventNumber(first), total, offset, bytes }
        }),
    ]
}

fn object_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        received().prop_map(Record::Rotation),
        received().prop_map(Record::BulletinHeader),
        (number(), any::<u16>(), vec(entry(), 1..=32)).prop_map(|(epoch, first, entries)| {
            let entries = entries.try_into().unwrap();
            Record::BulletinEntries { epoch: BulletinEpoch(epoch), first, entries }
        }),
        (received(), option::of(number())).prop_map(|(token, elapsed)| Record::Time { token, elapsed }),
        vec(any::<u8>(), 219..=244)
            .prop_map(|bytes| Record::Receipt(SealedReceipt::from_bytes(&bytes).unwrap())),
        received().prop_map(Record::Acknowledgement),
    ]
}

pub(crate) fn record() -> impl Strategy<Value = Record> {
    prop_oneof![simple_record(), state(), transfer_record(), object_record()]
}

fn offset() -> impl Strategy<Value = UtcOffset> {
    (-64_800..=64_800).prop_map(|seconds| UtcOffset::new(seconds).unwrap())
}

fn zone() -> impl Strategy<Value = Zone> {
    (offset(), proptest::collection::btree_map(instant(), offset(), 0..=16)).prop_map(|(initial, table)| {
        let transitions = table.into_iter().map(|(at, offset)| Transition { at, offset }).collect();
        Zone::new(initial, transitions).unwrap()
    })
}

fn deny_entry() -> impl Strategy<Value = DenyEntry> {
    let subject = prop_oneof![
        any::<[u8; 8]>().prop_map(|id| DenySubject::Holder(HolderId(id))),
        any::<[u8; 16]>().prop_map(|id| DenySubject::Phone(PhoneId(id))),
        any::<[u8; 8]>().prop_map(|id| DenySubject::Share(ShareId(id))),
        Just(DenySubject::EverybodyButStaff),
    ];
    (subject, number()).prop_map(|(subject, serial)| DenyEntry { subject, void_before: Serial(serial) })
}

prop_compose! {
    pub(crate) fn configuration()(
        (property, door, tag_key) in any::<([u8; 8], [u8; 8], [u8; 16])>(),
        [root_key, signing_key, sealing_key] in any::<[[u8; 32]; 3]>(),
        kind in proptest::sample::select(vec![
            DoorKind::BuildingEntrance, DoorKind::Residence, DoorKind::Service, DoorKind::Communal,
        ]),
        (generation, relock_seconds, now, list_version) in (number(), 1..=240_u8, instant(), number()),
        (zone, deny) in (zone(), vec(deny_entry(), 0..=16)),
    ) -> DoorConfiguration {
        let keys = PropertyKeys {
            property: PropertyId(property),
            generation: Generation(generation),
            root_key: VerifyingKey(root_key),
            signing_key: VerifyingKey(signing_key),
            sealing_key: ExchangeKey(sealing_key),
        };
        let tag_key = TagKey::from_bytes(tag_key);
        let mut configuration = DoorConfiguration::new(keys, DoorId(door), tag_key, kind, now, zone);
        configuration.relock_seconds = relock_seconds;
        configuration.list_version = ListVersion(list_version);
        configuration.deny = deny;
        configuration
    }
}
