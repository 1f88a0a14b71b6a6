//! Chance is how likely two runs of the same target differ as much as two records do.
//!
//! Compared are the values of single seconds, by the test of Mann and Whitney, which supposes nothing of how they are
//! distributed. Three things are done before:
//!
//! - Seconds of different loads are made comparable: each value is divided by the median of its load, within 15%, over
//!   both records. Loads that only one record has are left out.
//! - Neighbouring seconds are alike, and so count for less than as many independent ones: with the correlation r of
//!   neighbours, `(1 + r) / (1 - r)` of them count as one. Means of blocks of that many seconds are compared instead. At
//!   least eight blocks are needed on both sides.
//! - Of many comparisons some differ by chance: Holm's correction ("A simple sequentially rejective multiple test
//!   procedure", Scandinavian Journal of Statistics 6, 1979) holds the chance that any is wrong below 1%. The few numbers
//!   that say how a run went have a third of it to themselves, so that they do not pay for all the others.
//!
//! Runs too short for that can still be worlds apart: all seconds of one, five at least, above all of the other, with a gap
//! between them that is wider than what the seconds of either run spread over, and by half as much again. No swing of the
//! same process looks like that, so it counts without correction; the probability is the exact one.

use std::collections::BTreeMap;

use crate::stats::mann_whitney::MannWhitney;
use crate::stats::robust::{blocks, mean, median};

/// Differences that are more likely than this by chance are none, over all families together.
const CHANCE: f64 = 0.01;

/// Seconds that are needed on both sides to be worlds apart, and by how much they are.
const SECONDS: usize = 5;
const APART: f64 = 1.5;

/// Blocks that are needed on both sides.
const BLOCKS: usize = 8;

/// More alike than this, neighbours are one for all purposes.
const ALIKE: f64 = 0.95;

/// A block is not made longer for less than this part of a second: independent seconds look a little alike, too.
const SLACK: f64 = 0.25;

/// The values of the seconds of both records, each with its load, in the order of time.
pub(super) type Values = [Vec<(String, f64)>; 2];

/// Which numbers share their part of the chance to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// The few that say how a run went.
    Headline,
    /// Those of single requests.
    Request,
    /// All others, and those of steps.
    Detail,
}

/// What the seconds say of a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Test {
    pub(super) p_value: f64,
    /// Whether the second is the larger.
    pub(super) rises: bool,
    /// Whether they are worlds apart, so that no correction is needed.
    pub(super) is_apart: bool,
}

/// Tests whether two series of seconds differ; none where there are too few.
pub(super) fn judge(values: &Values) -> Option<Test> {
    let aligned = aligned(values);
    let is_apart = is_apart(&aligned);
    let test = test(aligned.each_ref()).or_else(|| {
        let [before, after] =
            aligned.each_ref().map(|side| side.iter().map(|(_, value)| *value).collect::<Vec<_>>());
        MannWhitney::of(&before, &after).filter(|_| is_apart)
    })?;
    Some(Test { p_value: test.p_value, rises: test.superiority > 0.5, is_apart })
}

/// Whether all seconds of one are so far above all of the other that no swing explains it.
fn is_apart(values: &[Vec<(&str, f64)>; 2]) -> bool {
    if values.iter().any(|side| side.len() < SECONDS) {
        return false;
    }
    let edges = values.each_ref().map(|side| {
        let values = side.iter().map(|(_, value)| *value);
        (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max))
    });
    let [below, above] = if edges[0].0 < edges[1].0 { edges } else { [edges[1], edges[0]] };
    let spread = (below.1 - below.0).max(above.1 - above.0);
    above.0 - below.1 > spread && above.0 > below.1 * APART
}

fn test(aligned: [&Vec<(&str, f64)>; 2]) -> Option<MannWhitney> {
    let length = aligned.iter().map(|values| block_length(values)).max().unwrap_or(1);
    let [before, after] = aligned.map(|values| {
        let values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        blocks(&values, values.len() / length).filter_map(mean).collect::<Vec<f64>>()
    });
    if before.len() < BLOCKS || after.len() < BLOCKS {
        return None;
    }
    MannWhitney::of(&before, &after)
}

