//! The conclusion of a run is what is shown of it when it is over: the summary, and the verdict if there is one.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use flashcrowd_k6::handle_summary;
use flashcrowd_record::Results;
use flashcrowd_report as document;
use flashcrowd_summary as report;

use super::Config;
use super::loaded::Loaded;
use crate::commands::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// Shows what was judged, where a record was kept to judge by.
pub fn show_verdict(context: &Context, config: &Config, results: &Results) {
    if let Some(judgement) = results.judgement() {
        if config.summary() != report::SummaryMode::Disabled {
            context.console.write(Stream::Out, "\n");
        }
        let color = context.console.color(Stream::Out);
        let columns = usize::from(context.console.terminal().width);
        let text = document::verdict(&judgement, context.talk.lang(), color, columns);
        context.console.write(Stream::Out, &text);
    }
}

/// Shows the summary of a plan.
pub fn show_summary(context: &Context, config: &Config, results: &Results) -> Result<(), Failure> {
    if let Some(path) = config.summary_export() {
        write_file(path, report::summary_export(results).as_bytes()).map_err(Failure::Other)?;
    }
    if config.summary() != report::SummaryMode::Disabled {
        let style = report::Style { color: context.console.color(Stream::Out) };
        context.console.write(Stream::Out, &report::render(results, config.summary(), style));
    }
    Ok(())
}

/// Shows the summary, or has the script make its own.
pub fn conclude(
    context: &Context,
    config: &Config,
    loaded: &Loaded,
    results: &Results,
) -> Result<(), Failure> {
    if let Some(path) = config.summary_export() {
        let json = match config.machine_summary() {
            true => machine_summary(loaded, results),
            false => report::summary_export(results),
        };
        write_file(path, json.as_bytes()).map_err(Failure::Other)?;
    }
    let mode = config.summary();
    if mode == report::SummaryMode::Disabled {
        return Ok(());
    }
    if loaded.exports("handleSummary") && own_summary(context, config, loaded, results) {
        return Ok(());
    }
    let color = context.console.color(Stream::Out);
    context.console.write(Stream::Out, &report::render(results, mode, report::Style { color }));
    Ok(())
}

/// k6's newer JSON of the summary.
fn machine_summary(loaded: &Loaded, results: &Results) -> String {
    let program = &loaded.program;
    let script = program.sources().remove(&program.entry).unwrap_or_default();
    format!("{:#}", report::machine_summary(results, &script))
}

/// Whether the script made a summary of its own.
fn own_summary(context: &Context, config: &Config, loaded: &Loaded, results: &Results) -> bool {
    let terminal = report::Terminal {
        no_color: !context.talk.color(),
        stdout_tty: context.console.is_terminal(Stream::Out),
        stderr_tty: context.console.is_terminal(Stream::Err),
    };
    let data = match config.machine_summary() {
        true => machine_summary(loaded, results),
        false => report::handle_summary(results, terminal).to_string(),
    };
    let files = match handle_summary(&loaded.program, data, loaded.options.handle_summary_timeout()) {
        Ok(Some(files)) => files,
        Ok(None) => return false,
        Err(error) => {
            context.log.error(&format!("handleSummary failed: {error}"));
            return false;
        }
    };
    for (target, bytes) in files {
        match target.as_str() {
            "stdout" => context.console.write_bytes(Stream::Out, &bytes),
            "stderr" => context.console.write_bytes(Stream::Err, &bytes),
            path => {
                if let Err(error) = write_file(Path::new(path), &bytes) {
                    context.log.error(&format!("{error:#}"));
                }
            }
        }
    }
    true
}

fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let file = std::fs::File::create(path).with_context(|| format!("cannot write '{}'", path.display()));
    file?.write_all(bytes).with_context(|| format!("cannot write '{}'", path.display()))
}
