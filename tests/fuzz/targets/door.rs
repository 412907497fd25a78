//! Any sequence of operations at a door: phones that come and go, ask, lie and fall silent, time, hardware, power cuts.
//!
//! Asserted in `src/door.rs`: the bolt moves only for an operation that was asked for, never twice for one, at most once for each
//! hello; the door becomes idle, says only well-formed things to those who listen, and boots after every power cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::door::{RADIO, World};

/// More operations in one input find nothing that fewer do not, only later.
const OPERATIONS: usize = 200;
const WAITS: [u64; 8] = [1, 20, 300, 1_500, 3_000, 10_000, 60_000, 900_000];

fuzz_target!(|input: &[u8]| {
    let Some((fresh, mut rest)) = input.split_first() else { return };
    let mut world = if *fresh == 0xff { World::fresh() } else { World::claimed() };
    for _ in 0..OPERATIONS {
        let Some(([operation, argument], after)) = rest.split_first_chunk() else { return };
        rest = after;
        let at = usize::from(operation >> 4) % usize::try_from(RADIO).unwrap_or(1);
        let mut take = || {
            let (byte, after) = rest.split_first().unwrap_or((&0, rest));
            rest = after;
            *byte
        };
        match operation & 0x0f {
            0 => world.connect(at),
            1 => world.disconnect(at),
            2 => world.subscribe(at),
            3 => world.grow_mtu(at, *argument),
            4 => world.congest(at),
            5 => world.ask_hello(at),
            6 | 7 => world.full_request(at, *argument, take(), take()),
            8 | 9 => world.fast_request(at, *argument, take()),
            10 => world.claim(at),
            11 => world.event(*argument),
            12 => world.wait(WAITS[usize::from(argument % 8)]),
            13 => {
                let (frame, after) = rest.split_at_checked(usize::from(*argument)).unwrap_or((rest, &[]));
                rest = after;
                world.raw(at, frame);
            }
            14 => world.fuse(*argument),
            _ => world.reboot(),
        }
    }
});
