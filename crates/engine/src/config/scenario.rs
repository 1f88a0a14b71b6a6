//! A scenario's configuration: an executor, when it starts and stops, and what its virtual users run.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::duration;
use crate::executor::{EXECUTORS, ExecutorConfig, Needs};
use crate::fields::{Fields, member};
use crate::problem::{Problem, Problems};
use crate::segment::Share;
use flashcrowd_text::nearest;

/// How long running iterations may go on at the end, unless the scenario says otherwise.
const GRACEFUL_STOP: Duration = Duration::from_secs(30);

/// One stream of load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioConfig {
    /// Its name.
    pub name: String,
    /// When iterations start and how many virtual users there are.
    pub executor: ExecutorConfig,
    /// When it starts, counted from the end of setup.
    pub start_time: Duration,
    /// How long running iterations may go on when no further ones start.
    pub graceful_stop: Duration,
    /// The exported function to run.
    pub exec: String,
    /// Its environment, over the test's.
    pub env: BTreeMap<String, String>,
    /// Its tags, over the run's.
    pub tags: BTreeMap<String, String>,
}

impl ScenarioConfig {
    /// A scenario with k6's defaults.
    pub fn new(name: &str, executor: ExecutorConfig) -> Self {
        Self {
            name: name.to_owned(),
            executor,
            start_time: Duration::ZERO,
            graceful_stop: GRACEFUL_STOP,
            exec: "default".to_owned(),
            env: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    /// What a share of it does, on one line.
    pub fn describe(&self, share: &Share) -> String {
        let (what, mut notes) = self.executor.inner().describe(share);
        if !self.start_time.is_zero() {
            notes.push(format!("startTime: {}", duration::format(self.start_time)));
        }
        if self.exec != "default" {
            notes.push(format!("exec: {}", self.exec));
        }
        if !self.graceful_stop.is_zero() {
            notes.push(format!("gracefulStop: {}", duration::format(self.graceful_stop)));
        }
        if notes.is_empty() { what } else { format!("{what} ({})", notes.join(", ")) }
    }

    /// Whether a share of it has any virtual user.
    pub fn has_work(&self, share: &Share) -> bool {
        let needs = self.executor.needs(share, self.graceful_stop);
        needs.iter().any(|need| need.planned > 0 || need.unplanned > 0)
    }

    /// When a share of it is over at the latest, graceful stop included, counted from the end of setup: when its time
    /// is over and it needs no virtual user any more.
    pub fn end(&self, share: &Share) -> Duration {
        let needs = self.executor.needs(share, self.graceful_stop);
        let over = needs.last().map_or(Duration::ZERO, |need| need.at);
        self.start_time.saturating_add(over.max(self.executor.length()))
    }

    fn read(name: &str, value: &Value, problems: &mut Problems) -> Option<Self> {
        let Some(object) = value.as_object() else {
            problems.add("", format!("{value} is not a scenario: write {{executor: '...', ...}}"));
            return None;
        };
        let read = match member(object, "executor") {
            Some(Value::String(executor)) => {
                find_executor(executor).map_err(|message| (executor.clone(), message))
            }
            _ => Err((String::new(), format!("is missing: write one of {}", executor_names().join(", ")))),
        };
        let valid_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let name_ok = !name.is_empty() && name.bytes().all(valid_name);
        problems.check(name_ok, "", "a scenario's name may only have letters, digits, '_' and '-'");
        let read = match read {
            Ok(read) => read,
            Err((_, message)) => {
                problems.add("executor", message);
                values_of_no_executor(object, problems);
                return None;
            }
        };
        let mut fields = Fields::new(object, problems);
        fields.ignore(&["executor", "options"]);
        let executor = read(&mut fields);
        let graceful_stop = match executor {
            // As in k6: who sets the number of users ends them first.
            ExecutorConfig::ExternallyControlled(_) => Duration::ZERO,
            _ => GRACEFUL_STOP,
        };
        let scenario = Self {
            name: name.to_owned(),
            executor,
            start_time: fields.duration("startTime", Duration::ZERO),
            graceful_stop: fields.duration("gracefulStop", graceful_stop),
            exec: fields.text("exec", "default"),
            env: fields.texts("env"),
            tags: fields.texts("tags"),
        };
        fields.finish();
        problems.check(!scenario.exec.is_empty(), "exec", "can't be empty: name an exported function");
        scenario.executor.inner().validate(problems);
        Some(scenario)
    }
}

/// Reports what is wrong with the values of a scenario whose executor is not known.
fn values_of_no_executor(object: &Map<String, Value>, problems: &mut Problems) {
    let mut fields = Fields::new(object, problems);
    for name in ["startTime", "gracefulStop", "duration", "maxDuration"] {
        fields.duration(name, Duration::ZERO);
    }
    for name in ["vus", "iterations", "rate", "preAllocatedVUs", "maxVUs", "startVUs", "startRate"] {
        fields.optional_integer(name);
    }
    fields.text("exec", "default");
    fields.texts("env");
    fields.texts("tags");
}

impl Serialize for ScenarioConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = Map::new();
        object.insert("executor".into(), self.executor.name().into());
        object.insert("startTime".into(), duration::format(self.start_time).into());
        object.insert("gracefulStop".into(), duration::format(self.graceful_stop).into());
        object.insert("env".into(), json!(self.env));
        object.insert("exec".into(), self.exec.clone().into());
        object.insert("tags".into(), json!(self.tags));
        self.executor.inner().write(&mut object);
        object.serialize(serializer)
    }
}

