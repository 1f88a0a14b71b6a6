//! An execution segment is the share of a test that one party runs: a machine, or one worker thread of it.
//!
//! Shares are exact. Elements (virtual users, iterations) are striped: over a cycle as long as the common
//! denominator of all shares, element `i` goes to the largest party that has not had more than its part of
//! `0..i` yet. So parties take disjoint, interleaved elements, and together all of them, without talking to each
//! other. A worker thread is a party inside its machine's share; stripes nest, hence one arithmetic does both.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest cycle of a striping; finer proportions are rounded to it.
const MAX_CYCLE: u64 = 1 << 22;

/// Why a segment or a sequence could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// A part is no fraction.
    #[error("'{0}' is not a fraction: write 1/3, 0.25 or 10%")]
    Fraction(String),
    /// The borders are out of order or out of range.
    #[error("'{0}' must grow from 0 to 1, such as 0:1/3")]
    Range(String),
    /// The segment is no part of the sequence.
    #[error("segment {segment} is not a part of the sequence {sequence}")]
    NotInSequence {
        /// The segment.
        segment: Segment,
        /// The sequence.
        sequence: Sequence,
    },
}

/// A reduced fraction from zero to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    numerator: u64,
    denominator: u64,
}

impl Fraction {
    const ZERO: Self = Self { numerator: 0, denominator: 1 };
    const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// As a number.
    pub fn value(&self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    fn reduced(numerator: u64, denominator: u64) -> Self {
        let divisor = gcd(numerator, denominator).max(1);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let cross = |a: &Self, b: &Self| u128::from(a.numerator) * u128::from(b.denominator);
        cross(self, other).cmp(&cross(other, self))
    }
}

impl FromStr for Fraction {
    type Err = SegmentError;

    fn from_str(text: &str) -> Result<Self, SegmentError> {
        let wrong = || SegmentError::Fraction(text.to_owned());
        let trimmed = text.trim();
        let (numerator, denominator) = if let Some((above, below)) = trimmed.split_once('/') {
            (above.trim().parse().map_err(|_| wrong())?, below.trim().parse().map_err(|_| wrong())?)
        } else if let Some(percent) = trimmed.strip_suffix('%') {
            let (numerator, denominator) = decimal(percent).ok_or_else(wrong)?;
            (numerator, denominator * 100)
        } else {
            decimal(trimmed).ok_or_else(wrong)?
        };
        if denominator == 0 || numerator > denominator {
            return Err(wrong());
        }
        Ok(Self::reduced(numerator, denominator))
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

/// From where to where of a test a party runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    from: Fraction,
    to: Fraction,
}

impl Segment {
    /// The whole test.
    pub fn whole() -> Self {
        Self { from: Fraction::ZERO, to: Fraction::ONE }
    }

    /// Where it begins.
    pub fn from(&self) -> Fraction {
        self.from
    }

    /// Where it ends.
    pub fn to(&self) -> Fraction {
        self.to
    }
}

impl FromStr for Segment {
    type Err = SegmentError;

    fn from_str(text: &str) -> Result<Self, SegmentError> {
        let (from, to) = match text.split_once(':') {
            Some((from, to)) => (from.parse()?, to.parse()?),
            None => (Fraction::ZERO, text.parse()?),
        };
        if from >= to {
            return Err(SegmentError::Range(text.to_owned()));
        }
        Ok(Self { from, to })
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.from, self.to)
    }
}

/// The borders of all segments of a test, from zero to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence(Vec<Fraction>);

impl Sequence {
    /// The sequence in which all but this segment is somebody else's.
    fn around(segment: &Segment) -> Self {
        let mut borders = vec![Fraction::ZERO, segment.from, segment.to, Fraction::ONE];
        borders.dedup();
        Self(borders)
    }

    /// Its segments in order.
    pub fn segments(&self) -> impl Iterator<Item = Segment> {
        self.0.windows(2).map(|pair| Segment { from: pair[0], to: pair[1] })
    }

