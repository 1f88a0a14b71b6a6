//! An option layer is what one place says about options: a script, a file, the environment or flags.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_engine::Arrivals;
use flashcrowd_engine::config::{Problem, Problems, ScenarioConfig};
use flashcrowd_engine::segment::{Segment, Sequence};
use flashcrowd_text::TimeUnit;
use flashcrowd_text::nearest;
use serde_json::{Map, Value};

use super::input::{Input, Setting};
use super::strangers::strangers;
use super::{
    BlockList, CipherSuites, Dns, HttpDebug, Identities, LocalIps, NameMap, Networks, Scenarios, Stages,
    SystemTagNames, Tags, Thresholds, TlsRange, TrendStats, Warning,
};

/// Prefixes of variables, the weaker first.
const PREFIXES: [&str; 2] = ["K6_", "FLASHCROWD_"];

/// Members of an options object that are for others, and of no consequence here.
const FOR_OTHERS: [&str; 3] = ["cloud", "ext", "noUsageReport"];

/// One option: its names, and how its value is read into a layer and written out of it.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) env: &'static str,
    pub(crate) flag: &'static str,
    meaning: &'static str,
    read: fn(&mut OptionLayer, Input<'_>, &str, &mut Problems),
    pub(crate) write: fn(&OptionLayer) -> Option<Value>,
}

macro_rules! options {
    ($($field:ident: $kind:ty = $name:literal, $env:literal, $flag:literal, $doc:literal;)*) => {
        /// What one place says about options; what it does not mention is `None`.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct OptionLayer {
            $(#[doc = $doc] pub $field: Option<$kind>,)*
        }

        /// All options, in the order in which they are written.
        pub(crate) const TABLE: &[Entry] = &[$(Entry {
            name: $name,
            env: $env,
            flag: $flag,
            meaning: $doc,
            read: |layer, input, at, problems| layer.$field = <$kind as Setting>::read(input, at, problems),
            write: |layer| layer.$field.as_ref().map(Setting::write),
        }),*];

        impl OptionLayer {
            /// Replaces every option that the layer above mentions.
            pub(crate) fn overlay(&mut self, above: &Self) {
                $(if above.$field.is_some() {
                    self.$field.clone_from(&above.$field);
                })*
            }
        }
    };
}

