//! Consolidation lays option layers over each other and works out what is run.
//!
//! A higher layer's options replace a lower one's, each for itself, but for two rules. Options that say what is
//! executed go together: a layer that sets `duration`, `iterations`, `stages` or `scenarios` wipes all four from the
//! layers below, and one that sets `vus` alone wipes scenarios. And `dns` is merged part by part.

use std::fmt;
use std::time::Duration;

use flashcrowd_engine::Arrivals;
use flashcrowd_engine::config::{Problem, Problems, ScenarioConfig, shortcut};
use flashcrowd_engine::segment::{Segment, Share};
use flashcrowd_http::ConfigError;

use super::{Dns, OptionLayer, Options, SystemTagNames, TrendStats, Warning};

/// Where a layer comes from, the weaker first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The file of `--config`.
    Config,
    /// The script's `options`.
    Script,
    /// Variables of the environment.
    Env,
    /// Flags.
    Cli,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "the config file",
            Self::Script => "the script",
            Self::Env => "the environment",
            Self::Cli => "the command line",
        })
    }
}

/// What came out of consolidation.
#[derive(Debug)]
pub struct Resolved {
    /// The options.
    pub options: Options,
    /// What the user should know about them.
    pub warnings: Vec<Warning>,
}

impl Options {
    /// Lays the layers, the weaker first, over each other and over the defaults. All problems are reported at once.
    pub fn consolidate(layers: &[(Tier, OptionLayer)]) -> Result<Resolved, Vec<Problem>> {
        let (mut merged, mut warnings, mut problems) =
            (OptionLayer::defaults(), Vec::new(), Problems::default());
        for (tier, layer) in layers {
            warnings.extend(merged.lay(*tier, layer));
        }
        let mut scenarios = merged.scenarios(&mut warnings, &mut problems);
        warnings.extend(merged.arrivals.and_then(|arrivals| spread(&mut scenarios, arrivals)));
        let share = merged.share(&mut problems);
        let options = Self::new(merged, scenarios, share);
        if let Err(error) = options.client_config().build() {
            let (option, message) = placed(&error);
            problems.add(&option, message);
        }
        let found = problems.into_vec();
        if found.is_empty() { Ok(Resolved { options, warnings }) } else { Err(found) }
    }
}

/// Spreads the iterations of all scenarios with a rate like this.
fn spread(scenarios: &mut [ScenarioConfig], arrivals: Arrivals) -> Option<Warning> {
    scenarios.iter_mut().for_each(|scenario| scenario.executor.set_arrivals(arrivals));
    let has_rate = scenarios.iter().any(|scenario| scenario.executor.arrivals().is_some());
    (!has_rate).then(|| Warning::new("arrivals has no effect: no scenario starts iterations at a rate"))
}

/// The option that an error of the HTTP client is about, and what is wrong with it.
fn placed(error: &ConfigError) -> (String, String) {
    let option = match error {
        ConfigError::TlsVersion { .. } | ConfigError::TlsVersionRange { .. } => "tlsVersion".to_owned(),
        ConfigError::CipherSuites { .. } => "tlsCipherSuites".to_owned(),
        ConfigError::Identity { index, .. } => format!("tlsAuth[{index}]"),
        ConfigError::HostAddress { .. } => "hosts".to_owned(),
        ConfigError::HostPattern { .. } => "blockHostnames".to_owned(),
        ConfigError::UserAgent { .. } => "userAgent".to_owned(),
        ConfigError::Root { .. } | ConfigError::Proxy { .. } => {
            return ("options".to_owned(), error.to_string());
        }
    };
    let text = error.to_string();
    let message = text.strip_prefix(&option).unwrap_or(&text).trim_start_matches([':', ' ']).to_owned();
    (option, message)
}

impl OptionLayer {
    /// k6's defaults, where unset would not do.
    fn defaults() -> Self {
        Self {
            setup_timeout: Some(Duration::from_secs(60)),
            teardown_timeout: Some(Duration::from_secs(60)),
            handle_summary_timeout: Some(Duration::from_secs(120)),
            summary_trend_stats: Some(TrendStats::default()),
            system_tags: Some(SystemTagNames::default()),
            ..Self::default()
        }
    }

    /// Lays a stronger layer over this one.
    fn lay(&mut self, tier: Tier, above: &Self) -> Option<Warning> {
        let named: Vec<&str> = above.execution();
        let mut warning = None;
        // No flag has scenarios: those are meant to replace others.
        let is_meant = tier == Tier::Cli && above.scenarios.is_some();
        if self.scenarios.is_some() && !is_meant && !(named.is_empty() && above.vus.is_none()) {
            let what = if named.is_empty() { "vus".to_owned() } else { named.join(" and ") };
            let text = format!("{tier} sets {what}, which replaces all scenarios of the layers below");
            warning = Some(Warning::new(text));
        }
        if !named.is_empty() || warning.is_some() {
            (self.duration, self.iterations, self.stages, self.scenarios) = (None, None, None, None);
        }
        let dns = above.dns.map(|dns| dns.or(self.dns.unwrap_or_default()));
        self.overlay(above);
        self.dns = dns.or(self.dns);
        warning
    }

