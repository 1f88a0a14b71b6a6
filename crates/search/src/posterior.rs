//! The posterior is how likely each load is to be the largest one at which everything holds, after all trials.

use crate::config::{Promise, SearchConfig};
use crate::curve::Curve;
use crate::evidence::{Count, Growth, TOGETHER, clustering, count, dispersion, growth};
use crate::trial::{Calm, Trial};

/// The chance that a trial says nothing of its load, because something else went on. No trial can tell more than
/// the logarithm of its inverse, so no single one decides.
const LAPSE: f64 = 0.05;

/// How steeply the share of bad ones may rise with the load: slopes of its logit over the load's logarithm, each so
/// many times the one before.
const SLOPES: usize = 12;
const FLATTEST: f64 = 4.0;
const STEEPER: f64 = 1.9;

/// Beyond this part of the load, growth tells that it was too much, but not by how much.
const HEAVY: f64 = 0.2;

/// Which share of the load may wait where the target does not keep up, with its chance.
const SHARES: [(f64, f64); 6] = [(1.0, 0.5), (0.75, 0.1), (0.55, 0.1), (0.35, 0.1), (0.2, 0.1), (0.1, 0.1)];

/// How far the loads that are weighed reach beyond those that can be tried.
const BEYOND: f64 = 1.5;

/// How far the theory of queues may be off: the standard deviation of the logarithm of the distance between the load
/// that is promised and the capacity.
const THEORY: f64 = 0.35;

/// The chance that the theory of queues does not apply.
const NO_QUEUE: f64 = 0.05;

/// How likely each load is.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// For what the target keeps up with, if that is asked, then for each promise.
    curves: Vec<Curve>,
    /// Which of them bound the load: a promise of response times implies that the target keeps up.
    bounds: Vec<usize>,
}

/// What is known of the target's queue.
struct Queue {
    /// What it keeps up with.
    capacity: Curve,
    /// The variance of arrivals and services by their mean.
    dispersion: f64,
    /// How long a response takes without a queue, in seconds.
    response: f64,
}

impl Posterior {
    /// After these trials, of a target that answers like this when it has nothing else to do.
    pub fn of(config: &SearchConfig, trials: &[Trial], calm: Calm) -> Self {
        let range = ((config.lowest / BEYOND).ln(), (config.highest * BEYOND).ln());
        let mut curves = Vec::new();
        let mut queue = None;
        // What the target serves when it cannot keep up is close to what it can.
        let mut hints: Vec<f64> =
            trials.iter().map(Trial::served).filter(|served| *served > 0.0).map(f64::ln).collect();
        if config.keeps_up {
            let growths: Vec<(f64, Growth)> =
                trials.iter().filter_map(|trial| Some((trial.load, growth(trial)?))).collect();
            let score = |at: f64| keeping_up(at.exp(), &growths, calm.iteration);
            let capacity = Curve::new(range, &hints, score);
            hints.extend([0.025, 0.25, 0.5, 0.75, 0.975].map(|chance| capacity.quantile(chance).ln()));
            let dispersion = dispersion(trials, 0.93 * capacity.quantile(0.5), config.dispersion);
            curves.push(capacity.clone());
            queue = Some(Queue { capacity, dispersion, response: calm.response });
        }
        for (index, promise) in config.promises.iter().enumerate() {
            let together = clustering(trials, index);
            let counts: Vec<Count> = trials
                .iter()
                .filter_map(|trial| count(trial, index, config.keeps_up, together(trial)))
                .collect();
            let holding = Holding { promise, counts: &counts, queue: queue.as_ref() };
            curves.push(Curve::new(range, &hints, |at| holding.score(at)));
        }
        let implied = config.promises.iter().any(|promise| promise.limit.is_some());
        let bounds = (0..curves.len()).filter(|which| !(config.keeps_up && implied && *which == 0)).collect();
        Self { curves, bounds }
    }

    /// The chance that the largest load is no larger than this; what bounds it is taken as independent.
    pub fn below(&self, load: f64) -> f64 {
        1.0 - self.bounds.iter().map(|which| 1.0 - self.curves[*which].below(load)).product::<f64>()
    }

    /// The load below which the largest one lies with that chance.
    pub fn quantile(&self, chance: f64) -> f64 {
        if let [one] = self.bounds[..] {
            return self.curves[one].quantile(chance);
        }
        let ends = |chance: f64| self.bounds.iter().map(move |which| self.curves[*which].quantile(chance));
        let (mut low, mut high) = (ends(0.0).fold(f64::INFINITY, f64::min), ends(1.0).fold(0.0, f64::max));
        for _ in 0..50 {
            let middle = (low * high).sqrt();
            if self.below(middle) < chance { low = middle } else { high = middle }
        }
        high
    }

    /// The same for what the target keeps up with, if that is asked, then for each promise.
    pub fn curves(&self) -> &[Curve] {
        &self.curves
    }
}

/// The logarithm of a likelihood relative to the best there is, with the chance of a lapse.
fn with_lapse(relative: f64) -> f64 {
    ((1.0 - LAPSE) * relative.min(0.0).exp() + LAPSE).ln()
}

