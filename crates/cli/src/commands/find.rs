//! `find` searches for the largest load at which promises hold.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use flashcrowd_diagnosis::Expectation;
use flashcrowd_engine::duration;
use flashcrowd_record::{Expected, LoadInterval, Record, without_secrets};
use flashcrowd_report::{search_text, trial_line};
use flashcrowd_session::{Aim, Finished, Listeners, LoadSearch, SearchedTest, Session, TrialView};
use flashcrowd_test::{Bounds, FindSettings, Test};
use flashcrowd_text::{visible, visible_json};

use crate::args::{NetworkArgs, PlanArgs, ResultArgs, RunArgs, ScriptArgs};
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::run::{Config, load};
use crate::screen::Stream;

const EXAMPLES: &str = "\
Examples:
  flashcrowd find plan.yaml --promise 'response_time_p99: < 500ms'
  flashcrowd find plan.yaml --rate 10..1000 --promise 'response_time_p95: < 300ms' --promise 'error_rate: < 1%'
  flashcrowd find script.js --users 1..500 --promise 'response_time_p95: < 1s'
  flashcrowd find plan.yaml --at-least 300/s             in CI: exit with 99 unless 300/s are certain to hold
  flashcrowd find plan.yaml --precision 2% --time 5m     a narrower interval, which takes longer
  flashcrowd find plan.yaml --resume results/shop-20261120-100000

The load of the test is replaced by one that is searched: short trials, each judged by the promises, longer ones near
the load at which they stop to hold. The result is a load with its 95% interval, and what breaks first. Without
--promise, the expectations or thresholds of the test count; without any, a rate is searched that the target keeps up
with. See docs/find.md.

Exit codes: 0 the load was found (and is at least --at-least); 99 it is too small, or it was not found: nothing held,
nothing was answered, or the target stopped answering; 104 invalid options; 105 a signal ended the search.";

/// `find`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FindArgs {
    /// The script (.js) or plan (.yaml)
    #[arg(value_name = "TEST")]
    pub test: PathBuf,
    /// What has to hold: a percentile of response times, error_rate or checks; repeatable
    #[arg(long, value_name = "PROMISE")]
    pub promise: Vec<String>,
    /// Search for a rate of iterations per second in this range [default: around the test's own]
    #[arg(long, value_name = "LOW..HIGH", conflicts_with = "users")]
    pub rate: Option<String>,
    /// Search for a number of virtual users in this range
    #[arg(long, value_name = "LOW..HIGH")]
    pub users: Option<String>,
    /// The load that has to hold at least, such as 300/s, or 300 for users
    #[arg(long, value_name = "LOAD")]
    pub at_least: Option<String>,
    /// Stop when the interval is within this percentage of the load [default: 5%]
    #[arg(long, value_name = "PERCENT")]
    pub precision: Option<String>,
    /// Stop after this time [default: 90s]
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// Run only this scenario of the test
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Continue the search that this record holds
    #[arg(long, value_name = "RECORD")]
    pub resume: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Keep the record of the search in this folder [default: a folder under results/]
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Replace the record of an earlier run in that folder
    #[arg(long)]
    pub force: bool,
    /// Read what the target reports about itself every second: a Prometheus page, redis://, host, ...; repeatable
    #[arg(long = "observe", visible_alias = "target-metrics", value_name = "SOURCE")]
    pub target_metrics: Vec<String>,
    /// What completes or overrides the plan.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What the script sees of its environment.
    #[command(flatten)]
    pub environment: ScriptArgs,
    /// How requests are sent.
    #[command(flatten)]
    pub network: NetworkArgs,
}

