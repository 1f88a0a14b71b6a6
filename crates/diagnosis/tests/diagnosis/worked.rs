//! The worked examples of the pages about expectations and findings are run: what a page says comes out is what comes out.
//!
//! An example is a block of the language `example`. Its lines are:
//!
//! ```text
//! for 10 s, 20 users: 100/s in 20 ms, 5/s in 900 ms, 2/s fail with 500 in 1 ms
//! for 10 s after a ramp of 5 s, 40 users: ...      a step with a ramp, in which it behaves the same
//! for 10 s, rate 100/s: 90/s in 20 ms, 5/s in 20 ms sent 300 ms late, 5/s dropped
//! then 3 s: no response                            the same step goes on with other responses
//! repeat 4 times: ...; ...                         the lines, that often
//! target process_resident_memory_bytes: 1e8 + 2e5/s       a metric of the target, from there on
//! metric checks: trues 97, total 100               a metric of every second, from there on
//! generator: 95% of 4 cores                        how busy the generator is, from there on
//! answer: slower, 4.8% (3.9% to 5.7%)              that of a duet
//! stock: 100 before, 97 sold, 3 after
//! stood still: 2 s                                 the worker thread that did so most
//! not sent: 40 of 2000                             requests that this machine could not send
//! capacity: 200 provisioned, 1449 in the busiest minute        of the writes to a table
//! key: 4660 write units of 1000                    that one key consumed, and that a partition serves
//! error_rate: < 1% -> 2%, fail                     what is expected, its value and mark
//! finding error-onset -> critical                  or: none
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flashcrowd_diagnosis::{Evidence, Expectation, FINDINGS, judge};
use flashcrowd_record::{
    Audit, Capacity, CapacityKind, CapacityLine, Contains, Duet, DuetRules, DuetTimes, Expected, HotKey,
    Judgement, Kind, Mark, MetricResult, Phase, ProcessUse, Record, Results, RunInfo, ScenarioProgress,
    Severity, Stats, TimelineLine, TimelineRow,
};
use indexmap::IndexMap;

/// The pages.
const PAGES: [&str; 2] = ["expectations.md", "findings.md"];

/// Requests of one kind in every second: how many, how long each takes, and what comes back.
#[derive(Clone, Debug)]
struct Group {
    name: String,
    count: f64,
    ms: f64,
    /// How long after they were due they are sent, with a rate.
    late: f64,
    /// 0 is no response.
    status: u16,
}

/// What is expected of the example, as written.
#[derive(Debug)]
enum Claim {
    Expectation { name: String, target: String, outcome: String },
    Finding { id: String, outcome: String },
}

/// An example while it is read.
struct Example {
    record: Record,
    claims: Vec<Claim>,
    /// The load of the step that goes on.
    users: Option<u64>,
    rate: Option<f64>,
    /// Metrics of the target: value, growth per second, and since when.
    target: IndexMap<String, (f64, f64, f64)>,
    /// Metrics of every second.
    metrics: IndexMap<String, Stats>,
    /// The cores that the generator keeps busy, and those that it has used so far.
    busy: (f64, f64),
}

impl Example {
    fn read(text: &str) -> Self {
        let record = Record {
            run: RunInfo::default(),
            timeline: Vec::new(),
            results: Some(Results::default()),
            histograms: IndexMap::new(),
        };
        let mut example = Self {
            record,
            claims: Vec::new(),
            users: None,
            rate: None,
            target: IndexMap::new(),
            metrics: IndexMap::new(),
            busy: (0.0, 0.0),
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            example.line(line);
        }
        example
    }

