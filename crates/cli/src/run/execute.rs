//! To execute is to run every test of a file, one after the other, and to show what came of each.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_cluster::PartWriter;
use flashcrowd_engine::{Controller, Observer, config, phases};
use flashcrowd_outputs::{Hide, Output, OutputContext, open, open_traces, trace_secrets};
use flashcrowd_record::without_secrets;
use flashcrowd_session::{Finished, Listeners, Player, Session, Settings, Viewer, charts};
use flashcrowd_test::{Log, Test};
use flashcrowd_text::one_line;

use super::Config;
use super::cluster::{lead, refused, workers};
use super::conclude::{Shown, show_capacity, show_report, show_requests, show_summary, show_verdict};
use super::progress::{Drawing, Picture, Scenarios, Screen};
use super::steps::Steps;
use crate::context::Context;
use crate::doctor::before_run;
use crate::exit::Failure;
use crate::front_ends::front_end;
use crate::live::Live;
use crate::log::TestLog;
use crate::screen::{Header, Stream, header};

/// Runs all tests of a file. The first that fails decides the exit code; a signal ends them all.
pub fn execute(context: &Context, config: &Config) -> Result<(), Failure> {
    let log = Arc::new(TestLog::new(context.log.clone()));
    // Agents get what comes over standard input.
    let kept = config.agents().map(|_| config.clone().keeping_stdin()).transpose();
    let kept = kept.map_err(anyhow::Error::new)?;
    let config = kept.as_ref().unwrap_or(config);
    let tests = load(context, config, &log)?;
    if tests.len() > 1 && !config.outputs().is_empty() {
        let text = format!(
            "--out: this file has {} tests, and an output holds one: run them from files of their own",
            tests.len()
        );
        return Err(Failure::Config(vec![text]));
    }
    if tests.iter().any(|test| test.options().paused()) && !config.live().can_be_steered() {
        let text = "paused: nothing could resume the run: add --web, --tui or --address".to_owned();
        return Err(Failure::Config(vec![text]));
    }
    if tests.len() > 1 && (config.part_out().is_some() || config.agents().is_some()) {
        let flag = if config.agents().is_some() { "--agents" } else { "--part-out" };
        let text = format!("{flag}: this file has {} tests, and a part is of one", tests.len());
        return Err(Failure::Config(vec![text]));
    }
    if tests.len() > 1 && config.live().export.is_some() {
        let text = format!("--web-export: this file has {} tests, and it writes one report", tests.len());
        return Err(Failure::Config(vec![text]));
    }
    let settings = config.settings(context, tests.len() > 1);
    let live = Live::open(context, config.live())?;
    let mut verdict = Ok(());
    for (at, test) in tests.iter().enumerate() {
        let shown = live.as_ref().map(|live| (live, at + 1 == tests.len()));
        let found = one(context, config, test.as_ref(), (&settings, &log, shown))?;
        let ends = matches!(&found, Err(failure) if failure.is_signal());
        verdict = verdict.and(found);
        if ends {
            break;
        }
    }
    if let Some(live) = live {
        live.close(context);
    }
    verdict
}

/// Loads all tests of a file; everything that is wrong with them is reported at once.
pub fn load(context: &Context, config: &Config, log: &Arc<TestLog>) -> Result<Vec<Box<dyn Test>>, Failure> {
    load_with(context, config, log.clone())
}

/// The same with a log of another kind.
pub fn load_with(
    context: &Context,
    config: &Config,
    log: Arc<dyn Log>,
) -> Result<Vec<Box<dyn Test>>, Failure> {
    let request = config.request(context, log);
    Ok(front_end(request.origin.path()).load(&request)?)
}

