//! I6: a courier learns door, versions and sizes, and nothing else; and it cannot wear a door out (spec §10.4, §10.7, §12).
//! That it can neither alter nor reorder anything is tried in `door_update_random`.

use proptest::prelude::*;
use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::ids::{HolderId, Serial, TagKey};
use thumbturn_protocol::record::Progress;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::Row;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied};
use thumbturn_tests::list_stage::{ListStage, stranger};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::at;

/// Bytes of the header that follow from what is sealed: encapsulation, root and signature (spec §10.3).
const SEALED_FROM: usize = 54;

fn shows(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

/// A list of these people, as a snapshot and as the delta that follows it.
fn parcels(people: &[[u8; 8]], tag_key: [u8; 16]) -> [Parcel; 2] {
    let mut stage = ListStage::begun(11);
    let (first, rest) = people.split_at(people.len() / 2);
    let deny = |stage: &mut ListStage, person: &[u8; 8]| stage.deny(DenySubject::Holder(HolderId(*person)));
    first.iter().for_each(|person| deny(&mut stage, person));
    stage.list.change_settings(|settings| settings.tag_key = TagKey::from_bytes(tag_key));
    let snapshot = stage.snapshot();
    rest.iter().for_each(|person| deny(&mut stage, person));
    [snapshot, stage.delta()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_parcel_shows_door_versions_and_size_and_nothing_that_is_in_it(
        people in proptest::collection::hash_set(any::<[u8; 8]>(), 2..150),
        tag_key: [u8; 16],
        others in any::<u64>(),
    ) {
        let people: Vec<_> = people.into_iter().collect();
        let strangers: Vec<_> =
            (0..people.len()).map(|number| (others ^ number as u64).to_be_bytes()).collect();
        for (parcel, other) in parcels(&people, tag_key).iter().zip(&parcels(&strangers, [0x33; 16])) {
            let (bytes, others) = (parcel.to_bytes(), other.to_bytes());
            prop_assert!(!people.iter().any(|person| shows(&bytes, person)));
            prop_assert!(!shows(&bytes, &tag_key) && !shows(&bytes, &[0; 16]), "not even where rows end");
            prop_assert_eq!(bytes.len(), others.len());
            prop_assert_eq!(bytes.get(..SEALED_FROM), others.get(..SEALED_FROM));
        }
    }

    #[test]
    fn what_a_door_hands_out_shows_nobody(seed in 0_u64..1_000) {
        let mut stage = ListStage::begun(seed);
        let mut resident = stage.property.resident();
        let mut guest = ManualPhone::new(seed + 50_000);
        guest.keep(resident.share(guest.id(), Validity::from(at(-60))));
        for phone in [&mut resident, &mut guest] {
            phone.unlock_full(&mut stage.property.door);
            stage.pass_a_minute();
        }
        let door = &mut stage.property.door;
        let mut session = Conversation::begin(&mut stage.neighbour, door);
        let receipt = session.receipt(door).expect("a receipt");
        let batch = session.batch(door, false).expect("a batch");
        let Grant { holder, .. } = resident.grant();
        for secret in [&holder.0[..], &resident.id().0, &guest.id().0, stage.neighbour.id().0.as_slice()] {
            for eight in secret.windows(8) {
                prop_assert!(!shows(receipt.as_bytes(), eight) && !shows(batch.as_bytes(), eight));
            }
        }
    }

    /// Couriers with every parcel that was ever signed, in any order, each leaving in the middle.
    #[test]
    fn no_courier_wears_the_flash_out_or_keeps_out_what_is_needed(
        order in proptest::collection::vec((0_usize..8, 1_usize..6), 100),
    ) {
        let mut stage = ListStage::begun(12);
        let from = stage.list.version();
        let delta = |stage: &mut ListStage, number: u32| {
            for row in 0..140 {
                let void_before = Serial(number);
                stage.list.set(Row::Deny(DenyEntry { subject: stranger(row), void_before }));
            }
            stage.property.authority.delta(&mut stage.list, from, at(0)).expect("a sensible list")
        };
        let parcels: Vec<_> = (1..9).map(|number| delta(&mut stage, number)).collect();
        let needed = delta(&mut stage, 9);
        let terms = GrantTerms { min_list_version: stage.list.version(), ..GrantTerms::resident(at(-60)) };
        let mut successor = stage.property.phone(&terms);
        let erases = stage.property.door.flash_use().erases;
        for (parcel, records) in order {
            let door = &mut stage.property.door;
            let parcel = &parcels[parcel];
            let mut session = Conversation::begin(&mut stage.neighbour, door);
            let mut courier = Courier::new(parcel);
            if let Progress::Next { chunk, .. } = courier.offer(&mut session, door) {
                let chunks = chunk..parcel.size().chunks() - 1;
                for record in chunks.flat_map(|chunk| courier.records(chunk)).take(records) {
                    session.say(door, &record);
                }
            }
            door.disconnect(session.connection);
            stage.property.door.pass(60_000);
            stage.seconds += 60;
        }
        let worn = stage.property.door.flash_use().erases - erases;
        prop_assert!(worn < 8 * 3 + 40, "{worn} erases in an hour and a half");
        let door = &mut stage.property.door;
        let mut session = Conversation::begin(&mut successor, door);
        prop_assert_eq!(session.answer.outcome, Outcome::UpdateRequired);
        let progress = Courier::new(&needed).deliver(&mut session, door);
        prop_assert_eq!(progress, applied(stage.list.version()));
        prop_assert_eq!(session.unlock_again(&mut successor, door), Outcome::Accepted { relock_seconds: 5 });
    }
}