    fn line(&mut self, line: &str) {
        if let Some((times, rest)) = line.strip_prefix("repeat ").and_then(|rest| rest.split_once(" times: "))
        {
            for _ in 0..times.parse().unwrap() {
                rest.split("; ").for_each(|part| self.line(part));
            }
        } else if let Some(rest) = line.strip_prefix("for ") {
            self.step(rest);
        } else if let Some(rest) = line.strip_prefix("then ") {
            let (seconds, requests) = rest.split_once(" s: ").expect(line);
            self.seconds(seconds.parse().expect(line), requests);
            let end = self.record.timeline.len() as f64;
            self.record.run.phases.last_mut().expect("a step goes on").end = end;
        } else if let Some(rest) = line.strip_prefix("target ") {
            let (name, value) = rest.split_once(": ").expect(line);
            let (value, growth) = value.split_once(" + ").unwrap_or((value, "0/s"));
            let growth = growth.trim_end_matches("/s").parse().expect(line);
            let since = self.record.timeline.len() as f64;
            self.target.insert(name.to_owned(), (value.parse().expect(line), growth, since));
        } else if let Some(rest) = line.strip_prefix("metric ") {
            let (name, stats) = rest.split_once(": ").expect(line);
            let pairs = stats.split(", ").map(|pair| pair.split_once(' ').expect(line));
            let stats: IndexMap<String, Option<f64>> =
                pairs.map(|(stat, value)| (stat.to_owned(), Some(value.parse().expect(line)))).collect();
            self.metrics.insert(name.to_owned(), stats.into());
        } else if let Some(rest) = line.strip_prefix("generator: ") {
            let (share, cores) = rest.trim_end_matches(" cores").split_once("% of ").expect(line);
            let (share, cores): (f64, f64) = (share.parse().expect(line), cores.parse().expect(line));
            self.record.run.host.cpus = cores as usize;
            self.busy.0 = share / 100.0 * cores;
        } else if let Some(rest) = line.strip_prefix("answer: ") {
            self.record.results.as_mut().unwrap().duet = Some(duet(rest));
        } else if let Some(rest) = line.strip_prefix("stood still: ") {
            let seconds: f64 = rest.trim_end_matches(" s").parse().expect(line);
            let generator = &mut self.record.results.as_mut().unwrap().generator;
            (generator.stalled_seconds, generator.longest_stall_seconds) = (seconds, seconds);
        } else if let Some(counted) = part_of_requests(line) {
            self.record.results.as_mut().unwrap().metrics.extend(counted);
        } else if let Some(rest) = line.strip_prefix("capacity: ") {
            self.record.results.as_mut().unwrap().capacity = Some(capacity(rest));
        } else if let Some(rest) = line.strip_prefix("key: ") {
            self.record.results.as_mut().unwrap().capacity = Some(hot_key(rest));
        } else if let Some(rest) = line.strip_prefix("stock: ") {
            let numbers: Vec<f64> = rest.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            let [before, sold, after] = numbers[..] else { panic!("{line}") };
            let audit =
                Audit { name: "stock".into(), before: Some(before), after: Some(after), sold, problem: None };
            self.record.results.as_mut().unwrap().audits.push(audit);
        } else {
            let (what, outcome) = line.split_once(" -> ").unwrap_or_else(|| panic!("what is this: {line}"));
            let outcome = outcome.to_owned();
            self.claims.push(match what.strip_prefix("finding ") {
                Some(id) => Claim::Finding { id: id.to_owned(), outcome },
                None => {
                    let (name, target) = what.split_once(": ").expect(line);
                    Claim::Expectation { name: name.to_owned(), target: target.to_owned(), outcome }
                }
            });
        }
    }

    fn step(&mut self, line: &str) {
        let (head, requests) = line.split_once(": ").expect(line);
        let (time, load) = head.split_once(", ").expect(line);
        let (seconds, ramp) =
            time.split_once(" s after a ramp of ").unwrap_or((time.trim_end_matches(" s"), "0"));
        let seconds: usize = seconds.parse().expect(line);
        let ramp: usize = ramp.trim_end_matches(" s").parse().expect(line);
        self.rate = load.strip_prefix("rate ").map(|rate| rate.trim_end_matches("/s").parse().expect(line));
        self.users = load.strip_suffix(" users").map(|users| users.parse().expect(line));
        let start = self.record.timeline.len() as f64;
        self.seconds(ramp + seconds, requests);
        self.record.run.phases.push(Phase {
            scenario: "default".into(),
            start,
            settled: start + ramp as f64,
            end: start + (ramp + seconds) as f64,
            users: self.users,
            rate: self.rate,
            ..Phase::default()
        });
    }

    fn seconds(&mut self, count: usize, requests: &str) {
        let parts: Vec<&str> = requests.split(", ").filter(|part| *part != "no response").collect();
        let dropped = parts.iter().filter_map(|part| part.strip_suffix("/s dropped"));
        let dropped: f64 = dropped.map(|count| count.parse::<f64>().expect(requests)).sum();
        let groups: Vec<Group> =
            parts.iter().filter(|part| !part.ends_with(" dropped")).map(|part| group(part)).collect();
        for _ in 0..count {
            let line = self.second(&groups, dropped);
            self.record.timeline.push(line);
        }
    }

