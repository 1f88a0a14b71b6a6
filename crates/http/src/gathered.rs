//! A gathered body is one that comes in pieces: it grows without moving what is there, and never holds up a thread.

use std::sync::Arc;

use bytes::Bytes;

use crate::budget::{Budget, PART, Share, kept};
use crate::error::HttpError;

/// The pieces of a body.
#[derive(Debug)]
pub(crate) struct Gathered<'a> {
    budget: &'a Arc<Budget>,
    share: Option<Share>,
    /// Full parts.
    parts: Vec<Vec<u8>>,
    /// The part that grows.
    last: Vec<u8>,
}

impl<'a> Gathered<'a> {
    pub(crate) fn new(budget: &'a Arc<Budget>) -> Self {
        Self { budget, share: None, parts: Vec::new(), last: Vec::new() }
    }

    /// How long it is.
    pub(crate) fn len(&self) -> usize {
        self.parts.len() * PART + self.last.len()
    }

    /// Makes room for so many bytes more, as far as they fit into a part.
    pub(crate) fn expect(&mut self, more: usize) -> Result<(), HttpError> {
        self.grow((self.last.len() + more).min(PART))
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, mut piece: &[u8]) -> Result<(), HttpError> {
        while !piece.is_empty() {
            if self.last.len() == PART {
                self.budget.cover(&mut self.share, (self.parts.len() + 2) * PART)?;
                self.parts.push(std::mem::replace(&mut self.last, self.budget.part()));
            }
            let (now, later) = piece.split_at(piece.len().min(PART - self.last.len()));
            if self.last.len() + now.len() > self.last.capacity() {
                let capacity = (self.last.len() + now.len()).max(self.last.capacity() / 2 * 3);
                self.grow(capacity.min(PART))?;
            }
            self.last.extend_from_slice(now);
            piece = later;
        }
        Ok(())
    }

    /// All of it in one; others have their turn while it is put together.
    pub(crate) async fn whole(mut self) -> Bytes {
        if self.parts.is_empty() {
            return kept(std::mem::take(&mut self.last), self.share.take());
        }
        let mut body = Vec::with_capacity(self.len());
        for part in std::mem::take(&mut self.parts) {
            body.extend_from_slice(&part);
            // Given back before the next one is copied, so that a body is not in memory twice.
            drop(part);
            tokio::task::yield_now().await;
        }
        body.extend_from_slice(&self.last);
        kept(body, self.share.take())
    }

    fn grow(&mut self, capacity: usize) -> Result<(), HttpError> {
        self.budget.cover(&mut self.share, self.parts.len() * PART + capacity)?;
        self.last.reserve_exact(capacity.saturating_sub(self.last.len()));
        Ok(())
    }
}

impl Drop for Gathered<'_> {
    fn drop(&mut self) {
        for part in self.parts.drain(..).chain([std::mem::take(&mut self.last)]) {
            self.budget.take_back(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_of_any_size_make_a_whole() {
        let budget = Budget::new(100 << 20);
        for (pieces, size) in
            [(1, 0), (1, 10), (7, 100_000), (3, PART), (5, PART + 1), (2, PART / 2), (40, 99_999)]
        {
            let mut gathered = Gathered::new(&budget);
            let piece: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            for _ in 0..pieces {
                gathered.push(&piece).unwrap();
            }
            assert_eq!(gathered.len(), pieces * size);
            assert!(gathered.whole().await == piece.repeat(pieces), "{pieces} of {size}");
        }
    }

    #[test]
    fn what_was_announced_is_there_at_once() {
        let budget = Budget::new(100 << 20);
        let mut gathered = Gathered::new(&budget);
        gathered.expect(700_000).unwrap();
        let capacity = gathered.last.capacity();
        (0..7).for_each(|_| gathered.push(&[1; 100_000]).unwrap());
        assert_eq!((capacity, gathered.last.capacity()), (700_000, 700_000));
        let mut lying = Gathered::new(&budget);
        lying.expect(usize::MAX / 2).unwrap();
        assert_eq!(lying.last.capacity(), PART);
    }
}
