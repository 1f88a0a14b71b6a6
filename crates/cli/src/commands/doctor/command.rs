//! The command `doctor`: its arguments, and what it prints.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use flashcrowd_text::{Cell, Ink, Lang, Side, table, wrap};

use crate::context::Context;
use crate::doctor::{Check, Cpu, Machine, State, checks, words};
use crate::exit::Failure;
use crate::screen::Stream;

/// `doctor`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd doctor
  flashcrowd doctor --lang ko
  flashcrowd doctor --json | jq '.checks[] | select(.state != \"ok\")'
  flashcrowd doctor --strict && flashcrowd run script.js

Exit codes: 0 nothing would bend every run; 99 something would, or with --strict some runs.")]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Fail for warnings, too
    #[arg(long)]
    pub strict: bool,
    /// Look at a copy of a machine's files
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    pub root: PathBuf,
}

/// How long the use of the CPU is watched.
const MOMENT: Duration = Duration::from_secs(1);

/// Looks at the machine.
pub fn run(context: &Context, args: &DoctorArgs) -> Result<(), Failure> {
    let machine = Machine::at(args.root.clone());
    // A copy stands still.
    let cpu = if args.root == Path::new("/") { watch(context, &machine)? } else { machine.cpu() };
    let lang = context.ui.lang();
    let found = checks(&machine, cpu, lang);
    let count = |state: State| found.iter().filter(|check| check.state == state).count();
    let (bad, doubtful) = (count(State::Bad), count(State::Warning));
    let text = if args.json {
        let document = serde_json::json!({ "checks": found, "bad": bad, "warnings": doubtful });
        serde_json::to_string_pretty(&document).map_err(anyhow::Error::new)? + "\n"
    } else {
        let columns = match context.console.is_terminal(Stream::Out) {
            true => usize::from(context.console.terminal().width),
            false => 100,
        };
        shown(&found, (bad, doubtful), lang, (columns, context.console.color(Stream::Out)))
    };
    context.console.write(Stream::Out, &text);
    if bad > 0 || args.strict && doubtful > 0 {
        return Err(Failure::Check(words::some_are_not(Lang::En, bad, doubtful)));
    }
    Ok(())
}

/// The CPU time of all programs over a moment.
fn watch(context: &Context, machine: &Machine) -> Result<Option<Cpu>, Failure> {
    let before = machine.cpu();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let wait = async { context.interrupt.or(tokio::time::sleep(MOMENT)).await };
    let attendance = context.interrupt.attend();
    let waited = runtime.map_err(anyhow::Error::new)?.block_on(wait);
    drop(attendance);
    waited.ok_or(Failure::SIGNAL)?;
    Ok(before.zip(machine.cpu()).map(|(before, after)| Cpu {
        busy: after.busy - before.busy,
        idle: after.idle - before.idle,
        stolen: after.stolen - before.stolen,
    }))
}

fn shown(
    found: &[Check],
    (bad, doubtful): (usize, usize),
    lang: Lang,
    (columns, color): (usize, bool),
) -> String {
    let mut text = format!("{}\n\n", Ink::Bold.on(&words::title(lang), color));
    let head = ["", "", &words::found(lang), &words::wanted(lang)].map(|word| Cell::new(word, Ink::Faint));
    let mut rows = vec![head.to_vec()];
    rows.extend(found.iter().map(|check| {
        let (mark, ink) = mark(check.state);
        let wanted = Cell::new(check.wanted.clone(), Ink::Faint);
        let found = if check.state == State::Unknown { Ink::Faint } else { Ink::Plain };
        vec![
            Cell::new(mark, ink),
            Cell::new(check.id, Ink::Plain),
            Cell::new(check.found.clone(), found),
            wanted,
        ]
    }));
    text += &table(&rows, &[Side::Left; 4], 2, color);
    let wrong = || found.iter().filter(|check| matches!(check.state, State::Warning | State::Bad));
    for check in wrong() {
        let (mark, ink) = mark(check.state);
        let _infallible = writeln!(text, "\n  {} {}", ink.on(mark, color), Ink::Bold.on(check.id, color));
        for line in wrap(&check.why, columns.saturating_sub(4)) {
            let _infallible = writeln!(text, "    {line}");
        }
        if let Some(fix) = &check.fix {
            let _infallible = writeln!(text, "    {} {fix}", Ink::Cyan.on("$", color));
        }
    }
    let end = match (bad, doubtful) {
        (0, 0) => words::all_is_well(lang, found.iter().filter(|check| check.state == State::Ok).count()),
        _ => words::some_are_not(lang, bad, doubtful),
    };
    text + &format!("\n{end}\n")
}

fn mark(state: State) -> (&'static str, Ink) {
    match state {
        State::Ok => ("✓", Ink::Green),
        State::Warning => ("!", Ink::Yellow),
        State::Bad => ("✗", Ink::Red),
        State::Unknown => ("–", Ink::Faint),
    }
}
