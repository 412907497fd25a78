//! Any service data, under a key that the fuzzer chooses, so that it can make good ones too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_protocol::advertisement::{Advertisement, Hint};
use thumbturn_protocol::answer::DoorStatus;
use thumbturn_protocol::ids::{ListVersion, TagKey};

fuzz_target!(|input: &[u8]| {
    let Some((key, rest)) = input.split_first_chunk::<16>() else { return };
    let key = TagKey::from_bytes(*key);
    if let Ok(heard) = Advertisement::parse(rest) {
        assert_eq!(heard.as_bytes().as_slice(), rest);
        let _ = heard.resolve(&key);
    }
    let Some(([a, b, c, d, high, low, flags], _)) = rest.split_first_chunk::<7>() else { return };
    let status = DoorStatus {
        clock_unsure: flags & 1 != 0,
        logs_waiting: flags & 2 != 0,
        battery_low: flags & 4 != 0,
    };
    let list_version = u16::from_be_bytes([*high, *low]);
    let sent = Advertisement::new(&key, [*a, *b, *c, *d], ListVersion(u32::from(list_version)), status);
    assert_eq!(sent.resolve(&key), Some(Hint { list_version, status }));
});
