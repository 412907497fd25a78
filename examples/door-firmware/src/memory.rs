//! The program's memory: its heap, its painted stack, and how much of each it took.
#![expect(unsafe_code, reason = "an allocator, and the stack as memory")]

use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use cortex_m_rt::STACK_PAINT_VALUE;
use embedded_alloc::LlffHeap;

/// Bytes of the heap: for the engine, the pieces of its messages, and the radio's pipe. It is more than is ever in use at once, because
/// holes between pieces are too small for others: 28 KiB were not enough.
pub(crate) const HEAP: usize = 32 * 1_024;

/// The heap of the embedded working group, with the most that was in use at once. Only one thread uses it.
struct Counting {
    heap: LlffHeap,
    /// The most that was in use at once.
    peak: AtomicUsize,
    /// The same, since the engine's present call began.
    peak_of_call: AtomicUsize,
    /// What the engine holds between two calls.
    held: AtomicUsize,
    /// The most that it ever held.
    most_held: AtomicUsize,
}

#[global_allocator]
static ALLOCATOR: Counting = Counting {
    heap: LlffHeap::empty(),
    peak: AtomicUsize::new(0),
    peak_of_call: AtomicUsize::new(0),
    held: AtomicUsize::new(0),
    most_held: AtomicUsize::new(0),
};

// SAFETY: every call is passed on unchanged; a counter is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        let pointer = unsafe { self.heap.alloc(layout) };
        let used = self.heap.used();
        self.peak.fetch_max(used, Relaxed);
        self.peak_of_call.fetch_max(used, Relaxed);
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { self.heap.dealloc(pointer, layout) }
    }
}

/// Gives the heap its memory.
///
/// # Safety
///
/// Called once, before anything is allocated.
pub(crate) unsafe fn open_heap() {
    static mut MEMORY: [MaybeUninit<u8>; HEAP] = [MaybeUninit::uninit(); HEAP];
    let memory = &raw mut MEMORY;
    // SAFETY: called once; nothing else names this memory.
    unsafe { ALLOCATOR.heap.init(memory.addr(), HEAP) }
}

/// A call of the engine: what it allocates is the engine's.
pub(crate) fn of_the_engine<T>(call: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.heap.used();
    ALLOCATOR.peak_of_call.store(before, Relaxed);
    let result = call();
    let held = ALLOCATOR.held.load(Relaxed);
    let peak = held.saturating_add(ALLOCATOR.peak_of_call.load(Relaxed)).saturating_sub(before);
    ALLOCATOR.most_held.fetch_max(peak, Relaxed);
    ALLOCATOR.held.store(held.saturating_add(ALLOCATOR.heap.used()).saturating_sub(before), Relaxed);
    result
}

/// Drops what the engine has handed out.
pub(crate) fn give_back<T>(handed_out: T) {
    let before = ALLOCATOR.heap.used();
    drop(handed_out);
    let freed = before.saturating_sub(ALLOCATOR.heap.used());
    ALLOCATOR.held.store(ALLOCATOR.held.load(Relaxed).saturating_sub(freed), Relaxed);
}

// What the linker script of cortex-m-rt calls the ends of things. Their addresses are what they say.
unsafe extern "C" {
    static _ram_start: u32;
    static _stack_end: u32;
    static _stack_start: u32;
    static __sidata: u32;
    static __sdata: u32;
    static __edata: u32;
}

/// What the program takes, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// Of the flash that programs lie in: vectors, code, constants and the first values of variables.
    pub(crate) code: usize,
    /// Variables that are always there, the engine among them, without the heap.
    pub(crate) fixed: usize,
    /// The most that was allocated at once, with what the allocator rounds up.
    pub(crate) heap: usize,
    /// The most of it that the engine held at once, what it had handed out and was being sent included.
    pub(crate) engine_heap: usize,
    /// The greatest depth of the stack.
    pub(crate) stack: usize,
    /// What the stack has at most.
    pub(crate) stack_room: usize,
}

/// What the program has taken so far.
pub(crate) fn usage() -> Usage {
    let data = (&raw const __edata).addr() - (&raw const __sdata).addr();
    let bottom = (&raw const _stack_end).addr();
    let top = (&raw const _stack_start).addr();
    Usage {
        code: (&raw const __sidata).addr() + data,
        fixed: bottom - (&raw const _ram_start).addr() - HEAP,
        heap: ALLOCATOR.peak.load(Relaxed),
        engine_heap: ALLOCATOR.most_held.load(Relaxed),
        stack: top - deepest(bottom, top),
        stack_room: top - bottom,
    }
}

/// The lowest address of the stack that was ever written.
fn deepest(bottom: usize, top: usize) -> usize {
    let is_painted = |address: &usize| {
        let word = core::ptr::without_provenance::<u32>(*address);
        // SAFETY: an aligned word of the stack's memory, which is there and of which any value is valid.
        unsafe { word.read_volatile() == STACK_PAINT_VALUE }
    };
    (bottom..top).step_by(size_of::<u32>()).find(|address| !is_painted(address)).unwrap_or(top)
}