/// Searches, shows every trial, and what was found.
pub fn run(context: &Context, args: &FindArgs) -> Result<(), Failure> {
    let settings = settings(args).map_err(Failure::Config)?;
    let run_args = RunArgs {
        script: args.test.clone(),
        plan: args.plan.clone(),
        environment: ScriptArgs {
            env: args.environment.env.clone(),
            include_system_env_vars: args.environment.include_system_env_vars.clone(),
            secret_source: args.environment.secret_source.clone(),
        },
        network: args.network.clone(),
        results: ResultArgs {
            record: args.record.clone(),
            force: args.force,
            target_metrics: args.target_metrics.clone(),
            ..ResultArgs::default()
        },
        ..RunArgs::default()
    };
    let (config, warnings) = Config::resolve(&run_args, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    let log = Arc::new(TestLog::new(context.log.clone()));
    let tests = load(context, &config, &log)?;
    let [test] = tests.as_slice() else {
        let text =
            format!("this file has {} tests, and a search is about one: give each a file", tests.len());
        return Err(Failure::Config(vec![text]));
    };
    let aim = Aim::of(test.as_ref(), &settings.or(test.find()));
    let aim = aim.map_err(|problems| Failure::Config(problems.iter().map(ToString::to_string).collect()))?;
    if !aim.left_out.is_empty() {
        let names = aim.left_out.join(", ");
        context.log.warn(&format!("not searched for, since a trial cannot judge it: {names}"));
    }
    let search = searching(context, args, aim)?;
    let searched = SearchedTest::new(test.as_ref(), &search);
    let mut session_settings = config.settings(context, false);
    session_settings.no_thresholds = true;
    // The search itself sees that nothing is answered.
    session_settings.fail_fast = false;
    let session = Session::open(&searched, &session_settings)?;
    show_head(context, args, test.as_ref(), &search.borrow(), &session);
    let finished = session.run(Listeners { search: Some(search), ..Listeners::default() })?;
    show_end(context, args, &finished);
    finished.failure.map_or(Ok(()), |failure| Err(failure.into()))
}

/// The search, with what is known of it from an earlier run, and lines for its trials.
fn searching(context: &Context, args: &FindArgs, aim: Aim) -> Result<Rc<RefCell<LoadSearch>>, Failure> {
    let blank = aim.blank_result();
    let (console, lang) = (context.console.clone(), context.ui.lang());
    let silent = context.ui.quiet() || args.json;
    let mut number = 0;
    let watch = move |view: &TrialView<'_>| {
        number += 1;
        if !silent {
            let found = view.estimate.load;
            let known = LoadInterval { value: found.value, lower: found.lower, upper: found.upper };
            let known = view.is_bounded.then_some(known);
            let color = console.color(Stream::Out);
            console.write(Stream::Out, &trial_line(&blank, (number, view.trial), known, (lang, color)));
        }
    };
    let wanted = aim.recorded();
    let mut search = LoadSearch::new(aim, Box::new(watch));
    if let Some(path) = &args.resume {
        let record = Record::read(path).map_err(anyhow::Error::new)?;
        match &record.run.search {
            Some(before) if *before == wanted => {}
            Some(_) => {
                let text = format!(
                    "--resume {}: that search was for other promises or within another range: give the same ones",
                    path.display()
                );
                return Err(Failure::Config(vec![text]));
            }
            None => {
                let text = format!("--resume {}: that run was no search", path.display());
                return Err(Failure::Config(vec![text]));
            }
        }
        search.recall(&record);
    }
    Ok(Rc::new(RefCell::new(search)))
}

fn show_head(
    context: &Context,
    args: &FindArgs,
    test: &dyn Test,
    search: &LoadSearch,
    session: &Session<'_>,
) {
    if context.ui.quiet() || args.json {
        return;
    }
    let info = test.info();
    let target = test.target().map(|target| format!(" at {}", without_secrets(&target))).unwrap_or_default();
    let mut text = format!("\n  find  {}{target}: {}\n", info.name, search.describe());
    if let Some(folder) = session.folder() {
        text += &format!("  record  {}\n", folder.display());
    }
    context.console.write(Stream::Out, &(visible(&text).into_owned() + "\n"));
}

