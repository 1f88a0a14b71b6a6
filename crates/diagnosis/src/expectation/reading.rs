//! Reading an expectation: its kind by its name, and its promise by its target.

use super::kind::{ExpectationKind, Needs, Scopes};
use super::table::TABLE;
use super::terms::{ExpectationError, Form, Op, Promise, Scope, Target, scoped};

/// How the names of percentiles begin.
const PERCENTILE: &str = "response_time_p";

/// One promise about a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// What is judged, as written.
    pub name: String,
    /// What it has to be, as written.
    pub target: String,
}

impl Expectation {
    /// Every kind of expectation.
    pub fn table() -> &'static [ExpectationKind] {
        TABLE
    }

    /// Reads an expectation: its name, and its target such as `< 500ms`, `0%`, `true`.
    ///
    /// A name can be followed by what it is about: `response_time_p99{POST /purchase/1}` is that of one request, by
    /// the name it is counted under, `tps[step 2]` that of one step, and both can be combined in this order.
    pub fn parse(name: &str, target: &str) -> Result<Self, ExpectationError> {
        read(name, target)?;
        Ok(Self { name: name.to_owned(), target: target.to_owned() })
    }

    /// The name of its kind: of percentiles that is `response_time_p99`.
    pub fn kind(&self) -> &'static str {
        read(&self.name, &self.target).map_or("", |(kind, _)| kind.name)
    }

    /// What a run must have so that it can be measured.
    pub fn needs(&self) -> Needs {
        read(&self.name, &self.target).map_or(Needs::Nothing, |(kind, _)| kind.needs)
    }

    /// What it bounds, and by how much; none where it is no bound.
    pub fn bound(&self) -> Option<Bound> {
        let (kind, promise) = read(&self.name, &self.target).ok()?;
        let Target::Bound { op, limit, .. } = promise.target else { return None };
        Some(Bound {
            kind: kind.name,
            percentile: promise.percentile,
            request: promise.scope.request,
            step: promise.scope.step,
            limit,
            is_upper: matches!(op, Op::Below | Op::AtMost),
        })
    }
}

/// What an expectation bounds, and by how much.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The name of its kind: of percentiles that is `response_time_p99`.
    pub kind: &'static str,
    /// Which percentile, where it is one.
    pub percentile: Option<f64>,
    /// The request that it is about; none for all.
    pub request: Option<String>,
    /// The step that it is about; none for all.
    pub step: Option<usize>,
    /// The bound, in milliseconds, percent, or a number.
    pub limit: f64,
    /// Whether it bounds from above.
    pub is_upper: bool,
}

/// The kind of an expectation, and what it promises.
pub(crate) fn read(
    name: &str,
    target: &str,
) -> Result<(&'static ExpectationKind, Promise), ExpectationError> {
    let (base, scope) = scoped(name.trim())?;
    let (kind, percentile) = find(base)?;
    let allowed = match kind.scopes {
        Scopes::Requests => true,
        Scopes::Steps => scope.request.is_none(),
        Scopes::Run => scope == Scope::default(),
    };
    if !allowed {
        let part = if kind.scopes == Scopes::Run { "the whole run" } else { "all requests" };
        return Err(ExpectationError::Name(format!("{base} is judged over {part}: write '{base}'")));
    }
    let target = Target::parse(base, target, kind.form, kind.more_is_better)?;
    let counts_what_lacks = kind.form == Form::Share && kind.more_is_better;
    Ok((kind, Promise { percentile, scope, target, counts_what_lacks }))
}