/// How well all growths of the backlog go with a target that keeps up with `most`, over the shares of the load that may
/// wait where it does not: all of it, or only one kind of request of several.
fn keeping_up(most: f64, growths: &[(f64, Growth)], response: f64) -> f64 {
    let scores = SHARES.map(|(share, chance)| {
        let one = |(load, seen): &(f64, Growth)| growing(most, *load, *seen, (share, response));
        chance.ln() + growths.iter().map(one).sum::<f64>()
    });
    sum_of_logarithms(&scores)
}

/// How well one growth goes with it.
fn growing(most: f64, load: f64, seen: Growth, (share, response): (f64, f64)) -> f64 {
    let (served, served_error) = seen.served;
    let excess = load - most;
    let expected = share * excess;
    let off = if excess <= 0.0 {
        seen.mean.max(0.0) / seen.error
    } else if !seen.is_busy(load, response) {
        (seen.mean - expected.min(HEAVY * load)).min(0.0) / seen.error
    } else {
        let error = if share == 1.0 { served_error } else { served_error.hypot(seen.error) };
        let off = (served - (load - expected)) / error;
        // What is far too much may well lower what is served.
        if share == 1.0 && excess > HEAVY * load { off.max(0.0) } else { off }
    };
    with_lapse(-0.5 * off * off)
}

/// What says up to which load a promise holds.
struct Holding<'a> {
    promise: &'a Promise,
    counts: &'a [Count],
    queue: Option<&'a Queue>,
}

impl Holding<'_> {
    /// How well everything goes with a promise that holds up to a load, over all slopes.
    fn score(&self, at: f64) -> f64 {
        let scores: Vec<f64> =
            (0..SLOPES).map(|step| self.with_slope(at, FLATTEST * STEEPER.powi(step as i32))).collect();
        sum_of_logarithms(&scores)
    }

    fn with_slope(&self, at: f64, slope: f64) -> f64 {
        let allowed = self.promise.allowed;
        let load = at.exp();
        // Of a queue, the logarithm of the share falls in proportion to the distance from the capacity.
        let distance = -allowed.ln() * load / slope;
        let queue = self.queue.zip(self.promise.limit);
        let mut score = 0.0;
        if let Some((queue, limit)) = queue {
            let wait = (limit - queue.response).max(0.05 * limit);
            let theory = (-allowed.ln() * queue.dispersion / (2.0 * wait)).max(0.002 * load);
            let off = (distance / theory).ln() / THEORY;
            let likely = (-0.5 * off * off).exp() / THEORY;
            score +=
                ((1.0 - NO_QUEUE) * likely + NO_QUEUE * 0.3).ln() + queue.capacity.score(load + distance);
        }
        let base = (allowed / (1.0 - allowed)).ln();
        for count in self.counts {
            let bad = base + slope * (count.load.ln() - at);
            let mut good = base + slope * (count.served.ln() - at);
            let mut weight = 1.0 / count.together;
            if count.bad == 0.0 {
                match queue {
                    Some((queue, limit)) => {
                        let looks = count.seconds / queue.memory(count.load, load + distance, limit);
                        weight = weight.min(looks / count.good);
                        good = good.min(bad);
                    }
                    None if count.reach < 1.0 => {
                        let share = (-softplus(-good) * count.reach).exp();
                        good = (share / (1.0 - share).max(1e-9)).ln();
                    }
                    None => {}
                }
            }
            let all = count.bad + count.good;
            // Where it does not hold, not more may be bad than those that wait: more than expected says no more.
            if count.bad > allowed * all && -softplus(-bad) > (count.bad / all).ln() {
                continue;
            }
            let best = entropy(count.bad, all) + entropy(count.good, all);
            score += with_lapse(weight * (count.bad * -softplus(-bad) - count.good * softplus(good) - best));
        }
        score
    }
}

impl Queue {
    /// For how long the queue remembers at a load: until what was seen says something new of how long waits get.
    fn memory(&self, load: f64, capacity: f64, limit: f64) -> f64 {
        let variance = (self.dispersion * load).max(1e-6);
        let far = (limit - self.response).max(0.05 * limit) * load;
        let off = load - capacity;
        let back = variance / (off * off).max(1e-9);
        let wander = far * far / variance;
        let drift = if off > 0.0 { far / off } else { f64::INFINITY };
        let slow = if off > 0.0 { wander.min(drift) } else { back.min(wander) };
        TOGETHER + 2.0 * slow
    }
}

/// The logarithm of the sum of what these are the logarithms of.
fn sum_of_logarithms(logarithms: &[f64]) -> f64 {
    let best = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    best + logarithms.iter().map(|one| (one - best).exp()).sum::<f64>().ln()
}

fn entropy(part: f64, all: f64) -> f64 {
    if part > 0.0 { part * (part / all).ln() } else { 0.0 }
}

/// `ln(1 + e^x)`.
fn softplus(x: f64) -> f64 {
    if x > 30.0 { x } else { x.exp().ln_1p() }
}
