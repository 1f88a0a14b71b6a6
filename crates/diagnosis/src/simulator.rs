//! The simulator makes the timeline of a run by arithmetic: users or arrivals, stations that serve them, noise.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use fastrand::Rng;
use flashcrowd_record::{
    HostInfo, Phase, ProcessUse, Record, RunInfo, ScenarioProgress, Stats, TestInfo, TimelineLine,
    TimelineRow,
};
use indexmap::IndexMap;

use crate::evidence::Evidence;

/// How long it takes to serve one request, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    Fixed(f64),
    /// With that mean.
    Exponential(f64),
    LogNormal {
        median: f64,
        sigma: f64,
    },
    /// The share that takes the second time, log-normal around both by that sigma.
    Either {
        share: f64,
        first: f64,
        second: f64,
        sigma: f64,
    },
}

/// What requests wait for, first come first served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Station {
    pub(crate) servers: usize,
    pub(crate) service: Service,
}

/// One kind of request.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) station: usize,
    pub(crate) weight: f64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    Users(usize),
    Rate(f64),
}

/// What became of a request: its status (0 for none), k6's error code, its time in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) code: u16,
    pub(crate) ms: f64,
}

/// Changes what became of a request that was sent at that second.
type Fate = Box<dyn Fn(f64, Answer, &mut Rng) -> Answer>;

/// A test and its target.
pub(crate) struct Simulation {
    pub(crate) steps: Vec<(f64, Load)>,
    /// The mean think time in milliseconds, exponential.
    pub(crate) think: f64,
    pub(crate) stations: Vec<Station>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) fate: Fate,
    /// Whether the record knows the phases.
    pub(crate) phases: bool,
    /// When the target stands still, and for how many seconds.
    pub(crate) pause: Option<(f64, f64)>,
    /// So many arrivals log in first, which nobody waits for.
    pub(crate) log_ins: usize,
    /// The share of the generator's CPU cores that the load costs.
    pub(crate) generator: f64,
    pub(crate) seed: u64,
}

struct Sample {
    kind: usize,
    answer: Answer,
    ends_iteration: bool,
}

impl Service {
    fn draw(self, rng: &mut Rng) -> f64 {
        match self {
            Self::Fixed(ms) => ms,
            Self::Exponential(mean) => exponential(mean, rng),
            Self::LogNormal { median, sigma } => median * (sigma * normal(rng)).exp(),
            Self::Either { share, first, second, sigma } => {
                (if rng.f64() < share { second } else { first }) * (sigma * normal(rng)).exp()
            }
        }
    }
}

/// A number of the standard normal distribution, by Box and Muller.
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

fn exponential(mean: f64, rng: &mut Rng) -> f64 {
    -mean * (1.0 - rng.f64()).ln()
}

impl Simulation {
    /// Users who think for `think` ms between requests of one kind to one station.
    pub(crate) fn of(steps: &[(f64, Load)], think: f64, station: Station) -> Self {
        Self {
            steps: steps.to_vec(),
            think,
            stations: vec![station],
            kinds: vec![Kind { name: "POST /purchase/1", station: 0, weight: 1.0 }],
            fate: Box::new(|_, answer, _| answer),
            phases: true,
            pause: None,
            log_ins: 0,
            generator: 0.2,
            seed: 7,
        }
    }

    /// Adds requests that nobody waits for.
    pub(crate) fn with_reads(mut self, weight: f64, service: Service) -> Self {
        self.stations.push(Station { servers: usize::MAX, service });
        self.kinds.push(Kind { name: "GET /inventory/1", station: self.stations.len() - 1, weight });
        self
    }

    pub(crate) fn fate(self, fate: impl Fn(f64, Answer, &mut Rng) -> Answer + 'static) -> Self {
        Self { fate: Box::new(fate), ..self }
    }

    pub(crate) fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    pub(crate) fn pause(self, at: f64, length: f64) -> Self {
        Self { pause: Some((at, length)), ..self }
    }

    pub(crate) fn log_ins(self, log_ins: usize) -> Self {
        Self { log_ins, ..self }
    }

    /// The record of the run, without results.
    pub(crate) fn run(&self) -> Record {
        let samples = self.samples();
        let timeline = samples.iter().enumerate().map(|(second, samples)| self.line(second, samples));
        Record { run: self.info(), timeline: timeline.collect(), results: None, histograms: IndexMap::new() }
    }

    fn length(&self) -> f64 {
        self.steps.iter().map(|(seconds, _)| seconds).sum()
    }