    /// The lengths over their common denominator; parts of a cycle too long to count are rounded up.
    fn weights(&self) -> Vec<u64> {
        let common =
            self.0.iter().map(|border| u128::from(border.denominator)).fold(1, |common, denominator| {
                let divisor = gcd128(common, denominator);
                (common / divisor).saturating_mul(denominator).min(1 << 60)
            });
        let at = |border: &Fraction| common * u128::from(border.numerator) / u128::from(border.denominator);
        let lengths = self.0.windows(2).map(|pair| (at(&pair[1]) - at(&pair[0])).max(1));
        lengths.map(|length| u64::try_from(length).unwrap_or(u64::MAX >> 4)).collect()
    }
}

impl FromStr for Sequence {
    type Err = SegmentError;

    fn from_str(text: &str) -> Result<Self, SegmentError> {
        let mut borders = text.split(',').map(str::parse).collect::<Result<Vec<Fraction>, _>>()?;
        if borders.first() != Some(&Fraction::ZERO) {
            borders.insert(0, Fraction::ZERO);
        }
        if borders.last() != Some(&Fraction::ONE) {
            borders.push(Fraction::ONE);
        }
        if borders.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(SegmentError::Range(text.to_owned()));
        }
        Ok(Self(borders))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let borders: Vec<String> = self.0.iter().map(Fraction::to_string).collect();
        f.write_str(&borders.join(","))
    }
}

/// What a party runs of everything: its place in a striping, which may lie inside another party's stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// From the outermost striping to the innermost.
    levels: Vec<Level>,
}

/// One party's place in a striping.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    stripes: Arc<Stripes>,
    party: usize,
}

/// Who gets which elements of a cycle.
#[derive(Debug, PartialEq, Eq)]
struct Stripes {
    cycle: u64,
    /// For each party the positions of its elements in the cycle.
    offsets: Vec<Vec<u32>>,
}

impl Default for Share {
    fn default() -> Self {
        Self::whole()
    }
}

impl Share {
    /// Everything.
    pub fn whole() -> Self {
        Self { levels: vec![Level { stripes: Arc::new(Stripes::new(&[1])), party: 0 }] }
    }

    /// The share of a segment; without a sequence the rest of the test is one segment before and one after it.
    pub fn of(segment: &Segment, sequence: Option<&Sequence>) -> Result<Self, SegmentError> {
        let sequence = sequence.cloned().unwrap_or_else(|| Sequence::around(segment));
        let Some(party) = sequence.segments().position(|candidate| candidate == *segment) else {
            return Err(SegmentError::NotInSequence { segment: segment.clone(), sequence });
        };
        let stripes = Arc::new(Stripes::new(&sequence.weights()));
        Ok(Self { levels: vec![Level { stripes, party }] })
    }

    /// This share divided evenly over that many parties.
    pub fn split(&self, parties: usize) -> Vec<Self> {
        self.split_by(&vec![1; parties])
    }

    /// This share divided over parties in proportion to their weights; evenly when nobody has a weight.
    pub fn split_by(&self, weights: &[u64]) -> Vec<Self> {
        let even = vec![1; weights.len()];
        let weights = if weights.iter().all(|&weight| weight == 0) { &even } else { weights };
        let stripes = Arc::new(Stripes::new(weights));
        let inside = |party| {
            let mut levels = self.levels.clone();
            levels.push(Level { stripes: stripes.clone(), party });
            Self { levels }
        };
        (0..weights.len()).map(inside).collect()
    }

    /// The share of iterations that goes with this share of `vus` virtual users: every party of every level gets
    /// iterations in proportion to its virtual users.
    pub fn in_proportion_to(&self, vus: u64) -> Self {
        let mut total = vus;
        let mut levels = Vec::with_capacity(self.levels.len());
        for Level { stripes, party } in &self.levels {
            let weights: Vec<u64> = (0..stripes.offsets.len()).map(|p| stripes.scale(p, total)).collect();
            total = stripes.scale(*party, total);
            levels.push(Level { stripes: Arc::new(Stripes::new(&weights)), party: *party });
        }
        Self { levels }
    }