    fn second(&mut self, groups: &[Group], dropped: f64) -> TimelineLine {
        let at = self.record.timeline.len() as f64;
        let mut line =
            TimelineLine { t: at + 1.5, interval: 1.0, load: Some(at + 1.0), ..TimelineLine::default() };
        let users = self.users.unwrap_or(10) as f64;
        line.metrics.insert("vus".into(), [("value", users), ("min", users), ("max", users)].into());
        line.scenarios = vec![ScenarioProgress {
            name: "default".into(),
            vus: users as u64,
            max_vus: users as u64,
            rate: self.rate,
            ..ScenarioProgress::default()
        }];
        line.target = self
            .target
            .iter()
            .map(|(name, (from, growth, since))| (name.clone(), from + growth * (at - since)))
            .collect();
        if dropped > 0.0 {
            line.metrics.insert("dropped_iterations".into(), [("sum", dropped)].into());
        }
        line.metrics.extend(metrics(groups, self.rate.is_some()));
        let count: f64 = groups.iter().map(|group| group.count).sum();
        line.metrics.insert("iterations".into(), [("sum", count)].into());
        for group in groups {
            line.durations.push(((group.ms * 1e3) as u64, group.count as u64));
            if self.rate.is_some() {
                line.response_times.push((((group.ms + group.late) * 1e3) as u64, group.count as u64));
            }
        }
        line.rows = rows(groups, self.rate.is_some());
        line.metrics.extend(self.metrics.clone());
        if self.busy.0 > 0.0 {
            self.busy.1 += self.busy.0;
            line.process = Some(ProcessUse { cpu_seconds: self.busy.1, ..ProcessUse::default() });
        }
        line.durations.sort_unstable();
        line.response_times.sort_unstable();
        line
    }

    fn judged(&mut self) -> Judgement {
        for claim in &self.claims {
            if let Claim::Expectation { name, target, .. } = claim {
                self.record.run.expected.push(Expected { name: name.clone(), target: target.clone() });
            }
        }
        judge(&Evidence::from(&self.record))
    }
}

/// `100/s in 20 ms`, `100/s in 20 ms sent 300 ms late`, `5/s of GET /slow in 900 ms`, `2/s fail with 500 in 1 ms`, `2/s without response in 10 ms`
fn group(whole: &str) -> Group {
    let (text, late) = whole.split_once(" sent ").unwrap_or((whole, "0 ms late"));
    let late = late.trim_end_matches(" ms late").parse().expect(whole);
    let (what, ms) = text.rsplit_once(" in ").unwrap_or_else(|| panic!("how long does it take: {text}"));
    let ms = ms.trim_end_matches(" ms").parse().expect(text);
    let (what, status) = match what.split_once(" fail with ") {
        Some((what, status)) => (what, status.parse().expect(text)),
        None => match what.strip_suffix(" without response") {
            Some(what) => (what, 0),
            None => (what, 200),
        },
    };
    let (count, name) =
        what.split_once("/s of ").unwrap_or((what.trim_end_matches("/s"), "POST /purchase/1"));
    Group { name: name.to_owned(), count: count.parse().expect(text), ms, late, status }
}

/// The rows of these requests, which are one for each request and status.
fn rows(groups: &[Group], have_dues: bool) -> Vec<TimelineRow> {
    let mut alike: IndexMap<(&str, u16), Vec<Group>> = IndexMap::new();
    for group in groups {
        alike.entry((&group.name, group.status)).or_default().push(group.clone());
    }
    let mut rows = Vec::new();
    for ((name, status), groups) in alike {
        let method = name.split(' ').next().unwrap();
        let tags: BTreeMap<String, String> =
            [("name", name), ("method", method), ("status", &status.to_string()), ("scenario", "default")]
                .map(|(tag, value)| (tag.to_owned(), value.to_owned()))
                .into();
        rows.extend(metrics(&groups, have_dues).into_iter().map(|(metric, stats)| {
            let micros = |late: fn(&Group) -> f64| {
                let times = groups.iter().map(|group| ((group.ms + late(group)) * 1e3, group.count));
                times.map(|(micros, count)| (micros as u64, count as u64)).collect()
            };
            let durations = match metric.as_str() {
                "http_req_duration" => micros(|_| 0.0),
                "http_req_response_time" => micros(|group| group.late),
                _ => Vec::new(),
            };
            TimelineRow {
                view: "requests".into(),
                tags: tags.clone().into(),
                metric: metric.into(),
                stats,
                durations,
            }
        }));
    }
    rows
}