fn one(
    context: &Context,
    config: &Config,
    test: &dyn Test,
    (settings, log, live): (&Settings, &TestLog, Option<(&Live, bool)>),
) -> Result<Result<(), Failure>, Failure> {
    // Opening a pipe waits for its reader; until the session is open, a signal ends that.
    let mut outputs = open_outputs(context, config, test)?;
    if let Some(why) = refused(config, test, &mut outputs) {
        return Err(Failure::Config(vec![why]));
    }
    let settings = &Settings { workers: workers(config, settings), ..settings.clone() };
    let part = config.part_out().map(|path| PartWriter::create(path, test, settings));
    let mut part = part.transpose().map_err(anyhow::Error::new)?;
    let needs = config::needs(test.scenarios(), test.options().share());
    before_run(needs.possible, settings.workers.map_or(1, NonZeroUsize::get))
        .iter()
        .for_each(|warning| context.log.warn(warning));
    let session = Session::open(test, settings)?;
    let mut leads = lead(context, config, test, (settings.workers, session.seed()))?;
    show_head(context, test, &session);
    // What is always judged has steps to be shown; what a script does is its own affair.
    let drawing: Rc<dyn Drawing> = match test.is_judged() {
        true => Rc::new(Steps::new(phases(test.scenarios()))),
        false => Rc::new(Scenarios),
    };
    let mut feed = live.map(|(live, _)| live.feed(test, &charts(test, settings), session.control()));
    let part_player = part.as_mut().map(|part| part as &mut dyn Player);
    let extras = Extras {
        viewer: feed.as_mut().map(|feed| feed as &mut (dyn Viewer + 'static)),
        controller: None,
        player: leads.as_mut().map(|lead| lead as &mut dyn Player).or(part_player),
    };
    let tui = live.map_or(Ok(None), |(live, _)| live.tui(context))?;
    let mut finished = run_with(context, test, session, (drawing, &mut outputs), extras)?;
    drop(tui);
    log.end();
    finish_outputs(context, outputs, &mut finished);
    if let Some(Err(error)) = part.map(PartWriter::finish) {
        lacks(context, &mut finished, format!("--part-out is not complete: {error}"));
    }
    if let Some(error) = log.lost() {
        lacks(context, &mut finished, format!("--console-output is not complete: {error}"));
    }
    let shown = show_summary(context, config, &mut finished);
    // A summary that a script makes itself may be data: nothing is added to it unless that was asked for.
    let is_wanted = match shown {
        Shown::Nothing => false,
        Shown::Own => finished.folder.is_some(),
        Shown::Usual { .. } => true,
    };
    if is_wanted || test.is_judged() {
        show_verdict(context, config, &finished.redacted());
    }
    if shown == (Shown::Usual { has_room: true }) || test.is_judged() {
        show_requests(context, &finished);
        show_capacity(context, &finished.results);
    }
    if test.is_judged() {
        show_report(context, &finished);
    }
    if let Some(Err(error)) = live.map(|(live, is_last)| live.end(context, &finished, is_last)) {
        lacks(context, &mut finished, error);
    }
    Ok(finished.failure.map_or(Ok(()), |failure| Err(failure.into())))
}

/// Ends outputs. What is missing in a stream must not read as success.
pub(super) fn finish_outputs(context: &Context, outputs: Vec<Box<dyn Output>>, finished: &mut Finished<'_>) {
    let dropped = finished.dropped_samples;
    let lost = (dropped > 0 && !outputs.is_empty())
        .then(|| format!("--out is not complete: {dropped} samples came faster than they could be written"));
    let ended = outputs.into_iter().map(|output| output.finish(&|| context.interrupt.is_set()));
    let incomplete: Vec<String> =
        ended.filter_map(|ended| ended.err().map(|error| error.to_string())).collect();
    for what in incomplete.into_iter().chain(lost) {
        lacks(context, finished, what);
    }
}

/// Says what could not be written, and notes that the run is no success then.
pub(super) fn lacks(context: &Context, finished: &mut Finished<'_>, what: String) {
    context.log.error(&what);
    finished.lacks(what);
}

/// Opens the outputs that samples of this test are streamed to.
pub(super) fn open_outputs(
    context: &Context,
    config: &Config,
    test: &dyn Test,
) -> Result<Vec<Box<dyn Output>>, Failure> {
    let secrets = context.log.secrets().clone();
    secrets.note(config.traces().into_iter().flat_map(trace_secrets));
    let thresholds = test.options().thresholds().iter();
    let thresholds =
        thresholds.flat_map(|one| one.thresholds.iter().map(|it| (one.name.clone(), it.source.clone())));
    let context = OutputContext {
        registry: test.registry().clone(),
        thresholds: thresholds.collect(),
        system_tags: test.options().system_tags().to_vec(),
        variables: context.environment.all().clone(),
        now: flashcrowd_session::now,
        hide: Hide(Arc::new(move |text| match secrets.hide(text) {
            Cow::Owned(shown) => Some(shown),
            Cow::Borrowed(_) => None,
        })),
    };
    let opened = config.outputs().iter().map(|spec| open(spec, &context));
    let mut opened: Vec<Box<dyn Output>> = opened.collect::<Result<_, _>>().map_err(anyhow::Error::new)?;
    if let Some((spec, http)) = config.traces().zip(test.http())
        && let Some(traces) = open_traces(spec, &context).map_err(anyhow::Error::new)?
    {
        http.trace(traces.spans);
        opened.push(traces.output);
    }
    Ok(opened)
}

/// Runs a session, shows its progress, and streams it to outputs.
pub fn run<'a>(
    context: &Context,
    test: &dyn Test,
    session: Session<'a>,
    shown: (Rc<dyn Drawing>, &mut [Box<dyn Output>]),
) -> Result<Finished<'a>, Failure> {
    run_with(context, test, session, shown, Extras::default())
}

