//! Updates over the air: the real engine, the real courier, radio that loses and ends.

use core::time::Duration;

use thumbturn_phone::courier::{CourierEvent, End};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_tests::air_stage::{AirPhone, AirStage, Delivered};
use thumbturn_tests::interruption::{CHUNK, boundaries, interrupted_transfer, random_cuts};

/// A stage whose next parcel is a snapshot of so many rows, in the hands of a phone.
fn with_snapshot(seed: u64, rows: u32, radio: RadioSettings) -> (AirStage, AirPhone) {
    let mut stage = AirStage::new(seed, radio);
    let mut phone = stage.phone(PhoneProfile::android().with_mtu(247));
    stage.deny_strangers(rows);
    let snapshot = stage.snapshot();
    phone.carry(&snapshot);
    (stage, phone)
}

fn has_receipt(visit: &Delivered) -> bool {
    visit.events.iter().any(|(_, event)| matches!(event, CourierEvent::ReceiptCollected { .. }))
}

#[test]
fn the_session_that_brings_a_snapshot_takes_its_receipt_home() {
    // The door has 320 blocks to erase after it, and checks 4,590 rows for more than two seconds.
    let (mut stage, mut phone) = with_snapshot(1, 1_590, RadioSettings::perfect());
    for rows in [3_000, 20] {
        let visit = stage.visit(&phone);
        assert_eq!(visit.end, Some(End::Complete));
        let list_version = stage.list.version();
        assert!(visit.at(CourierEvent::Updated { list_version }).is_some());
        assert!(has_receipt(&visit));
        assert!(stage.is_up_to_date());
        stage.world.run_for(Duration::from_secs(60));
        stage.deny_strangers(rows);
        let snapshot = stage.snapshot();
        phone.carry(&snapshot);
    }
}

/// Rows of an update of 100 KiB.
const ROWS: u32 = 1_600;
/// Bytes of a chunk in a frame.
const FRAME: usize = 243;

/// A stage with a snapshot of 100 KiB, and the snapshot.
fn hundred_kibibytes(seed: u64) -> (AirStage, Parcel) {
    let mut stage = AirStage::new(seed, RadioSettings::perfect());
    stage.deny_strangers(ROWS);
    let snapshot = stage.snapshot();
    assert!(snapshot.size().bytes() >= 100 * 1_024);
    (stage, snapshot)
}

/// Cuts on both sides of every boundary between chunks: before, a chunk is lost, and behind it what was sent of the next.
fn cut_at_boundaries(stage: &mut AirStage, update: &Parcel) {
    let cuts = boundaries(update);
    assert_eq!(cuts.len(), 2 * usize::from(update.size().chunks() - 1));
    for interruption in interrupted_transfer(stage, update, &cuts) {
        let most = if interruption.at.is_multiple_of(CHUNK) { FRAME } else { CHUNK };
        assert!(interruption.resent <= most, "{interruption:?}");
    }
}

#[test]
fn a_snapshot_that_is_cut_at_every_chunk_boundary_resends_at_most_a_chunk_each_time() {
    let (mut stage, snapshot) = hundred_kibibytes(2);
    cut_at_boundaries(&mut stage, &snapshot);
}

#[test]
fn a_delta_that_is_cut_at_every_chunk_boundary_resends_at_most_a_chunk_each_time() {
    let (mut stage, phone) = with_snapshot(4, 10, RadioSettings::perfect());
    stage.visit(&phone);
    stage.world.run_for(Duration::from_secs(60));
    stage.deny_strangers(ROWS);
    let delta = stage.delta();
    assert!(delta.size().bytes() >= 100 * 1_024);
    cut_at_boundaries(&mut stage, &delta);
}

#[test]
fn an_update_that_is_cut_at_a_thousand_random_bytes_resends_at_most_a_chunk_each_time() {
    let (mut stage, snapshot) = hundred_kibibytes(3);
    let cuts = random_cuts(&snapshot, 1_000, 3);
    for interruption in interrupted_transfer(&mut stage, &snapshot, &cuts) {
        assert!(interruption.resent <= CHUNK, "{interruption:?}");
    }
}