fn find(name: &str) -> Result<(&'static ExpectationKind, Option<f64>), ExpectationError> {
    if let Some(digits) =
        name.strip_prefix(PERCENTILE).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        let percentile = digits.parse().ok().filter(|percent| (1.0..100.0).contains(percent));
        let Some(percentile) = percentile else {
            let text =
                format!("'{digits}' is not a percentile: write one from {PERCENTILE}1 to {PERCENTILE}99.99");
            return Err(ExpectationError::Name(text));
        };
        let kind = TABLE.iter().find(|kind| kind.name.starts_with(PERCENTILE));
        return kind.map(|kind| (kind, Some(percentile))).ok_or_else(|| unknown(name));
    }
    let known = TABLE.iter().find(|kind| kind.name == name || kind.aliases.contains(&name));
    known.map(|kind| (kind, None)).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> ExpectationError {
    // What a duet is expected to show, only a duet expects.
    let table = || TABLE.iter().filter(|kind| kind.needs != Needs::Duet);
    let known = || table().flat_map(|kind| [kind.name].into_iter().chain(kind.aliases.iter().copied()));
    let lower = name.to_lowercase().replace(['-', ' '], "_");
    let nearest = known()
        .map(|known| (strsim::damerau_levenshtein(&lower, known), known))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, _)| *edits <= 1 + name.chars().count() / 3);
    ExpectationError::Name(match nearest {
        Some((_, known)) => format!("'{name}' is not an expectation: write '{known}'"),
        None => {
            let all: Vec<&str> = table().map(|kind| kind.name).collect();
            format!("'{name}' is not an expectation: write one of {}", all.join(", "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_with_what_they_are_about() {
        for (name, kind, percentile, request, step) in [
            ("response_time_p99", "response_time_p99", Some(99.0), None, None),
            ("response_time_p50", "response_time_p99", Some(50.0), None, None),
            ("response_time_p99.99", "response_time_p99", Some(99.99), None, None),
            ("rps", "tps", None, None, None),
            ("response_time_avg{GET /a{id}}", "response_time_avg", None, Some("GET /a{id}"), None),
            ("error_rate{ login }[step 3]", "error_rate", None, Some("login"), Some(3)),
            ("checks[step 1]", "checks", None, None, Some(1)),
        ] {
            let target = TABLE.iter().find(|row| row.name == kind).unwrap().example;
            let (found, promise) = read(name, target).unwrap();
            assert_eq!((found.name, promise.percentile), (kind, percentile), "{name}");
            assert_eq!(promise.scope, Scope { request: request.map(str::to_owned), step }, "{name}");
        }
    }

    #[test]
    fn wrong_names_are_answered_with_the_nearest() {
        let texts: Vec<String> = [
            "response_tme_p99",
            "response_time_p100",
            "response_time_p0",
            "response_time",
            "Error-Rate",
            "memory_leaks",
            "happiness",
            "no_system_crash[step 1]",
            "checks{GET /}",
            "tps[2]",
            "tps[step 0]",
            "tps{}",
        ]
        .into_iter()
        .map(|name| read(name, "< 500ms").unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        'response_tme_p99' is not an expectation: write 'response_time_p99'
        '100' is not a percentile: write one from response_time_p1 to response_time_p99.99
        '0' is not a percentile: write one from response_time_p1 to response_time_p99.99
        'response_time' is not an expectation: write 'response_time_p99'
        'Error-Rate' is not an expectation: write 'error_rate'
        'memory_leaks' is not an expectation: write 'memory_leak'
        'happiness' is not an expectation: write one of response_time_p99, response_time_avg, response_time_max, response_time_min, error_rate, tps, iteration_rate, failure_rate, throttle_rate, capacity_utilization, key_utilization, checks, dropped, concurrency, system_recovery_time, no_system_crash, identify_breaking_point, breaking_point, graceful_degradation, memory_leak, performance_degradation, error_rate_stable, stock_accuracy, lock_contention
        no_system_crash is judged over the whole run: write 'no_system_crash'
        checks is judged over all requests: write 'checks'
        '[2]' does not name a step: write 'tps[step 1]'
        '[step 0]' does not name a step: write 'tps[step 1]'
        'tps{}' does not name a request: write 'tps{GET /path}'
        ");
    }

    #[test]
    fn every_row_has_its_own_name_and_an_example_that_can_be_read() {
        let mut names: Vec<&str> =
            TABLE.iter().flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied())).collect();
        for row in TABLE {
            assert!(read(row.name, row.example).is_ok(), "{}", row.name);
            assert!(!row.doc.is_empty() && !row.doc.ends_with('.'), "{}", row.doc);
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
