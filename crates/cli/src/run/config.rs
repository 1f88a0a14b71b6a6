//! A run's configuration is its arguments, the environment and the config file, checked and resolved.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flashcrowd_engine::ScenarioConfig;
use flashcrowd_modules::{LARGEST_SOURCE, RemoteSettings, read_text, text_of};
use flashcrowd_session::{RecordPlace, Settings};
use flashcrowd_summary::SummaryMode;
use flashcrowd_test::{Layers, Log, OptionLayer, Origin, Request, SecretSources, TargetMetrics};
use serde_json::{Value, json};

use super::remote::{lock_beside, remote};
use super::script_env::{script_env, secret_sources};
use crate::args::{BusArgs, ClusterArgs, InspectArgs, OnLossArg, RunArgs};
use crate::context::Context;
use crate::environment::{Environment, switch};
use crate::front_ends::misplaced;
use crate::live::LiveConfig;

/// Worker threads at most.
const MOST_WORKERS: usize = 1024;

/// Variables that k6 heeds and this program does not, with what they are about.
const NOT_HEEDED: [(&str, &str); 2] =
    [("K6_WEB_DASHBOARD_RECORD", "recordings of the page: use --record"), ("K6_FEATURES", "feature flags")];

/// What is run, and how; made by [`Config::resolve`] only.
#[derive(Clone, Debug)]
pub struct Config {
    origin: Origin,
    script_env: BTreeMap<String, String>,
    given_env: BTreeMap<String, String>,
    layers: Layers,
    host: Option<String>,
    base: Option<PathBuf>,
    remote: RemoteSettings,
    secrets: SecretSources,
    workers: Option<NonZeroUsize>,
    record: Option<PathBuf>,
    no_record: bool,
    force: bool,
    no_thresholds: bool,
    no_fail_fast: bool,
    target_metrics: Option<TargetMetrics>,
    charts: Vec<String>,
    outputs: Vec<String>,
    traces: Option<String>,
    machine_summary: bool,
    summary: SummaryMode,
    summary_export: Option<PathBuf>,
    cluster: ClusterArgs,
    live: LiveConfig,
}

impl Config {
    /// Resolves `run`'s arguments; all problems at once, or what the user should know.
    pub fn resolve(args: &RunArgs, environment: &Environment) -> Result<(Self, Vec<String>), Vec<String>> {
        Self::resolve_for(args, args.load.duration.as_deref(), environment)
    }

    /// The same with another duration.
    pub fn resolve_for(
        args: &RunArgs,
        duration: Option<&str>,
        environment: &Environment,
    ) -> Result<(Self, Vec<String>), Vec<String>> {
        let mut problems = args.absent.problems();
        let variable = |name: &str| environment.get(name).map(str::to_owned);
        let path = |name: &str| environment.setting(name).map(|(_, path)| PathBuf::from(path));
        let (file, mut warnings) =
            config_file(args.config.clone().or_else(|| path("CONFIG")).as_deref(), &mut problems);
        let (env, found) = OptionLayer::from_env(environment.all());
        problems.extend(found.iter().map(ToString::to_string));
        let (cli, found) = OptionLayer::from_flags(args.values(duration).entries());
        problems.extend(found.iter().map(ToString::to_string));
        warnings.extend(not_heeded(environment));
        let results = &args.results;
        let mut on = |flag: &str, typed: &Option<String>| {
            switch(flag, typed.as_deref(), environment, false, &mut problems)
        };
        let no_thresholds = on("--no-thresholds", &results.no_thresholds);
        let no_fail_fast = on("--no-fail-fast", &args.cycle.no_fail_fast);
        let machine_summary = on("--new-machine-readable-summary", &results.new_machine_readable_summary);
        let config = Self {
            origin: Origin::named(&args.script),
            script_env: script_env(&args.environment, environment, true, &mut problems),
            given_env: script_env(&args.environment, &Environment::default(), false, &mut Vec::new()),
            layers: Layers { file, env, cli },
            host: args.plan.host.clone().or_else(|| variable("FLASHCROWD_HOST")),
            remote: RemoteSettings {
                lock: lock_beside(&Origin::named(&args.script)),
                ..remote(&args.modules, environment, &mut problems)
            },
            secrets: secret_sources(&args.environment, environment, &mut problems),
            base: args.plan.base.clone().or_else(|| variable("FLASHCROWD_BASE").map(PathBuf::from)),
            workers: workers(args.cycle.workers.as_deref(), environment, &mut problems),
            record: results.record.clone().or_else(|| path("RECORD")),
            no_record: results.no_record,
            force: results.force,
            no_thresholds,
            no_fail_fast,
            target_metrics: target_metrics(&results.target_metrics, environment, &mut problems),
            charts: results.charts.clone(),
            outputs: outputs(&results.out, environment, &mut problems),
            traces: traces(results.traces_output.as_deref(), environment, &mut problems),
            machine_summary,
            summary: summary(results.no_summary, results.summary_mode.as_deref(), environment, &mut problems),
            summary_export: results.summary_export.clone().or_else(|| path("SUMMARY_EXPORT")),
            cluster: args.cluster.clone(),
            live: LiveConfig::resolve(&args.live, environment, &mut problems),
        };
        problems.extend(misplaced(&given(args), config.origin.path()));
        if problems.is_empty() { Ok((config, warnings)) } else { Err(problems) }
    }

