//! A trial is the comparison while it goes on: pairs come in, seconds are closed, and once a second it is looked at.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use flashcrowd_metrics::Trend;
use flashcrowd_record::{
    Duet, DuetAnswer, DuetFailures, DuetMoment, DuetObstacle, DuetPercentiles, DuetRequest, DuetRules,
    DuetTimes,
};

use crate::pair::{Pair, Visit};
use crate::statistics::{Answer, Block, Bounds, FailureCounts, Failures, Gathered, Rules, Sequence};

/// Requests that are compared by themselves; what comes later is compared as one.
const MOST_REQUESTS: usize = 40;

/// The name of requests beyond that.
const OTHERS: &str = "other requests";

/// A side of which nothing worked in this time and so many pairs does not work.
const DEAD_AFTER: u64 = 5;
const DEAD_PAIRS: u64 = 20;

/// The same when the test is over, which may be early.
const DEAD_PAIRS_AT_END: u64 = 5;

/// The largest share of requests that only one side made.
const MOST_UNPAIRED: f64 = 0.1;

/// The largest share of requests that go neither to A nor to B.
const MOST_ELSEWHERE: f64 = 0.5;

/// The smallest share of pairs of requests that have times.
const FEWEST_TIMES: f64 = 0.5;

/// How many moments are kept.
const MOST_MOMENTS: usize = 600;

/// How variants are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where A is.
    pub a: String,
    /// Where B is.
    pub b: String,
    /// The difference that does not matter: 0.02 for 2 %.
    pub margin: f64,
    /// The probability that the answer is false, whenever it is given.
    pub alpha: f64,
    /// By what order, distance and data are drawn.
    pub seed: u64,
    /// What the URLs of requests begin with at A and at B; none where they are the same at both.
    pub expected: Option<[String; 2]>,
}

/// A trial as people see it while it lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct View {
    /// Pairs so far.
    pub pairs: u64,
    /// What is known of the times; none before the first second is over.
    pub times: Option<DuetTimes>,
    /// How iterations failed.
    pub failures: DuetFailures,
}

/// What is known, and whether that is enough.
#[derive(Debug)]
pub(crate) struct Trial {
    settings: Settings,
    open: BTreeMap<u64, Second>,
    together: Vec<Block>,
    names: HashMap<Arc<str>, usize>,
    requests: Vec<RequestTrial>,
    failures: Failures,
    counts: Counts,
    course: Vec<DuetMoment>,
    outcome: Option<Outcome>,
}

/// A second whose pairs have not all ended.
#[derive(Debug, Default)]
struct Second {
    running: u64,
    together: Gathered,
    requests: HashMap<usize, Gathered>,
    failures: FailureCounts,
}

/// One request by itself.
#[derive(Debug)]
struct RequestTrial {
    name: Arc<str>,
    blocks: Vec<Block>,
    times: [Trend; 2],
    failed: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// Pairs that ended.
    pairs: u64,
    /// Requests that only one side made.
    unpaired: u64,
    /// Requests that went neither to A nor to B.
    elsewhere: u64,
    /// Pairs of requests with times, and without.
    timed: u64,
    untimed: u64,
    /// Iterations in which something worked.
    worked: [u64; 2],
}

/// How a trial ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Answer(Answer),
    Obstacle(DuetObstacle),
}