    fn load_at(&self, second: f64) -> Load {
        let mut end = 0.0;
        let step = self.steps.iter().find(|(seconds, _)| {
            end += seconds;
            second < end
        });
        step.or(self.steps.last()).unwrap().1
    }

    fn samples(&self) -> Vec<Vec<Sample>> {
        let mut rng = Rng::with_seed(self.seed);
        let mut seconds: Vec<Vec<Sample>> = (0..self.length() as usize).map(|_| Vec::new()).collect();
        let mut free: Vec<BinaryHeap<Reverse<u64>>> = vec![BinaryHeap::new(); self.stations.len()];
        let mut due = self.arrivals(&mut rng);
        let mut log_ins = self.log_ins;
        while let Some(Reverse((nanos, user))) = due.pop() {
            let now = nanos as f64 / 1e9;
            let stays = match (self.load_at(now), user) {
                (Load::Users(users), Some(user)) => user < users,
                (_, user) => user.is_none(),
            };
            if now >= self.length() || !stays {
                continue;
            }
            let kind = self.pick(&mut rng);
            let station = self.stations[self.kinds[kind].station];
            let begin = self.awake(begin(&mut free[self.kinds[kind].station], station.servers, nanos));
            let end = begin + (station.service.draw(&mut rng) * 1e6) as u64;
            if station.servers < usize::MAX {
                free[self.kinds[kind].station].push(Reverse(end));
            }
            let answer = Answer { status: 200, code: 0, ms: (end - nanos) as f64 / 1e6 };
            let answer = (self.fate)(now, answer, &mut rng);
            let end = nanos + (answer.ms * 1e6) as u64;
            if let Some(samples) = seconds.get_mut((end / 1_000_000_000) as usize) {
                samples.push(Sample { kind, answer, ends_iteration: true });
                if log_ins > 0 {
                    log_ins -= 1;
                    let answer = Answer { status: 200, code: 0, ms: 2.0 };
                    samples.push(Sample { kind, answer, ends_iteration: false });
                }
            }
            if user.is_some() {
                due.push(Reverse((end + (exponential(self.think, &mut rng) * 1e6) as u64, user)));
            }
        }
        seconds
    }

    /// When a request that could begin now does so, as the target may stand still.
    fn awake(&self, nanos: u64) -> u64 {
        let Some((at, length)) = self.pause else { return nanos };
        let [from, to] = [at, at + length].map(|seconds| (seconds * 1e9) as u64);
        if (from..to).contains(&nanos) { to } else { nanos }
    }

    /// When users come, and when arrivals do.
    fn arrivals(&self, rng: &mut Rng) -> BinaryHeap<Reverse<(u64, Option<usize>)>> {
        let (mut due, mut start, mut there) = (BinaryHeap::new(), 0.0, 0);
        for (seconds, load) in &self.steps {
            let users = if let Load::Users(users) = load { *users } else { 0 };
            for user in there..users {
                let at = start + exponential(self.think.min(500.0), rng) / 1e3;
                due.push(Reverse(((at * 1e9) as u64, Some(user))));
            }
            if let Load::Rate(rate) = load {
                let mut at = start + exponential(1.0 / rate, rng);
                while at < start + seconds {
                    due.push(Reverse(((at * 1e9) as u64, None)));
                    at += exponential(1.0 / rate, rng);
                }
            }
            (start, there) = (start + seconds, users);
        }
        due
    }

    fn pick(&self, rng: &mut Rng) -> usize {
        let mut at = rng.f64() * self.kinds.iter().map(|kind| kind.weight).sum::<f64>();
        let found = self.kinds.iter().position(|kind| {
            at -= kind.weight;
            at < 0.0
        });
        found.unwrap_or_default()
    }