/// Which differences are too unlikely for chance, those of a family taken together.
pub(super) fn unlikely(tests: &[(Family, Option<Test>)]) -> Vec<bool> {
    let mut found: Vec<bool> = tests.iter().map(|(_, test)| test.is_some_and(|test| test.is_apart)).collect();
    let families = [Family::Headline, Family::Request, Family::Detail];
    for family in families {
        let of_family = tests.iter().enumerate().filter(|(_, (of, _))| *of == family);
        let mut order: Vec<(usize, f64)> =
            of_family.filter_map(|(at, (_, test))| Some((at, (*test)?.p_value))).collect();
        order.sort_by(|one, other| one.1.total_cmp(&other.1));
        for (rank, (at, p_value)) in order.iter().enumerate() {
            if p_value * (order.len() - rank) as f64 >= CHANCE / families.len() as f64 {
                break;
            }
            found[*at] = true;
        }
    }
    found
}

/// Values of different loads on one scale.
fn aligned(values: &Values) -> [Vec<(&str, f64)>; 2] {
    let mut by_load: BTreeMap<&str, [Vec<f64>; 2]> = BTreeMap::new();
    for (side, values) in values.iter().enumerate() {
        for (load, value) in values {
            by_load.entry(load).or_default()[side].push(*value);
        }
    }
    by_load.retain(|_, sides| sides.iter().all(|side| !side.is_empty()));
    let medians: BTreeMap<&str, f64> = by_load
        .into_iter()
        .map(|(load, sides)| (load, median(&sides.concat()).unwrap_or_default()))
        .collect();
    let is_scalable = medians.values().all(|median| *median > 0.0);
    values.each_ref().map(|values| {
        let scaled = values.iter().filter_map(|(load, value)| {
            let median = medians.get(load.as_str())?;
            Some((load.as_str(), if is_scalable { value / median } else { *value }))
        });
        scaled.collect()
    })
}

