//! A session runs what a file holds, from its configuration to the end, and says what came of it.

use std::rc::Rc;

use flashcrowd_engine::config::needs;
use flashcrowd_engine::phases;

use super::Config;
use super::conclude::{conclude, show_summary, show_verdict};
use super::facts;
use super::front_end::FrontEnd;
use super::keep::Keep;
use super::loaded::Loaded;
use super::measure::measure;
use super::planned::Planned;
use super::steps::Steps;
use super::watcher::Scenarios;
use crate::commands::Context;
use crate::exit::Failure;
use crate::screen::{Header, Stream, header};
use crate::{clock, process};

/// Runs what the configuration names: a script, or all plans of a file.
pub fn execute(context: &Context, config: &Config) -> Result<(), Failure> {
    if config.script().is_plan() { plans(context, config) } else { script(context, config) }
}

fn script(context: &Context, config: &Config) -> Result<(), Failure> {
    let (loaded, keep) = prepare(context, config)?;
    show_head(context, config, &loaded, keep.as_ref());
    let (results, verdict) = measure(context, config, &loaded, keep, Rc::new(Scenarios))?;
    conclude(context, config, &loaded, &results)?;
    if config.summary() != flashcrowd_summary::SummaryMode::Disabled {
        show_verdict(context, config, &results);
    }
    verdict
}

/// Runs one plan after the other. The first that fails decides the exit code; a signal ends them all.
fn plans(context: &Context, config: &Config) -> Result<(), Failure> {
    let plans = Planned::load(config, &context.log)?;
    process::raise_file_limit();
    let config = &config.clone().several(plans.len() > 1);
    let mut verdict = Ok(());
    for plan in &plans {
        let keep = open(config, plan)?;
        let folder = keep.as_ref().and_then(|keep| keep.folder.clone());
        show_head(context, config, plan, keep.as_ref());
        let steps = Rc::new(Steps::new(phases(plan.scenarios())));
        let (results, found) = measure(context, config, plan, keep, steps)?;
        show_summary(context, config, &results)?;
        show_verdict(context, config, &results);
        if let Some(folder) = folder.filter(|_| !context.talk.quiet()) {
            let text = format!(
                "\n     report: flashcrowd report {} --format html -o report.html\n",
                folder.display()
            );
            context.console.write(Stream::Out, &text);
        }
        let ends = matches!(found, Err(Failure::Signal));
        verdict = verdict.and(found);
        if ends {
            break;
        }
    }
    verdict
}

/// Makes everything ready for a script, and opens its record; nothing has been sent or shown.
pub fn prepare(context: &Context, config: &Config) -> Result<(Loaded, Option<Keep>), Failure> {
    let loaded = Loaded::load(config, &context.log)?;
    loaded.settle()?;
    process::raise_file_limit();
    let keep = open(config, &loaded)?;
    Ok((loaded, keep))
}

/// Opens the record of a test, if it has one.
pub fn open(config: &Config, test: &dyn FrontEnd) -> Result<Option<Keep>, Failure> {
    Keep::open(config, test, facts::run_info(config, test), clock::now())
}

fn show_head(context: &Context, config: &Config, test: &dyn FrontEnd, keep: Option<&Keep>) {
    if context.talk.quiet() {
        return;
    }
    let share = test.options().share();
    let needs = needs(test.scenarios(), share);
    let head = Header {
        script: config.script().to_string(),
        plan: test.plan().map(|plan| (plan.name.clone(), plan.host.clone())),
        record: keep.and_then(|keep| keep.folder.as_ref()).map(|path| path.display().to_string()),
        share: share.fraction(),
        max_vus: needs.possible,
        max_duration: needs.end,
        scenarios: test
            .scenarios()
            .iter()
            .map(|scenario| (scenario.name.clone(), scenario.describe(share)))
            .collect(),
    };
    context.console.write(Stream::Out, &header(&head, context.console.color(Stream::Out)));
}
