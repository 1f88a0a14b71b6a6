//! To execute a Locust file is to start its Python, run the test, and write what came of it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use flashcrowd_locust::{Beside, Child, ChildError, LocustTest, Search};
use flashcrowd_session::{Finished, Listeners, RecordPlace, Session, Settings};
use flashcrowd_test::{Interrupt, Test as _};

use super::options::{folder_of, value_of};
use super::outputs::{clear_csv, open_csv, write_all, write_beside};
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::screen::Stream;

/// Runs the file that Locust's command line names.
pub fn execute(context: &Context, args: &[String]) -> Result<(), Failure> {
    clear_csv(context, args)?;
    let child = start(context, args)?;
    let beside = Beside {
        log: Arc::new(TestLog::new(context.log.clone())),
        interrupt: context.interrupt.clone(),
        now: flashcrowd_session::now,
    };
    let test = LocustTest::new(child, beside)?;
    if !test.hello().options.headless {
        let text = "the web page is not built yet: give --headless, with -u, -r and -t";
        return Err(Failure::Config(vec![text.to_owned()]));
    }
    run(context, &test)
}

/// Whether there is a Python for this command line.
pub fn has_python(args: &[String]) -> bool {
    search(args).find().python.is_some()
}

fn search(args: &[String]) -> Search {
    Search { asked: value_of(args, &["--python"]).map(PathBuf::from), folder: folder_of(args) }
}

fn start(context: &Context, args: &[String]) -> Result<Child, Failure> {
    let found = search(args).find();
    if args.iter().any(|arg| arg == "-v" || arg == "--verbose") {
        found.places.iter().for_each(|place| context.log.warn(&format!("Python: {place}")));
    }
    let python = found.python.ok_or_else(|| refused(&ChildError::NoPython(found.places)))?;
    Child::start(&python, args).map_err(|error| match error {
        ChildError::Ended(code) => Failure::Exit(code),
        other => refused(&other),
    })
}

fn refused(error: &ChildError) -> Failure {
    Failure::Config(vec![error.to_string()])
}

fn run(context: &Context, test: &LocustTest) -> Result<(), Failure> {
    let files = open_csv(test)?;
    let settings = settings(context, test);
    let session = Session::open(test, &settings)?;
    // The first signal ends the run in order, as Locust does; the players hear it.
    let attendance = context.interrupt.attend();
    let beside = write_beside(context, test, files.clone());
    let listeners = Listeners { beside: Some(Box::pin(beside)), ..Listeners::default() };
    let finished = session.run(listeners)?;
    let written = write_all(context, test, files);
    let outcome = test.outcome();
    let code = outcome.exit_code(test.is_judged() && finished.failure.is_some());
    conclude(context, test, &finished);
    if let Some(problem) = test.quit(code) {
        context.log.error(&problem);
    }
    outcome.notes().iter().for_each(|note| context.log.warn(note));
    drop(attendance);
    written?;
    match u8::try_from(code.rem_euclid(256)).unwrap_or(u8::MAX) {
        0 => Ok(()),
        code => Err(Failure::Exit(code)),
    }
}

fn settings(context: &Context, test: &LocustTest) -> Settings {
    let record = match &test.hello().options.record {
        Some(folder) => RecordPlace::Folder(PathBuf::from(folder)),
        None if test.is_judged() => RecordPlace::Temporary,
        None => RecordPlace::None,
    };
    // All users live in one process, whose requests one thread sends. Signals are heard by the players.
    let (workers, interrupt) = (NonZeroUsize::new(1), Interrupt::new());
    Settings { workers, record, interrupt, fail_fast: false, ..context.settings() }
}

/// Shows what was judged, where something was expected.
fn conclude(context: &Context, test: &LocustTest, finished: &Finished<'_>) {
    let Some(judgement) =
        finished.results.judgement().filter(|_| test.is_judged() || finished.folder.is_some())
    else {
        return;
    };
    let stream = if test.hello().options.json { Stream::Err } else { Stream::Out };
    let text = flashcrowd_report::verdict(&judgement, context.layout());
    context.console.write(stream, &format!("\n{text}"));
}
