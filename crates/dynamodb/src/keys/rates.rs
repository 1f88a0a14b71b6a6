//! The rates of keys, as all workers of a run have seen them together: how fast the hottest ones were used.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::units::partition_units;

/// A rate is that of so many seconds in a row: a partition lets a key be faster for a moment.
const WINDOW: u64 = 10;

/// Keys that are kept for a table or an index.
const KEPT: usize = 64;

/// Tables and indexes whose keys are watched.
const PLACES: usize = 64;

/// From this share of what a partition serves on, a key is near it.
const NEAR: f64 = 0.8;

/// From this share on, a key is told of.
const WORTH_TELLING: f64 = 0.25;

/// The rates of keys, for all workers of a run.
pub struct KeyRates {
    origin: Instant,
    workers: AtomicUsize,
    state: Mutex<State>,
}

/// How fast a key was used.
#[derive(Clone, Debug, PartialEq)]
pub struct HotKey {
    /// The table.
    pub table: String,
    /// The index, if it is one's.
    pub index: Option<String>,
    /// Whether it was written, rather than read.
    pub is_write: bool,
    /// The value of the partition key, as far as it is kept.
    pub key: String,
    /// Units a second, in the ten seconds in a row in which they were most; of a shorter load, all of it.
    pub rate: f64,
    /// Units of the busiest second.
    pub peak: f64,
    /// Units a second that a partition serves.
    pub limit: f64,
}

#[derive(Default)]
struct State {
    attributes: Vec<Attribute>,
    places: Vec<Place>,
}

/// The attribute that is the partition key of a table or an index.
struct Attribute {
    table: String,
    index: Option<String>,
    name: String,
}

/// The reads or the writes of a table or an index.
struct Place {
    table: String,
    index: Option<String>,
    is_write: bool,
    first: u64,
    last: u64,
    keys: Vec<Tracked>,
}

/// A key that was used much.
struct Tracked {
    key: String,
    /// Units by second, each where the second's remainder by the window points.
    seconds: [f64; WINDOW as usize],
    last: u64,
    most: f64,
    peak: f64,
    is_told: bool,
}

/// What a worker has seen of a place in one second.
pub(super) struct Seen<'a> {
    pub(super) table: &'a str,
    pub(super) index: Option<&'a str>,
    pub(super) is_write: bool,
    pub(super) second: u64,
}

impl HotKey {
    /// How much of what a partition serves that is.
    pub fn share(&self) -> f64 {
        self.rate / self.limit
    }
}

impl Default for KeyRates {
    fn default() -> Self {
        Self { origin: Instant::now(), workers: AtomicUsize::new(0), state: Mutex::default() }
    }
}

impl KeyRates {
    /// Says which attribute is the partition key of a table or of one of its indexes; what is not known is not watched.
    pub fn know(&self, table: &str, index: Option<&str>, attribute: &str) {
        let mut state = self.lock();
        if state.attributes.len() < PLACES && state.attribute(table, index).is_none() {
            let (table, index) = (table.to_owned(), index.map(str::to_owned));
            state.attributes.push(Attribute { table, index, name: attribute.to_owned() });
        }
    }

    /// The hottest keys, those first that come nearest to what a partition serves.
    pub fn hottest(&self) -> Vec<HotKey> {
        let state = self.lock();
        let keys = state.places.iter().flat_map(|place| place.keys.iter().map(|key| place.hot(key)));
        let mut keys: Vec<HotKey> = keys.filter(|key| key.share() >= WORTH_TELLING).collect();
        keys.sort_by(|one, other| other.share().total_cmp(&one.share()));
        keys
    }

    /// Keys that have come near to what a partition serves since this was asked.
    pub fn news(&self) -> Vec<HotKey> {
        let mut state = self.lock();
        let mut found = Vec::new();
        for place in &mut state.places {
            let is_long = place.last - place.first + 1 >= WINDOW;
            for at in 0..place.keys.len() {
                let hot = place.hot(&place.keys[at]);
                if is_long && hot.share() >= NEAR && !place.keys[at].is_told {
                    place.keys[at].is_told = true;
                    found.push(hot);
                }
            }
        }
        found
    }

    pub(super) fn second(&self) -> u64 {
        self.origin.elapsed().as_secs()
    }

    pub(super) fn enter(&self) {
        self.workers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed).max(1)
    }

    pub(super) fn attribute(&self, table: &str, index: Option<&str>) -> Option<Box<str>> {
        self.lock().attribute(table, index).map(Into::into)
    }

    /// Takes in what one worker has seen of a place in a second: keys and their units.
    pub(super) fn add<'k>(&self, seen: &Seen<'_>, keys: impl Iterator<Item = (&'k str, f64)>) {
        let mut state = self.lock();
        let is_it = |place: &Place| {
            place.table == seen.table
                && place.index.as_deref() == seen.index
                && place.is_write == seen.is_write
        };
        let at = match state.places.iter().position(is_it) {
            Some(at) => at,
            None if state.places.len() < PLACES => {
                state.places.push(Place::new(seen));
                state.places.len() - 1
            }
            None => return,
        };
        let place = &mut state.places[at];
        place.first = place.first.min(seen.second);
        place.last = place.last.max(seen.second);
        keys.for_each(|(key, units)| place.add(key, seen.second, units));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn attribute(&self, table: &str, index: Option<&str>) -> Option<&str> {
        let is_it = |known: &&Attribute| known.table == table && known.index.as_deref() == index;
        self.attributes.iter().find(is_it).map(|known| known.name.as_str())
    }
}

