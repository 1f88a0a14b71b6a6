//! The aim of a search: what it looks for in a test, resolved and checked.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::executor::{Allowance, Dial, SteeredArrivalRate, SteeredVus};
use flashcrowd_engine::{Arrivals, ExecutorConfig, ScenarioConfig, Share};
use flashcrowd_record::{LoadKind, SearchAim, SearchResult};
use flashcrowd_search::{Promise, SearchConfig};
use flashcrowd_test::{Bounds, FindSettings, Problem, Test};
use flashcrowd_text::nearest;

use super::promise::{Judged, left_out, promises};

/// Half the width of the interval, unless it is said.
const PRECISION: f64 = 0.05;

/// How long a search may take, unless it is said.
const TIME: Duration = Duration::from_secs(90);

/// How far below and above a test's own rate is looked, unless it is said.
const AROUND: f64 = 20.0;

/// The largest rate, unless the test has one of its own.
const RATE: f64 = 2000.0;

/// The most virtual users, unless the test has more of its own.
const USERS: f64 = 200.0;

/// For how many seconds the iterations of a rate may pile up, and the virtual users that there may be for that.
const PILED_UP: f64 = 10.0;
const ALLOWED: (f64, f64) = (50.0, 20_000.0);
const READY: (f64, f64) = (10.0, 500.0);

/// How much longer than the search its run may last: rests are waited for.
const MORE: Duration = Duration::from_secs(60);

/// What a search looks for in a test.
#[derive(Clone, Debug)]
pub struct Aim {
    pub(crate) load_is: LoadKind,
    pub(crate) promises: Vec<Judged>,
    /// What the test expects and cannot be judged at each load.
    pub left_out: Vec<String>,
    pub(crate) config: SearchConfig,
    pub(crate) at_least: Option<f64>,
    pub(crate) dial: Arc<Dial>,
    pub(crate) scenarios: Vec<ScenarioConfig>,
}

impl Aim {
    /// What is looked for in a test; everything that is wrong with that at once.
    pub fn of(test: &dyn Test, settings: &FindSettings) -> Result<Self, Vec<Problem>> {
        let (promises, mut problems) = promises(&settings.promises, test);
        let scenarios = scenarios(test, settings, &mut problems);
        let by_rate = settings.rate.is_some()
            || settings.users.is_none() && scenarios.iter().any(|one| peak_rate(&one.executor) > 0.0);
        let load_is = if by_rate { LoadKind::Rate } else { LoadKind::Users };
        if !by_rate && promises.is_empty() && problems.is_empty() {
            problems.push(Problem::new(
                "users never arrive faster than they are served, so something has to be promised: add \
                 --promise 'response_time_p99: < 500ms', or search for a rate with --rate 1..1000",
            ));
        }
        let own: Vec<f64> = scenarios.iter().map(|one| own_load(&one.executor, load_is)).collect();
        let bounds = if by_rate { settings.rate } else { settings.users }.unwrap_or_default();
        let (lowest, highest) = range(load_is, own.iter().sum(), bounds, &mut problems);
        let time = settings.time.unwrap_or(TIME);
        let precision = settings.precision.unwrap_or(PRECISION);
        check(precision, time, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let config = SearchConfig {
            lowest,
            highest,
            whole: !by_rate,
            keeps_up: by_rate,
            dispersion: scenarios
                .iter()
                .filter_map(|one| one.executor.arrivals())
                .map(Arrivals::dispersion)
                .fold(0.0, f64::max),
            promises: promises
                .iter()
                .map(|promise| Promise { allowed: promise.allowed, limit: promise.limit() })
                .collect(),
            precision,
            seconds: time.as_secs_f64(),
        };
        let dial = Arc::new(Dial::new());
        let duration = time.saturating_add(MORE);
        let scenarios = steered(scenarios, &own, load_is, (&config, &dial, duration));
        let left_out = left_out(&settings.promises, test);
        Ok(Self { load_is, promises, left_out, config, at_least: settings.at_least, dial, scenarios })
    }

    /// What was found before anything was tried: nothing.
    pub fn blank_result(&self) -> SearchResult {
        SearchResult {
            load_is: self.load_is,
            promises: self.recorded().promises,
            lowest: self.config.lowest,
            highest: self.config.highest,
            precision: self.config.precision,
            seconds: self.config.seconds,
            at_least: self.at_least,
            ..SearchResult::default()
        }
    }

    /// What a record keeps of it.
    pub fn recorded(&self) -> SearchAim {
        SearchAim {
            load_is: self.load_is,
            promises: self.promises.iter().map(Judged::recorded).collect(),
            lowest: self.config.lowest,
            highest: self.config.highest,
        }
    }
}

fn check(precision: f64, time: Duration, problems: &mut Vec<Problem>) {
    if !(0.005..=0.5).contains(&precision) {
        problems
            .push(Problem::new(format!("precision {}% is out of range: use 0.5% to 50%", precision * 100.0)));
    }
    if time < Duration::from_secs(10) {
        problems.push(Problem::new("time is too short for a search: use 10s or more"));
    }
}

/// The scenarios that are steered: the one that was named, or all of one kind. Of a plan, whose steps come one after the
/// other, that is the first run of steps with that kind of load.
fn scenarios<'t>(
    test: &'t dyn Test,
    settings: &FindSettings,
    problems: &mut Vec<Problem>,
) -> Vec<&'t ScenarioConfig> {
    let all = test.scenarios();
    if let Some(name) = &settings.scenario {
        let found: Vec<_> = all.iter().filter(|one| one.name == *name).collect();
        if found.is_empty() {
            let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("use one of {}", names.join(", ")),
            };
            problems.push(Problem::new(format!("there is no scenario '{name}': {hint}")));
        }
        return found;
    }
    let with_rate: Vec<_> = all.iter().filter(|one| peak_rate(&one.executor) > 0.0).collect();
    let with_users: Vec<_> = all.iter().filter(|one| peak_rate(&one.executor) == 0.0).collect();
    let wants_users = settings.users.is_some() && settings.rate.is_none();
    let mut chosen = match (with_rate.is_empty(), with_users.is_empty(), wants_users) {
        (false, _, false) | (false, true, true) => with_rate,
        _ => with_users,
    };
    if chosen.windows(2).all(|two| two[0].start_time + two[0].executor.length() <= two[1].start_time) {
        chosen.truncate(1);
    }
    chosen
}