/// `slower, 4.8% (3.9% to 5.7%)`, or an answer without times.
fn duet(text: &str) -> Duet {
    let (answer, times) = text.split_once(", ").map_or((text, None), |(answer, times)| (answer, Some(times)));
    let times = times.map(|times| {
        let shares: Vec<f64> = times
            .split_whitespace()
            .filter_map(|word| word.trim_matches(['(', ')']).trim_end_matches('%').parse::<f64>().ok())
            .map(|percent| percent / 100.0)
            .collect();
        let [difference, lower, upper] = shares[..] else { panic!("what are the times: {text}") };
        DuetTimes { difference, lower: Some(lower), upper: Some(upper), blocks: 60, block_seconds: 1 }
    });
    let rules = DuetRules { margin: 0.02, alpha: 0.01, ..DuetRules::default() };
    let answer = serde_json::from_value(answer.into()).expect(text);
    Duet { rules, answer, times, pairs: 6000, ..Duet::default() }
}

/// What a record keeps of these requests.
/// Requests of which something is counted, and all of them.
fn part_of_requests(line: &str) -> Option<[MetricResult; 2]> {
    let metrics = [("not sent: ", "http_reqs_not_sent"), ("not kept: ", "http_reqs_not_kept")];
    let (text, metric) =
        metrics.into_iter().find_map(|(what, metric)| Some((line.strip_prefix(what)?, metric)))?;
    let (part, all) = text.split_once(" of ").expect(text);
    Some([(metric, part), ("http_reqs", all)].map(|(name, count)| MetricResult {
        name: name.to_owned(),
        kind: Kind::Counter,
        contains: Contains::Default,
        parent: None,
        stats: Stats::from([("count", count.parse().expect(text))]),
        samples: 1,
        thresholds: Vec::new(),
    }))
}

/// The writes to a table: what is provisioned, and what the busiest minute consumed.
fn capacity(text: &str) -> Capacity {
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [provisioned, consumed] = numbers[..] else { panic!("{text}") };
    let line = CapacityLine {
        table: "Orders".into(),
        kind: CapacityKind::Write,
        provisioned: Some(provisioned),
        burst: Some(300.0 * provisioned),
        busiest_minute: Some(consumed),
        ..CapacityLine::default()
    };
    Capacity { lines: vec![line], costs: None, keys: Vec::new() }
}

/// What one key of a table consumed, and what a partition serves.
fn hot_key(text: &str) -> Capacity {
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [rate, limit] = numbers[..] else { panic!("{text}") };
    let kind = if text.contains("write") { CapacityKind::Write } else { CapacityKind::Read };
    let (table, key) = ("Products".into(), "p-00001".into());
    Capacity {
        keys: vec![HotKey { table, index: None, kind, key, rate, peak: rate, limit }],
        ..Capacity::default()
    }
}

fn metrics(groups: &[Group], have_dues: bool) -> Vec<(String, Stats)> {
    let count: f64 = groups.iter().map(|group| group.count).sum();
    let failed = groups.iter().filter(|group| !(200..400).contains(&group.status));
    let failed: f64 = failed.map(|group| group.count).sum();
    let (Some(durations), Some(from_due)) =
        (times(groups, |group| group.ms), times(groups, |group| group.ms + group.late))
    else {
        return Vec::new();
    };
    let mut found = vec![
        ("http_reqs".to_owned(), [("sum", count)].into()),
        ("http_req_failed".to_owned(), [("trues", failed), ("total", count)].into()),
        ("http_req_duration".to_owned(), durations),
    ];
    if have_dues {
        found.push(("http_req_response_time".to_owned(), from_due));
        found.push(("iteration_lag".to_owned(), [("count", count)].into()));
    }
    found
}

/// What a record keeps of times.
fn times(groups: &[Group], ms: impl Fn(&Group) -> f64) -> Option<Stats> {
    let mut sorted: Vec<(f64, f64)> = groups.iter().map(|group| (ms(group), group.count)).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let count: f64 = sorted.iter().map(|(_, count)| count).sum();
    let (first, last) = (sorted.first()?, sorted.last()?);
    let count_of = |percent: f64| count * percent / 100.0;
    let at = |percent: f64| {
        let mut seen = 0.0;
        let reached = sorted.iter().find(|(_, count)| {
            seen += count;
            seen >= count_of(percent)
        });
        reached.unwrap_or(last).0
    };
    let times = [
        ("count", count),
        ("sum", sorted.iter().map(|(ms, count)| ms * count).sum()),
        ("min", first.0),
        ("max", last.0),
        ("p50", at(50.0)),
        ("p90", at(90.0)),
        ("p95", at(95.0)),
        ("p99", at(99.0)),
    ];
    Some(times.into())
}