impl Place {
    fn new(seen: &Seen<'_>) -> Self {
        Self {
            table: seen.table.to_owned(),
            index: seen.index.map(str::to_owned),
            is_write: seen.is_write,
            first: seen.second,
            last: seen.second,
            keys: Vec::new(),
        }
    }

    fn add(&mut self, key: &str, second: u64, units: f64) {
        let at = match self.keys.iter().position(|known| known.key == key) {
            Some(at) => at,
            None if self.keys.len() < KEPT => {
                self.keys.push(Tracked::new(key, second));
                self.keys.len() - 1
            }
            None => {
                let least = self.keys.iter().enumerate().min_by(|(_, a), (_, b)| a.most.total_cmp(&b.most));
                let at = least.map_or(0, |(at, _)| at);
                if self.keys[at].most > units {
                    return;
                }
                self.keys[at] = Tracked::new(key, second);
                at
            }
        };
        self.keys[at].add(second, units);
    }

    fn hot(&self, tracked: &Tracked) -> HotKey {
        let length = (self.last - self.first + 1).min(WINDOW);
        HotKey {
            table: self.table.clone(),
            index: self.index.clone(),
            is_write: self.is_write,
            key: tracked.key.clone(),
            rate: tracked.most / length as f64,
            peak: tracked.peak,
            limit: partition_units(self.is_write),
        }
    }
}

impl Tracked {
    fn new(key: &str, second: u64) -> Self {
        let seconds = [0.0; WINDOW as usize];
        Self { key: key.to_owned(), seconds, last: second, most: 0.0, peak: 0.0, is_told: false }
    }

    /// Workers tell of a second one after the other, and of one that is over also late.
    fn add(&mut self, second: u64, units: f64) {
        let slot = |second: u64| (second % WINDOW) as usize;
        if second > self.last {
            (self.last + 1..=second)
                .take(WINDOW as usize)
                .for_each(|passed| self.seconds[slot(passed)] = 0.0);
            self.last = second;
        }
        if self.last - second >= WINDOW {
            return;
        }
        self.seconds[slot(second)] += units;
        self.peak = self.peak.max(self.seconds[slot(second)]);
        self.most = self.most.max(self.seconds.iter().sum());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(second: u64) -> Seen<'static> {
        Seen { table: "Products", index: None, is_write: true, second }
    }

    fn rate_of(units: &[(u64, f64)]) -> (f64, f64) {
        let rates = KeyRates::default();
        for (second, units) in units {
            rates.add(&seen(*second), [("hot", *units)].into_iter());
        }
        let hottest = rates.hottest();
        hottest.first().map_or((0.0, 0.0), |key| (key.rate, key.peak))
    }

    #[test]
    fn a_rate_is_that_of_ten_seconds_in_a_row() {
        let steady: Vec<(u64, f64)> = (0..30).map(|second| (second, 900.0)).collect();
        assert_eq!(rate_of(&steady), (900.0, 900.0));
        // A moment above the limit is none: the partition has saved up a second's worth.
        let mut moment = steady.clone();
        moment[12].1 = 1_900.0;
        assert_eq!(rate_of(&moment), (1_000.0, 1_900.0));
        let short: Vec<(u64, f64)> = (7..11).map(|second| (second, 500.0)).collect();
        assert_eq!(rate_of(&short), (500.0, 500.0));
        let gap = [(0, 4_000.0), (40, 5_000.0)];
        assert_eq!(rate_of(&gap), (500.0, 5_000.0));
    }

    #[test]
    fn workers_add_up_also_when_one_is_late() {
        let mut told: Vec<(u64, f64)> = (0..20).map(|second| (second, 600.0)).collect();
        told.extend((12..20).map(|second| (second, 500.0)));
        let (rate, peak) = rate_of(&told);
        assert_eq!((rate, peak), ((2.0 * 600.0 + 8.0 * 1_100.0) / 10.0, 1_100.0));
    }

    #[test]
    fn a_key_is_news_once_when_it_comes_near() {
        let rates = KeyRates::default();
        let mut told = Vec::new();
        for second in 0..30 {
            let units = if second < 10 { 700.0 } else { 850.0 };
            rates.add(&seen(second), [("hot", units), ("cold", 5.0)].into_iter());
            told.extend(rates.news().into_iter().map(|key| (second, key.key, key.rate)));
        }
        assert_eq!(told, [(16, "hot".to_owned(), 805.0)]);
        assert_eq!(rates.hottest().len(), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let rates = KeyRates::default();
        for key in 0..10_000 {
            rates.know(&key.to_string(), None, "id");
            rates.add(&seen(key), [(key.to_string().as_str(), 100.0)].into_iter());
            let table = key.to_string();
            rates.add(&Seen { table: &table, ..seen(key) }, std::iter::empty());
        }
        let state = rates.lock();
        assert_eq!((state.places.len(), state.attributes.len()), (PLACES, PLACES));
        assert_eq!(state.places[0].keys.len(), KEPT);
    }
}
