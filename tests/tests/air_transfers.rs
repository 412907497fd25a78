//! Updates over the air: the real engine, the real courier, radio that loses and ends.

use core::time::Duration;

use thumbturn_phone::courier::{CourierEvent, End};
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::radio::settings::RadioSettings;
use thumbturn_tests::air_stage::{AirPhone, AirStage, Delivered};

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
