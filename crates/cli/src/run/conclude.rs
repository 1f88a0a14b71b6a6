//! The conclusion of a run is what is shown of it when it is over: the summary, and the verdict if there is one.

use std::path::Path;

use flashcrowd_record::Results;
use flashcrowd_session::{Finished, SummaryForm};
use flashcrowd_summary::{Style, SummaryMode, Terminal, render, summary_export};

use super::Config;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::write_file;
use crate::screen::Stream;

/// How many digits of a seal stand for it.
pub const SEAL_DIGITS: usize = 16;

/// Shows what was judged, where a record was kept to judge by.
pub fn show_verdict(context: &Context, config: &Config, results: &Results) {
    if let Some(judgement) = results.judgement() {
        if config.summary() != SummaryMode::Disabled {
            context.console.write(Stream::Out, "\n");
        }
        let color = context.console.color(Stream::Out);
        let columns = usize::from(context.console.terminal().width);
        let text = flashcrowd_report::verdict(&judgement, context.ui.lang(), color, columns);
        context.console.write(Stream::Out, &text);
    }
}

/// Says how to make a report of the record, and how to check later that it was not changed.
pub fn show_report(context: &Context, finished: &Finished<'_>) {
    if let Some(folder) = finished.folder.as_deref().filter(|_| !context.ui.quiet()) {
        let folder = folder.display();
        let mut text = format!("\n     report: flashcrowd report {folder} --format html -o report.html\n");
        if let Some(seal) = &finished.seal {
            text.push_str(&format!(
                "     verify: flashcrowd verify {folder} --seal {}\n",
                &seal[..SEAL_DIGITS]
            ));
        }
        context.console.write(Stream::Out, &text);
    }
}

/// Shows the summary, or has the test make its own.
pub fn show_summary(context: &Context, config: &Config, finished: &mut Finished<'_>) -> Result<(), Failure> {
    if let Some(path) = config.summary_export() {
        let json = match config.machine_summary() {
            true => finished.machine_summary(),
            false => summary_export(&finished.results),
        };
        write_file(path, json.as_bytes())?;
    }
    let mode = config.summary();
    if mode == SummaryMode::Disabled || own_summary(context, config, finished)? {
        return Ok(());
    }
    let style = Style { color: context.console.color(Stream::Out) };
    context.console.write(Stream::Out, &render(&finished.results, mode, style));
    Ok(())
}

/// Whether the test made a summary of its own.
fn own_summary(context: &Context, config: &Config, finished: &mut Finished<'_>) -> anyhow::Result<bool> {
    let form = match config.machine_summary() {
        true => SummaryForm::Machine,
        false => SummaryForm::Usual(Terminal {
            no_color: !context.ui.color(),
            stdout_tty: context.console.is_terminal(Stream::Out),
            stderr_tty: context.console.is_terminal(Stream::Err),
        }),
    };
    let Some(files) = finished.own_summary(form) else { return Ok(false) };
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
    Ok(true)
}