/// The examples of a page, each with its line.
fn examples(page: &str) -> Vec<(usize, String)> {
    let path = format!("{}/../../docs/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let (mut found, mut open) = (Vec::new(), None::<(usize, String)>);
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line) {
            (None, "```example") => open = Some((at + 1, String::new())),
            (Some(_), "```") => found.extend(open.take()),
            (Some((_, text)), line) => writeln!(text, "{line}").unwrap(),
            (None, _) => {}
        }
    }
    found
}

/// A value as people write it, rounded to the digits of what the page says.
fn rounded(value: f64, like: &str) -> String {
    let digits =
        like.split_once('.').map_or(0, |(_, rest)| rest.chars().take_while(char::is_ascii_digit).count());
    format!("{value:.digits$}")
}

/// What came of a claim, in the words of the page: `2%, fail`.
fn came_of(judgement: &Judgement, claim: &Claim, nth: usize) -> String {
    match claim {
        Claim::Finding { id, .. } => {
            let found = judgement.findings.iter().find(|finding| finding.id == *id);
            match found.map(|finding| finding.severity) {
                None => "none".to_owned(),
                Some(Severity::Info) => "info".to_owned(),
                Some(Severity::Warning) => "warning".to_owned(),
                Some(Severity::Critical) => "critical".to_owned(),
            }
        }
        Claim::Expectation { outcome, .. } => {
            let found = &judgement.expectations[nth];
            let mark = match found.result {
                Mark::Pass => "pass",
                Mark::Warn => "warn",
                Mark::Fail => "fail",
                Mark::NotMeasured => "not measured",
            };
            match found.value {
                Some(value) if outcome.contains(", ") => {
                    let space = if matches!(found.unit.as_str(), "%" | "/s" | "") { "" } else { " " };
                    format!("{}{space}{}, {mark}", rounded(value, outcome), found.unit)
                }
                _ => mark.to_owned(),
            }
        }
    }
}

#[test]
fn what_the_pages_say_comes_out_comes_out() {
    let mut wrong = String::new();
    for page in PAGES {
        for (line, text) in examples(page) {
            let mut example = Example::read(&text);
            assert!(!example.claims.is_empty(), "{page}:{line} claims nothing");
            let judgement = example.judged();
            let mut nth = 0;
            for claim in &example.claims {
                let (what, said) = match claim {
                    Claim::Expectation { name, target, outcome } => (format!("{name}: {target}"), outcome),
                    Claim::Finding { id, outcome } => (format!("finding {id}"), outcome),
                };
                let found = came_of(&judgement, claim, nth);
                nth += usize::from(matches!(claim, Claim::Expectation { .. }));
                if found != *said {
                    let why =
                        judgement.expectations.get(nth.wrapping_sub(1)).map(|one| one.evidence.as_str());
                    writeln!(
                        wrong,
                        "{page}:{line}: {what} -> {said}, but it is {found} ({})",
                        why.unwrap_or_default()
                    )
                    .unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_expectation_and_every_finding_has_an_example() {
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for (_, text) in PAGES.iter().flat_map(|page| examples(page)) {
        for claim in Example::read(&text).claims {
            match claim {
                Claim::Expectation { name, target, outcome } if !outcome.contains("not measured") => {
                    let promise =
                        Expectation::parse(&name, &target).unwrap_or_else(|error| panic!("{error}"));
                    expected.push(promise.kind());
                }
                Claim::Finding { id, outcome } if outcome != "none" => found.push(id),
                Claim::Expectation { .. } | Claim::Finding { .. } => {}
            }
        }
    }
    let mut missing: Vec<&str> = Expectation::table().iter().map(|kind| kind.name).collect();
    missing.extend(FINDINGS.iter().map(|kind| kind.id));
    missing.retain(|name| !expected.contains(name) && !found.iter().any(|id| id == name));
    assert!(missing.is_empty(), "write an example of {}", missing.join(", "));
}
