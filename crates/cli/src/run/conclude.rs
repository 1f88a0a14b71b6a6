//! The conclusion of a run is what is shown of it when it is over: the summary, and the verdict if there is one.

use std::path::Path;

use flashcrowd_record::Results;
use flashcrowd_session::{Finished, SummaryForm};
use flashcrowd_summary::{Style, SummaryMode, Terminal, render, summary_export};
use flashcrowd_text::{messages, pad_left};

use super::Config;
use super::execute::lacks;
use crate::context::Context;
use crate::output::write_unless;
use crate::screen::Stream;

/// How many digits of a seal stand for it.
pub const SEAL_DIGITS: usize = 16;

/// How wide the labels below the verdict are, as those above the run.
const LABEL: usize = 12;

messages! {
    fn report() { en: "report:", ko: "보고서:" }
    fn verify() { en: "verify:", ko: "검증:" }
    fn capacity() { en: "Capacity units", ko: "용량(RCU/WCU)" }
}

/// What stands on the screen as the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// What the test made itself; it may be data.
    Own,
    /// The usual one; whether there is room for more below it.
    Usual {
        /// Whether it is followed by more.
        has_room: bool,
    },
}

/// Shows the verdict, and what was judged where a record was kept to judge by.
pub fn show_verdict(context: &Context, config: &Config, results: &Results) {
    if let Some(judgement) = results.judgement().map(|judgement| judgement.printable().into_owned()) {
        if config.summary() != SummaryMode::Disabled {
            context.console.write(Stream::Out, "\n");
        }
        let text = flashcrowd_report::verdict(&judgement, context.layout());
        context.console.write(Stream::Out, &text);
    }
}

/// Shows which requests were slow, where there are several. It stands below the summary, whose lines programs read.
/// Requests without a name are named by their URL, which may hold a secret.
pub fn show_requests(context: &Context, finished: &Finished<'_>) {
    if context.ui.quiet() {
        return;
    }
    if let Some(text) = flashcrowd_report::request_times(&finished.redacted().printable(), context.layout()) {
        context.console.write(Stream::Out, &format!("\n{text}"));
    }
}

/// Shows what the run consumed of DynamoDB's tables, where it used any.
pub fn show_capacity(context: &Context, results: &Results) {
    if context.ui.quiet() {
        return;
    }
    if let Some(units) = flashcrowd_report::capacity_units(results, context.layout()) {
        let heading = capacity(context.ui.lang());
        context.console.write(Stream::Out, &format!("\n{heading}\n\n{units}"));
    }
}

/// Says how to make a report of the record, and how to check later that it was not changed.
pub fn show_report(context: &Context, finished: &Finished<'_>) {
    if let Some(folder) = finished.folder.as_deref().filter(|_| !context.ui.quiet()) {
        let (lang, folder) = (context.ui.lang(), folder.display());
        let line = |label: String, command: String| format!("{} {command}\n", pad_left(&label, LABEL));
        let command = format!("flashcrowd report {folder} --format html -o report.html");
        let mut text = format!("\n{}", line(report(lang), command));
        if let Some(seal) = &finished.seal {
            let command = format!("flashcrowd verify {folder} --seal {}", &seal[..SEAL_DIGITS]);
            text.push_str(&line(verify(lang), command));
        }
        context.console.write(Stream::Out, &text);
    }
}

/// Shows the summary, or has the test make its own.
pub fn show_summary(context: &Context, config: &Config, finished: &mut Finished<'_>) -> Shown {
    if let Some(path) = config.summary_export() {
        let json = match config.machine_summary() {
            true => finished.machine_summary(),
            false => summary_export(&finished.exported()),
        };
        write(context, finished, path, json.into_bytes());
    }
    let mode = config.summary();
    if mode == SummaryMode::Disabled {
        return Shown::Nothing;
    }
    if own_summary(context, config, finished) {
        return Shown::Own;
    }
    let style = Style { color: context.console.color(Stream::Out) };
    context.console.write(Stream::Out, &render(&finished.redacted().printable(), mode, style));
    Shown::Usual { has_room: mode != SummaryMode::Legacy }
}

/// A file without known secrets. What is no text stays as it is.
fn without_secrets(context: &Context, bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => context.log.secrets().hide_in_document(&text).into_owned().into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

/// Whether the test made a summary of its own.
fn own_summary(context: &Context, config: &Config, finished: &mut Finished<'_>) -> bool {
    let form = match config.machine_summary() {
        true => SummaryForm::Machine,
        false => SummaryForm::Usual(Terminal {
            no_color: !context.ui.color(),
            stdout_tty: context.console.is_terminal(Stream::Out),
            stderr_tty: context.console.is_terminal(Stream::Err),
        }),
    };
    let Some(files) = finished.own_summary(form) else { return false };
    for (target, bytes) in files {
        let bytes = without_secrets(context, bytes);
        match target.as_str() {
            "stdout" => context.console.write_bytes(Stream::Out, &bytes),
            "stderr" => context.console.write_bytes(Stream::Err, &bytes),
            path => write(context, finished, Path::new(path), bytes),
        }
    }
    true
}

/// Writes a file. One that cannot be written is what the run lacks; a signal ends the wait for who reads a pipe.
fn write(context: &Context, finished: &mut Finished<'_>, path: &Path, bytes: Vec<u8>) {
    if let Err(error) = write_unless(path, bytes, &|| context.interrupt.is_set()) {
        lacks(context, finished, format!("{error:#}"));
    }
}
