//! To execute a Locust file is to start its Python, run the test, and write what came of it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flashcrowd_locust::{
    Beside, Child, ChildError, LocustTest, Role, Search, bind_page, names_plan, use_small_pages,
};
use flashcrowd_plan::expectations;
use flashcrowd_record::Expected;
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
    use_small_pages();
    clear_csv(context, args)?;
    let children = start(context, args)?;
    let options = children.first().map(|leader| &leader.hello().options);
    let page = options.filter(|options| !options.headless).map(bind_page).transpose();
    let page = page.map_err(|error| {
        context.log.error(&error.to_string());
        Failure::Exit(1)
    })?;
    if let Some(page) = &page {
        let others = if page.is_open() { "; from elsewhere with this machine's address" } else { "" };
        context.console.write(Stream::Err, &format!("page   {} (stop it with Ctrl-C{others})\n", page.url()));
    }
    let beside = Beside {
        log: Arc::new(TestLog::new(context.log.clone())),
        interrupt: context.interrupt.clone(),
        page,
        expected: plans_expect(&children)?,
        now: flashcrowd_session::now,
    };
    run(context, &LocustTest::new(children, beside)?)
}

/// What is expected by the plans that `--expect` names.
fn plans_expect(children: &[Child]) -> Result<Vec<Expected>, Failure> {
    let given = children.first().and_then(|leader| leader.hello().options.expect.clone()).unwrap_or_default();
    let mut expected = Vec::new();
    for path in given.iter().filter(|text| names_plan(text)) {
        let found = expectations(Path::new(path))
            .map_err(|problems| Failure::Config(problems.iter().map(ToString::to_string).collect()))?;
        expected.extend(found.into_iter().map(|one| Expected { name: one.name, target: one.target }));
    }
    Ok(expected)
}

/// Whether there is a Python for this command line.
pub fn has_python(args: &[String]) -> bool {
    search(args).find().python.is_some()
}

fn search(args: &[String]) -> Search {
    Search { asked: value_of(args, &["--python"]).map(PathBuf::from), folder: folder_of(args) }
}

/// The processes: one, or one that leads and those that have users.
fn start(context: &Context, args: &[String]) -> Result<Vec<Child>, Failure> {
    let found = search(args).find();
    if args.iter().any(|arg| arg == "-v" || arg == "--verbose") {
        found.places.iter().for_each(|place| context.log.warn(&format!("Python: {place}")));
    }
    let python = found.python.ok_or_else(|| refused(&ChildError::NoPython(found.places)))?;
    let start = |role| {
        Child::start(&python, args, role).map_err(|error| match error {
            ChildError::Ended(code) => Failure::Exit(code),
            other => refused(&other),
        })
    };
    let mut children = vec![start(Role::Leader)?];
    let processes = children[0].hello().options.processes.filter(|processes| *processes > 1);
    if let Some(processes) = processes {
        context.log.warn(&format!(
            "users run in {processes} Python processes, each with its own state of modules: lists of accounts and counters are not shared"
        ));
        for number in 0..processes {
            children.push(start(Role::Worker(number, processes))?);
        }
    }
    Ok(children)
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
    test.quit(code).iter().for_each(|problem| context.log.error(problem));
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
