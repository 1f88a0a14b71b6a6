//! A budget bounds the memory of all large bodies of a process together: what one body may take, many may not.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::error::HttpError;

/// Bodies that take no more than this are not counted.
const SMALL: usize = 64 * 1024;
/// What a body takes beyond this, it takes of what oversized bodies share.
pub(crate) const OVERSIZED: usize = 4 << 20;
/// What oversized bodies share, however much memory there is: endless ones of fifty users stay below half a GiB.
const ALL_OVERSIZED: usize = 128 << 20;
/// A body of more than that is kept in parts of this size until it is whole.
pub(crate) const PART: usize = 1 << 20;
/// How many parts are kept for bodies to come.
const SPARE: usize = ALL_OVERSIZED / PART;
/// How often it is looked whether they are needed.
const LOOK: Duration = Duration::from_secs(1);
/// What there is at least.
const LEAST: usize = 256 << 20;
/// The memory of a machine that does not tell.
const UNKNOWN: usize = 4 << 30;

/// What all heads of responses share beyond what is usual.
pub(crate) static LARGE_HEADS: Pool = Pool::new(64 << 20);

/// How much memory is left for bodies.
#[derive(Debug)]
pub(crate) struct Budget {
    all: Pool,
    oversized: Pool,
    /// Parts of bodies that are over, for the next ones: an allocator keeps such memory for the thread that freed it, so that
    /// each worker thread would have as much as all bodies may take.
    spare: Mutex<Spare>,
}

#[derive(Debug, Default)]
struct Spare {
    parts: Vec<Vec<u8>>,
    /// How many there were at least since it was looked at last, and when that was.
    least: usize,
    looked: Option<Instant>,
}

impl Spare {
    fn take(&mut self) -> Option<Vec<u8>> {
        let part = self.parts.pop();
        self.least = self.least.min(self.parts.len());
        part
    }

    fn give(&mut self, part: Vec<u8>, now: Instant) {
        if self.parts.len() < SPARE {
            self.parts.push(part);
        }
        if now.duration_since(*self.looked.get_or_insert(now)) >= LOOK {
            self.parts.truncate(self.parts.len() - self.least);
            (self.least, self.looked) = (self.parts.len(), Some(now));
        }
    }
}

/// Bytes of which there is a certain number.
#[derive(Debug)]
pub(crate) struct Pool {
    left: AtomicUsize,
    whole: usize,
}

impl Pool {
    const fn new(whole: usize) -> Self {
        Self { left: AtomicUsize::new(whole), whole }
    }

    /// Takes so many, if there are.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let left = |left: usize| left.checked_sub(bytes);
        bytes == 0 || self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }

    /// Gives so many back.
    pub(crate) fn give(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// What one body has taken of the budget; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    taken: usize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        let (all, oversized) = (Pool::new(bytes), Pool::new(bytes.min(ALL_OVERSIZED)));
        Arc::new(Self { all, oversized, spare: Mutex::default() })
    }

    /// A part of a body, empty.
    pub(crate) fn part(&self) -> Vec<u8> {
        self.spare().take().unwrap_or_else(|| Vec::with_capacity(PART))
    }

    /// Takes a part back, for bodies to come. What nobody needed for a second is let go.
    pub(crate) fn take_back(&self, mut part: Vec<u8>) {
        if part.capacity() == PART {
            part.clear();
            self.spare().give(part, Instant::now());
        }
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        // Parts are whole whatever happened to another thread.
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes as much as a body of that capacity needs, over what it has. Small bodies need none.
    pub(crate) fn cover(
        self: &Arc<Self>,
        share: &mut Option<Share>,
        capacity: usize,
    ) -> Result<(), HttpError> {
        if capacity <= SMALL {
            return Ok(());
        }
        let share = share.get_or_insert_with(|| Share { budget: self.clone(), taken: 0 });
        if capacity <= share.taken {
            return Ok(());
        }
        if !self.all.take(capacity - share.taken) {
            return Err(too_much("response bodies", &self.all));
        }
        if !self.oversized.take(beyond(capacity) - beyond(share.taken)) {
            self.all.give(capacity - share.taken);
            return Err(too_much("response bodies above 4 MiB", &self.oversized));
        }
        share.taken = capacity;
        Ok(())
    }
}

/// How much of a body is beyond what is usual.
fn beyond(bytes: usize) -> usize {
    bytes.saturating_sub(OVERSIZED)
}

