//! A curve is how likely each load is, on a grid of the loads' logarithms that is fine where it matters.

const COARSE: usize = 64;
const FINE: usize = 120;

/// How much of the probability lies outside of the fine part of the grid.
const OUTSIDE: f64 = 1e-4;

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
    /// By the logarithm of the likelihood of each load's logarithm.
    pub fn new((low, high): (f64, f64), score: impl Fn(f64) -> f64) -> Self {
        let coarse = Self::on(grid(low, high, COARSE), &score);
        let inside = |below: &f64| *below > OUTSIDE && *below < 1.0 - OUTSIDE;
        let last = coarse.at.len() - 1;
        let first = coarse.below.iter().position(|below| *below > OUTSIDE).unwrap_or(0);
        let end = coarse.below.iter().rposition(inside).map_or(first, |at| at.max(first));
        let fine = grid(coarse.at[first.saturating_sub(1)], coarse.at[(end + 1).min(last)], FINE);
        let outside = coarse.at.iter().copied().filter(|at| *at < fine[0] || *at > fine[FINE - 1]);
        let mut all: Vec<f64> = outside.chain(fine.iter().copied()).collect();
        all.sort_by(f64::total_cmp);
        Self::on(all, &score)
    }

    fn on(at: Vec<f64>, score: impl Fn(f64) -> f64) -> Self {
        let scores: Vec<f64> = at.iter().map(|at| score(*at)).collect();
        let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scores: Vec<f64> = scores.into_iter().map(|score| score - best).collect();
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

fn grid(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count).map(|index| low + (high - low) * index as f64 / (count - 1) as f64).collect()
}
