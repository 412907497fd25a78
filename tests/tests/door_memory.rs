//! Whatever comes from the air, the engine's memory stays bounded (I10): counted by the allocator, for one thread at a time.
#![expect(unsafe_code, reason = "an allocator is")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use thumbturn_lock::engine::Engine;
use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_lock::output::Output;
use thumbturn_lock::platform::Board;
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{ClaimSecret, OperationId, TagKey};
use thumbturn_protocol::time::Millis;
use thumbturn_simulator::random::SeededRandom;
use thumbturn_tests::bench_door::{BenchPlatform, CLAIM_SECRET, frames};
use thumbturn_tests::gate::gated;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::Property;

/// What an engine may take.
const RAM: usize = 32 * 1_024;
const TAG_KEY: [u8; 16] = [0x7a; 16];

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    /// Only what the engine takes is counted.
    static COUNTING: Cell<bool> = const { Cell::new(false) };
}

/// The system's allocator, counting what the engine takes and gives back.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: isize) {
    if COUNTING.get() {
        LIVE.set(LIVE.get() + bytes);
        PEAK.set(PEAK.get().max(LIVE.get()));
    }
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).expect("a small test")
}

// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Counts what `call` takes. What it returns is the caller's, and is given back before the count goes on.
fn counted<T>(call: impl FnOnce() -> T) -> T {
    COUNTING.set(true);
    let result = call();
    COUNTING.set(false);
    result
}

/// An engine and the hellos that it pushed.
struct Counted {
    engine: Engine<BenchPlatform>,
    now: Millis,
    hellos: Vec<Option<Hello>>,
}

const CONNECTIONS: u32 = 6;

impl Counted {
    fn boot(board: Board<BenchPlatform>) -> Self {
        let engine = counted(|| Engine::boot(board, ClaimSecret::from_bytes(CLAIM_SECRET), Millis(0)));
        Self { engine: engine.expect("the door boots"), now: Millis(0), hellos: vec![None; 6] }
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = self.now;
        counted(|| self.engine.handle(now, input));
    }

    fn settle(&mut self) {
        loop {
            let now = self.now;
            // A frame that is handed out is counted until it is dropped, as it is in a door.
            COUNTING.set(true);
            let output = self.engine.poll(now);
            let idle = matches!(output, Output::Idle { .. });
            let hello = match &output {
                Output::Notify(id, frame) => Hello::parse(frame).ok().map(|hello| (*id, hello)),
                _ => None,
            };
            let follow_up = match &output {
                Output::Notify(id, _) => Some(Input::Writable(*id)),
                Output::Disconnect(id) => Some(Input::Disconnected(*id)),
                _ => None,
            };
            drop(output);
            COUNTING.set(false);
            if let Some((ConnectionId(id), hello)) = hello {
                self.hellos[usize::try_from(id).expect("small")] = Some(hello);
            }
            if let Some(input) = follow_up {
                self.handle(input);
            }
            if idle {
                return;
            }
        }
    }
}

/// Something hostile on one connection.
fn attack(counted: &mut Counted, random: &mut SeededRandom, phone: &mut ManualPhone) {
    let number = u32::try_from(random.below(u64::from(CONNECTIONS))).expect("small");
    let id = ConnectionId(number);
    let hello = counted.hellos[usize::try_from(number).expect("small")];
    match random.below(12) {
        0 => counted.handle(Input::Connected(id)),
        1 => counted.handle(Input::Disconnected(id)),
        2 | 3 => counted.handle(Input::Subscribed(id)),
        4 => counted.handle(Input::MtuChanged(id, AttMtu::MINIMUM)),
        5 => counted.handle(Input::Received(id, &[0xc2])),
        6..=8 => {
            // A message that is begun and goes on and on.
            let mut frame = vec![0x55; 1 + usize::try_from(random.below(512)).expect("small")];
            frame[0] = 0x80 | u8::try_from(random.below(12)).expect("small");
            for index in 1..=random.below(90) {
                counted.handle(Input::Received(id, &frame));
                frame[0] = u8::try_from(index % 64).expect("small");
            }
        }
        9 => {
            let Some(hello) = hello else { return };
            let message = [phone.full_request(&hello, OperationId([1; 8]), 1).1, vec![0x11; 300]].concat();
            for frame in
                frames(MessageType::FullRequest, &gated(&TAG_KEY, &hello, &message[4..]), AttMtu::MAXIMUM)
            {
                counted.handle(Input::Received(id, &frame));
            }
        }
        10 => {
            let Some(hello) = hello else { return };
            let operation = phone.new_operation();
            let request = phone.full_request(&hello, operation, 1).1;
            for frame in frames(MessageType::FullRequest, &request, AttMtu::MINIMUM) {
                counted.handle(Input::Received(id, &frame));
            }
        }
        _ => counted.now = counted.now.plus(random.below(1_500)),
    }
    // Not always does the adapter come to polling.
    if random.below(3) > 0 {
        counted.settle();
    }
}

#[test]
fn an_engine_stays_within_its_memory_whatever_comes() {
    let mut property =
        Property::with(751, |configuration| configuration.tag_key = TagKey::from_bytes(TAG_KEY));
    let mut phone = property.resident();
    let mut counted = Counted::boot(property.door.into_board());
    let mut random = SeededRandom::new(751);
    for _ in 0..30_000 {
        attack(&mut counted, &mut random, &mut phone);
    }
    counted.settle();
    let engine = size_of::<Engine<BenchPlatform>>() - size_of::<Board<BenchPlatform>>();
    let heap = usize::try_from(PEAK.get()).expect("more was taken than given back");
    println!("engine {engine} bytes, heap at most {heap} bytes");
    assert!(heap > 8_000, "{heap} bytes: the index of tickets alone takes more");
    assert!(engine + heap <= RAM, "{} bytes", engine + heap);
    // Everybody leaves; nothing stays behind but what was there at the start.
    for id in 0..CONNECTIONS {
        counted.handle(Input::Disconnected(ConnectionId(id)));
    }
    counted.settle();
    let left = usize::try_from(LIVE.get()).expect("more was taken than given back");
    // The index of tickets takes 8 KiB, that of the list's overlay 4 KiB.
    assert!(left < 16 * 1_024, "{left} bytes are left");
}