fn show_end(context: &Context, args: &FindArgs, finished: &Finished<'_>) {
    let results = finished.redacted();
    if args.json {
        let Some(search) = &results.search else { return };
        let json = serde_json::to_string_pretty(search).unwrap_or_default();
        context.console.write(Stream::Out, &(visible_json(&json).into_owned() + "\n"));
        return;
    }
    let shown = results.printable();
    let Some(search) = &shown.search else { return };
    let color = context.console.color(Stream::Out);
    let columns = usize::from(context.console.terminal().width).clamp(40, 100);
    let mut text = format!("\n{}", search_text(search, context.ui.lang(), color, columns));
    if let Some(folder) = finished.folder.as_ref().filter(|_| !context.ui.quiet()) {
        let folder = folder.display();
        text += &format!("\n  report: flashcrowd report {folder} --format html -o report.html\n");
    }
    context.console.write(Stream::Out, &text);
}

/// The flags as settings; all problems at once.
fn settings(args: &FindArgs) -> Result<FindSettings, Vec<String>> {
    let mut problems = Vec::new();
    let mut bounds = |flag: &str, text: &Option<String>| {
        let text = text.as_ref()?;
        let bounds = Bounds::parse(text);
        if bounds.is_none() {
            problems.push(format!("{flag} is '{text}': use a range such as 10..1000, ..1000 or 10.."));
        }
        bounds
    };
    let (rate, users) = (bounds("--rate", &args.rate), bounds("--users", &args.users));
    let promises = args.promise.iter().filter_map(|text| match promise(text) {
        Ok(promise) => Some(promise),
        Err(problem) => {
            problems.push(problem);
            None
        }
    });
    let promises = promises.collect();
    let mut read = |flag: &str, text: &Option<String>, what: &str, parse: fn(&str) -> Option<f64>| {
        let text = text.as_ref()?;
        let value = parse(text);
        if value.is_none() {
            problems.push(format!("{flag} is '{text}': use {what}"));
        }
        value
    };
    let at_least = read("--at-least", &args.at_least, "a load such as 300/s, or 300 for users", number);
    let precision =
        read("--precision", &args.precision, "a percentage from 0.5% to 50%, such as 5%", percent);
    let time = args.time.as_ref().and_then(|text| match duration::parse(text) {
        Ok(time) => Some(time),
        Err(error) => {
            problems.push(format!("--time: {error}"));
            None::<Duration>
        }
    });
    let scenario = args.scenario.clone();
    let settings = FindSettings { promises, rate, users, precision, time, at_least, scenario };
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// A promise as it is typed: `response_time_p99: < 500ms`, or without the colon.
fn promise(text: &str) -> Result<Expected, String> {
    let end = text.find([':', '<', '>', '=']);
    let Some(end) = end else {
        return Err(format!("--promise is '{text}': write what holds, such as 'response_time_p99: < 500ms'"));
    };
    let (name, target) = (text[..end].trim(), text[end..].trim_start_matches(':').trim());
    match Expectation::parse(name, target) {
        Ok(expectation) => Ok(Expected { name: expectation.name, target: expectation.target }),
        Err(error) => Err(format!("--promise: {error}")),
    }
}

fn number(text: &str) -> Option<f64> {
    let number = text.trim().trim_end_matches("/s").trim().replace([',', '_'], "").parse::<f64>().ok();
    number.filter(|number| number.is_finite() && *number > 0.0)
}

fn percent(text: &str) -> Option<f64> {
    let percent = text.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    percent.map(|percent| percent / 100.0).filter(|share| (0.005..=0.5).contains(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_typed_with_or_without_a_colon() {
        for text in ["response_time_p99: < 500ms", "response_time_p99 < 500ms", "response_time_p99:<500ms"] {
            let read = promise(text).unwrap();
            assert_eq!(read.name, "response_time_p99", "{text}");
        }
        assert_eq!(promise("checks > 99%").unwrap().target, "> 99%");
        for text in ["fast", "response_tme_p99: < 1s", "response_time_p99: < fast"] {
            assert!(promise(text).is_err(), "{text}");
        }
    }
}
