//! Time of one call, measured so that what else the machine does matters least.

use std::hint::black_box;
use std::time::Instant;

/// Nanoseconds of the fastest of `rounds` calls, as interruptions only ever add time. `prepare` is not measured.
pub fn nanoseconds<C, S, T>(
    rounds: u32,
    context: &mut C,
    prepare: impl Fn(&mut C) -> S,
    call: impl Fn(&mut C, S) -> T,
) -> f64 {
    let once = |context: &mut C| {
        let state = black_box(prepare(context));
        #[expect(clippy::disallowed_methods, reason = "this measures real time")]
        let start = Instant::now();
        let result = measured(&call, context, state);
        let spent = start.elapsed();
        drop(black_box(result));
        spent.as_secs_f64() * 1e9
    };
    (0..rounds).map(|_| once(context)).fold(f64::INFINITY, f64::min)
}

/// The call by itself: callgrind finds it by this name (`instructions`).
#[inline(never)]
fn measured<C, S, T>(call: &impl Fn(&mut C, S) -> T, context: &mut C, state: S) -> T {
    call(context, state)
}

/// Nanoseconds of one of `batch` equal calls, for calls that are shorter than the clock can tell.
pub fn nanoseconds_each<T>(rounds: u32, batch: u32, call: impl Fn() -> T) -> f64 {
    let spent = nanoseconds(
        rounds,
        &mut (),
        |()| (),
        |(), ()| {
            for _ in 0..batch {
                drop(black_box(call()));
            }
        },
    );
    spent / f64::from(batch)
}
