//! Messages in chunks, where a bus limits their size. A message of which a chunk is lost is lost: it is told again.

use std::collections::VecDeque;

/// How many messages may be incomplete: those of which a chunk was lost make room for others.
const MOST_INCOMPLETE: usize = 64;
/// How many chunks a message may have.
const MOST_CHUNKS: u32 = 4096;
/// The message's number, the chunk's, and how many there are.
const HEAD: usize = 8 + 4 + 4;

/// Cuts a message into chunks of at most that size.
pub(super) fn cut(number: u64, message: &[u8], most: usize) -> Vec<Vec<u8>> {
    let parts: Vec<&[u8]> = match message.is_empty() {
        true => vec![message],
        false => message.chunks(most.saturating_sub(HEAD).max(1)).collect(),
    };
    let count = parts.len() as u32;
    let chunk = |(at, part): (usize, &[u8])| {
        let mut chunk = number.to_be_bytes().to_vec();
        chunk.extend((at as u32).to_be_bytes());
        chunk.extend(count.to_be_bytes());
        chunk.extend(part);
        chunk
    };
    parts.into_iter().enumerate().map(chunk).collect()
}

/// Puts chunks together again.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    incomplete: VecDeque<Incomplete>,
}

#[derive(Debug)]
struct Incomplete {
    number: u64,
    parts: Vec<Option<Vec<u8>>>,
}

impl Chunks {
    /// Takes a chunk; the message, if it is complete. What is no chunk is left out.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Option<Vec<u8>> {
        let (head, part) = chunk.split_at_checked(HEAD)?;
        let number = u64::from_be_bytes(head[..8].try_into().ok()?);
        let at = u32::from_be_bytes(head[8..12].try_into().ok()?) as usize;
        let count = u32::from_be_bytes(head[12..].try_into().ok()?);
        if count == 1 && at == 0 {
            return Some(part.to_vec());
        }
        if count > MOST_CHUNKS || at >= count as usize {
            return None;
        }
        let known = self.incomplete.iter().position(|one| one.number == number);
        let known = known.unwrap_or_else(|| {
            if self.incomplete.len() >= MOST_INCOMPLETE {
                self.incomplete.pop_front();
            }
            self.incomplete.push_back(Incomplete { number, parts: vec![None; count as usize] });
            self.incomplete.len() - 1
        });
        let message = &mut self.incomplete[known];
        *message.parts.get_mut(at)? = Some(part.to_vec());
        if message.parts.iter().any(Option::is_none) {
            return None;
        }
        let whole = self.incomplete.remove(known)?;
        Some(whole.parts.into_iter().flatten().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn chunks_in_any_order_make_the_message(
            message in prop::collection::vec(any::<u8>(), 0..3000),
            most in 17usize..700,
            order in any::<u64>(),
        ) {
            let mut chunks = cut(9, &message, most);
            prop_assert!(chunks.iter().all(|chunk| chunk.len() <= most));
            let mut random = order;
            chunks.sort_by_cached_key(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                random
            });
            let mut taken = Chunks::default();
            let found: Vec<Vec<u8>> = chunks.iter().filter_map(|chunk| taken.take(chunk)).collect();
            prop_assert_eq!(found, vec![message]);
            prop_assert!(taken.incomplete.is_empty());
        }

        #[test]
        fn what_is_no_chunk_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            Chunks::default().take(&bytes);
        }
    }

    #[test]
    fn what_stays_incomplete_is_bounded() {
        let mut taken = Chunks::default();
        for number in 0..10_000 {
            assert_eq!(taken.take(&cut(number, &[7; 100], 60)[0]), None);
        }
        assert_eq!(taken.incomplete.len(), MOST_INCOMPLETE);
    }
}
