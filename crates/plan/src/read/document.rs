//! A document is one plan of a file, with what it includes and takes from its base already in it.

use std::time::Duration;

use flashcrowd_engine::{Arrivals, Phase, phases};

use super::call::longest;
use super::draft::Draft;
use super::expected::Known;
use super::find::find;
use super::object::Object;
use super::reader::Reader;
use super::scenario::scenarios;
use super::target::target;
use crate::fields::PLAN;
use crate::model::{TargetMetrics, TestPlan};
use crate::yaml::Node;

/// How much longer than a request's timeout running ones may go on at the end, so that every request that was
/// made is counted: as answered, or as timed out.
const GRACE: Duration = Duration::from_secs(1);

/// What was given around a plan, and goes over what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    /// Where requests go.
    pub(super) host: Option<&'a str>,
    /// How requests of a rate are spread in time.
    pub(super) arrivals: Option<Arrivals>,
}

/// Reads one plan. Where anything is wrong, what comes back is not to be run.
pub(super) fn read_document(
    reader: &mut Reader<'_>,
    node: &Node,
    given: Given<'_>,
    default_name: &str,
) -> Option<TestPlan> {
    let object = Object::open(reader, node, &PLAN)?;
    object.require(reader);
    let mut draft = Draft::new(reader);
    draft.data = draft.reader.data(object.get("data"), &mut draft.names);
    for name in ["on_start", "tasks", "requests", "steps"] {
        object.get(name).into_iter().for_each(|node| draft.names.find_saved(node));
    }
    draft.name_audits(object.get("audit"));
    if let Some(timeout) = object.get("timeout").and_then(|node| draft.reader.some_time(node)) {
        draft.timeout = timeout;
    }
    Some(draft.finish(object, given, default_name))
}

impl Draft<'_, '_> {
    fn finish(mut self, object: Object<'_>, given: Given<'_>, default_name: &str) -> TestPlan {
        let headers = object.get("headers").map(|node| self.headers(node)).unwrap_or_default();
        object.get("tasks").into_iter().for_each(|node| self.read_tasks(node));
        let on_start = object.get("on_start").map(|node| self.start_calls(node)).unwrap_or_default();
        let common = match object.get("requests") {
            Some(node) => Some(self.mix(node)),
            None if !self.calls.tasks.is_empty() => Some(self.mix_of_tasks(object.place)),
            None => None,
        };
        let mut steps = object.get("steps").map(|node| self.steps(node)).unwrap_or_default();
        let left_open =
            common.is_none() && object.entry("requests").is_none() && !object.misspells("requests");
        if left_open && steps.iter().any(|step| step.mix.is_none()) {
            self.reader.wrong(
                object.place,
                "the plan asks for nothing: write 'requests:', or give a plan that has them with --base",
            );
        }
        let audits = object.get("audit").map(|node| self.read_audits(node)).unwrap_or_default();
        let grace = longest(self.calls.all.iter().chain(&on_start), self.timeout).saturating_add(GRACE);
        let arrivals = object.get("arrivals").and_then(|node| self.reader.arrivals(node));
        for step in &mut steps {
            step.arrivals = given.arrivals.or(step.arrivals).or(arrivals);
        }
        let (scenarios, mixes) = scenarios(&steps, common.as_deref().unwrap_or_default(), grace);
        let written = object.get("steps").and_then(Node::list).map_or(0, <[Node]>::len);
        let (metrics, charts) =
            object.get("target").map(|node| target(self.reader, node)).unwrap_or_default();
        let phases = if steps.len() == written { phases(&scenarios) } else { Vec::new() };
        let calls = || self.calls.all.iter().chain(&on_start);
        let known = Known {
            calls: calls().map(|call| call.name.as_str()).collect(),
            steps: phases.len(),
            growing: growing(&phases),
            has_checks: calls().any(|call| !call.checks.is_empty()),
            has_audit: object.get("audit").is_some(),
            has_metrics: metrics != TargetMetrics::Off,
            is_elsewhere: false,
        };
        let found = find(self.reader, object, &known, &scenarios);
        let expected = object.get("expected").map(|node| self.reader.expected(node, &known));
        let text =
            |reader: &mut Reader<'_>, name| object.get(name).and_then(|node| reader.text(node, "text"));
        let reader = &mut *self.reader;
        TestPlan {
            name: text(reader, "name").unwrap_or_else(|| default_name.to_owned()),
            description: text(reader, "description").unwrap_or_default(),
            host: host(reader, object, given.host),
            scenarios,
            seed: object.get("seed").and_then(|node| reader.seed(node)),
            mixes,
            tasks: self.calls.all,
            on_start,
            resend: flag(reader, object, "resend", true),
            headers,
            data: self.data,
            saved: self.names.saved.len(),
            wait: object
                .get("wait")
                .and_then(|node| reader.durations(node))
                .unwrap_or(Duration::ZERO..=Duration::ZERO),
            expected: expected.unwrap_or_default(),
            find: found,
            audits,
            metrics,
            charts,
            stop_at_breaking_point: flag(reader, object, "stop_at_breaking_point", false),
            sources: Vec::new(),
        }
    }
}

/// How many steps have more load than all before, in users or in arrivals, whichever are more.
fn growing(phases: &[Phase]) -> usize {
    let count = |load: fn(&Phase) -> Option<f64>| {
        let rises = phases.iter().filter_map(load).scan(0.0, |largest, load| {
            let rises = load > *largest;
            *largest = load.max(*largest);
            Some(usize::from(rises))
        });
        rises.sum::<usize>()
    };
    count(|phase| phase.users.map(|users| users as f64)).max(count(|phase| phase.rate))
}

fn flag(reader: &mut Reader<'_>, object: Object<'_>, name: &str, default: bool) -> bool {
    object.get(name).and_then(|node| reader.flag(node)).unwrap_or(default)
}

fn host(reader: &mut Reader<'_>, object: Object<'_>, given: Option<&str>) -> String {
    let written = object.get("host").and_then(|node| reader.url(node));
    if given.is_none() && object.entry("host").is_none() && !object.misspells("host") {
        reader.wrong(
            object.place,
            "the plan has no host: write 'host: http://localhost:8080', or give one with --host",
        );
    }
    given.map(str::to_owned).or(written).unwrap_or_default()
}
