//! A queue is the line of people who wait at one booth.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The line at one booth. Everybody stands in it at most once.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<Line>);

#[derive(Debug, Default)]
struct Line {
    next_ticket: u64,
    /// The tickets of those who wait, in the order in which they came, and so in ascending order.
    waiting: Vec<u64>,
    tickets: HashMap<String, u64>,
}

/// Where somebody stands, 1 being the head of the line, and how many wait in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) position: usize,
    pub(crate) waiting: usize,
}

impl Queue {
    /// Joins at the end; who stands in the line already keeps their place.
    pub(crate) fn join(&self, who: &str) -> Position {
        let mut line = self.line();
        if let Some(position) = line.position(who) {
            return position;
        }
        let ticket = line.next_ticket;
        line.next_ticket += 1;
        line.waiting.push(ticket);
        line.tickets.insert(who.to_owned(), ticket);
        Position { position: line.waiting.len(), waiting: line.waiting.len() }
    }

    pub(crate) fn position(&self, who: &str) -> Option<Position> {
        self.line().position(who)
    }

    /// Leaves the line, and tells whether there was anybody to leave.
    pub(crate) fn leave(&self, who: &str) -> bool {
        let mut line = self.line();
        let Some(ticket) = line.tickets.remove(who) else { return false };
        if let Ok(place) = line.waiting.binary_search(&ticket) {
            line.waiting.remove(place);
        }
        true
    }

    pub(crate) fn clear(&self) {
        *self.line() = Line::default();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn position(&self, who: &str) -> Option<Position> {
        let place = self.waiting.binary_search(self.tickets.get(who)?).ok()?;
        Some(Position { position: place + 1, waiting: self.waiting.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: usize, waiting: usize) -> Position {
        Position { position, waiting }
    }

    #[test]
    fn the_line_moves_up_when_somebody_leaves() {
        let queue = Queue::default();
        assert_eq!(queue.join("a"), at(1, 1));
        assert_eq!(queue.join("b"), at(2, 2));
        assert_eq!(queue.join("c"), at(3, 3));
        assert_eq!(queue.join("b"), at(2, 3), "joining again keeps the place");
        assert!(queue.leave("a"));
        assert!(!queue.leave("a"));
        assert_eq!(queue.position("c"), Some(at(2, 2)));
        assert_eq!(queue.position("a"), None);
        assert_eq!(queue.join("a"), at(3, 3), "who left starts again at the end");
        queue.clear();
        assert_eq!(queue.position("b"), None);
    }
}
