//! A promise as a search judges it: what counts as bad, and how much of that is allowed.

use flashcrowd_diagnosis::Expectation;
use flashcrowd_metrics::{Op, Stat};
use flashcrowd_record::{Expected, Promised};
use flashcrowd_test::{Problem, Test};

/// The smallest share that is told apart from none.
const LEAST_SHARE: f64 = 0.0005;

/// A promise as a search judges it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judged {
    /// As written.
    pub(crate) written: Expected,
    /// What is counted.
    pub(crate) what: Counted,
    /// The request that it is about; none for all.
    pub(crate) request: Option<String>,
    /// The largest share of bad ones.
    pub(crate) allowed: f64,
}

/// What is counted, and when it is bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Counted {
    /// Requests whose response took longer than this, in milliseconds.
    SlowerThan(f64),
    /// Requests that failed.
    Failed,
    /// Checks that failed.
    Checks,
}

impl Judged {
    /// Reads a promise, or says why a search cannot judge it.
    pub(crate) fn read(written: &Expected) -> Result<Self, String> {
        let Expected { name, target } = written;
        let expectation = Expectation::parse(name, target).map_err(|error| error.to_string())?;
        let bound = expectation.bound();
        let Some(bound) = bound.filter(|bound| bound.step.is_none()) else {
            return Err(unusable(name));
        };
        let (what, allowed) = match (bound.kind, bound.percentile, bound.is_upper) {
            ("response_time_p99", Some(percent), true) => {
                (Counted::SlowerThan(bound.limit), 1.0 - percent / 100.0)
            }
            ("error_rate", _, true) => (Counted::Failed, bound.limit / 100.0),
            ("checks", _, false) => (Counted::Checks, 1.0 - bound.limit / 100.0),
            _ => return Err(unusable(name)),
        };
        Ok(Self {
            written: written.clone(),
            what,
            request: bound.request,
            allowed: allowed.clamp(LEAST_SHARE, 0.9),
        })
    }

    /// As a record keeps it.
    pub(crate) fn recorded(&self) -> Promised {
        Promised { name: self.written.name.clone(), target: self.written.target.clone() }
    }

    /// The limit of a response time in seconds.
    pub(crate) fn limit(&self) -> Option<f64> {
        match self.what {
            Counted::SlowerThan(ms) => Some(ms / 1000.0),
            Counted::Failed | Counted::Checks => None,
        }
    }
}

fn unusable(name: &str) -> String {
    format!(
        "'{name}' cannot be judged at each load: promise a percentile such as 'response_time_p99: < 500ms', \
         'error_rate: < 1%' or 'checks: > 99%'"
    )
}

/// The promises of a search: those that were asked for, all of which must make sense; else those of the test that do.
pub(crate) fn promises(asked: &[Expected], test: &dyn Test) -> (Vec<Judged>, Vec<Problem>) {
    let (mut promises, mut problems) = (Vec::new(), Vec::new());
    if asked.is_empty() {
        let own = test.expected().into_iter().chain(of_thresholds(test));
        promises.extend(own.filter_map(|one| Judged::read(&one).ok()));
        return (promises, problems);
    }
    for one in asked {
        match Judged::read(one) {
            Ok(promise) => promises.push(promise),
            Err(message) => problems.push(Problem::new(message)),
        }
    }
    (promises, problems)
}

/// What a test expects and a search cannot judge at each load, where nothing else was asked for.
pub(crate) fn left_out(asked: &[Expected], test: &dyn Test) -> Vec<String> {
    let own = if asked.is_empty() { test.expected() } else { Vec::new() };
    own.into_iter().filter(|one| Judged::read(one).is_err()).map(|one| one.name).collect()
}

/// The thresholds of a test as promises, as far as they can be judged at each load.
fn of_thresholds(test: &dyn Test) -> Vec<Expected> {
    let mut promises = Vec::new();
    for config in test.options().thresholds().iter().filter(|config| config.selector.tags.is_empty()) {
        for threshold in &config.thresholds {
            let below = matches!(threshold.op, Op::Less | Op::LessOrEqual);
            let promise = match (config.selector.metric.as_str(), threshold.stat) {
                ("http_req_duration", Stat::Percentile(percent)) if below && percent < 100.0 => {
                    Some((format!("response_time_p{percent}"), format!("< {}ms", threshold.value)))
                }
                ("http_req_duration", Stat::Med) if below => {
                    Some(("response_time_p50".to_owned(), format!("< {}ms", threshold.value)))
                }
                ("http_req_failed", Stat::Rate) if below => {
                    Some(("error_rate".to_owned(), format!("< {}%", threshold.value * 100.0)))
                }
                ("checks", Stat::Rate) if !below => {
                    Some(("checks".to_owned(), format!("> {}%", threshold.value * 100.0)))
                }
                _ => None,
            };
            promises.extend(promise.map(|(name, target)| Expected { name, target }));
        }
    }
    promises
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, target: &str) -> Result<(Counted, f64), String> {
        let written = Expected { name: name.to_owned(), target: target.to_owned() };
        Judged::read(&written).map(|promise| (promise.what, (promise.allowed * 1e6).round() / 1e6))
    }

    #[test]
    fn what_can_be_counted_at_a_load_can_be_promised() {
        assert_eq!(read("response_time_p99", "< 500ms"), Ok((Counted::SlowerThan(500.0), 0.01)));
        assert_eq!(read("response_time_p50", "<= 2s"), Ok((Counted::SlowerThan(2000.0), 0.5)));
        assert_eq!(read("error_rate", "< 1%"), Ok((Counted::Failed, 0.01)));
        assert_eq!(read("error_rate", "0%"), Ok((Counted::Failed, LEAST_SHARE)));
        assert_eq!(read("checks", "> 99%"), Ok((Counted::Checks, 0.01)));
        for (name, target) in [
            ("tps", "> 100"),
            ("response_time_max", "< 1s"),
            ("response_time_p99", "> 1s"),
            ("memory_leak", "false"),
            ("error_rate[step 2]", "< 1%"),
            ("eror_rate", "< 1%"),
        ] {
            assert!(read(name, target).is_err(), "{name}");
        }
    }
}
