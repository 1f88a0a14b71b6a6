//! Memory bounds what the heaps of scripts take: each one, and all of them together with everything else.
//!
//! The whole is known from the system, which is asked when a script wants a large block, and now and then while scripts
//! compute. Where the process has taken most of what it may, blocks that let a heap grow are refused: the script that
//! wants one gets an error, and the others go on.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use flashcrowd_http::quarter_of_memory;

/// What a virtual user's heap takes at most.
const VU: usize = 1 << 30;
/// Blocks from this size on are asked for one by one.
const LARGE: usize = 1 << 20;
/// Smaller blocks are given even when memory is short: those of error messages, for instance.
const SMALL: usize = 4 * 1024;
/// Memory is looked at once in so many calls.
const SELDOM: u32 = 64;

/// Whether the process has taken most of the memory that it may.
static IS_SHORT: AtomicBool = AtomicBool::new(false);

/// The bytes that the heap of one virtual user may take: less on a small machine.
pub fn of_a_vu() -> usize {
    VU.min(quarter_of_memory())
}

/// The bytes that the process may take before heaps do not grow any more: three quarters of its memory.
fn of_all() -> usize {
    quarter_of_memory().saturating_mul(3)
}

/// Whether a block of that size may be taken.
pub fn may_take(size: usize) -> bool {
    if size >= LARGE {
        look(size);
    }
    size < SMALL || !IS_SHORT.load(Relaxed)
}

/// Looks at the memory of the process once in a while; called again and again.
pub fn look_sometimes() {
    thread_local! {
        static CALLS: Cell<u32> = const { Cell::new(0) };
    }
    let calls = CALLS.get();
    CALLS.set(calls.wrapping_add(1));
    if calls.is_multiple_of(SELDOM) {
        look(0);
    }
}

/// Whether memory is short, by the last look.
pub fn is_short() -> bool {
    IS_SHORT.load(Relaxed)
}

/// Looks at the memory of the process now.
pub fn look_now() {
    look(0);
}

fn look(more: usize) {
    // A system that does not tell is one without this bound.
    let is_short = resident().is_some_and(|taken| taken.saturating_add(more) > of_all());
    if is_short != IS_SHORT.load(Relaxed) {
        IS_SHORT.store(is_short, Relaxed);
    }
}

/// The bytes of the machine's memory that the process has.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split_whitespace().nth(1)?.parse::<usize>().ok().map(|pages| pages * PAGE)
}

/// Linux counts in these on all machines that are supported.
const PAGE: usize = 4096;