/// The largest rate of an executor; zero where virtual users loop.
fn peak_rate(executor: &ExecutorConfig) -> f64 {
    let length = executor.length();
    let moments = (0..=400).map(|part| length.mul_f64(f64::from(part) / 400.0));
    moments.filter_map(|at| executor.rate(at)).fold(0.0, f64::max)
}

/// The largest load of an executor, of that kind; zero where it has another.
fn own_load(executor: &ExecutorConfig, load_is: LoadKind) -> f64 {
    match load_is {
        LoadKind::Rate => peak_rate(executor),
        LoadKind::Users if peak_rate(executor) > 0.0 => 0.0,
        LoadKind::Users => {
            let needs = executor.needs(&Share::whole(), Duration::ZERO);
            needs.iter().map(|need| need.planned).max().unwrap_or_default() as f64
        }
    }
}

/// Between which loads is looked.
fn range(load_is: LoadKind, own: f64, bounds: Bounds, problems: &mut Vec<Problem>) -> (f64, f64) {
    let (lowest, highest) = match load_is {
        LoadKind::Rate if own > 0.0 => (own / AROUND, own * AROUND),
        LoadKind::Rate => (1.0, RATE),
        LoadKind::Users => (1.0, (own * 2.0).max(USERS)),
    };
    let highest = bounds.highest.unwrap_or_else(|| highest.max(bounds.lowest.unwrap_or(0.0) * AROUND));
    let lowest = bounds.lowest.unwrap_or(lowest.min(highest / AROUND));
    let lowest = if load_is.is_rate() { lowest } else { lowest.round().max(1.0) };
    if highest < lowest * 1.1 {
        problems.push(Problem::new(format!(
            "between {lowest} and {highest} there is nothing to search: give a wider range, such as {lowest}..{}",
            lowest * 100.0
        )));
    }
    (lowest, highest)
}

/// The scenarios with their load on the dial, each with its part of it.
fn steered(
    scenarios: Vec<&ScenarioConfig>,
    own: &[f64],
    load_is: LoadKind,
    (config, dial, duration): (&SearchConfig, &Arc<Dial>, Duration),
) -> Vec<ScenarioConfig> {
    let (total, count) = (own.iter().sum::<f64>(), own.len() as f64);
    let shares = own.iter().map(|own| if total > 0.0 { own / total } else { 1.0 / count });
    let one = |(scenario, share): (&ScenarioConfig, f64)| {
        let highest = config.highest * share;
        let executor = match load_is {
            LoadKind::Rate => {
                let max_vus = (highest * PILED_UP).clamp(ALLOWED.0, ALLOWED.1);
                let ready = (highest / 2.0).clamp(READY.0, READY.1);
                let whole = |value: f64| value.ceil() as u64;
                let allowance = Allowance { pre_allocated_vus: whole(ready), max_vus: whole(max_vus) };
                ExecutorConfig::SteeredArrivalRate(SteeredArrivalRate {
                    dial: dial.clone(),
                    share,
                    duration,
                    arrivals: scenario.executor.arrivals().unwrap_or_default(),
                    allowance,
                })
            }
            LoadKind::Users => ExecutorConfig::SteeredVus(SteeredVus {
                dial: dial.clone(),
                share,
                max_vus: highest.ceil() as u64,
                duration,
                graceful_ramp_down: scenario.graceful_stop,
            }),
        };
        ScenarioConfig { executor, start_time: Duration::ZERO, ..scenario.clone() }
    };
    scenarios.into_iter().zip(shares).filter(|(_, share)| *share > 0.0).map(one).collect()
}
