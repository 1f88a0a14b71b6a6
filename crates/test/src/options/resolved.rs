//! Resolved options are what a test is run with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::config::{Problem, Problems, ScenarioConfig};
use flashcrowd_engine::segment::Share;
use flashcrowd_http::{ClientConfig, OriginOverride, Proxies, Shared, SystemTags, TlsOptions};
use flashcrowd_metrics::{Registry, TagSet};
use flashcrowd_text::TimeUnit;
use flashcrowd_text::nearest;
use serde_json::{Map, Value, json};

use super::layer::TABLE;
use super::{HttpDebug, OptionLayer, ThresholdConfig, Tier};
use crate::LoadError;

/// Options that are folded into scenarios, so that resolved options do not have them.
const FOLDED: [&str; 4] = ["vus", "duration", "iterations", "stages"];

/// Options that k6 does not have; they are shown where they are set.
const OWN: [&str; 3] = ["arrivals", "seed", "initTimeout"];

/// k6's defaults of numbers.
const MAX_REDIRECTS: u64 = 10;
const BATCH: u64 = 20;
const BATCH_PER_HOST: u64 = 6;

/// How long the top level of a script may take, if nobody says otherwise: as long as `setup()`.
pub(crate) const INIT_TIMEOUT: Duration = Duration::from_secs(60);

/// What a test is run with.
#[derive(Clone, Debug)]
pub struct Options {
    merged: OptionLayer,
    scenarios: Vec<ScenarioConfig>,
    share: Share,
}

impl Options {
    pub(super) fn new(merged: OptionLayer, scenarios: Vec<ScenarioConfig>, share: Share) -> Self {
        Self { merged, scenarios, share }
    }

    /// The defaults, for these scenarios.
    pub fn of_scenarios(scenarios: Vec<ScenarioConfig>) -> Result<Self, Vec<Problem>> {
        let own = OptionLayer::of_scenarios(scenarios);
        Ok(Self::consolidate(&[(Tier::Script, own)])?.options)
    }

    /// The scenarios, at least one.
    pub fn scenarios(&self) -> &[ScenarioConfig] {
        &self.scenarios
    }

    /// The share of the test that this process runs.
    pub fn share(&self) -> &Share {
        &self.share
    }

    /// What random arrivals are drawn with, where that is said.
    pub fn seed(&self) -> Option<u64> {
        self.merged.seed
    }

    /// The thresholds, in the order they were written.
    pub fn thresholds(&self) -> &[ThresholdConfig] {
        self.merged.thresholds.as_ref().map_or(&[], |thresholds| &thresholds.0)
    }

    /// Whether the test waits to be resumed before it begins.
    pub fn paused(&self) -> bool {
        self.merged.paused.unwrap_or_default()
    }

    /// Whether `setup()` is left out.
    pub fn no_setup(&self) -> bool {
        self.merged.no_setup.unwrap_or_default()
    }

    /// Whether `teardown()` is left out.
    pub fn no_teardown(&self) -> bool {
        self.merged.no_teardown.unwrap_or_default()
    }

    /// How long the top level of a script may take.
    pub fn init_timeout(&self) -> Duration {
        self.merged.init_timeout.unwrap_or(INIT_TIMEOUT)
    }

    /// How long `setup()` may take.
    pub fn setup_timeout(&self) -> Duration {
        self.merged.setup_timeout.unwrap_or_default()
    }

    /// How long `teardown()` may take.
    pub fn teardown_timeout(&self) -> Duration {
        self.merged.teardown_timeout.unwrap_or_default()
    }

    /// How long `handleSummary()` may take.
    pub fn handle_summary_timeout(&self) -> Duration {
        self.merged.handle_summary_timeout.unwrap_or_default()
    }

    /// Requests per second at most, over the whole process.
    pub fn rps(&self) -> Option<u32> {
        self.merged.rps.filter(|rps| *rps > 0).map(saturating)
    }

    /// How many redirects are followed.
    pub fn max_redirects(&self) -> u32 {
        saturating(self.merged.max_redirects.unwrap_or(MAX_REDIRECTS))
    }

    /// How many requests of one batch run at once; 0 for any number.
    pub fn batch(&self) -> usize {
        size(self.merged.batch.unwrap_or(BATCH))
    }

    /// How many of them run to one host; 0 for any number.
    pub fn batch_per_host(&self) -> usize {
        size(self.merged.batch_per_host.unwrap_or(BATCH_PER_HOST))
    }

    /// Whether requests are logged, and how much of them.
    pub fn http_debug(&self) -> Option<HttpDebug> {
        self.merged.http_debug
    }

    /// Whether failed requests throw.
    pub fn throw(&self) -> bool {
        self.merged.throw.unwrap_or_default()
    }

    /// Whether a virtual user's connections are closed after each iteration.
    pub fn no_vu_connection_reuse(&self) -> bool {
        self.merged.no_vu_connection_reuse.unwrap_or_default()
    }

    /// How long an iteration takes at least.
    pub fn min_iteration_duration(&self) -> Option<Duration> {
        self.merged.min_iteration_duration.filter(|time| !time.is_zero())
    }

    /// Whether cookies outlive an iteration.
    pub fn no_cookies_reset(&self) -> bool {
        self.merged.no_cookies_reset.unwrap_or_default()
    }

    /// Whether bodies are dropped unless a request asks for its own.
    pub fn discard_response_bodies(&self) -> bool {
        self.merged.discard_response_bodies.unwrap_or_default()
    }