// Field and type = name in scripts, variable without its prefix, flag ("" where there is none), meaning.
options! {
    paused: bool = "paused", "PAUSED", "--paused", "Whether the test waits to be resumed before it begins.";
    vus: u64 = "vus", "VUS", "--vus", "Virtual users.";
    duration: Duration = "duration", "DURATION", "--duration", "How long they loop.";
    iterations: u64 = "iterations", "ITERATIONS", "--iterations", "How many iterations they share.";
    stages: Stages = "stages", "STAGES", "--stage", "A ramp of virtual users.";
    scenarios: Scenarios = "scenarios", "", "", "Scenarios in full.";
    execution_segment: Segment = "executionSegment", "EXECUTION_SEGMENT", "--execution-segment",
        "The share of the test that this process runs.";
    execution_segment_sequence: Sequence = "executionSegmentSequence", "EXECUTION_SEGMENT_SEQUENCE",
        "--execution-segment-sequence", "How all processes cut the test.";
    arrivals: Arrivals = "arrivals", "ARRIVALS", "--arrivals",
        "How iterations that start at a rate are spread in time, over what scenarios say.";
    seed: u64 = "seed", "SEED", "--seed", "What random arrivals are drawn with.";
    init_timeout: Duration = "initTimeout", "INIT_TIMEOUT", "",
        "How long a script's top level may take, each time it runs; what the script says counts once it is known.";
    no_setup: bool = "noSetup", "NO_SETUP", "--no-setup", "Whether `setup()` is left out.";
    setup_timeout: Duration = "setupTimeout", "SETUP_TIMEOUT", "", "How long `setup()` may take.";
    no_teardown: bool = "noTeardown", "NO_TEARDOWN", "--no-teardown", "Whether `teardown()` is left out.";
    teardown_timeout: Duration = "teardownTimeout", "TEARDOWN_TIMEOUT", "", "How long `teardown()` may take.";
    handle_summary_timeout: Duration = "handleSummaryTimeout", "HANDLE_SUMMARY_TIMEOUT", "",
        "How long `handleSummary()` may take.";
    rps: u64 = "rps", "RPS", "--rps", "Requests per second at most; 0 for any number.";
    dns: Dns = "dns", "DNS", "--dns", "How names are looked up.";
    max_redirects: u64 = "maxRedirects", "MAX_REDIRECTS", "--max-redirects", "How many redirects are followed.";
    user_agent: String = "userAgent", "USER_AGENT", "--user-agent", "The User-Agent that is sent.";
    batch: u64 = "batch", "BATCH", "--batch", "Requests of one batch at once.";
    batch_per_host: u64 = "batchPerHost", "BATCH_PER_HOST", "--batch-per-host", "Of these, to one host.";
    http_debug: HttpDebug = "httpDebug", "HTTP_DEBUG", "--http-debug", "Whether requests are logged.";
    insecure_skip_tls_verify: bool = "insecureSkipTLSVerify", "INSECURE_SKIP_TLS_VERIFY",
        "--insecure-skip-tls-verify", "Whether any certificate is believed.";
    tls_cipher_suites: CipherSuites = "tlsCipherSuites", "TLS_CIPHER_SUITES", "", "Go's names of the cipher suites.";
    tls_version: TlsRange = "tlsVersion", "", "", "Versions of TLS.";
    tls_auth: Identities = "tlsAuth", "TLSAUTH", "", "Client certificates.";
    throw: bool = "throw", "THROW", "--throw", "Whether failed requests throw.";
    thresholds: Thresholds = "thresholds", "THRESHOLDS", "", "What makes a run pass or fail.";
    blacklist_ips: Networks = "blacklistIPs", "BLACKLIST_IPS", "--blacklist-ip", "Networks that are never dialled.";
    block_hostnames: BlockList = "blockHostnames", "BLOCK_HOSTNAMES", "--block-hostnames",
        "Hosts that are never asked.";
    hosts: NameMap = "hosts", "HOSTS", "", "Names that go elsewhere.";
    no_connection_reuse: bool = "noConnectionReuse", "NO_CONNECTION_REUSE", "--no-connection-reuse",
        "Whether every request has its own connection.";
    no_vu_connection_reuse: bool = "noVUConnectionReuse", "NO_VU_CONNECTION_REUSE", "--no-vu-connection-reuse",
        "Whether connections are closed after each iteration.";
    no_resend: bool = "noResend", "NO_RESEND", "--no-resend",
        "Whether a request whose kept connection was closed without a response fails, where it would be sent again.";
    min_iteration_duration: Duration = "minIterationDuration", "MIN_ITERATION_DURATION",
        "--min-iteration-duration", "How long an iteration takes at least.";
    summary_trend_stats: TrendStats = "summaryTrendStats", "SUMMARY_TREND_STATS", "--summary-trend-stats",
        "The summary's columns of trends.";
    summary_time_unit: TimeUnit = "summaryTimeUnit", "SUMMARY_TIME_UNIT", "--summary-time-unit",
        "The summary's unit of time.";
    system_tags: SystemTagNames = "systemTags", "SYSTEM_TAGS", "--system-tags", "The tags that samples carry unasked.";
    tags: Tags = "tags", "TAGS", "--tag", "Tags of every sample.";
    metric_samples_buffer_size: u64 = "metricSamplesBufferSize", "METRIC_SAMPLES_BUFFER_SIZE", "",
        "Without effect: there is no such buffer.";
    no_cookies_reset: bool = "noCookiesReset", "NO_COOKIES_RESET", "", "Whether cookies outlive an iteration.";
    discard_response_bodies: bool = "discardResponseBodies", "DISCARD_RESPONSE_BODIES",
        "--discard-response-bodies", "Whether bodies are dropped.";
    console_output: String = "consoleOutput", "CONSOLE_OUTPUT", "--console-output", "Where the console writes.";
    local_ips: LocalIps = "localIPs", "LOCAL_IPS", "--local-ips", "The addresses that are dialled from.";
}

