//! A stack is the memory that a fiber runs on: reserved in full, mapped page by page as it is touched.
//!
//! The kernel limits how many mappings a process has (`vm.max_map_count`, 65,530 by default), and a stack with a guard
//! of its own is two of them. So many stacks share one mapping, and each ends in a guard that needs none: a guard region
//! (Linux 6.13). Older kernels split the mapping instead, and the limit is half as many users as there may be mappings.
#![expect(unsafe_code, reason = "stacks are memory that the compiler knows nothing of")]

use std::cell::RefCell;
use std::io;
use std::num::NonZeroUsize;
use std::ptr;
use std::rc::Rc;

use corosensei::stack::{Stack, StackPointer};

/// Bytes of address space a stack takes, its guard included.
pub const SIZE: usize = 4 * 1024 * 1024;
/// Bytes at its end that nobody can touch: more than the largest frame of compiled code.
const GUARD: usize = 64 * 1024;
/// How many stacks share a mapping.
const STACKS: usize = 64;
/// Installs a guard region; not in the crate `libc` yet.
const MADV_GUARD_INSTALL: libc::c_int = 102;

thread_local! {
    /// Stacks of this thread that no fiber is running on.
    static FREE: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// The memory of a fiber.
pub struct FiberStack(Option<Place>);

/// A part of a mapping that is one stack.
struct Place {
    region: Rc<Region>,
    at: usize,
}

/// A mapping that holds [`STACKS`] stacks.
struct Region {
    start: *mut libc::c_void,
}

impl FiberStack {
    /// A stack that was used before, or a new one.
    pub fn new() -> io::Result<Self> {
        let place = match FREE.with_borrow_mut(Vec::pop) {
            Some(place) => place,
            None => {
                let region = Rc::new(Region::new()?);
                let mut places = (0..STACKS).rev().map(|at| Place { region: region.clone(), at });
                let first = places.next();
                FREE.with_borrow_mut(|free| free.extend(places));
                first.ok_or(io::ErrorKind::OutOfMemory)?
            }
        };
        place.guard()?;
        Ok(Self(Some(place)))
    }

    fn start(&self) -> usize {
        self.0.as_ref().map_or(0, |place| place.start() as usize)
    }
}

impl Drop for FiberStack {
    fn drop(&mut self) {
        let Some(place) = self.0.take() else { return };
        place.release();
        // When the thread is ending there is no list any more, and the mapping goes with its last stack.
        let _ = FREE.try_with(|free| free.borrow_mut().push(place));
    }
}

// SAFETY: `new` has put a guard at the end of the stack, and it is larger than the smallest stack that is allowed. The
// addresses are multiples of the page size. The mapping is kept for as long as the stack is.
unsafe impl Stack for FiberStack {
    fn base(&self) -> StackPointer {
        NonZeroUsize::new(self.start() + SIZE).unwrap_or(NonZeroUsize::MIN)
    }

    fn limit(&self) -> StackPointer {
        NonZeroUsize::new(self.start()).unwrap_or(NonZeroUsize::MIN)
    }
}

impl Place {
    fn start(&self) -> *mut libc::c_void {
        self.region.start.wrapping_byte_add(self.at * SIZE)
    }

    /// Makes its lowest pages ones that nobody can touch. Again where that was done already.
    fn guard(&self) -> io::Result<()> {
        // SAFETY: the pages belong to this stack, which nothing runs on.
        let light = unsafe { libc::madvise(self.start(), GUARD, MADV_GUARD_INSTALL) };
        if light == 0 {
            return Ok(());
        }
        // SAFETY: as above.
        done(unsafe { libc::mprotect(self.start(), GUARD, libc::PROT_NONE) })
    }

    /// Gives the memory back and keeps the addresses.
    fn release(&self) {
        // SAFETY: nothing runs on this stack any more. That it failed would only cost memory.
        unsafe { libc::madvise(self.start().wrapping_byte_add(GUARD), SIZE - GUARD, libc::MADV_DONTNEED) };
    }
}

impl Region {
    fn new() -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: new memory anywhere.
        let start = unsafe { libc::mmap(ptr::null_mut(), STACKS * SIZE, access, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let region = Self { start };
        region.take_small_pages();
        Ok(region)
    }
}

impl Region {
    /// A huge page would make two megabytes of the first word that is touched.
    fn take_small_pages(&self) {
        // SAFETY: the memory is this mapping's. A kernel that refuses has no huge pages.
        #[cfg(target_os = "linux")]
        unsafe {
            libc::madvise(self.start, STACKS * SIZE, libc::MADV_NOHUGEPAGE)
        };
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: every stack in it is gone, since each holds it.
        unsafe { libc::munmap(self.start, STACKS * SIZE) };
    }
}

fn done(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mappings() -> usize {
        std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
    }

    #[test]
    fn many_stacks_are_few_mappings() {
        let before = mappings();
        let stacks: Vec<FiberStack> = (0..1000).map(|_| FiberStack::new().unwrap()).collect();
        let more = mappings() - before;
        // On a kernel without guard regions each is two.
        assert!(!(100..1900).contains(&more), "{more} mappings");
        let mut starts: Vec<usize> = stacks.iter().map(FiberStack::start).collect();
        starts.sort_unstable();
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= SIZE), "stacks do not overlap");
    }

    #[test]
    fn a_stack_is_used_again_and_then_empty() {
        let stack = FiberStack::new().unwrap();
        let (start, top) = (stack.start(), (stack.start() + SIZE - 8) as *mut u64);
        // SAFETY: the highest word of a stack that nothing runs on.
        unsafe { top.write(7) };
        drop(stack);
        let again = FiberStack::new().unwrap();
        assert_eq!(again.start(), start);
        // SAFETY: as above.
        assert_eq!(unsafe { top.read() }, 0);
    }
}