    /// How many of `n` elements this party gets. Over all parties it sums to `n`, and it never falls as `n` grows.
    pub fn scale(&self, n: u64) -> u64 {
        self.levels.iter().fold(n, |n, level| level.stripes.scale(level.party, n))
    }

    /// Which of all elements this party's element `local` is, counted from zero; `None` if it gets none at all.
    pub fn global_index(&self, local: u64) -> Option<u64> {
        self.levels.iter().rev().try_fold(local, |local, level| level.stripes.index(level.party, local))
    }

    /// How large this share is, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        self.levels.iter().fold(1.0, |part, level| part * level.stripes.fraction(level.party))
    }

    /// All elements of this party in order, without end unless it gets none.
    pub fn indices(&self) -> impl Iterator<Item = u64> + '_ {
        (0..).map_while(|local| self.global_index(local))
    }

    /// The element's index in the outermost share around this one: the machine's, for a worker thread's.
    pub fn outer_index(&self, local: u64) -> Option<u64> {
        self.levels
            .iter()
            .skip(1)
            .rev()
            .try_fold(local, |local, level| level.stripes.index(level.party, local))
    }
}

impl Stripes {
    fn new(weights: &[u64]) -> Self {
        let weights = coarsened(weights);
        let cycle: u64 = weights.iter().sum();
        let mut largest_first: Vec<usize> = (0..weights.len()).filter(|&party| weights[party] > 0).collect();
        largest_first.sort_by_key(|&party| std::cmp::Reverse(weights[party]));
        let mut offsets: Vec<Vec<u32>> = vec![Vec::new(); weights.len()];
        for element in 0..cycle {
            let not_ahead =
                |&&party: &&usize| offsets[party].len() as u64 * cycle <= element * weights[party];
            let party = largest_first.iter().find(not_ahead).copied().unwrap_or_default();
            // Correctness: somebody is not ahead, since those who took `element` elements have all weights together.
            offsets[party].push(element as u32);
        }
        Self { cycle, offsets }
    }

    fn scale(&self, party: usize, n: u64) -> u64 {
        let mine = &self.offsets[party];
        if mine.is_empty() {
            return 0;
        }
        let rest = n % self.cycle;
        n / self.cycle * mine.len() as u64 + mine.partition_point(|&offset| u64::from(offset) < rest) as u64
    }

    fn fraction(&self, party: usize) -> f64 {
        self.offsets[party].len() as f64 / self.cycle as f64
    }

    fn index(&self, party: usize, local: u64) -> Option<u64> {
        let mine = &self.offsets[party];
        let weight = mine.len() as u64;
        (weight > 0).then(|| {
            (local / weight).saturating_mul(self.cycle).saturating_add(mine[(local % weight) as usize].into())
        })
    }
}

/// The weights in lowest terms, rounded where their sum exceeds the longest cycle.
fn coarsened(weights: &[u64]) -> Vec<u64> {
    let divisor = weights.iter().fold(0, |divisor, &weight| gcd(divisor, weight)).max(1);
    let mut weights: Vec<u64> = weights.iter().map(|weight| weight / divisor).collect();
    while weights.iter().sum::<u64>() > MAX_CYCLE {
        weights.iter_mut().for_each(|weight| *weight = weight.div_ceil(2));
    }
    weights
}

