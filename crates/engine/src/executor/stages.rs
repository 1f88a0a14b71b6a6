//! A stage is one straight piece of a ramping executor's curve.

use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;

/// From the target before it, in a straight line over its duration, to its own target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// How long the change takes; zero jumps.
    pub duration: Duration,
    /// Where the curve is at the end.
    pub target: u64,
}

impl Stage {
    /// Stands in for a stage that was reported already.
    const PLACEHOLDER: Self = Self { duration: Duration::from_secs(1), target: 1 };
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut stage = serializer.serialize_struct("Stage", 2)?;
        stage.serialize_field("duration", &duration::format(self.duration))?;
        stage.serialize_field("target", &self.target)?;
        stage.end()
    }
}

/// Reads the field `stages`.
pub(super) fn read(fields: &mut Fields<'_>) -> Vec<Stage> {
    const NAME: &str = "stages";
    let Some(value) = fields.required(NAME) else { return vec![Stage::PLACEHOLDER] };
    let Some(list) = value.as_array() else {
        fields.report(NAME, format!("{value} is not a list of {{duration, target}}"));
        return vec![Stage::PLACEHOLDER];
    };
    list.iter().enumerate().map(|(at, value)| read_one(fields, &format!("{NAME}[{at}]"), value)).collect()
}

fn read_one(fields: &mut Fields<'_>, path: &str, value: &Value) -> Stage {
    let Some(object) = value.as_object() else {
        fields.report(path, format!("{value} is not a stage: write {{duration: '1m', target: 10}}"));
        return Stage::PLACEHOLDER;
    };
    fields.inside(path, object, |fields| Stage {
        duration: fields.required_duration("duration"),
        target: fields.required_integer("target"),
    })
}

/// How long all stages last together.
pub(super) fn length(stages: &[Stage]) -> Duration {
    stages.iter().fold(Duration::ZERO, |sum, stage| sum.saturating_add(stage.duration))
}

/// The highest target, or the start if it is higher.
pub(super) fn highest(start: u64, stages: &[Stage]) -> u64 {
    stages.iter().map(|stage| stage.target).fold(start, u64::max)
}

/// The curve's height at a moment; past its end that of the last stage.
pub(super) fn height(start: u64, stages: &[Stage], at: Duration) -> f64 {
    let (mut from, mut begun) = (start as f64, Duration::ZERO);
    for stage in stages {
        let to = stage.target as f64;
        let inside = at.saturating_sub(begun);
        if inside < stage.duration {
            return from + (to - from) * inside.as_secs_f64() / stage.duration.as_secs_f64();
        }
        begun = begun.saturating_add(stage.duration);
        from = to;
    }
    from
}

/// Reports what is wrong with stages.
pub(super) fn validate(stages: &[Stage], most: u64, problems: &mut Problems) {
    problems.check(
        !stages.is_empty(),
        "stages",
        "at least one stage is needed, such as {duration: '1m', target: 10}",
    );
    for (at, stage) in stages.iter().enumerate() {
        let message = format!("{} is more than {most}", stage.target);
        problems.check(stage.target <= most, &format!("stages[{at}].target"), message);
    }
}

/// `over 5 stages`, or `over 1 stage`.
pub(super) fn count(stages: &[Stage]) -> String {
    format!("{} stage{}", stages.len(), if stages.len() == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_straight_between_targets() {
        let seconds = Duration::from_secs;
        let stages = [
            Stage { duration: seconds(10), target: 20 },
            Stage { duration: seconds(0), target: 5 },
            Stage { duration: seconds(5), target: 5 },
        ];
        for (at, expected) in [(0, 0.0), (5, 10.0), (10, 5.0), (14, 5.0), (99, 5.0)] {
            assert_eq!(height(0, &stages, seconds(at)), expected, "{at}");
        }
        assert_eq!((length(&stages), highest(3, &stages)), (seconds(15), 20));
    }
}