    /// Resolves `inspect`'s arguments, which are those of a run without flags for options.
    pub fn inspect(
        args: &InspectArgs,
        environment: &Environment,
    ) -> Result<(Self, Vec<String>), Vec<String>> {
        let (script, plan) = (args.script.clone(), args.plan.clone());
        let run = RunArgs { script, plan, config: args.config.clone(), ..RunArgs::default() };
        let mut problems = Vec::new();
        let script_env = script_env(&args.environment, environment, false, &mut problems);
        let lock = lock_beside(&Origin::named(&args.script));
        let secrets = secret_sources(&args.environment, environment, &mut problems);
        let remote = RemoteSettings { lock, ..remote(&args.modules, environment, &mut problems) };
        match Self::resolve(&run, environment) {
            Ok((config, warnings)) if problems.is_empty() => {
                Ok((Self { script_env, remote, secrets, ..config }, warnings))
            }
            Ok(_) => Err(problems),
            Err(more) => Err(problems.into_iter().chain(more).collect()),
        }
    }

    /// The same, with one iteration of each of these scenarios, and everything logged that is sent.
    pub fn once(mut self, scenarios: &[ScenarioConfig]) -> Result<Self, Vec<String>> {
        let one = |scenario: &ScenarioConfig| {
            let once = json!({ "executor": "per-vu-iterations", "vus": 1, "iterations": 1, "exec": scenario.exec,
                "env": scenario.env, "tags": scenario.tags });
            (scenario.name.clone(), once)
        };
        let scenarios: serde_json::Map<String, Value> = scenarios.iter().map(one).collect();
        let mut options = self.layers.cli.to_json();
        if let Some(options) = options.as_object_mut() {
            options.retain(|_, value| !value.is_null());
            options.insert("scenarios".to_owned(), scenarios.into());
            options.insert("httpDebug".to_owned(), "full".into());
        }
        let (cli, problems, _) = OptionLayer::from_json(&options);
        self.layers.cli = cli;
        if problems.is_empty() { Ok(self) } else { Err(problems.iter().map(ToString::to_string).collect()) }
    }

    /// The same; a script on standard input is read, so that it can be loaded more than once.
    pub fn keeping_stdin(mut self) -> std::io::Result<Self> {
        if self.origin == Origin::Stdin {
            let text = text_of(std::io::stdin(), LARGEST_SOURCE)?;
            self.origin = Origin::Text { name: "-".to_owned(), text };
        }
        Ok(self)
    }

    /// The variables that were given as flags.
    pub fn given_env(&self) -> &BTreeMap<String, String> {
        &self.given_env
    }

