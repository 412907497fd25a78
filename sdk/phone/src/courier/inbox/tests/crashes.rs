//! Handed in exactly once: the power goes before and after every write of a day.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{batch, receipt};
use crate::courier::UploadObject;
use crate::courier::collected::Collected;
use crate::courier::scene::{Scene, ScriptedDoor};

/// What the authority and the doors have seen of one phone.
#[derive(Default)]
struct Ledger {
    /// What the inbox said it keeps.
    kept: BTreeSet<Vec<u8>>,
    /// What the authority got and the phone knows that it did.
    confirmed: BTreeSet<Vec<u8>>,
    /// What took another's place: a newer receipt of the same door.
    replaced: BTreeSet<Vec<u8>>,
}

fn bytes(object: &UploadObject) -> Vec<u8> {
    match object {
        UploadObject::Receipt(receipt) => receipt.as_bytes().to_vec(),
        UploadObject::LogBatch(batch) => batch.as_bytes().to_vec(),
        UploadObject::Bulletin { header, .. } => header.as_bytes().to_vec(),
    }
}

fn content(collected: &Collected) -> Vec<u8> {
    use crate::courier::collected::CollectedObject;
    match &collected.object {
        CollectedObject::Receipt(receipt) => receipt.receipt.as_bytes().to_vec(),
        CollectedObject::Batch(batch) => batch.batch.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

impl Ledger {
    fn keep(&mut self, scene: &mut Scene, collected: Collected) {
        let object = content(&collected);
        let before: BTreeSet<_> = held(scene);
        if scene.inbox.keep(collected, &mut scene.phone.random) == Ok(true) {
            self.kept.insert(object);
            self.replaced.extend(before.difference(&held(scene)).cloned());
        }
    }

    fn hand_in(&mut self, scene: &mut Scene) {
        let uploads = scene.inbox.to_upload();
        for upload in &uploads {
            assert!(!self.confirmed.contains(&bytes(&upload.object)), "handed in a second time");
        }
        let ids: Vec<_> = uploads.iter().map(|upload| upload.id).collect();
        if scene.inbox.uploaded(&ids, &mut scene.phone.random).is_ok() {
            self.confirmed.extend(uploads.iter().map(|upload| bytes(&upload.object)));
        }
    }

    /// Whatever was kept waits or was handed in, and nothing that was handed in waits.
    fn check(&self, scene: &Scene) {
        let held = held(scene);
        for object in &self.kept {
            let is_known = held.contains(object) || self.confirmed.contains(object);
            assert!(is_known || self.replaced.contains(object), "something was lost");
        }
        assert!(held.is_disjoint(&self.confirmed), "something came back");
    }
}

fn held(scene: &Scene) -> BTreeSet<Vec<u8>> {
    scene.inbox.to_upload().iter().map(|upload| bytes(&upload.object)).collect()
}

fn live(scene: &mut Scene, doors: &mut [ScriptedDoor; 2], ledger: &mut Ledger, round: u32) {
    let [first, second] = doors;
    ledger.keep(scene, receipt(first, round * 10 + 1));
    ledger.keep(scene, receipt(second, round * 10 + 1));
    first.happen(3);
    ledger.keep(scene, batch(first));
    ledger.hand_in(scene);
    first.events.clear();
    first.happen(2);
    ledger.keep(scene, batch(first));
    ledger.keep(scene, receipt(first, round * 10 + 2));
    ledger.hand_in(scene);
    ledger.keep(scene, receipt(second, round * 10 + 3));
}

#[test]
fn a_power_cut_at_any_write_loses_nothing_and_hands_in_nothing_twice() {
    let mut writes = 1;
    for number in 1.. {
        if number > writes {
            break;
        }
        for after in [false, true] {
            let mut scene = Scene::new(60);
            let mut doors = [scene.door(), scene.door()];
            let mut ledger = Ledger::default();
            scene.phone.storage.restore_power();
            if after {
                scene.phone.storage.cut_power_after_write(number);
            } else {
                scene.phone.storage.cut_power_before_write(number);
            }
            live(&mut scene, &mut doors, &mut ledger, 0);
            writes = writes.max(scene.phone.storage.writes());
            scene.phone.storage.restore_power();
            scene.restart();
            if !after {
                ledger.check(&scene);
            }
            // After the cut the medium may be one write ahead of what the phone was told: then what it handed in last waits no
            // more, and what it kept last waits though nobody was told so. Neither is lost, neither comes twice.
            let mut again = Ledger { kept: held(&scene), ..Ledger::default() };
            again.confirmed.clone_from(&ledger.confirmed);
            for _ in 0..2 {
                live(&mut scene, &mut doors, &mut again, 1);
                again.check(&scene);
                scene.restart();
                again.check(&scene);
            }
        }
    }
    assert!(writes >= 8, "{writes} writes only");
}

#[test]
fn what_came_while_something_was_handed_in_stays() {
    let mut scene = Scene::new(61);
    let mut door = scene.door();
    assert_eq!(scene.inbox.keep(receipt(&mut door, 1), &mut scene.phone.random), Ok(true));
    let ids: Vec<_> = scene.inbox.to_upload().iter().map(|upload| upload.id).collect();
    assert_eq!(scene.inbox.keep(receipt(&mut door, 2), &mut scene.phone.random), Ok(true));
    scene.inbox.uploaded(&ids, &mut scene.phone.random).unwrap();
    let left = scene.inbox.to_upload();
    assert_eq!(left.len(), 1);
    assert!(!ids.contains(&left[0].id));
    assert_eq!(scene.inbox.keep(receipt(&mut door, 2), &mut scene.phone.random), Ok(false));
    assert_eq!(scene.inbox.keep(receipt(&mut door, 1), &mut scene.phone.random), Ok(false));
}

#[test]
fn a_damaged_inbox_is_an_empty_one_and_a_newer_one_is_left_alone() {
    use crate::vault::storage::VaultRecord;
    let mut scene = Scene::new(62);
    let mut door = scene.door();
    let parcel = scene.parcel(&door.keys, 10, 11, 1);
    scene.carry(&parcel);
    scene.inbox.keep(receipt(&mut door, 1), &mut scene.phone.random).unwrap();
    for record in [VaultRecord::Inbox, VaultRecord::Parcels] {
        let whole = scene.phone.storage.record(record).unwrap();
        for byte in [3, 7, 30, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[byte] ^= 0x40;
            scene.phone.storage.set_record(record, Some(damaged));
            let opened = crate::courier::Inbox::open(std::sync::Arc::clone(&scene.wallet));
            match byte {
                // The version of the vault's format.
                3 => assert!(opened.is_err()),
                _ => {
                    let inbox = opened.unwrap();
                    let empty = if record == VaultRecord::Inbox {
                        inbox.to_upload().is_empty()
                    } else {
                        inbox.parcels().is_empty()
                    };
                    assert!(empty, "{record:?} {byte}");
                }
            }
        }
        scene.phone.storage.set_record(record, Some(whole));
    }
    scene.restart();
    assert_eq!((scene.inbox.to_upload().len(), scene.inbox.parcels().len()), (1, 1));
    let whole = scene.phone.storage.record(VaultRecord::Inbox).unwrap();
    let secret = door.make_receipt(1).as_bytes()[..25].to_vec();
    assert!(!whole.windows(secret.len()).any(|window| window == secret), "sealed at rest");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any life of an inbox with any number of power cuts.
    #[test]
    fn nothing_is_lost_or_handed_in_twice(
        acts in prop::collection::vec((0_u8..5, 0_usize..2, 1_u32..12), 1..60),
    ) {
        let mut scene = Scene::new(63);
        let mut doors = [scene.door(), scene.door()];
        let mut ledger = Ledger::default();
        for (act, door, number) in acts {
            let door = &mut doors[door];
            match act {
                0 => ledger.keep(&mut scene, receipt(door, number)),
                1 => {
                    door.happen(number);
                    ledger.keep(&mut scene, batch(door));
                }
                2 => door.events.clear(),
                3 => ledger.hand_in(&mut scene),
                _ => {
                    // The power goes before the next write reaches the medium.
                    scene.phone.storage.restore_power();
                    scene.phone.storage.cut_power_before_write(1);
                    if number % 2 == 0 {
                        ledger.hand_in(&mut scene);
                    } else {
                        ledger.keep(&mut scene, receipt(door, number + 12));
                    }
                    scene.phone.storage.restore_power();
                    scene.restart();
                }
            }
            ledger.check(&scene);
        }
    }
}
