//! To execute a duet is to load its test for both variants, to run it, and to show what came of it.

use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_duet::{Duet, DuetController, Settings, SharedTrial};
use flashcrowd_engine::phases;
use flashcrowd_session::Session;
use flashcrowd_summary::SummaryMode;
use flashcrowd_test::Test;

use super::asked::{Asked, Told};
use super::drawing::DuetDrawing;
use super::origins::origins;
use crate::context::Context;
use crate::exit::Failure;
use crate::front_ends::front_end;
use crate::log::TestLog;
use crate::run::conclude::{show_report, show_verdict};
use crate::run::execute::{Extras, finish_outputs, open_outputs, run_with, show_head};
use crate::run::steps::Steps;
use crate::run::{Config, Drawing};
use crate::screen::Stream;

/// The test, loaded for A and for B.
type Both = [Box<dyn Test>; 2];

/// Runs a duet, and shows what came of it.
pub fn execute(context: &Context, asked: &Asked) -> Result<(), Failure> {
    asked.warnings.iter().for_each(|warning| context.log.warn(warning));
    let log = Arc::new(TestLog::new(context.log.clone()));
    let (config, tests) = load(context, asked, &log)?;
    let [url_a, url_b] = asked.urls.clone();
    if url_a == url_b {
        context
            .log
            .warn("a and b are the same address: whatever differs is chance, or how connections were spread");
    }
    let expected = match &asked.told {
        Told::From(_) => None,
        Told::Host | Told::Variable(_) => Some([url_a.clone(), url_b.clone()]),
    };
    let trial = SharedTrial::new(Settings {
        a: url_a.clone(),
        b: url_b.clone(),
        margin: asked.margin,
        alpha: asked.alpha,
        seed: asked.seed,
        expected,
    });
    let target = format!("a {url_a}, b {url_b}");
    let duet =
        Duet::new(tests, trial.clone(), target).map_err(|error| Failure::Config(vec![error.to_string()]))?;
    let played = play(context, config, asked, (&duet, trial));
    log.end();
    played
}

fn play(
    context: &Context,
    config: &Config,
    asked: &Asked,
    (duet, trial): (&Duet, Arc<SharedTrial>),
) -> Result<(), Failure> {
    let mut settings = config.settings(context, false);
    // They are of one target.
    settings.no_thresholds = true;
    let mut outputs = open_outputs(context, config, duet)?;
    let session = Session::open(duet, &settings)?;
    show_head(context, duet, &session);
    let run: Rc<dyn Drawing> = Rc::new(Steps::new(phases(duet.scenarios())));
    let drawing = Rc::new(DuetDrawing { run, trial: trial.clone(), lang: context.ui.lang() });
    let mut controller = DuetController::new(trial, asked.limit);
    let extras = Extras { controller: Some(&mut controller), ..Extras::default() };
    let mut finished = run_with(context, duet, session, (drawing, &mut outputs), extras)?;
    finish_outputs(context, outputs, &mut finished);
    if config.summary() != SummaryMode::Disabled {
        show_verdict(context, config, &finished.redacted());
    }
    if let Some(table) = flashcrowd_report::duet_table(&finished.redacted().printable(), context.layout()) {
        context.console.write(Stream::Out, &format!("\n{table}"));
    }
    show_report(context, &finished);
    finished.failure.map_or(Ok(()), |failure| Err(failure.into()))
}

/// Loads the test for both variants, with the configuration that it needs.
fn load<'a>(context: &Context, asked: &'a Asked, log: &Arc<TestLog>) -> Result<(&'a Config, Both), Failure> {
    let load_at = |config, side| load_at(context, asked, (config, log), side);
    let a = load_at(&asked.config, 0)?;
    check_variable(asked, a.as_ref())?;
    // What does not say how much is run is run for the time that was given.
    let is_ordered = a.scenarios().iter().any(|one| one.executor.iterations(a.options().share()) != Some(1));
    if is_ordered || asked.told == Told::Host {
        return Ok((&asked.config, [a, load_at(&asked.config, 1)?]));
    }
    let config = &asked.with_duration;
    Ok((config, [load_at(config, 0)?, load_at(config, 1)?]))
}

fn load_at(
    context: &Context,
    asked: &Asked,
    (config, log): (&Config, &Arc<TestLog>),
    side: usize,
) -> Result<Box<dyn Test>, Failure> {
    let (mut request, url) = (config.request(context, log.clone()), asked.urls[side].clone());
    request.origin_override = asked.origin_override(&url);
    match &asked.told {
        Told::Host => request.host = Some(url),
        Told::Variable(name) => drop(request.env.insert(name.clone(), url)),
        Told::From(_) => {}
    }
    let mut tests = front_end(request.origin.path()).load(&request)?;
    if tests.len() > 1 {
        let text =
            format!("this file has {} tests, and a duet runs one: give it a file of its own", tests.len());
        return Err(Failure::Config(vec![text]));
    }
    tests.pop().ok_or_else(|| Failure::Config(vec!["this file has no test".to_owned()]))
}

/// A script that does not read the variable would send everything to one place.
fn check_variable(asked: &Asked, test: &dyn Test) -> Result<(), Failure> {
    let Told::Variable(name) = &asked.told else { return Ok(()) };
    let sources = test.sources();
    if sources.iter().any(|source| source.text.contains(name.as_str())) {
        return Ok(());
    }
    let found = origins(&sources);
    let seen = match found.as_slice() {
        [] => String::new(),
        some => format!("; its texts have {}", some.join(", ")),
    };
    Err(Failure::Config(vec![format!(
        "the script does not read __ENV.{name}, so that a and b would be the same: name the variable that it reads with \
         --variable, or the origin in its URLs with --from{seen}"
    )]))
}