/// How many seconds count as one: by how alike neighbours are beyond what their load makes them.
fn block_length(values: &[(&str, f64)]) -> usize {
    let parts = || values.chunk_by(|one, other| one.0 == other.0);
    let rests: Vec<f64> = parts()
        .flat_map(|part| {
            let part: Vec<f64> = part.iter().map(|(_, value)| *value).collect();
            let middle = mean(&part).unwrap_or_default();
            part.into_iter().map(move |value| value - middle)
        })
        .collect();
    let variance: f64 = rests.iter().map(|rest| rest * rest).sum();
    let together: f64 = rests.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let (count, parts) = (rests.len() as f64, parts().count() as f64);
    if variance <= 0.0 || count <= 4.0 * parts {
        return 1;
    }
    // Of short series the correlation comes out too small (Kendall, Biometrika 41, 1954); of very short ones that cannot
    // be put right, as next to nothing is divided by.
    let left = (count - 4.0 * parts).max(count / 2.0);
    let alike = ((count * together / variance + parts) / left).clamp(0.0, ALIKE);
    ((1.0 + alike) / (1.0 - alike) - SLACK).ceil().max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use proptest::prelude::*;

    use super::*;
    use crate::simulator::normal;

    fn series(rng: &mut Rng, length: usize, keeps: f64, level: f64) -> Vec<(String, f64)> {
        let mut noise = normal(rng);
        let values = (0..length).map(|_| {
            noise = keeps * noise + (1.0 - keeps * keeps).sqrt() * normal(rng);
            (String::new(), level * (1.0 + 0.1 * noise))
        });
        values.collect()
    }

    #[test]
    fn neighbours_that_are_alike_count_for_less() {
        let mut rng = Rng::with_seed(11);
        for keeps in [0.0, 0.4, 0.7] {
            let wrong = (0..1000)
                .filter_map(|_| judge(&[series(&mut rng, 60, keeps, 5.0), series(&mut rng, 60, keeps, 5.0)]))
                .filter(|test| test.p_value < 0.05)
                .count();
            assert!(wrong < 100, "{keeps}: {wrong}");
        }
        let test = judge(&[series(&mut rng, 60, 0.4, 5.0), series(&mut rng, 60, 0.4, 6.0)]).unwrap();
        assert!(test.p_value < 1e-4 && test.rises && !test.is_apart, "{test:?}");
    }

    #[test]
    fn only_loads_that_both_have_are_compared() {
        let of = |load: &str, value: f64| vec![(load.to_owned(), value); 20];
        let both =
            [[of("VU 1", 5.0), of("VU 2", 9.0)].concat(), [of("VU 2", 9.0), of("VU 3", 90.0)].concat()];
        assert_eq!(judge(&both).unwrap().p_value, 1.0);
        assert_eq!(judge(&[of("VU 1", 5.0), of("VU 2", 9.0)]), None);
    }

    #[test]
    fn few_blocks_say_nothing_unless_they_are_worlds_apart() {
        let mut rng = Rng::with_seed(2);
        assert_eq!(judge(&[series(&mut rng, 7, 0.0, 1.0), series(&mut rng, 50, 0.0, 1.2)]), None);
        assert_eq!(judge(&[series(&mut rng, 4, 0.0, 1.0), series(&mut rng, 50, 0.0, 9.0)]), None);
        let found = judge(&[series(&mut rng, 5, 0.0, 9.0), series(&mut rng, 5, 0.0, 1.0)]).unwrap();
        assert!(found.is_apart && !found.rises && (found.p_value - 2.0 / 252.0).abs() < 1e-12, "{found:?}");
        // Something that was not there before.
        let none = vec![(String::new(), 0.0); 6];
        assert!(judge(&[none.clone(), series(&mut rng, 6, 0.0, 9.0)]).unwrap().is_apart);
        assert_eq!(judge(&[none.clone(), none]), None);
    }

    #[test]
    fn many_short_parts_are_not_taken_for_one_second() {
        let mut rng = Rng::with_seed(4);
        let steps = |rng: &mut Rng| {
            let step = |load: usize| {
                series(rng, 5, 0.0, load as f64).into_iter().map(move |(_, value)| (load.to_string(), value))
            };
            (1..6).flat_map(step).collect::<Vec<_>>()
        };
        let told = (0..100).filter(|_| judge(&[steps(&mut rng), steps(&mut rng)]).is_some()).count();
        assert!(told > 80, "{told}");
    }

    fn headlines(p_values: &[Option<f64>]) -> Vec<(Family, Option<Test>)> {
        let test = |p_value: f64| Test { p_value, rises: true, is_apart: false };
        p_values.iter().map(|p_value| (Family::Headline, p_value.map(test))).collect()
    }

    #[test]
    fn the_more_is_compared_the_less_likely_it_has_to_be() {
        assert_eq!(unlikely(&headlines(&[Some(0.0016), None, Some(0.0016)])), [true, false, true]);
        assert_eq!(unlikely(&headlines(&[Some(0.0016), Some(0.5), Some(0.0016)])), [false; 3]);
        assert_eq!(unlikely(&headlines(&[Some(0.0005), Some(0.02), Some(0.0016)])), [true, false, true]);
        // Others do not cost the headlines anything.
        let mut mixed = headlines(&[Some(0.003), Some(0.5), Some(0.5), Some(0.5)]);
        assert_eq!(unlikely(&mixed), [false; 4]);
        mixed[1..].iter_mut().for_each(|(family, _)| *family = Family::Detail);
        assert_eq!(unlikely(&mixed), [true, false, false, false]);
    }

    proptest! {
        #[test]
        fn holm_rejects_the_smallest_first(values in proptest::collection::vec(0.0..0.02_f64, 0..20)) {
            let found = unlikely(&headlines(&values.iter().copied().map(Some).collect::<Vec<_>>()));
            let rejected = values.iter().zip(&found).filter(|(_, found)| **found).map(|(p, _)| *p).fold(0.0, f64::max);
            for (p_value, found) in values.iter().zip(&found) {
                prop_assert!(*found || *p_value >= rejected);
                prop_assert!(!*found || *p_value < CHANCE);
            }
        }
    }
}