impl Trial {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            open: BTreeMap::new(),
            together: Vec::new(),
            names: HashMap::new(),
            requests: Vec::new(),
            failures: Failures::default(),
            counts: Counts::default(),
            course: Vec::new(),
            outcome: None,
        }
    }

    /// A pair begins.
    pub(crate) fn begin(&mut self, second: u64) {
        self.open.entry(second).or_default().running += 1;
    }

    /// A pair has ended.
    pub(crate) fn end(&mut self, pair: Pair) {
        let mut second = self.open.remove(&pair.second).unwrap_or_default();
        second.running = second.running.saturating_sub(1);
        if let Some(sides) = pair.sides {
            self.add(&mut second, sides);
        }
        self.open.insert(pair.second, second);
    }

    fn add(&mut self, second: &mut Second, sides: [Visit; 2]) {
        self.counts.pairs += 1;
        for (worked, side) in self.counts.worked.iter_mut().zip(&sides) {
            *worked += u64::from(side.requests.iter().any(|request| !request.failed));
        }
        self.counts.elsewhere += sides.iter().map(|side| side.elsewhere).sum::<u64>();
        second.failures.add(sides[0].failed, sides[1].failed);
        let [a, b] = &sides;
        let mut rest: Vec<_> = b.requests.iter().collect();
        for one in &a.requests {
            let Some(at) = rest.iter().position(|other| other.name == one.name) else {
                self.counts.unpaired += 1;
                continue;
            };
            let other = rest.remove(at);
            let number = self.number(&one.name);
            let request = &mut self.requests[number];
            if one.failed || other.failed {
                request.failed += 1;
                self.counts.untimed += 1;
                continue;
            }
            self.counts.timed += 1;
            request.times[0].add(one.millis);
            request.times[1].add(other.millis);
            let difference = logarithm(other.millis) - logarithm(one.millis);
            second.together.add(difference);
            second.requests.entry(number).or_default().add(difference);
        }
        self.counts.unpaired += rest.len() as u64;
    }

    fn number(&mut self, name: &Arc<str>) -> usize {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        if self.requests.len() >= MOST_REQUESTS {
            return MOST_REQUESTS - 1;
        }
        let number = self.requests.len();
        let name = if number == MOST_REQUESTS - 1 { OTHERS.into() } else { name.clone() };
        self.names.insert(name.clone(), number);
        self.requests.push(RequestTrial { name, blocks: Vec::new(), times: Default::default(), failed: 0 });
        number
    }

    /// Closes all seconds before this one whose pairs have ended, in their order, and looks at what is known. True when
    /// the trial is over.
    pub(crate) fn look(&mut self, now: u64) -> bool {
        if self.outcome.is_none() {
            let before = self.together.len();
            while let Some(entry) = self.open.first_entry()
                && *entry.key() < now
                && entry.get().running == 0
            {
                let second = entry.remove();
                self.close(second);
            }
            if self.together.len() > before {
                self.note(now);
            }
            self.outcome = self.found(now);
        }
        self.outcome.is_some()
    }

    /// The test is over: closes all seconds, and looks for the last time.
    pub(crate) fn finish(&mut self, now: u64) {
        if self.outcome.is_some() {
            return;
        }
        // What has not ended by now never will.
        self.open.values_mut().for_each(|second| second.running = 0);
        if self.look(now + 1) {
            return;
        }
        self.outcome = Some(Outcome::Obstacle(self.obstacle().unwrap_or(DuetObstacle::TooShort)));
        if self.is_dead(1, DEAD_PAIRS_AT_END) && self.counts.worked[0] > 0 {
            self.outcome = Some(Outcome::Answer(Answer::FailsMore));
        }
    }

    fn close(&mut self, second: Second) {
        self.together.extend(second.together.block());
        for (number, gathered) in second.requests {
            self.requests[number].blocks.extend(gathered.block());
        }
        self.failures.add(second.failures);
    }

    fn found(&self, now: u64) -> Option<Outcome> {
        if now >= DEAD_AFTER {
            if self.counts.pairs >= DEAD_PAIRS && self.requests() == 0 {
                return Some(Outcome::Obstacle(DuetObstacle::NoPairs));
            }
            match [0, 1].map(|side| self.is_dead(side, DEAD_PAIRS)) {
                [true, true] => return Some(Outcome::Obstacle(DuetObstacle::BothFail)),
                [true, false] => return Some(Outcome::Obstacle(DuetObstacle::AFails)),
                [false, true] => return Some(Outcome::Answer(Answer::FailsMore)),
                [false, false] => {}
            }
        }
        let single: Vec<&[Block]> = self.requests.iter().map(|request| request.blocks.as_slice()).collect();
        let answer = self.rules().decide(&self.together, &single, &self.failures)?;
        let stands = self.obstacle().is_none() || answer == Answer::FailsMore;
        stands.then_some(Outcome::Answer(answer))
    }

    /// How many requests there were, those in pairs counted once.
    fn requests(&self) -> u64 {
        self.counts.timed + self.counts.untimed + self.counts.unpaired
    }

    /// Whether nothing worked at a side.
    fn is_dead(&self, side: usize, pairs: u64) -> bool {
        self.counts.pairs >= pairs && self.counts.worked[side] == 0
    }

    /// Why what was measured cannot be compared.
    fn obstacle(&self) -> Option<DuetObstacle> {
        let Counts { pairs, unpaired, elsewhere, timed, untimed, worked } = self.counts;
        let paired = (timed + untimed) as f64;
        match worked {
            _ if pairs == 0 || self.requests() == 0 => Some(DuetObstacle::NoPairs),
            // Each pair is two requests.
            _ if elsewhere as f64 > MOST_ELSEWHERE * 2.0 * paired => Some(DuetObstacle::Elsewhere),
            [0, 0] => Some(DuetObstacle::BothFail),
            [0, _] => Some(DuetObstacle::AFails),
            _ if unpaired as f64 > MOST_UNPAIRED * (paired + unpaired as f64) => {
                Some(DuetObstacle::NotTheSame)
            }
            _ if (timed as f64) < FEWEST_TIMES * paired => Some(DuetObstacle::MostlyFailed),
            _ => None,
        }
    }

    fn note(&mut self, now: u64) {
        let times = times(&self.together, self.rules().together(&self.together));
        self.course.push(DuetMoment {
            seconds: now,
            pairs: self.counts.pairs,
            difference: times.difference,
            lower: times.lower,
            upper: times.upper,
        });
        if self.course.len() > MOST_MOMENTS {
            let mut at = 0;
            self.course.retain(|_| {
                at += 1;
                at % 2 == 0
            });
        }
    }

    /// The difference that does not matter.
    pub(crate) fn margin(&self) -> f64 {
        self.settings.margin
    }

    fn rules(&self) -> Rules {
        Rules { margin: self.settings.margin, alpha: self.settings.alpha }
    }

    /// What people see of it.
    pub(crate) fn view(&self) -> View {
        let last = self.course.last();
        View {
            pairs: self.counts.pairs,
            times: last.map(|moment| DuetTimes {
                difference: moment.difference,
                lower: moment.lower,
                upper: moment.upper,
                ..DuetTimes::default()
            }),
            failures: self.failures(),
        }
    }

    fn failures(&self) -> DuetFailures {
        let Failures { only_a, only_b, both, .. } = self.failures;
        DuetFailures { only_a, only_b, both }
    }

    /// What it came to.
    pub(crate) fn result(&self) -> Duet {
        let Settings { a, b, margin, alpha, seed, .. } = self.settings.clone();
        let (answer, request, obstacle) = match self.outcome {
            Some(Outcome::Answer(answer)) => {
                let request = match answer {
                    Answer::SlowerRequest(at) => {
                        self.requests.get(at).map(|request| request.name.to_string())
                    }
                    _ => None,
                };
                (worded(answer), request, None)
            }
            Some(Outcome::Obstacle(obstacle)) => (DuetAnswer::Unknown, None, Some(obstacle)),
            None => (DuetAnswer::Unknown, None, Some(DuetObstacle::TooShort)),
        };
        let of = |blocks: &[Block], bounds: Bounds| (!blocks.is_empty()).then(|| times(blocks, bounds));
        let mut requests: Vec<DuetRequest> = self.requests.iter().map(|request| self.one(request)).collect();
        requests.sort_by_key(|request| std::cmp::Reverse(request.pairs));
        Duet {
            rules: DuetRules { a, b, margin, alpha, seed: seed.to_string() },
            answer,
            request,
            obstacle,
            pairs: self.counts.pairs,
            unpaired: self.counts.unpaired,
            times: of(&self.together, self.rules().together(&self.together)),
            failures: self.failures(),
            requests,
            course: self.course.clone(),
        }
    }

    fn one(&self, request: &RequestTrial) -> DuetRequest {
        let percentiles = |times: &Trend| match times.quantiles(&[0.5, 0.95, 0.99]).as_slice() {
            [p50, p95, p99] if times.count() > 0 => DuetPercentiles { p50: *p50, p95: *p95, p99: *p99 },
            _ => DuetPercentiles::default(),
        };
        let bounds = self.rules().single(&request.blocks, self.requests.len());
        DuetRequest {
            name: request.name.to_string(),
            pairs: request.times[0].count(),
            failed: request.failed,
            a: percentiles(&request.times[0]),
            b: percentiles(&request.times[1]),
            times: (!request.blocks.is_empty()).then(|| times(&request.blocks, bounds)),
        }
    }
}