fn too_much(what: &str, pool: &Pool) -> HttpError {
    HttpError::too_much(what, pool.whole >> 20)
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.all.give(self.taken);
        self.budget.oversized.give(beyond(self.taken));
    }
}

/// A body with its share of the budget, which is given back with its last copy.
struct Kept {
    body: Vec<u8>,
    #[expect(dead_code, reason = "given back when the body is dropped")]
    share: Share,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// The body as everybody handles it.
pub(crate) fn kept(body: Vec<u8>, share: Option<Share>) -> Bytes {
    match share {
        Some(share) => Bytes::from_owner(Kept { body, share }),
        None => Bytes::from(body),
    }
}

/// A quarter of the memory that this process may use, by its limits, its control group and the machine.
pub fn quarter_of_memory() -> usize {
    static QUARTER: LazyLock<usize> = LazyLock::new(|| {
        let limits = [address_space(), control_group(), machine_memory()];
        let memory = limits.into_iter().flatten().min().unwrap_or(UNKNOWN);
        (memory / 4).max(LEAST)
    });
    *QUARTER
}

fn address_space() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn control_group() -> Option<usize> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let of = |group: &str| {
        let path = format!("/sys/fs/cgroup{}/memory.max", group.trim_end_matches('/'));
        fs::read_to_string(path).ok()?.trim().parse::<usize>().ok()
    };
    of(own).into_iter().chain(of("")).min()
}

/// The memory of this machine, in bytes.
pub fn machine_memory() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<usize>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        let budget = Budget::new(1 << 20);
        let (mut one, mut other) = (None, None);
        budget.cover(&mut one, SMALL).unwrap();
        assert!(one.is_none(), "small bodies are not counted");
        budget.cover(&mut one, 700 << 10).unwrap();
        let error = budget.cover(&mut other, 400 << 10).unwrap_err();
        assert_eq!(
            error.message,
            "response bodies take more than 1 MiB together: use discardResponseBodies or fewer virtual users"
        );
        let body = kept(vec![1; 700 << 10], one);
        let copy = body.slice(5..10);
        drop(body);
        assert!(budget.cover(&mut other, 400 << 10).is_err(), "a part of it is still there");
        drop(copy);
        budget.cover(&mut other, 400 << 10).unwrap();
        budget.cover(&mut other, 1 << 20).unwrap();
        drop(other);
        assert_eq!(budget.all.left.load(Ordering::Relaxed), 1 << 20);
    }

    #[test]
    fn a_few_endless_bodies_leave_room_for_many_usual_ones() {
        let budget = Budget::new(1 << 30);
        let mut endless: [Option<Share>; 5] = Default::default();
        let taken = endless.iter_mut().filter_map(|share| budget.cover(share, 128 << 20).ok()).count();
        assert_eq!(taken, 1);
        let error = budget.cover(&mut endless[4], 128 << 20).unwrap_err();
        assert!(error.message.starts_with("response bodies above 4 MiB take more than 128 MiB"), "{error}");
        let mut usual: Vec<Option<Share>> = (0..100).map(|_| None).collect();
        usual.iter_mut().for_each(|share| budget.cover(share, OVERSIZED).unwrap());
        drop((endless, usual));
        for pool in [&budget.all, &budget.oversized] {
            assert_eq!(pool.left.load(Ordering::Relaxed), pool.whole);
        }
    }

    #[test]
    fn parts_that_nobody_needs_are_let_go() {
        let (mut spare, start) = (Spare::default(), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        (0..10).for_each(|_| spare.give(Vec::new(), start));
        assert_eq!(spare.parts.len(), 10);
        // All were needed at a time.
        (0..10).for_each(|_| assert!(spare.take().is_some()));
        (0..10).for_each(|_| spare.give(Vec::new(), at(900)));
        spare.give(Vec::new(), at(1000));
        assert_eq!(spare.parts.len(), 11);
        // Four of them were.
        let taken: Vec<_> = (0..4).filter_map(|_| spare.take()).collect();
        taken.into_iter().for_each(|part| spare.give(part, at(1500)));
        spare.give(Vec::new(), at(2000));
        assert_eq!(spare.parts.len(), 5);
        (0..300).for_each(|_| spare.give(Vec::new(), at(2100)));
        assert_eq!(spare.parts.len(), SPARE);
    }

    #[test]
    fn memory_is_known() {
        assert!(quarter_of_memory() >= LEAST);
    }
}
