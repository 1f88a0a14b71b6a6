//! What the demo shows: bars, a table and a story, laid out for a terminal.

pub mod amount;
mod page;
mod picture;
mod story;
mod table;

pub use self::page::Page;

#[cfg(test)]
mod tests {
    use flashcrowd_demo::{Figures, Tally};
    use flashcrowd_shop::Lock;

    /// The figures of a real run.
    pub(crate) fn sample() -> Vec<Figures> {
        let one = |lock, sold, left, purchase_ms, seconds| {
            let tally = Tally { sold, accepted: sold, refused: 1000 - sold, requests: 5000 };
            let (users, items, errors) = (1000, 100, 0);
            Figures {
                lock,
                users,
                items,
                shop: tally.clone(),
                crowd: tally,
                left,
                errors,
                purchase_ms,
                seconds,
            }
        };
        vec![
            one(Lock::None, 683, 0, [7.91, 26.4, 41.2], 2.84),
            one(Lock::Mutex, 100, 0, [3_742.0, 6_903.0, 7_214.0], 9.27),
            one(Lock::Atomic, 100, 0, [8.02, 25.9, 40.7], 2.81),
        ]
    }
}
