//! A program's worth of `no_std`: links the crates that run inside a lock, with a panic handler and an allocator of its
//! own. It builds, or something in the tree needs std; it is never run.
#![no_std]

#[cfg(feature = "leak-std")]
extern crate std;

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use thumbturn_lock as _;
use thumbturn_protocol as _;

/// Has no memory to give.
struct NoMemory;

// SAFETY: returning null is how an allocator says that it has no memory; nothing is ever handed out to be freed.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