    /// The summary's columns of trends.
    pub fn summary_trend_stats(&self) -> &[String] {
        self.merged.summary_trend_stats.as_ref().map_or(&[], |stats| &stats.0)
    }

    /// The summary's unit of time; that which fits best if there is none.
    pub fn summary_time_unit(&self) -> Option<TimeUnit> {
        self.merged.summary_time_unit
    }

    /// The tags that samples carry without being asked.
    pub fn system_tags(&self) -> &[String] {
        self.merged.system_tags.as_ref().map_or(&[], |tags| &tags.0)
    }

    /// Tags of every sample.
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.merged.tags.as_ref().map(|tags| tags.0.clone()).unwrap_or_default()
    }

    /// The file that the script's console writes to.
    pub fn console_output(&self) -> Option<&str> {
        self.merged.console_output.as_deref().filter(|path| !path.is_empty())
    }

    /// What the HTTP client is to be; the environment's proxies are not in it.
    pub fn client_config(&self) -> ClientConfig {
        let (merged, default) = (&self.merged, ClientConfig::default());
        let version = merged.tls_version.unwrap_or_default();
        ClientConfig {
            tls: TlsOptions {
                insecure_skip_verify: merged.insecure_skip_tls_verify.unwrap_or_default(),
                min_version: version.min,
                max_version: version.max,
                cipher_suites: merged
                    .tls_cipher_suites
                    .as_ref()
                    .map(|suites| suites.0.clone())
                    .unwrap_or_default(),
                identities: merged.tls_auth.iter().flat_map(|auth| &auth.0).map(Into::into).collect(),
                extra_roots: default.tls.extra_roots,
            },
            dns: merged.dns_or_default(),
            hosts: merged.hosts.as_ref().map(|hosts| hosts.overrides()).unwrap_or_default(),
            blacklist_ips: merged
                .blacklist_ips
                .as_ref()
                .map(|networks| networks.0.clone())
                .unwrap_or_default(),
            block_hostnames: merged.block_hostnames.as_ref().map(|hosts| hosts.blocked()).unwrap_or_default(),
            user_agent: merged.user_agent.clone().unwrap_or(default.user_agent),
            no_connection_reuse: merged.no_connection_reuse.unwrap_or_default(),
            no_resend: merged.no_resend.unwrap_or_default(),
            max_idle: self.batch(),
            max_idle_per_host: self.batch_per_host(),
            local_ips: merged.local_ips.as_ref().map(|ips| ips.addresses().to_vec()).unwrap_or_default(),
            proxies: default.proxies,
            http2: default.http2,
            dial_timeout: default.dial_timeout,
            origin_override: default.origin_override,
            max_body: default.max_body,
            max_bodies: default.max_bodies,
        }
    }

    /// How requests are sent, with the proxies of the environment.
    pub fn client(&self) -> Result<Arc<Shared>, LoadError> {
        self.client_with(None)
    }

    /// The same, with the requests to an origin sent to another one.
    pub fn client_with(&self, origin_override: Option<OriginOverride>) -> Result<Arc<Shared>, LoadError> {
        let wrong = |error: &dyn std::fmt::Display| LoadError::problem(error.to_string());
        let mut config = self.client_config();
        config.proxies = Proxies::from_env().map_err(|error| wrong(&error))?;
        config.origin_override = origin_override;
        config.build().map_err(|error| wrong(&error))
    }

    /// Tags of every sample, as a set.
    pub fn run_tags(&self) -> TagSet {
        TagSet::from_pairs(self.tags())
    }

    /// The tags that samples carry without being asked, as a set.
    pub fn system_tag_set(&self) -> SystemTags {
        SystemTags::new(self.system_tags().iter().cloned())
    }

    /// What is wrong with the thresholds, once the script has defined its metrics.
    pub fn check_thresholds(&self, registry: &Registry) -> Vec<Problem> {
        self.merged.thresholds.as_ref().map(|thresholds| thresholds.check(registry)).unwrap_or_default()
    }

    /// Which scenarios want a function that the script does not export.
    pub fn check_exports(&self, exports: &[String]) -> Vec<Problem> {
        let mut problems = Problems::at("scenarios");
        for scenario in self.scenarios.iter().filter(|scenario| !exports.contains(&scenario.exec)) {
            let exec = &scenario.exec;
            let remedy = match nearest(exec, exports.iter().map(String::as_str)) {
                Some(near) => format!("did you mean '{near}'?"),
                None if exec == "default" => "write export default function () { ... }".to_owned(),
                None => format!("write export function {exec}() {{ ... }}"),
            };
            let message = format!("function '{exec}' not found in exports: {remedy}");
            problems.add(&format!("{}.exec", scenario.name), message);
        }
        problems.into_vec()
    }

    /// The options as k6 shows them: scenarios filled in, what is not set null.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for entry in TABLE.iter().filter(|entry| !FOLDED.contains(&entry.name)) {
            let value = match entry.name {
                "scenarios" => {
                    let member = |scenario: &ScenarioConfig| (scenario.name.clone(), json!(scenario));
                    Value::Object(self.scenarios.iter().map(member).collect())
                }
                _ => (entry.write)(&self.merged).unwrap_or(Value::Null),
            };
            if !value.is_null() || !OWN.contains(&entry.name) {
                object.insert(entry.name.to_owned(), value);
            }
        }
        object.into()
    }
}

fn saturating(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
