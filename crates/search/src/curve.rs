//! A curve is how likely each load is, on a grid of the loads' logarithms that is fine where it matters.

/// How many points the grid has before it is refined.
const COARSE: usize = 64;

/// A part of the grid that holds more of the probability than this is halved, so many times at most, unless it is finer
/// than this already.
const PART: f64 = 1.0 / 150.0;
const ROUNDS: usize = 12;
const FINEST: f64 = 1e-4;

/// Points around each hint: a peak may be far narrower than the grid.
const NEAR: [f64; 7] = [-0.01, -0.003, -0.001, 0.0, 0.001, 0.003, 0.01];

/// How likely each load is.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The logarithms of the loads, ascending.
    at: Vec<f64>,
    /// The logarithms of the likelihoods, the best one zero.
    scores: Vec<f64>,
    /// The chance to be at or below each load.
    below: Vec<f64>,
}

impl Curve {
    /// By the logarithm of the likelihood of each load's logarithm, between two of these. Hints are where the likelihood may
    /// be large.
    pub fn new((low, high): (f64, f64), hints: &[f64], score: impl Fn(f64) -> f64) -> Self {
        let near = hints.iter().flat_map(|hint| NEAR.map(|by| hint + by));
        let near = near.filter(|at| *at > low && *at < high);
        let mut points: Vec<(f64, f64)> =
            grid(low, high, COARSE).chain(near).map(|at| (at, score(at))).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        points.dedup_by(|one, other| one.0 == other.0);
        for _ in 0..ROUNDS {
            let halves = halves(&points);
            if halves.is_empty() {
                break;
            }
            points.extend(halves.into_iter().map(|at| (at, score(at))));
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
        }
        Self::of(&points)
    }

    fn of(points: &[(f64, f64)]) -> Self {
        let best = best(points);
        let (at, scores): (Vec<f64>, Vec<f64>) = points.iter().map(|(at, score)| (*at, score - best)).unzip();
        let mut below = vec![0.0; at.len()];
        for index in 1..at.len() {
            let mean = (scores[index].exp() + scores[index - 1].exp()) / 2.0;
            below[index] = below[index - 1] + mean * (at[index] - at[index - 1]);
        }
        let sum = below[at.len() - 1].max(f64::MIN_POSITIVE);
        below.iter_mut().for_each(|part| *part /= sum);
        Self { at, scores, below }
    }

    /// The chance to be at or below a load.
    pub fn below(&self, load: f64) -> f64 {
        self.look_up(load.ln(), &self.below)
    }

    /// The logarithm of the likelihood of a load, relative to the best one.
    pub fn score(&self, load: f64) -> f64 {
        self.look_up(load.ln(), &self.scores)
    }

    /// The load at or below which it is with that chance.
    pub fn quantile(&self, chance: f64) -> f64 {
        let index = self.below.partition_point(|below| *below < chance).clamp(1, self.at.len() - 1);
        let (from, to) = (self.below[index - 1], self.below[index]);
        let part = if to > from { ((chance - from) / (to - from)).clamp(0.0, 1.0) } else { 1.0 };
        (self.at[index - 1] + part * (self.at[index] - self.at[index - 1])).exp()
    }

    fn look_up(&self, at: f64, values: &[f64]) -> f64 {
        let index = self.at.partition_point(|one| *one < at).clamp(1, self.at.len() - 1);
        let (from, to) = (self.at[index - 1], self.at[index]);
        let part = ((at - from) / (to - from)).clamp(0.0, 1.0);
        values[index - 1] + part * (values[index] - values[index - 1])
    }
}

/// The middles of those parts of the grid that may hold too much of the probability.
fn halves(points: &[(f64, f64)]) -> Vec<f64> {
    let best = best(points);
    let parts = points.windows(2).map(|pair| {
        let width = pair[1].0 - pair[0].0;
        let [one, other] = [pair[0].1, pair[1].1].map(|score| (score - best).exp());
        (
            f64::midpoint(pair[0].0, pair[1].0),
            width,
            one.max(other) * width,
            f64::midpoint(one, other) * width,
        )
    });
    let sum: f64 = parts.clone().map(|(.., mean)| mean).sum();
    let large = parts.filter(|(_, width, most, _)| *width > FINEST && *most > PART * sum);
    large.map(|(middle, ..)| middle).collect()
}

fn best(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max)
}

fn grid(low: f64, high: f64, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |index| low + (high - low) * index as f64 / (count - 1) as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_narrow_peak_is_found_by_a_hint(low in 0.0..3.0_f64, peak in 4.0..6.0_f64, off in -0.002..0.002_f64) {
            // Everywhere else it is as unlikely as a few lapses make it.
            let score = |at: f64| (-0.5 * ((at - peak) / 0.001).powi(2)).max(-12.0);
            let curve = Curve::new((low, 8.0), &[peak + off], score);
            let [lower, upper] = [0.025, 0.975].map(|chance| curve.quantile(chance).ln() - peak);
            prop_assert!((-0.003..-0.001).contains(&lower) && (0.001..0.003).contains(&upper), "{lower} {upper}");
        }

        #[test]
        fn a_wide_curve_needs_no_hint(low in 0.0..3.0_f64, peak in 4.0..6.0_f64) {
            let curve = Curve::new((low, 8.0), &[], |at| -0.5 * ((at - peak) / 0.1).powi(2));
            let [lower, upper] = [0.025, 0.975].map(|chance| curve.quantile(chance).ln() - peak);
            prop_assert!((lower + 0.196).abs() < 0.01 && (upper - 0.196).abs() < 0.01, "{lower} {upper}");
        }
    }
}