/// Reads digits with an optional point as a fraction.
fn decimal(text: &str) -> Option<(u64, u64)> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if part.len() > 15 || whole.len() > 3 || !(whole.bytes().chain(part.bytes())).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let denominator = 10u64.pow(part.len() as u32);
    let part = if part.is_empty() { 0 } else { part.parse().ok()? };
    Some((whole.parse::<u64>().ok()? * denominator + part, denominator))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn gcd128(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd128(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(segment: &str, sequence: &str) -> Share {
        Share::of(&segment.parse().unwrap(), Some(&sequence.parse().unwrap())).unwrap()
    }

    fn first(share: &Share, n: usize) -> Vec<u64> {
        share.indices().take(n).collect()
    }

    #[test]
    fn segments_are_read_in_every_notation() {
        for (text, expected) in [
            ("0:1/4", "0:1/4"),
            ("10%", "0:1/10"),
            ("1/3", "0:1/3"),
            ("0.25:1/2", "1/4:1/2"),
            ("12.5%:100%", "1/8:1"),
            ("1", "0:1"),
        ] {
            assert_eq!(text.parse::<Segment>().unwrap().to_string(), expected);
        }
        for wrong in ["", "a", "1/0", "2", "1/2:1/4", "1/2:1/2", "-1", "1/2:", "0.5.5"] {
            assert!(wrong.parse::<Segment>().is_err(), "{wrong}");
        }
        assert_eq!("1/3,2/3".parse::<Sequence>().unwrap().to_string(), "0,1/3,2/3,1");
        assert!("0,2/3,1/3,1".parse::<Sequence>().is_err());
        let error = Share::of(&"0:1/4".parse().unwrap(), Some(&"0,1/3,1".parse().unwrap())).unwrap_err();
        assert_eq!(error.to_string(), "segment 0:1/4 is not a part of the sequence 0,1/3,1");
    }

    #[test]
    fn stripes_interleave() {
        assert_eq!(first(&share("0:1/3", "0,1/3,2/3,1"), 3), [0, 3, 6]);
        assert_eq!(first(&share("2/3:1", "0,1/3,2/3,1"), 3), [2, 5, 8]);
        assert_eq!(first(&share("0:1/2", "0,1/2,3/4,1"), 4), [0, 2, 4, 6]);
        assert_eq!(first(&share("1/2:3/4", "0,1/2,3/4,1"), 3), [1, 5, 9]);
        assert_eq!(first(&share("3/4:1", "0,1/2,3/4,1"), 3), [3, 7, 11]);
    }

    #[test]
    fn workers_are_stripes_within_a_stripe() {
        let workers = share("1/3:2/3", "0,1/3,2/3,1").split(2);
        assert_eq!(first(&workers[0], 3), [1, 7, 13]);
        assert_eq!(first(&workers[1], 3), [4, 10, 16]);
        assert_eq!(workers[1].outer_index(2), Some(5));
    }

    #[test]
    fn a_party_without_weight_gets_nothing() {
        let workers = Share::whole().split_by(&[1, 0]);
        assert_eq!(first(&workers[0], 3), [0, 1, 2]);
        assert!(first(&workers[1], 3).is_empty());
        assert_eq!(workers[1].scale(1000), 0);
    }

    #[test]
    fn the_finest_proportions_are_rounded_not_refused() {
        let tiny = Share::of(&"0:1/999999999989".parse().unwrap(), None).unwrap();
        assert_eq!(tiny.scale(1), 0);
        assert!(tiny.scale(1 << 40) > 0);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_whole_and_never_fall(
            weights in prop::collection::vec(0u64..9, 1..6), workers in 1usize..5, n in 0u64..500,
        ) {
            let shares: Vec<Share> =
                Share::whole().split_by(&weights).iter().flat_map(|share| share.split(workers)).collect();
            prop_assert_eq!(shares.iter().map(|share| share.scale(n)).sum::<u64>(), n);
            prop_assert!(shares.iter().all(|share| share.scale(n) <= share.scale(n + 1)));
            let mut all: Vec<u64> =
                shares.iter().flat_map(|share| first(share, share.scale(n) as usize)).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        }

        #[test]
        fn iterations_follow_virtual_users(vus in 1u64..40, per_vu in 1u64..9, workers in 1usize..5) {
            for share in Share::whole().split(workers) {
                prop_assert_eq!(share.in_proportion_to(vus).scale(vus * per_vu), share.scale(vus) * per_vu);
            }
        }
    }
}
