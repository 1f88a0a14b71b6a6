//! A shortcut is a test written as options without scenarios: vus, duration, iterations, stages.

use std::time::Duration;

use super::ScenarioConfig;
use crate::executor::{ConstantVus, ExecutorConfig, PerVuIterations, RampingVus, SharedIterations, Stage};
use crate::problem::{Problem, Problems};

/// The one scenario, `default`, that the shortcut options mean. At most one of the last three may be given.
pub fn shortcut(
    vus: Option<u64>,
    duration: Option<Duration>,
    iterations: Option<u64>,
    stages: Option<Vec<Stage>>,
) -> Result<ScenarioConfig, Vec<Problem>> {
    let mut problems = Problems::default();
    if iterations.is_some() && stages.is_some() {
        problems.add("iterations", "can't be used together with stages: leave one of them out");
    }
    if duration.is_some() && stages.is_some() {
        problems.add("duration", "can't be used together with stages: leave one of them out");
    }
    let many = vus.unwrap_or(1);
    let executor = match (iterations, duration, stages, vus) {
        (_, _, Some(stages), _) => ExecutorConfig::RampingVus(RampingVus::new(many, stages)),
        (Some(iterations), max, None, _) => {
            ExecutorConfig::SharedIterations(SharedIterations::new(many, iterations, max))
        }
        (None, Some(duration), None, _) => ExecutorConfig::ConstantVus(ConstantVus { vus: many, duration }),
        (None, None, None, Some(vus)) => {
            ExecutorConfig::SharedIterations(SharedIterations::new(vus, vus, None))
        }
        (None, None, None, None) => ExecutorConfig::PerVuIterations(PerVuIterations::default()),
    };
    executor.inner().validate(&mut problems);
    let found = problems.into_vec();
    if found.is_empty() { Ok(ScenarioConfig::new("default", executor)) } else { Err(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_a_scenario() {
        let second = Duration::from_secs(1);
        let stages = vec![Stage { duration: second, target: 2 }];
        let check = |result: Result<ScenarioConfig, Vec<Problem>>, expected: &str| {
            let scenario = result.unwrap();
            assert_eq!((scenario.name.as_str(), scenario.executor.name()), ("default", expected));
            scenario.executor
        };
        let executor = check(shortcut(Some(3), None, None, None), "shared-iterations");
        assert_eq!(executor, ExecutorConfig::SharedIterations(SharedIterations::new(3, 3, None)));
        let executor = check(shortcut(None, None, None, Some(stages.clone())), "ramping-vus");
        assert_eq!(executor, ExecutorConfig::RampingVus(RampingVus::new(1, stages.clone())));
        let executor = check(shortcut(Some(2), Some(second), Some(9), None), "shared-iterations");
        assert_eq!(executor.length(), second);
        check(shortcut(None, None, None, None), "per-vu-iterations");
        check(shortcut(None, Some(second), None, None), "constant-vus");
        let problems = shortcut(Some(0), Some(second), None, Some(stages)).unwrap_err();
        assert_eq!(problems[0].field, "duration");
    }
}
