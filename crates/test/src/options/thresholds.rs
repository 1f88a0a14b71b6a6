//! Threshold options say which metrics decide whether a run passes.

use flashcrowd_engine::config::{Problem, Problems};
use flashcrowd_engine::duration;
use flashcrowd_metrics::{Registry, Selector, Stat, Threshold};
use flashcrowd_text::nearest;
use serde_json::{Value, json};

use super::input::{Input, Setting, known, member};

/// The fields of a threshold that is written as an object.
pub(super) const FIELDS: [&str; 3] = ["threshold", "abortOnFail", "delayAbortEval"];

/// All thresholds of one metric, or of the part of it with certain tags.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdConfig {
    /// The metric and its tags.
    pub selector: Selector,
    /// The same as written.
    pub name: String,
    /// The expressions; without any, the selected part is only shown.
    pub thresholds: Vec<Threshold>,
}

/// All thresholds of a test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds(pub Vec<ThresholdConfig>);

impl Thresholds {
    /// What is wrong with them, now that all metrics are defined.
    pub(super) fn check(&self, registry: &Registry) -> Vec<Problem> {
        let mut problems = Problems::at("thresholds");
        for config in &self.0 {
            let Some(metric) = registry.find(&config.selector.metric) else {
                problems.add(&config.name, unknown(config, registry));
                continue;
            };
            for error in config.thresholds.iter().filter_map(|one| one.check_kind(metric.kind).err()) {
                problems.add(&config.name, error.to_string());
            }
        }
        problems.into_vec()
    }
}

fn unknown(config: &ThresholdConfig, registry: &Registry) -> String {
    let (name, all) = (&config.selector.metric, registry.all());
    // The statistic that is asked for tells what was meant.
    let class = match config.thresholds.first().map(|threshold| threshold.stat) {
        Some(Stat::Rate) => "Rate",
        Some(Stat::Count) => "Counter",
        Some(Stat::Value) => "Gauge",
        _ => "Trend",
    };
    match nearest(name, all.iter().map(|metric| &*metric.name)) {
        Some(near) => format!("there is no metric '{name}': did you mean '{near}'?"),
        None => format!(
            "there is no metric '{name}': custom metrics are made outside of functions, new {class}('{name}')"
        ),
    }
}

impl Setting for Thresholds {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let value = input.structure(at, problems)?;
        let Some(object) = value.as_object() else {
            problems.add(at, format!("{value} is not an object: write {{http_req_duration: ['p(95)<500']}}"));
            return None;
        };
        let one = |(name, value): (&String, &Value)| metric(name, value, &format!("{at}.{name}"), problems);
        Some(Self(object.iter().filter_map(one).collect()))
    }

    fn write(&self) -> Value {
        let pairs = self
            .0
            .iter()
            .map(|config| (config.name.clone(), config.thresholds.iter().map(written).collect()));
        Value::Object(pairs.collect())
    }
}

fn metric(name: &str, value: &Value, at: &str, problems: &mut Problems) -> Option<ThresholdConfig> {
    let selector = Selector::parse(name).map_err(|error| problems.add(at, error.to_string())).ok();
    let empty = Vec::new();
    let list = match value {
        Value::Array(list) => list,
        Value::Null => &empty,
        other => {
            problems.add(at, format!("{other} is not a list of thresholds: write ['p(95)<500']"));
            return None;
        }
    };
    let one = |(i, value)| threshold(value, &format!("{at}[{i}]"), problems);
    let thresholds = list.iter().enumerate().filter_map(one).collect();
    Some(ThresholdConfig { selector: selector?, name: name.to_owned(), thresholds })
}

fn threshold(value: &Value, at: &str, problems: &mut Problems) -> Option<Threshold> {
    let parse = |source: &str, problems: &mut Problems| {
        Threshold::parse(source).map_err(|error| problems.add(at, error.to_string())).ok()
    };
    let object = match value {
        Value::String(source) => return parse(source, problems),
        Value::Object(object) => object,
        other => {
            problems.add(
                at,
                format!("{other} is not a threshold: write 'p(95)<500' or {{threshold: 'p(95)<500'}}"),
            );
            return None;
        }
    };
    let Some(source) = member(object, "threshold").and_then(Value::as_str) else {
        problems.add(&format!("{at}.threshold"), "is missing: write an expression such as 'p(95)<500'");
        return None;
    };
    let mut threshold = parse(source, problems)?;
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let (at, input) = (format!("{at}.{name}"), Input::Json(value));
        match known(name, FIELDS).unwrap_or_default() {
            "abortOnFail" => threshold.abort_on_fail = bool::read(input, &at, problems).unwrap_or_default(),
            "delayAbortEval" => {
                threshold.delay_abort = std::time::Duration::read(input, &at, problems).unwrap_or_default();
            }
            _ => {}
        }
    }
    Some(threshold)
}

fn written(threshold: &Threshold) -> Value {
    if !threshold.abort_on_fail && threshold.delay_abort.is_zero() {
        return threshold.source.as_str().into();
    }
    let delay = (!threshold.delay_abort.is_zero()).then(|| duration::format(threshold.delay_abort));
    json!({"threshold": threshold.source, "abortOnFail": threshold.abort_on_fail, "delayAbortEval": delay})
}
