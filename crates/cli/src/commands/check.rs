//! `check` runs each scenario of a script once, and shows everything: requests and answers, checks, variables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use flashcrowd_modules::{path_of, variables};
use flashcrowd_record::{GroupResult, Results, Secrets};
use flashcrowd_session::{Finished, Listeners, Session, Settings};
use flashcrowd_test::{Level, Log, Message, Source, Test};
use flashcrowd_text::visible;

pub use crate::args::CheckArgs;
use crate::args::RunArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::front_ends::front_end;
use crate::log::TestLog;
use crate::run::{Config, load};
use crate::screen::{Console, Stream};

/// Runs the script once, and shows what happens.
pub fn run(context: &Context, args: &CheckArgs) -> Result<(), Failure> {
    let run_args = RunArgs {
        script: args.script.clone(),
        config: args.config.clone(),
        environment: args.environment.clone(),
        modules: args.modules.clone(),
        network: args.network.clone(),
        ..RunArgs::default()
    };
    let (config, warnings) = Config::resolve(&run_args, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    let config =
        config.keeping_stdin().context("cannot read the script from stdin").map_err(Failure::Other)?;
    // Once for its options alone; whatever it says then it says again.
    let quiet = Arc::new(TestLog::new(context.log.silent()));
    let known = load(context, &config, &quiet)?;
    let Some(known) = known.first() else { return Ok(()) };
    let config = config.once(known.scenarios()).map_err(Failure::Config)?;
    let log: Arc<dyn Log> = Arc::new(Shown::new(context));
    let request = config.request(context, log);
    let tests = front_end(request.origin.path()).load(&request)?;
    let Some(test) = tests.first() else { return Ok(()) };
    context.console.write(Stream::Out, &head(test.as_ref(), &request.env, context.log.secrets()));
    let settings =
        Settings { workers: NonZeroUsize::new(1), no_thresholds: true, ..config.settings(context, false) };
    let session = Session::open(test.as_ref(), &settings)?;
    let finished = session.run(Listeners::default())?;
    let Outcome { text, problems } = outcome(&finished);
    context.console.write(Stream::Out, &context.log.secrets().hide(&text));
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::Check(problems.join("; "))),
    }
}

/// A log that shows messages as they come, for people.
struct Shown {
    console: Arc<Console>,
    secrets: Secrets,
    /// The scenario that was shown last.
    scenario: Mutex<Option<String>>,
}

impl Shown {
    fn new(context: &Context) -> Self {
        let (console, secrets) = (context.console.clone(), context.log.secrets().clone());
        Self { console, secrets, scenario: Mutex::default() }
    }
}

impl Log for Shown {
    fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    fn log(&self, message: &Message<'_>) {
        let mut text = String::new();
        let mut last = self.scenario.lock().unwrap_or_else(PoisonError::into_inner);
        if message.scenario.is_some() && *last != message.scenario.map(str::to_owned) {
            *last = message.scenario.map(str::to_owned);
            // Writing to a text cannot fail.
            let _ = writeln!(text, "\n  scenario {}", message.scenario.unwrap_or_default());
        }
        let (mark, body) = match (message.source, message.level) {
            (Source::Engine, _) if message.text.starts_with("Request:\n") => {
                ("→", &message.text["Request:\n".len()..])
            }
            (Source::Engine, _) if message.text.starts_with("Response:\n") => {
                ("←", &message.text["Response:\n".len()..])
            }
            (Source::Engine, _) if message.text.starts_with("No response: ") => ("✗", message.text),
            (Source::StackTrace, _) | (_, Level::Error) => ("✗", message.text),
            (Source::Engine, Level::Warn) => ("!", message.text),
            (Source::Console | Source::Engine, _) => ("│", message.text),
        };
        for (index, line) in self.secrets.hide(body).trim_end().lines().enumerate() {
            let _ = writeln!(text, "    {} {}", if index == 0 { mark } else { " " }, visible(line));
        }
        if matches!(mark, "←") || body.starts_with("No response") {
            text.push('\n');
        }
        self.console.write(Stream::Out, &text);
    }
}

/// What is known before anything is sent: files, scenarios, and the variables that the script asks for.
fn head(test: &dyn Test, env: &BTreeMap<String, String>, secrets: &Secrets) -> String {
    let sources = test.sources();
    let files: Vec<String> =
        sources.iter().map(|source| path_of(&source.path).display().to_string()).collect();
    let mut text = format!("  {}\n", files.first().map_or("script", String::as_str));
    for file in files.iter().skip(1) {
        let _ = writeln!(text, "    imports {file}");
    }
    for scenario in test.scenarios() {
        let _ = writeln!(text, "    scenario {} runs {}()", scenario.name, scenario.exec);
    }
    let asked = sources.iter().zip(&files).flat_map(|(source, file)| {
        variables(&source.path, &source.text)
            .into_iter()
            .map(move |(name, place)| (name, format!("{file}:{}:{}", place.line, place.column)))
    });
    let mut seen = Vec::new();
    for (name, place) in asked {
        if seen.contains(&name) {
            continue;
        }
        let set =
            test.scenarios().iter().find_map(|scenario| scenario.env.get(&name)).or_else(|| env.get(&name));
        let _ = match set {
            Some(value) => writeln!(text, "    variable {name} = {}", visible(&secrets.hide(value))),
            None => writeln!(text, "    variable {name} is not set: {place}"),
        };
        seen.push(name);
    }
    text
}

/// What came of the run: its text, and what went wrong.
struct Outcome {
    text: String,
    problems: Vec<String>,
}

fn outcome(finished: &Finished<'_>) -> Outcome {
    let results = &finished.results;
    let (mut text, mut problems) = (String::from("\n"), Vec::new());
    let failed = checks(&results.root_group, "", &mut text);
    if failed > 0 {
        problems.push(format!("{failed} {} failed", if failed == 1 { "check" } else { "checks" }));
    }
    let count = |name: &str, stat: &str| results.metric(name).map_or(0.0, |metric| metric.stats.value(stat));
    let (requests, bad) = (count("http_reqs", "count"), count("http_req_failed", "passes"));
    let _ = writeln!(text, "  {requests} requests, {bad} of them failed; {} iterations", iterations(results));
    if bad > 0.0 {
        problems.push(format!("{bad} of {requests} requests failed"));
    }
    if let Some(failure) = &finished.failure {
        problems.push(failure.to_string());
    }
    Outcome { text, problems }
}

fn iterations(results: &Results) -> f64 {
    results.metric("iterations").map_or(0.0, |metric| metric.stats.value("count"))
}

/// Writes down the checks of a group and those in it, and answers how many failed.
fn checks(group: &GroupResult, path: &str, text: &mut String) -> u64 {
    let mut failed = 0;
    for check in &group.checks {
        let mark = if check.fails == 0 { "✓" } else { "✗" };
        let _ = writeln!(text, "    {mark} {path}{}", visible(&check.name));
        failed += u64::from(check.fails > 0);
    }
    for group in &group.groups {
        failed += checks(group, &format!("{path}{} › ", visible(&group.name)), text);
    }
    failed
}