/// The logarithm of a time; a time of nothing is a nanosecond.
fn logarithm(millis: f64) -> f64 {
    millis.max(1e-6).ln()
}

fn times(blocks: &[Block], bounds: Bounds) -> DuetTimes {
    let sequence = Sequence::of(blocks);
    let known = |bound: f64| (bound.abs() < Bounds::UNKNOWN).then(|| bound.exp_m1());
    DuetTimes {
        difference: bounds.estimate.exp_m1(),
        lower: known(bounds.lower),
        upper: known(bounds.upper),
        blocks: sequence.len() as u64,
        block_seconds: sequence.block_length() as u64,
    }
}

fn worded(answer: Answer) -> DuetAnswer {
    match answer {
        Answer::Slower | Answer::SlowerRequest(_) => DuetAnswer::Slower,
        Answer::FailsMore => DuetAnswer::FailsMore,
        Answer::Faster => DuetAnswer::Faster,
        Answer::FailsLess => DuetAnswer::FailsLess,
        Answer::NoDifference => DuetAnswer::NoDifference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::Timed;

    fn settings() -> Settings {
        Settings {
            a: "http://a".into(),
            b: "http://b".into(),
            margin: 0.02,
            alpha: 0.01,
            seed: 7,
            expected: None,
        }
    }

    fn visit(requests: &[(&str, f64, bool)]) -> Visit {
        let timed = |(name, millis, failed): &(&str, f64, bool)| Timed {
            name: (*name).into(),
            millis: *millis,
            failed: *failed,
        };
        let failed = requests.iter().any(|(_, _, failed)| *failed);
        Visit { requests: requests.iter().map(timed).collect(), failed, elsewhere: 0 }
    }

    /// A trial of so many seconds with twenty pairs each, and when it was over.
    fn run(seconds: u64, side: impl Fn(&mut fastrand::Rng, usize) -> Visit) -> (Duet, Option<u64>) {
        let (mut trial, mut rng) = (Trial::new(settings()), fastrand::Rng::with_seed(5));
        for second in 0..seconds {
            for _ in 0..20 {
                trial.begin(second);
                let sides = [0, 1].map(|at| side(&mut rng, at));
                trial.end(Pair { second, sides: Some(sides) });
            }
            if trial.look(second + 1) {
                return (trial.result(), Some(second + 1));
            }
        }
        trial.finish(seconds);
        (trial.result(), None)
    }

    fn noisy(rng: &mut fastrand::Rng, millis: f64) -> f64 {
        millis * (0.95 + 0.1 * rng.f64())
    }

    #[test]
    fn a_slower_side_is_found_with_its_interval() {
        let (duet, at) = run(90, |rng, side| visit(&[("GET /", noisy(rng, [20.0, 21.0][side]), false)]));
        assert_eq!((duet.answer, duet.request.as_deref(), duet.obstacle), (DuetAnswer::Slower, None, None));
        assert!(at.is_some_and(|at| at < 60), "{at:?}");
        let times = duet.times.unwrap();
        assert!((0.04..0.06).contains(&times.difference), "{times:?}");
        assert!(times.lower.unwrap() > 0.02 && times.upper.unwrap() < 0.08, "{times:?}");
        assert_eq!((duet.requests.len(), duet.requests[0].pairs), (1, duet.pairs));
        assert!((duet.requests[0].a.p50 - 20.0).abs() < 0.5);
        // The other way round it is faster.
        let (duet, _) = run(90, |rng, side| visit(&[("GET /", noisy(rng, [21.0, 20.0][side]), false)]));
        assert_eq!(duet.answer, DuetAnswer::Faster);
    }

    #[test]
    fn equality_is_an_answer_too() {
        let (duet, at) = run(200, |rng, _| visit(&[("GET /", noisy(rng, 20.0), false)]));
        assert_eq!((duet.answer, at.is_some()), (DuetAnswer::NoDifference, true));
    }

    #[test]
    fn one_slow_request_of_ten_is_found() {
        let (duet, _) = run(200, |rng, side| {
            let buy = noisy(rng, [40.0, 48.0][side]);
            let requests: Vec<_> =
                (0..9).map(|_| ("GET /", noisy(rng, 20.0), false)).chain([("buy", buy, false)]).collect();
            visit(&requests)
        });
        assert_eq!((duet.answer, duet.request.as_deref()), (DuetAnswer::Slower, Some("buy")));
    }

    #[test]
    fn failures_count_and_do_not_make_a_side_look_fast() {
        // B refuses one request in ten at once, and is slower else by nothing.
        let (duet, _) = run(200, |rng, side| {
            let refused = side == 1 && rng.u8(0..10) == 0;
            visit(&[("GET /", if refused { 1.0 } else { noisy(rng, 20.0) }, refused)])
        });
        assert_eq!(duet.answer, DuetAnswer::FailsMore);
        assert!(duet.times.unwrap().difference.abs() < 0.01, "{:?}", duet.times);
        assert!(duet.failures.only_b > 10 && duet.failures.only_a == 0);
    }

    #[test]
    fn dead_sides_end_it() {
        let cases = [
            ([false, true], DuetAnswer::FailsMore, None),
            ([true, false], DuetAnswer::Unknown, Some(DuetObstacle::AFails)),
            ([true, true], DuetAnswer::Unknown, Some(DuetObstacle::BothFail)),
        ];
        for (dead, answer, obstacle) in cases {
            let (duet, at) = run(60, |rng, side| visit(&[("GET /", noisy(rng, 20.0), dead[side])]));
            assert_eq!((duet.answer, duet.obstacle, at), (answer, obstacle, Some(5)));
        }
    }

    #[test]
    fn what_cannot_be_compared_has_no_answer() {
        let (duet, _) = run(60, |_, _| Visit::default());
        assert_eq!((duet.answer, duet.obstacle), (DuetAnswer::Unknown, Some(DuetObstacle::NoPairs)));
        let names = ["GET /a", "GET /b"];
        let (duet, _) = run(60, |rng, side| visit(&[(names[side], noisy(rng, 20.0), false)]));
        assert_eq!((duet.answer, duet.obstacle), (DuetAnswer::Unknown, Some(DuetObstacle::NotTheSame)));
        let (duet, _) = run(3, |rng, _| visit(&[("GET /", noisy(rng, 20.0), false)]));
        assert_eq!((duet.answer, duet.obstacle), (DuetAnswer::Unknown, Some(DuetObstacle::TooShort)));
    }

    #[test]
    fn a_second_waits_for_its_pairs() {
        let mut trial = Trial::new(settings());
        trial.begin(0);
        trial.begin(1);
        trial
            .end(Pair { second: 1, sides: Some([visit(&[("x", 1.0, false)]), visit(&[("x", 1.0, false)])]) });
        trial.look(9);
        assert_eq!(trial.together.len(), 0);
        trial
            .end(Pair { second: 0, sides: Some([visit(&[("x", 1.0, false)]), visit(&[("x", 1.0, false)])]) });
        trial.look(9);
        assert_eq!(trial.together.len(), 2);
    }
}