    /// What a front end is asked to load.
    pub fn request(&self, context: &Context, log: Arc<dyn Log>) -> Request {
        let secrets = context.log.secrets();
        secrets.note_variables(self.script_env.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        secrets.note_arguments(self.host.as_deref());
        Request {
            origin: self.origin.clone(),
            env: self.script_env.clone(),
            layers: self.layers.clone(),
            host: self.host.clone(),
            origin_override: None,
            base: self.base.clone(),
            remote: self.remote.clone(),
            secrets: self.secrets.clone(),
            interrupt: context.interrupt.clone(),
            log,
        }
    }

    /// How its tests are run; of several, each has a folder of its own in that of the record.
    pub fn settings(&self, context: &Context, several: bool) -> Settings {
        let record = match &self.record {
            _ if self.no_record => RecordPlace::Temporary,
            None if self.live.makes_report() => RecordPlace::Report,
            None => RecordPlace::None,
            Some(path) if several => RecordPlace::Below(path.clone()),
            Some(path) => RecordPlace::Folder(path.clone()),
        };
        Settings {
            workers: self.workers,
            no_thresholds: self.no_thresholds,
            by_group_and_scenario: self.summary == SummaryMode::Full,
            record,
            replaces_record: self.force,
            target_metrics: self.target_metrics.clone(),
            charts: self.charts.clone(),
            fail_fast: !self.no_fail_fast,
            env: self.given_env.clone(),
            ..context.settings()
        }
    }

    /// Where traces go: `otel=URL`.
    pub fn traces(&self) -> Option<&str> {
        self.traces.as_deref()
    }

    /// The outputs that samples are streamed to: `json=FILE`.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// How many agents make the load; none where this process does.
    pub fn agents(&self) -> Option<NonZeroUsize> {
        self.cluster.agents
    }

    /// What happens when one is lost.
    pub fn on_loss(&self) -> OnLossArg {
        self.cluster.on_loss
    }

    /// Where agents are, and how they are reached; none where this process starts them.
    pub fn bus(&self) -> Option<(&BusArgs, &str)> {
        Some((&self.cluster.on_bus, self.cluster.bus.as_deref()?))
    }

    /// Where the test comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How a part of a test is run for others, who keep its record, judge it and read the target.
    pub fn part_settings(&self, context: &Context) -> Settings {
        Settings {
            record: RecordPlace::Temporary,
            no_thresholds: true,
            target_metrics: Some(TargetMetrics::default()),
            charts: Vec::new(),
            fail_fast: false,
            ..self.settings(context, false)
        }
    }

    /// Where what this process measures is kept, for others to merge.
    pub fn part_out(&self) -> Option<&Path> {
        self.cluster.part_out.as_deref()
    }

    /// Where the run can be watched.
    pub fn live(&self) -> &LiveConfig {
        &self.live
    }

    /// How much the summary tells.
    pub fn summary(&self) -> SummaryMode {
        self.summary
    }

    /// Whether programs get k6's newer JSON of the summary.
    pub fn machine_summary(&self) -> bool {
        self.machine_summary
    }

    /// The file that the summary is also written to.
    pub fn summary_export(&self) -> Option<&Path> {
        self.summary_export.as_deref()
    }
}

/// Where the target reports about itself: a flag for each URL, or a variable with commas between them.
fn target_metrics(
    typed: &[String],
    environment: &Environment,
    problems: &mut Vec<String>,
) -> Option<TargetMetrics> {
    const VARIABLE: &str = "FLASHCROWD_OBSERVE";
    let (name, given): (_, Vec<&str>) = if typed.is_empty() {
        (VARIABLE, environment.get(VARIABLE)?.split(',').map(str::trim).collect())
    } else {
        ("--observe", typed.iter().map(String::as_str).collect())
    };
    let (off, urls): (Vec<&str>, Vec<&str>) = given.into_iter().partition(|place| *place == "off");
    if urls.is_empty() {
        return Some(TargetMetrics::default());
    }
    if !off.is_empty() {
        problems.push(format!("{name} is 'off' and {}: use one or the other", urls.join(", ")));
    }
    let unknown = urls.iter().filter_map(|url| flashcrowd_observe::find(url).err());
    problems.extend(unknown.map(|error| format!("{name}: {error}")));
    Some(TargetMetrics { at: urls.into_iter().map(str::to_owned).collect(), tried: Vec::new() })
}

/// The outputs: a flag for each, or a variable with commas between them.
fn outputs(typed: &[String], environment: &Environment, problems: &mut Vec<String>) -> Vec<String> {
    let given: Vec<String> = match environment.setting("OUT") {
        Some((_, value)) if typed.is_empty() => value.split(',').map(str::to_owned).collect(),
        _ => typed.to_vec(),
    };
    problems.extend(flashcrowd_outputs::check(&given).iter().map(ToString::to_string));
    given
}

/// Where traces go, if anywhere.
fn traces(typed: Option<&str>, environment: &Environment, problems: &mut Vec<String>) -> Option<String> {
    let given = typed.or_else(|| environment.setting("TRACES_OUTPUT").map(|(_, value)| value));
    let given = given.filter(|given| !given.is_empty() && *given != "none")?;
    problems.extend(flashcrowd_outputs::check_traces(given).map(|problem| problem.to_string()));
    Some(given.to_owned())
}

/// The flags that not every front end heeds, of those that were given.
fn given(args: &RunArgs) -> Vec<&'static str> {
    let given = [
        ("--host", args.plan.host.is_some()),
        ("--base", args.plan.base.is_some()),
        ("--no-record", args.results.no_record),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
}

fn workers(
    typed: Option<&str>,
    environment: &Environment,
    problems: &mut Vec<String>,
) -> Option<NonZeroUsize> {
    let typed = typed.map(|value| ("--workers".to_owned(), value));
    let (name, value) = typed.or_else(|| environment.setting("WORKERS"))?;
    let count = value.parse().ok().filter(|count: &NonZeroUsize| count.get() <= MOST_WORKERS);
    if count.is_none() {
        problems
            .push(format!("{name} is '{value}': use 1 to {MOST_WORKERS}, or leave it out for one a core"));
    }
    count
}

fn summary(
    none: bool,
    typed: Option<&str>,
    environment: &Environment,
    problems: &mut Vec<String>,
) -> SummaryMode {
    let typed = typed.map(|value| ("--summary-mode".to_owned(), value));
    match typed.or_else(|| environment.setting("SUMMARY_MODE")) {
        _ if none => SummaryMode::Disabled,
        None => SummaryMode::default(),
        Some((name, value)) => value.parse().unwrap_or_else(|_| {
            problems.push(format!("{name} is '{value}': use compact, full, legacy or disabled"));
            SummaryMode::default()
        }),
    }
}

fn config_file(path: Option<&Path>, problems: &mut Vec<String>) -> (OptionLayer, Vec<String>) {
    let Some(path) = path else { return (OptionLayer::default(), Vec::new()) };
    let shown = path.display();
    let read = read_text(path, LARGEST_SOURCE)
        .map_err(|error| format!("cannot read the config file {shown}: {error}"));
    let json = read.and_then(|text| {
        serde_json::from_str::<Value>(&text)
            .map_err(|error| format!("the config file {shown} is not JSON: {error}"))
    });
    let json = json.unwrap_or_else(|problem| {
        problems.push(problem);
        Value::Null
    });
    let (layer, found, warnings) = OptionLayer::from_json(&json);
    problems.extend(found.iter().map(|problem| format!("{shown}: {problem}")));
    (layer, warnings.iter().map(|warning| format!("{shown}: {warning}")).collect())
}

fn not_heeded(environment: &Environment) -> Vec<String> {
    let set = NOT_HEEDED.iter().filter(|(name, _)| environment.get(name).is_some());
    set.map(|(name, what)| format!("{name} is set, but has no effect: there is no support for {what} yet"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Cli, Command};
    use clap::Parser;
    use flashcrowd_test::Options;

    fn resolve(line: &str, environment: &Environment) -> Result<(Config, Vec<String>), Vec<String>> {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Run(args) = cli.command else { panic!("no run: {line}") };
        Config::resolve(&args, environment)
    }

    fn options(config: &Config) -> Options {
        let request = Request { layers: config.layers.clone(), ..Request::plain(config.origin.clone()) };
        request.options(OptionLayer::default()).unwrap()
    }

    #[test]
    fn every_flag_reaches_the_options() {
        let line = "flashcrowd run -u 5 -d 3s --execution-segment 0:1/2 --min-iteration-duration 1s --no-setup \
                    --no-teardown=false -w --rps 7 --batch 1 --batch-per-host 2 --max-redirects 3 --user-agent x \
                    --http-debug=full --insecure-skip-tls-verify --no-connection-reuse --no-vu-connection-reuse --no-resend \
                    --discard-response-bodies --blacklist-ip 10.0.0.0/8 --block-hostnames *.bad.test \
                    --local-ips 127.0.0.1-127.0.0.3 --dns ttl=0,select=first --summary-trend-stats avg,p(99) \
                    --summary-time-unit ms --tag a=b --tag c=d,e --system-tags url,status --console-output x.log s.js";
        let (config, warnings) = resolve(line, &Environment::default()).unwrap();
        let options = options(&config);
        assert_eq!(warnings, Vec::<String>::new());
        insta::assert_snapshot!(serde_json::to_string_pretty(&options.to_json()).unwrap());
    }

    #[test]
    fn all_problems_of_all_places_at_once() {
        let environment =
            Environment::from([("K6_VUS", "many"), ("K6_SUMMARY_MODE", "loud"), ("K6_OUT", "csv")]);
        let line =
            "flashcrowd run -c no/such.json --duration soon --workers 0 --tag x --paused -o csv -e =1 s.js";
        insta::assert_snapshot!(resolve(line, &environment).unwrap_err().join("\n"));
    }

    #[test]
    fn negative_amounts_are_understood_and_refused() {
        for (flags, flag) in [
            ("-u -1", "--vus"),
            ("-d -5s", "--duration"),
            ("-i -5", "--iterations"),
            ("-s -5s:3", "--stage"),
            ("-s 5s:-3", "--stage"),
            ("--min-iteration-duration -1s", "--min-iteration-duration"),
            ("--rps -1", "--rps"),
        ] {
            let line = format!("flashcrowd run {flags} s.js");
            let problems = resolve(&line, &Environment::default()).unwrap_err();
            assert!(
                problems.len() == 1
                    && problems[0].starts_with(&format!("{flag}: "))
                    && problems[0].contains("can't be negative"),
                "{flags}: {problems:?}"
            );
        }
    }

    #[test]
    fn the_newer_json_is_a_flag_or_a_variable() {
        let wanted =
            |line: &str, environment: &Environment| resolve(line, environment).unwrap().0.machine_summary();
        let (flag, on) =
            ("flashcrowd run --new-machine-readable-summary s.js", "K6_NEW_MACHINE_READABLE_SUMMARY");
        assert!(wanted(flag, &Environment::default()));
        assert!(wanted("flashcrowd run s.js", &Environment::from([(on, "true")])));
        assert!(!wanted("flashcrowd run s.js", &Environment::default()));
    }

    #[test]
    fn the_targets_metrics_are_flags_or_a_variable() {
        let flags = |flags: &str| resolve(&format!("flashcrowd run {flags} s.js"), &Environment::default());
        let variable =
            |value: &str| resolve("flashcrowd run s.js", &Environment::from([("FLASHCROWD_OBSERVE", value)]));
        let at = |urls: &[&str]| TargetMetrics {
            at: urls.iter().map(|url| (*url).to_owned()).collect(),
            tried: Vec::new(),
        };
        let found = |resolved: Result<(Config, Vec<String>), Vec<String>>| resolved.unwrap().0.target_metrics;
        assert_eq!(found(variable("")), None);
        assert_eq!(found(flags("--observe off")), Some(at(&[])));
        assert_eq!(found(variable("off")), Some(at(&[])));
        let two = Some(at(&["http://a/metrics", "redis://b"]));
        assert_eq!(found(flags("--observe http://a/metrics --target-metrics redis://b")), two);
        assert_eq!(found(variable("http://a/metrics, redis://b")), two);
        assert_eq!(
            flags("--observe off --observe http://a").unwrap_err(),
            ["--observe is 'off' and http://a: use one or the other"]
        );
        let wrong = variable("off,htp://a,b").unwrap_err();
        assert_eq!(wrong[0], "FLASHCROWD_OBSERVE is 'off' and htp://a, b: use one or the other");
        assert!(wrong[1].starts_with("FLASHCROWD_OBSERVE: htp://a: unknown scheme 'htp': "), "{wrong:?}");
        assert!(wrong[2].starts_with("FLASHCROWD_OBSERVE: b: this is no source; write one"), "{wrong:?}");
        assert_eq!(wrong.len(), 3);
    }

    #[test]
    fn what_is_not_heeded_is_said() {
        let environment = Environment::from([("K6_FEATURES", "a")]);
        let (_, warnings) = resolve("flashcrowd run s.js", &environment).unwrap();
        assert_eq!(
            warnings,
            ["K6_FEATURES is set, but has no effect: there is no support for feature flags yet"]
        );
    }

    #[test]
    fn the_config_file_is_the_weakest_layer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.json");
        std::fs::write(&path, r#"{"vus": 3, "duration": "5s", "collectors": null}"#).unwrap();
        let args = RunArgs { script: "-".into(), config: Some(path), ..RunArgs::default() };
        let environment = Environment::from([("K6_VUS", "4"), ("FLASHCROWD_RECORD", "r")]);
        let (config, warnings) = Config::resolve(&args, &environment).unwrap();
        assert_eq!((&config.origin, config.record.as_deref()), (&Origin::Stdin, Some(Path::new("r"))));
        assert!(warnings[0].ends_with("unknown option 'collectors' has no effect"), "{warnings:?}");
        let options = options(&config);
        let json = options.to_json();
        assert_eq!(
            (&json["scenarios"]["default"]["vus"], json["scenarios"]["default"]["duration"].as_str()),
            (&4.into(), Some("5s"))
        );
    }
}