    /// The options that say what is executed, and that this layer sets.
    fn execution(&self) -> Vec<&'static str> {
        [
            ("iterations", self.iterations.is_some()),
            ("duration", self.duration.is_some()),
            ("stages", self.stages.is_some()),
            ("scenarios", self.scenarios.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
        .collect()
    }

    fn scenarios(&self, warnings: &mut Vec<Warning>, problems: &mut Problems) -> Vec<ScenarioConfig> {
        for (name, empty) in [
            ("stages", self.stages.as_ref().is_some_and(|stages| stages.0.is_empty())),
            ("scenarios", self.scenarios.as_ref().is_some_and(|scenarios| scenarios.0.is_empty())),
        ] {
            if empty {
                warnings.push(Warning::new(format!("{name} is empty, as if it was not set")));
            }
        }
        let stages = self.stages.as_ref().map(|stages| stages.0.clone()).filter(|stages| !stages.is_empty());
        let scenarios = self.scenarios.as_ref().map(|scenarios| scenarios.0.clone());
        if let Some(scenarios) = scenarios.filter(|scenarios| !scenarios.is_empty()) {
            for name in self.execution().into_iter().filter(|name| *name != "scenarios") {
                problems.add(name, "can't be used together with scenarios: leave one of them out");
            }
            // As in k6 from 2.1 on, vus alone stand for a test of their own, whatever scenarios there are.
            let Some(vus) = self.vus else { return scenarios };
            warnings.push(Warning::new(format!(
                "vus: {vus} replaces all scenarios, as in k6: leave it out, or set it in each of them"
            )));
        }
        match shortcut(self.vus, self.duration, self.iterations, stages) {
            Ok(scenario) => vec![scenario],
            Err(found) => {
                found.into_iter().for_each(|problem| problems.add(&problem.field, problem.message));
                Vec::new()
            }
        }
    }

    fn share(&self, problems: &mut Problems) -> Share {
        let sequence = self.execution_segment_sequence.as_ref();
        let segment = self.execution_segment.clone();
        if segment.is_none() && sequence.is_some() {
            problems
                .add("executionSegmentSequence", "needs executionSegment, to say which part of it is run");
            return Share::whole();
        }
        let share = segment.map_or(Ok(Share::whole()), |segment: Segment| Share::of(&segment, sequence));
        share.unwrap_or_else(|error| {
            problems.add("executionSegment", error.to_string());
            Share::whole()
        })
    }

    /// The rules of looking up names, complete.
    pub(super) fn dns_or_default(&self) -> flashcrowd_http::DnsOptions {
        let (set, default): (Dns, _) = (self.dns.unwrap_or_default(), flashcrowd_http::DnsOptions::default());
        flashcrowd_http::DnsOptions {
            ttl: set.ttl.unwrap_or(default.ttl),
            select: set.select.unwrap_or(default.select),
            policy: set.policy.unwrap_or(default.policy),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn resolved(layers: &[(Tier, Value)]) -> Resolved {
        let read = |(tier, value): &(Tier, Value)| (*tier, OptionLayer::from_json(value).0);
        Options::consolidate(&layers.iter().map(read).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn arrivals_of_all_scenarios_can_be_set_at_once() {
        let rates = json!({"scenarios": {
            "a": {"executor": "constant-arrival-rate", "rate": 5, "duration": "1s", "preAllocatedVUs": 1},
            "b": {"executor": "constant-vus", "duration": "1s"},
        }});
        let flags = json!({"arrivals": "poisson", "seed": 7});
        let found = resolved(&[(Tier::Script, rates.clone()), (Tier::Cli, flags.clone())]);
        let arrivals: Vec<_> = found.options.scenarios().iter().map(|one| one.executor.arrivals()).collect();
        assert_eq!(arrivals, [Some(Arrivals::Poisson), None]);
        assert_eq!((found.options.seed(), found.warnings.len()), (Some(7), 0));
        let written = found.options.to_json();
        assert_eq!((&written["arrivals"], &written["seed"]), (&json!("poisson"), &json!(7)));
        assert_eq!(written["scenarios"]["a"]["arrivals"], "poisson");
        let plain = resolved(&[(Tier::Script, rates)]).options.to_json();
        assert!(plain.get("arrivals").is_none() && plain.get("seed").is_none(), "k6 has no such options");
        let in_vain = resolved(&[(Tier::Cli, flags)]).warnings;
        assert_eq!(in_vain[0].to_string(), "arrivals has no effect: no scenario starts iterations at a rate");
    }
}
