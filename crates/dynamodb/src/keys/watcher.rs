//! A watcher counts the units of keys on one worker, and hands what it has seen to the rates of the run once a second.

use std::cell::RefCell;
use std::sync::Arc;

use super::rates::{KeyRates, Seen};
use super::sketch::Sketch;
use super::touched::touched;
use crate::call::{Call, Consumed};
use crate::units::partition_units;

/// Tables and indexes that a worker watches.
const PLACES: usize = 64;

/// Where a table has less than this share of what one partition serves, none of its keys can be near it.
const WATCHED: f64 = 0.25;

/// Requests that are looked into, a second and place; of more, each stands for several.
const LOOKS: u64 = 2_000;

/// Counts the units of keys on a worker.
pub struct KeyWatch {
    rates: Arc<KeyRates>,
    state: RefCell<State>,
}

struct State {
    second: u64,
    places: Vec<Watched>,
    names: Names,
}

/// The reads or the writes of a table or an index.
struct Watched {
    table: Box<str>,
    index: Option<Box<str>>,
    is_write: bool,
    /// The attribute that is the partition key, once it is known.
    key: Option<Box<str>>,
    units: f64,
    calls: u64,
    /// Where keys are counted; none while too little is consumed for any key to matter.
    sketch: Option<Sketch>,
    /// One request of so many is looked into.
    every: u64,
    /// How many requests are passed over before the next one.
    skip: u64,
}

/// Names of keys, in memory that is used again.
#[derive(Default)]
struct Names {
    text: String,
    ends: Vec<usize>,
}

impl KeyWatch {
    /// The watcher of another worker.
    pub fn new(rates: Arc<KeyRates>) -> Self {
        rates.enter();
        let state = State { second: rates.second(), places: Vec::new(), names: Names::default() };
        Self { rates, state: RefCell::new(state) }
    }

    /// Takes in what a call that was served has consumed.
    pub fn served(&self, call: &Call, consumed: &[Consumed]) {
        let state = &mut *self.state.borrow_mut();
        let second = self.rates.second();
        if second != state.second {
            state.hand_over(&self.rates);
            state.second = second;
        }
        for part in consumed {
            for (is_write, units) in [(false, part.read), (true, part.write)] {
                if units > 0.0 {
                    state.add(&self.rates, call, part, (is_write, units));
                }
            }
        }
    }
}

impl Drop for KeyWatch {
    fn drop(&mut self) {
        self.state.get_mut().hand_over(&self.rates);
    }
}

impl State {
    fn add(&mut self, rates: &KeyRates, call: &Call, part: &Consumed, (is_write, units): (bool, f64)) {
        let is_it = |place: &Watched| {
            place.is_write == is_write
                && *place.table == *part.table
                && place.index.as_deref() == part.index.as_deref()
        };
        let place = match self.places.iter().position(is_it) {
            Some(at) => &mut self.places[at],
            None if self.places.len() < PLACES => {
                self.places.push(Watched::new(rates, part, is_write));
                let last = self.places.len() - 1;
                &mut self.places[last]
            }
            None => return,
        };
        place.units += units;
        place.calls += 1;
        let (Some(sketch), Some(key)) = (&mut place.sketch, &place.key) else { return };
        if place.skip > 0 {
            place.skip -= 1;
            return;
        }
        // At random, so that no rhythm of the load falls in with that of the looks.
        place.skip = fastrand::u64(0..2 * place.every - 1);
        let names = &mut self.names;
        names.clear();
        touched(call, (&place.table, place.index.as_deref()), key, |name| names.push(name));
        let each = units * place.every as f64 / names.count().max(1) as f64;
        names.iter().for_each(|name| sketch.add(name, each));
    }

    fn hand_over(&mut self, rates: &KeyRates) {
        let workers = rates.workers() as f64;
        for place in &mut self.places {
            place.hand_over(rates, self.second, workers);
        }
    }
}

