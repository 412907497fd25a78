//! A door's settings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_protocol::update::settings::Settings;

// What is accepted has exactly these bytes, and is within all bounds.
fuzz_target!(|input: &[u8]| {
    let Ok(settings) = Settings::from_bytes(input) else { return };
    assert_eq!(settings.to_bytes().expect("what is accepted can be sent").as_slice(), input);
    assert!(settings.schedules.len() <= 64 && (1..=240).contains(&settings.relock_seconds));
});
