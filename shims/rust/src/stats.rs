//! What the process takes up: bytes of heap, counted as they are asked for, and open files.
#![expect(unsafe_code, reason = "it stands in for the system's memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

/// The system's memory, counted.
struct Counted;

#[global_allocator]
static HEAP: Counted = Counted;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: each call is passed on to the system's as it is; only a number is kept beside it.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps to the contract of `GlobalAlloc`, which is that of `System` too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

/// The figures of the process. A library that is polled has no tasks of its own.
pub(crate) fn figures() -> Value {
    let heap = IN_USE.load(Ordering::Relaxed);
    // The folder itself is open too, each time. Only Linux has it.
    let descriptors = fs::read_dir("/proc/self/fd").ok().map(Iterator::count);
    json!({"figures": {"heap": heap, "descriptors": descriptors}})
}