    fn line(&self, second: usize, samples: &[Sample]) -> TimelineLine {
        let t = second as f64 + 1.0;
        let all: Vec<Answer> = samples.iter().map(|sample| sample.answer).collect();
        let mut parts: BTreeMap<(usize, u16, u16), Vec<Answer>> = BTreeMap::new();
        for Sample { kind, answer, .. } in samples {
            parts.entry((*kind, answer.status, answer.code)).or_default().push(*answer);
        }
        let rows = parts.iter().flat_map(|((kind, status, code), answers)| {
            let mut tags = BTreeMap::from([
                ("scenario".to_owned(), "default".to_owned()),
                ("name".to_owned(), self.kinds[*kind].name.to_owned()),
                ("method".to_owned(), self.kinds[*kind].name.split(' ').next().unwrap().to_owned()),
                ("status".to_owned(), status.to_string()),
            ]);
            if *code > 0 {
                tags.insert("error_code".to_owned(), code.to_string());
            }
            metrics(answers).into_iter().map(move |(metric, stats)| TimelineRow {
                view: "requests".into(),
                tags: tags.clone().into(),
                durations: if metric == "http_req_duration" { durations(answers) } else { Vec::new() },
                metric: metric.into(),
                stats,
            })
        });
        let mut line = TimelineLine {
            t: t + 0.4,
            interval: 1.0,
            load: Some(t),
            load_ended: None,
            metrics: metrics(&all).into_iter().collect(),
            scenarios: vec![self.progress(second as f64)],
            rows: rows.collect(),
            process: Some(ProcessUse {
                cpu_seconds: self.generator * 4.0 * t,
                rss_bytes: 50_000_000,
                workers: None,
            }),
            durations: durations(&all),
            response_times: Vec::new(),
            target: IndexMap::new(),
            target_ages: Vec::new(),
            search: None,
        };
        let iterations = samples.iter().filter(|sample| sample.ends_iteration).count();
        line.metrics.insert("iterations".to_owned(), [("sum", iterations as f64)].into());
        line
    }

    fn progress(&self, second: f64) -> ScenarioProgress {
        let (vus, rate) = match self.load_at(second) {
            Load::Users(users) => (users as u64, None),
            Load::Rate(rate) => (5, Some(rate)),
        };
        let progress = (second + 1.0) / self.length();
        ScenarioProgress {
            name: "default".to_owned(),
            progress,
            vus,
            max_vus: vus,
            rate,
            ..Default::default()
        }
    }

    fn info(&self) -> RunInfo {
        let mut start = 0.0;
        let phases = self.steps.iter().map(|(seconds, load)| {
            let (users, rate) = match load {
                Load::Users(users) => (Some(*users as u64), None),
                Load::Rate(rate) => (None, Some(*rate)),
            };
            let begin = start;
            start += seconds;
            let scenario = "default".to_owned();
            Phase { scenario, start: begin, settled: begin, end: start, users, rate, ramp_from: None }
        });
        RunInfo {
            test: TestInfo { name: "sale".to_owned(), source: "sale.yaml".to_owned() },
            phases: if self.phases { phases.collect() } else { Vec::new() },
            host: HostInfo { cpus: 4, ..HostInfo::default() },
            ..RunInfo::default()
        }
    }
}

/// When the next of the station's servers is free.
fn begin(free: &mut BinaryHeap<Reverse<u64>>, servers: usize, now: u64) -> u64 {
    if free.len() < servers {
        return now;
    }
    free.pop().map_or(now, |Reverse(free)| free.max(now))
}

/// What a record keeps of these requests.
fn metrics(answers: &[Answer]) -> Vec<(String, Stats)> {
    if answers.is_empty() {
        return Vec::new();
    }
    let mut times: Vec<f64> = answers.iter().map(|answer| answer.ms).collect();
    times.sort_by(f64::total_cmp);
    let failed = answers.iter().filter(|answer| !(200..400).contains(&answer.status)).count();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let count = times.len() as f64;
    vec![
        ("http_reqs".to_owned(), [("sum", count)].into()),
        ("http_req_failed".to_owned(), [("trues", failed as f64), ("total", count)].into()),
        (
            "http_req_duration".to_owned(),
            [
                ("count", count),
                ("sum", times.iter().sum()),
                ("min", times[0]),
                ("max", times[times.len() - 1]),
                ("p50", at(0.5)),
                ("p90", at(0.9)),
                ("p95", at(0.95)),
                ("p99", at(0.99)),
            ]
            .into(),
        ),
    ]
}

/// The distribution in buckets of 1%.
fn durations(answers: &[Answer]) -> Vec<(u64, u64)> {
    let mut buckets: BTreeMap<u64, u64> = BTreeMap::new();
    for answer in answers {
        let micros = 1.01_f64.powf(((answer.ms * 1e3).max(1.0).ln() / 1.01_f64.ln()).round());
        *buckets.entry(micros as u64).or_default() += 1;
    }
    buckets.into_iter().collect()
}

/// The evidence of a record.
pub(crate) fn evidence(record: &Record) -> Evidence<'_> {
    Evidence::from(record)
}
