//! Load options say how much is run: stages, scenarios, segments.

use std::str::FromStr;

use flashcrowd_engine::config::{Problems, ScenarioConfig, parse_scenarios};
use flashcrowd_engine::duration;
use flashcrowd_engine::executor::{Arrivals, ArrivalsError, Stage};
use flashcrowd_engine::segment::{Segment, SegmentError, Sequence};
use serde_json::{Map, Value, json};

use super::input::{Input, Setting, known, member, whole};

/// Fields of scenarios that are whole numbers, which k6 also takes as text.
const WHOLE: [&str; 8] =
    ["vus", "iterations", "rate", "preAllocatedVUs", "maxVUs", "startVUs", "startRate", "target"];

/// A ramp of virtual users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages(pub Vec<Stage>);

/// Scenarios in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenarios(pub Vec<ScenarioConfig>);

impl Setting for Stages {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let value = match input {
            Input::Json(value) => value,
            Input::Env(_) | Input::Flags(_) => {
                let texts = input.list(at, problems)?;
                let stages: Vec<_> =
                    texts.iter().filter_map(|text| typed_stage(text, at, problems)).collect();
                return (stages.len() == texts.len()).then_some(Self(stages));
            }
        };
        let Some(list) = value.as_array() else {
            problems
                .add(at, format!("{value} is not a list of stages: write [{{duration: '1m', target: 10}}]"));
            return None;
        };
        let one = |(i, stage)| written_stage(stage, &format!("{at}[{i}]"), problems);
        let stages: Vec<Option<Written>> = list.iter().enumerate().map(one).collect();
        let stages: Option<Vec<Written>> = stages.into_iter().collect();
        stages.map(|stages| Self(stages.into_iter().flatten().collect()))
    }

    fn write(&self) -> Value {
        let stage =
            |stage: &Stage| json!({"duration": duration::format(stage.duration), "target": stage.target});
        self.0.iter().map(stage).collect()
    }
}

fn typed_stage(text: &str, at: &str, problems: &mut Problems) -> Option<Stage> {
    let Some((time, target)) = text.split_once(':') else {
        problems.add(at, format!("'{text}' is not a stage: write TIME:VUS, such as 30s:100"));
        return None;
    };
    let (time, target) = (duration::parse(time.trim()), whole(&target.into()));
    stage(time.map_err(|e| e.to_string()), target, at, at, problems)
}

/// A stage, or none where it has no duration: k6 leaves such a stage out.
type Written = Option<Stage>;

fn written_stage(value: &Value, at: &str, problems: &mut Problems) -> Option<Written> {
    let Some(object) = value.as_object() else {
        problems.add(at, format!("{value} is not a stage: write {{duration: '1m', target: 10}}"));
        return None;
    };
    let Some(time) = member(object, "duration") else { return Some(None) };
    let time = duration::from_json(time).map_err(|error| error.to_string());
    let missing = || "is missing: it has no default".to_owned();
    let target = member(object, "target").ok_or_else(missing).and_then(whole);
    stage(time, target, &format!("{at}.duration"), &format!("{at}.target"), problems).map(Some)
}

fn stage(
    time: Result<std::time::Duration, String>,
    target: Result<u64, String>,
    time_at: &str,
    target_at: &str,
    problems: &mut Problems,
) -> Option<Stage> {
    let time = time.map_err(|message| problems.add(time_at, message)).ok();
    let target = target.map_err(|message| problems.add(target_at, message)).ok();
    Some(Stage { duration: time?, target: target? })
}

impl Setting for Scenarios {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let value = input.structure(at, problems)?;
        if value.as_object().is_some_and(Map::is_empty) {
            return Some(Self::default());
        }
        match parse_scenarios(&with_numbers(&value)) {
            Ok(scenarios) => Some(Self(scenarios)),
            Err(found) => {
                found.into_iter().for_each(|problem| problems.add(&problem.field, problem.message));
                None
            }
        }
    }

    fn write(&self) -> Value {
        let member = |scenario: &ScenarioConfig| (scenario.name.clone(), json!(scenario));
        Value::Object(self.0.iter().map(member).collect())
    }
}

/// Scenarios with numbers where k6 also takes text, as in `vus: __ENV.VUS`; empty text is no value.
fn with_numbers(scenarios: &Value) -> Value {
    let scenario = |scenario: &Value| match scenario.as_object() {
        Some(fields) => fields.iter().map(number).collect(),
        None => scenario.clone(),
    };
    match scenarios.as_object() {
        Some(members) => members.iter().map(|(name, value)| (name.clone(), scenario(value))).collect(),
        None => scenarios.clone(),
    }
}

fn number((name, value): (&String, &Value)) -> (String, Value) {
    let is_whole = known(name, WHOLE).is_some();
    let converted = match value {
        Value::String(text) if is_whole && text.is_empty() => Value::Null,
        Value::String(text) if is_whole => {
            text.trim().parse::<i64>().map_or_else(|_| value.clone(), Value::from)
        }
        Value::Array(stages) if known(name, ["stages"]).is_some() => {
            let stage = |stage: &Value| match stage.as_object() {
                Some(fields) => fields.iter().map(number).collect(),
                None => stage.clone(),
            };
            stages.iter().map(stage).collect()
        }
        other => other.clone(),
    };
    (name.clone(), converted)
}

/// A segment or a sequence of them, as text.
fn parsed<T: FromStr<Err = SegmentError>>(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<T> {
    let text = String::read(input, at, problems)?;
    text.parse().map_err(|error: SegmentError| problems.add(at, error.to_string())).ok()
}

impl Setting for Arrivals {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let text = String::read(input, at, problems)?;
        text.parse().map_err(|error: ArrivalsError| problems.add(at, error.to_string())).ok()
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }
}

impl Setting for Segment {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        parsed(input, at, problems)
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }
}

impl Setting for Sequence {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        parsed(input, at, problems)
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }
}