/// Reads a `scenarios` object. All problems are reported together.
pub fn parse_scenarios(value: &Value) -> Result<Vec<ScenarioConfig>, Vec<Problem>> {
    let Some(object) = value.as_object() else {
        let message = format!("{value} is not an object of scenarios: write {{name: {{executor: '...'}}}}");
        return Err(vec![Problem { field: "scenarios".into(), message }]);
    };
    let (mut scenarios, mut all) = (Vec::new(), Vec::new());
    for (name, value) in object {
        let mut problems = Problems::at(format!("scenarios.{name}"));
        scenarios.extend(ScenarioConfig::read(name, value, &mut problems));
        all.extend(problems.into_vec());
    }
    if object.is_empty() {
        all.push(Problem { field: "scenarios".into(), message: "at least one scenario is needed".into() });
    }
    if all.is_empty() { Ok(scenarios) } else { Err(all) }
}

/// The virtual users and the time that a share of all scenarios needs.
pub fn needs(scenarios: &[ScenarioConfig], share: &Share) -> Needs {
    let working = || scenarios.iter().filter(|scenario| scenario.has_work(share));
    let needs = Needs::over(working().map(|scenario| {
        let mut needs = scenario.executor.needs(share, scenario.graceful_stop);
        needs.iter_mut().for_each(|need| need.at = need.at.saturating_add(scenario.start_time));
        needs
    }));
    Needs { end: working().map(|scenario| scenario.end(share)).max().unwrap_or_default(), ..needs }
}

fn find_executor(name: &str) -> Result<crate::executor::Read, String> {
    if let Some((_, read)) = EXECUTORS.iter().find(|(known, _)| *known == name) {
        return Ok(*read);
    }
    Err(match nearest(name, executor_names()) {
        Some(near) => format!("unknown executor '{name}': did you mean '{near}'?"),
        None => format!("unknown executor '{name}': write one of {}", executor_names().join(", ")),
    })
}

