//! The engine's memory: what it is itself and what it allocates, on this machine's word size.
//!
//! The figure for a microcontroller, where words are half as long, is taken on one (a later issue).

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use thumbturn_lock::engine::Engine;
use thumbturn_lock::platform::Board;
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_tests::bench_door::{BenchDoor, BenchPlatform, Watch, frames};
use thumbturn_tests::property::Property;

use crate::figures::Figures;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting.
pub struct Counting;

// SAFETY: every call is passed on unchanged; only counters are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What one engine holds, and the most that it held at once, by what its calls took and gave back.
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST_HELD: AtomicUsize = AtomicUsize::new(0);
/// What lived when the present call began.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

/// Begins to watch an engine that holds so many bytes now.
pub fn watch_from(held: usize) {
    HELD.store(held, Relaxed);
    MOST_HELD.store(held, Relaxed);
}

/// For [`BenchDoor::watch`].
pub fn watch(moment: Watch) {
    match moment {
        Watch::Begins => {
            let live = LIVE.load(Relaxed);
            BEFORE.store(live, Relaxed);
            PEAK.store(live, Relaxed);
        }
        Watch::Ends => {
            let (before, held) = (BEFORE.load(Relaxed), HELD.load(Relaxed));
            MOST_HELD.fetch_max(held + PEAK.load(Relaxed) - before, Relaxed);
            HELD.store(held + LIVE.load(Relaxed) - before, Relaxed);
        }
        Watch::Gave(capacity) => {
            HELD.fetch_sub(capacity, Relaxed);
        }
    }
}

/// The most bytes that the watched engine held at once, itself included.
pub fn most_held() -> usize {
    size_of::<Engine<BenchPlatform>>() - size_of::<Board<BenchPlatform>>() + MOST_HELD.load(Relaxed)
}

/// Where a measurement of memory began.
#[derive(Clone, Copy)]
pub struct Mark(usize);

/// Begins to watch what is allocated.
pub fn begin() -> Mark {
    let live = LIVE.load(Relaxed);
    PEAK.store(live, Relaxed);
    Mark(live)
}

/// Bytes allocated since then and still in use.
pub fn live_since(mark: Mark) -> usize {
    LIVE.load(Relaxed) - mark.0
}

/// The most bytes that were in use at once since then.
pub fn peak_since(mark: Mark) -> usize {
    PEAK.load(Relaxed) - mark.0
}

/// Measures and notes.
///
/// Three residents make full requests at once: each request lies in a buffer or is under public-key work. The index of
/// tickets has its full size from the start.
pub fn measure(figures: &mut Figures) {
    let mut property = Property::new(21);
    let mut phones: Vec<_> = (0..3).map(|_| property.resident()).collect();
    let mut board = property.door.into_board();
    board.hardware = thumbturn_tests::bench_hardware::BenchHardware::default();
    let without_engine = LIVE.load(Relaxed);
    let mut door = BenchDoor::boot(board).expect("the door boots");

    let connections: Vec<_> = phones.iter().map(|_| door.connect()).collect();
    let hellos: Vec<_> = connections.iter().map(|id| door.hello(*id)).collect();
    let outside = LIVE.load(Relaxed);
    let requests: Vec<_> = phones
        .iter_mut()
        .zip(&hellos)
        .map(|(phone, hello)| {
            let operation = phone.new_operation();
            frames(MessageType::FullRequest, &phone.full_request(hello, operation, 1).1, AttMtu::MINIMUM)
        })
        .collect();
    let outside = LIVE.load(Relaxed) - outside;
    PEAK.store(LIVE.load(Relaxed), Relaxed);
    for (id, request) in connections.iter().zip(&requests) {
        for frame in request {
            door.write_unpolled(*id, frame);
        }
    }
    door.settle();
    let heap = PEAK.load(Relaxed) - outside - without_engine;
    let engine = size_of::<Engine<BenchPlatform>>() - size_of::<Board<BenchPlatform>>();
    figures.note("door.ram_bytes", (engine + heap) as f64);
}