/// Who watches a run besides, who may end it, and who plays it.
#[derive(Default)]
pub(super) struct Extras<'a> {
    /// Who is shown the run.
    pub(super) viewer: Option<&'a mut (dyn Viewer + 'static)>,
    /// Who may end it.
    pub(super) controller: Option<&'a mut (dyn Controller + 'static)>,
    /// What plays it in place of this process's engine.
    pub(super) player: Option<&'a mut (dyn Player + 'a)>,
}

/// The same with a viewer, with a controller that may end the run, or with another player.
pub(super) fn run_with<'a>(
    context: &Context,
    test: &dyn Test,
    session: Session<'a>,
    (drawing, outputs): (Rc<dyn Drawing>, &mut [Box<dyn Output>]),
    extras: Extras<'_>,
) -> Result<Finished<'a>, Failure> {
    let picture = Picture::of(context, test, session.control(), drawing);
    let mut screen = Screen::new(picture.clone());
    let outputs = outputs.iter_mut().map(|output| output.observer());
    let listeners = Listeners {
        observers: std::iter::once(&mut screen as &mut dyn Observer).chain(outputs).collect(),
        controllers: extras.controller.into_iter().map(|one| one as &mut dyn Controller).collect(),
        viewer: extras.viewer.map(|one| one as &mut dyn Viewer),
        player: extras.player.map(|player| player as &mut dyn Player),
        beside: Some(Box::pin(picture.redraws())),
        ..Listeners::default()
    };
    Ok(session.run(listeners)?)
}

/// Says what is about to run.
pub(super) fn show_head(context: &Context, test: &dyn Test, session: &Session<'_>) {
    if context.ui.quiet() {
        return;
    }
    let share = test.options().share();
    let needs = config::needs(test.scenarios(), share);
    let info = test.info();
    let head = Header {
        script: one_line(&info.source).into_owned(),
        plan: test.target().map(|target| {
            (one_line(&info.name).into_owned(), one_line(&without_secrets(&target)).into_owned())
        }),
        record: session.folder().map(|path| path.display().to_string()),
        seed: session.seed(),
        share: share.fraction(),
        max_vus: needs.possible,
        max_duration: needs.end,
        scenarios: test
            .scenarios()
            .iter()
            .map(|scenario| (one_line(&scenario.name).into_owned(), scenario.describe(share)))
            .collect(),
    };
    context.console.write(Stream::Out, &header(&head, context.console.color(Stream::Out)));
}