/// An option as documents list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionName {
    /// Its name in scripts and files.
    pub name: &'static str,
    /// Its variable, without the prefix; empty where there is none.
    pub variable: &'static str,
    /// Its flag; empty where there is none.
    pub flag: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

/// All options, in the order in which they are written.
pub fn option_names() -> impl Iterator<Item = OptionName> {
    TABLE.iter().map(|entry| OptionName {
        name: entry.name,
        variable: entry.env,
        flag: entry.flag,
        meaning: entry.meaning,
    })
}

impl OptionLayer {
    /// A layer that says what is executed, and nothing else.
    pub fn of_scenarios(scenarios: Vec<ScenarioConfig>) -> Self {
        Self { scenarios: Some(Scenarios(scenarios)), ..Self::default() }
    }

    /// Reads an options object, a script's or that of a file.
    pub fn from_json(value: &Value) -> (Self, Vec<Problem>, Vec<Warning>) {
        let (mut layer, mut problems, mut warnings) = (Self::default(), Problems::default(), Vec::new());
        let empty = Map::new();
        let object = match value {
            Value::Null => &empty,
            Value::Object(object) => object,
            other => {
                problems
                    .add("options", format!("{other} is not an object: write {{vus: 10, duration: '30s'}}"));
                &empty
            }
        };
        for (name, value) in object {
            // As in k6, whose options are read without regard to case.
            match TABLE.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)) {
                Some(entry) if !value.is_null() => {
                    (entry.read)(&mut layer, Input::Json(value), name, &mut problems);
                }
                None if !FOR_OTHERS.iter().any(|other| other.eq_ignore_ascii_case(name)) => {
                    warnings.push(unknown(name));
                }
                _ => {}
            }
        }
        warnings.extend(strangers(object));
        (layer, problems.into_vec(), warnings)
    }

    /// Reads `K6_*` variables, and `FLASHCROWD_*` ones over them; an empty variable is an unset one.
    pub fn from_env(variables: &BTreeMap<String, String>) -> (Self, Vec<Problem>) {
        let (mut layer, mut problems) = (Self::default(), Problems::default());
        for entry in TABLE.iter().filter(|entry| !entry.env.is_empty()) {
            let names = PREFIXES.map(|prefix| format!("{prefix}{}", entry.env));
            let set = |name: &&String| variables.get(*name).is_some_and(|value| !value.is_empty());
            if let Some(name) = names.iter().rev().find(set) {
                (entry.read)(&mut layer, Input::Env(&variables[name]), name, &mut problems);
            }
        }
        (layer, problems.into_vec())
    }

    /// Reads flags: the option's name in scripts, and the flag's values in the order they were given.
    pub fn from_flags(flags: &[(&str, Vec<String>)]) -> (Self, Vec<Problem>) {
        let (mut layer, mut problems) = (Self::default(), Problems::default());
        for (name, values) in flags.iter().filter(|(_, values)| !values.is_empty()) {
            match TABLE.iter().find(|entry| entry.name == *name) {
                Some(entry) => (entry.read)(&mut layer, Input::Flags(values), entry.flag, &mut problems),
                None => problems.add(name, "is no option"),
            }
        }
        (layer, problems.into_vec())
    }

    /// The options as k6 writes them; those that are not mentioned are null.
    pub fn to_json(&self) -> Value {
        let pairs =
            TABLE.iter().map(|entry| (entry.name.to_owned(), (entry.write)(self).unwrap_or(Value::Null)));
        Value::Object(pairs.collect())
    }
}

fn unknown(name: &str) -> Warning {
    let known = TABLE.iter().map(|entry| entry.name);
    Warning::new(match nearest(name, known) {
        Some(near) => format!("unknown option '{name}' has no effect: did you mean '{near}'?"),
        None => format!("unknown option '{name}' has no effect"),
    })
}
