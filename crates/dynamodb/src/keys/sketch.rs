//! A sketch finds the heaviest of any number of keys in a fixed amount of memory: Metwally's space-saving.
//!
//! It has so many places. A key without one takes that of the lightest and its weight, which is told apart: a key's weight
//! is never less than `weight - error` and never more than `weight`. Whoever has more than the whole divided by the number of
//! places has one.

/// How many keys it has a place for.
const PLACES: usize = 256;

/// Names are kept up to so many bytes.
const LONGEST: usize = 64;

/// The heaviest of the keys that were added.
pub(super) struct Sketch {
    /// Numbers of the keys, looked through for each: they are few, and next to each other.
    numbers: Vec<u64>,
    places: Vec<Place>,
}

struct Place {
    name: String,
    weight: f64,
    error: f64,
}

impl Sketch {
    /// An empty one. All memory that it will need is taken now.
    pub(super) fn new() -> Self {
        let place = || Place { name: String::with_capacity(LONGEST), weight: 0.0, error: 0.0 };
        Self { numbers: Vec::with_capacity(PLACES), places: (0..PLACES).map(|_| place()).collect() }
    }

    /// Adds the weight of a key.
    pub(super) fn add(&mut self, name: &str, weight: f64) {
        let number = hash(name);
        if let Some(at) = self.numbers.iter().position(|known| *known == number) {
            self.places[at].weight += weight;
            return;
        }
        let at = match self.numbers.len() {
            free if free < PLACES => {
                self.numbers.push(number);
                free
            }
            _ => self.lightest(),
        };
        self.numbers[at] = number;
        let place = &mut self.places[at];
        place.error = place.weight;
        place.weight += weight;
        place.name.clear();
        place.name.push_str(beginning(name));
    }

    /// The keys with at least so much for sure, and how much that is.
    pub(super) fn heaviest(&self, least: f64) -> impl Iterator<Item = (&str, f64)> {
        let used = &self.places[..self.numbers.len()];
        used.iter()
            .map(|place| (place.name.as_str(), place.weight - place.error))
            .filter(move |(_, sure)| *sure >= least)
    }

    /// Forgets all keys.
    pub(super) fn clear(&mut self) {
        self.places[..self.numbers.len()].iter_mut().for_each(|place| {
            (place.weight, place.error) = (0.0, 0.0);
        });
        self.numbers.clear();
    }

    fn lightest(&self) -> usize {
        let weights = self.places.iter().map(|place| place.weight).enumerate();
        weights.min_by(|(_, one), (_, other)| one.total_cmp(other)).map_or(0, |(at, _)| at)
    }
}

/// FNV-1a: names are short, and nobody gains from making two of them alike.
fn hash(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn beginning(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use fastrand::Rng;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_heaviest_of_a_hundred_thousand_keys_are_found() {
        let (mut sketch, mut rng) = (Sketch::new(), Rng::with_seed(5));
        for _ in 0..200_000 {
            match rng.u32(..100) {
                0..5 => sketch.add("hot", 1.0),
                5..8 => sketch.add("warm", 1.0),
                _ => sketch.add(&format!("k{}", rng.u32(..100_000)), 1.0),
            }
        }
        let found: HashMap<&str, f64> = sketch.heaviest(3_000.0).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        // They came often enough to have kept their places since early on.
        assert!((9_000.0..=10_300.0).contains(&found["hot"]), "{found:?}");
        assert!((5_000.0..=6_300.0).contains(&found["warm"]), "{found:?}");
    }

    #[test]
    fn it_takes_no_more_memory_than_at_first() {
        let mut sketch = Sketch::new();
        for round in 0..3 {
            (0..10_000).for_each(|key| sketch.add(&format!("{round} {key} {}", "한".repeat(60)), 1.0));
            assert_eq!((sketch.numbers.capacity(), sketch.places.len()), (PLACES, PLACES));
            assert!(sketch.places.iter().all(|place| place.name.capacity() == LONGEST));
            sketch.clear();
            assert_eq!(sketch.heaviest(0.0).count(), 0);
        }
    }

    proptest! {
        /// What it says of a key is never more than it had, and nobody with more than a place's share is missed.
        #[test]
        fn it_never_says_too_much(keys in prop::collection::vec((0_u32..600, 1_u32..50), 1..2_000)) {
            let (mut sketch, mut exact) = (Sketch::new(), HashMap::new());
            for (key, weight) in &keys {
                sketch.add(&key.to_string(), f64::from(*weight));
                *exact.entry(key.to_string()).or_insert(0.0) += f64::from(*weight);
            }
            let whole: f64 = exact.values().sum();
            for (key, sure) in sketch.heaviest(0.0) {
                prop_assert!(sure <= exact[key]);
            }
            let held: Vec<&str> = sketch.heaviest(f64::MIN).map(|(key, _)| key).collect();
            for (key, weight) in &exact {
                prop_assert!(*weight <= whole / PLACES as f64 || held.contains(&key.as_str()), "{key}");
            }
        }
    }
}