impl Watched {
    fn new(rates: &KeyRates, part: &Consumed, is_write: bool) -> Self {
        Self {
            table: part.table.as_str().into(),
            index: part.index.as_deref().map(Into::into),
            is_write,
            key: rates.attribute(&part.table, part.index.as_deref()),
            units: 0.0,
            calls: 0,
            sketch: Some(Sketch::new()),
            every: 1,
            skip: 0,
        }
    }

    /// Hands over what was seen in a second, and sets up the next by it.
    fn hand_over(&mut self, rates: &KeyRates, second: u64, workers: f64) {
        let limit = partition_units(self.is_write);
        if self.calls > 0 {
            let seen =
                Seen { table: &self.table, index: self.index.as_deref(), is_write: self.is_write, second };
            let worth = WATCHED * limit / workers;
            rates.add(&seen, self.sketch.iter().flat_map(|sketch| sketch.heaviest(worth)));
        }
        match self.units * workers >= WATCHED * limit {
            true => self.sketch.get_or_insert_with(Sketch::new).clear(),
            false => self.sketch = None,
        }
        if self.key.is_none() {
            self.key = rates.attribute(&self.table, self.index.as_deref());
        }
        self.every = (self.calls / LOOKS).max(1);
        (self.units, self.calls) = (0.0, 0);
    }
}

impl Names {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    fn count(&self) -> usize {
        self.ends.len()
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;
    use crate::call::Operation;
    use crate::keys::HotKey;

    fn consumed(write: f64) -> [Consumed; 1] {
        [Consumed { table: "Products".to_owned(), index: None, read: 0.0, write }]
    }

    fn update(id: &str) -> Call {
        let body = format!(r#"{{"TableName":"Products","Key":{{"id":{{"S":"{id}"}}}}}}"#);
        Call {
            operation: Operation::UpdateItem,
            table: "Products".into(),
            name: "x".into(),
            body: body.into(),
        }
    }

    /// What is known after so many seconds of a load on two workers: updates a second, of which that share are of one item.
    async fn hottest(seconds: u64, per_second: u64, hot: f64, units: f64) -> Vec<HotKey> {
        let rates = Arc::new(KeyRates::default());
        rates.know("Products", None, "id");
        let workers = [KeyWatch::new(rates.clone()), KeyWatch::new(rates.clone())];
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..seconds {
            for at in 0..per_second {
                let id = if rng.f64() < hot { "hot".to_owned() } else { rng.u32(..100_000).to_string() };
                workers[(at % 2) as usize].served(&update(&id), &consumed(units));
            }
            advance(Duration::from_secs(1)).await;
        }
        drop(workers);
        rates.hottest()
    }

    #[tokio::test(start_paused = true)]
    async fn one_item_that_takes_4660_units_a_second_is_told() {
        let hottest = hottest(12, 4_660, 1.0, 1.0).await;
        assert_eq!(hottest.len(), 1);
        let HotKey { key, rate, limit, is_write, .. } = &hottest[0];
        assert_eq!((key.as_str(), *limit, *is_write), ("hot", 1_000.0, true));
        // It is measured by the requests that were looked into.
        assert!((4_400.0..=4_950.0).contains(rate), "{rate}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_hot_item_among_many_is_told_and_no_other() {
        let hottest = hottest(15, 10_000, 0.09, 1.0).await;
        assert_eq!(hottest.len(), 1, "{hottest:?}");
        assert!((780.0..=1_000.0).contains(&hottest[0].rate), "{hottest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn units_count_and_not_calls() {
        let hottest = hottest(11, 40, 1.0, 100.0).await;
        assert!((3_900.0..=4_100.0).contains(&hottest[0].rate), "{hottest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_table_is_not_looked_into() {
        assert!(hottest(11, 200, 1.0, 1.0).await.is_empty());
        let rates = Arc::new(KeyRates::default());
        let worker = KeyWatch::new(rates);
        worker.served(&update("a"), &consumed(1.0));
        advance(Duration::from_secs(1)).await;
        worker.served(&update("a"), &consumed(1.0));
        assert!(worker.state.borrow().places[0].sketch.is_none());
    }
}