fn executor_names() -> [&'static str; EXECUTORS.len()] {
    EXECUTORS.map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(value: Value) -> Vec<String> {
        parse_scenarios(&value).unwrap_err().iter().map(Problem::to_string).collect()
    }

    fn one(value: Value) -> ScenarioConfig {
        parse_scenarios(&json!({ "a": value })).unwrap().remove(0)
    }

    #[test]
    fn every_executor_is_read_described_and_written() {
        let stages = json!([{"duration": "1m", "target": 3000}, {"duration": "30s", "target": 0}]);
        let pool = json!({"preAllocatedVUs": 200, "maxVUs": 500});
        let check = |value: Value, description: &str| {
            let scenario = one(value.clone());
            assert_eq!(scenario.describe(&Share::whole()), description);
            let written = serde_json::to_value(&scenario).unwrap();
            assert_eq!(one(written.clone()), scenario, "{written}");
            for (key, value) in value.as_object().unwrap() {
                assert!(written[key] == *value || key == "duration", "{key}: {written}");
            }
        };
        check(
            json!({"executor": "shared-iterations", "vus": 2, "iterations": 10}),
            "10 iterations shared among 2 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        );
        check(
            json!({"executor": "per-vu-iterations", "vus": 2, "iterations": 10, "gracefulStop": "0s"}),
            "10 iterations for each of 2 VUs (maxDuration: 10m0s)",
        );
        check(
            json!({"executor": "constant-vus", "vus": 2, "duration": 90_000, "startTime": "5s", "exec": "buy"}),
            "2 looping VUs for 1m30s (startTime: 5s, exec: buy, gracefulStop: 30s)",
        );
        check(
            json!({"executor": "ramping-vus", "startVUs": 0, "stages": [{"duration": "1m0s", "target": 3000}]}),
            "Up to 3000 looping VUs for 1m0s over 1 stage (gracefulRampDown: 30s, gracefulStop: 30s)",
        );
        let mut constant =
            json!({"executor": "constant-arrival-rate", "rate": 90, "timeUnit": "1m0s", "duration": "5s"});
        let mut ramping = json!({"executor": "ramping-arrival-rate", "startRate": 5, "stages": stages});
        ramping["stages"][0]["duration"] = "1m0s".into();
        for (key, value) in pool.as_object().unwrap() {
            constant[key] = value.clone();
            ramping[key] = value.clone();
        }
        check(constant, "1.50 iterations/s for 5s (maxVUs: 200-500, gracefulStop: 30s)");
        check(
            ramping,
            "Up to 3000.00 iterations/s for 1m30s over 2 stages (maxVUs: 200-500, gracefulStop: 30s)",
        );
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let found = problems(json!({
            "a b": {"executor": "constant-vus", "duration": "0s", "vus": 0, "duraton": "1s"},
            "b": {"executor": "constant-vu"},
            "c": {"executor": "externally-controlled"},
            "d": {},
            "e": {"executor": "ramping-vus", "startVUs": -1, "stages": [
                {"duration": "1s", "target": 1}, {"duration": "x"}, {"duration": "1s", "target": 1.5, "targt": 1}
            ]},
            "f": {"executor": "constant-arrival-rate", "maxVUs": 1, "startTime": "-1s", "exec": "", "env": {"A": []}},
            "g": {"executor": "shared-iterations", "vus": 5, "iterations": 4, "maxDuration": "10ms"},
            "h": 5,
        }));
        assert_eq!(
            found,
            [
                "scenarios.a b: a scenario's name may only have letters, digits, '_' and '-'",
                "scenarios.a b.duraton: unknown field: did you mean 'duration'?",
                "scenarios.a b.vus: must be more than 0",
                "scenarios.a b.duration: 0s is shorter than the least, 1s",
                "scenarios.b.executor: unknown executor 'constant-vu': did you mean 'constant-vus'?",
                "scenarios.c.duration: is missing: it has no default",
                "scenarios.c.maxVUs: must be more than 0",
                "scenarios.d.executor: is missing: write one of shared-iterations, per-vu-iterations, constant-vus, \
                 ramping-vus, constant-arrival-rate, ramping-arrival-rate, externally-controlled, \
                 externally-controlled-arrival-rate",
                "scenarios.e.startVUs: -1 can't be negative",
                "scenarios.e.stages[1].duration: 'x' is not a duration: write milliseconds as a number, or text such as \
                 '1m30s', '500ms' or '1d'",
                "scenarios.e.stages[1].target: is missing: it has no default",
                "scenarios.e.stages[2].target: 1.5 is not a whole number",
                "scenarios.e.stages[2].targt: unknown field: did you mean 'target'?",
                "scenarios.f.rate: is missing: it has no default",
                "scenarios.f.duration: is missing: it has no default",
                "scenarios.f.preAllocatedVUs: is missing: it has no default",
                "scenarios.f.startTime: '-1s' can't be negative",
                "scenarios.f.env.A: [] is not a text",
                "scenarios.f.exec: can't be empty: name an exported function",
                "scenarios.g.iterations: 4 can't be fewer than the 5 VUs that share them",
                "scenarios.g.maxDuration: 10ms is shorter than the least, 1s",
                "scenarios.h: 5 is not a scenario: write {executor: '...', ...}",
            ]
        );
        assert_eq!(problems(json!({})), ["scenarios: at least one scenario is needed"]);
        assert_eq!(problems(json!([])).len(), 1);
    }

    #[test]
    fn needs_of_scenarios_in_turn_are_not_added_up() {
        let scenarios = parse_scenarios(&json!({
            "a": {"executor": "constant-vus", "vus": 5, "duration": "10s", "gracefulStop": "0s"},
            "b": {"executor": "constant-vus", "vus": 4, "duration": "10s", "startTime": "10s"},
            "c": {"executor": "ramping-vus", "startVUs": 0, "stages": [{"duration": "1h", "target": 0}]},
        }));
        assert!(scenarios.is_err(), "a scenario without any virtual user");
        let scenarios = parse_scenarios(&json!({
            "a": {"executor": "constant-vus", "vus": 5, "duration": "10s", "gracefulStop": "0s"},
            "b": {"executor": "constant-vus", "vus": 4, "duration": "10s", "startTime": "10s"},
        }));
        let needs = needs(&scenarios.unwrap(), &Share::whole());
        assert_eq!((needs.planned, needs.possible, needs.end), (5, 5, Duration::from_secs(50)));
    }

    #[test]
    fn an_unknown_executor_hides_nothing_else() {
        let found = problems(json!({
            "a": {"executor": "constant-vuss", "duration": "10 apples", "vus": "many", "exec": 1},
            "b": {"startTime": "soon"},
        }));
        let places: Vec<&str> = found.iter().filter_map(|text| text.split(':').next()).collect();
        assert_eq!(
            places,
            [
                "scenarios.a.executor",
                "scenarios.a.duration",
                "scenarios.a.vus",
                "scenarios.a.exec",
                "scenarios.b.executor",
                "scenarios.b.startTime"
            ]
        );
        assert!(found[1].contains("10 apples") && found[2].contains("many"), "{found:?}");
    }
}
