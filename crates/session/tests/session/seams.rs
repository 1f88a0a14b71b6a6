//! Everything that can be plugged in, from outside of the crates it is plugged into, without the binary.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use flashcrowd_engine::{AbortReason, Controller, Decision, Observer, RunEvent, SampleBatch, Tick};
use flashcrowd_metrics::{Builtin, Kind};
use flashcrowd_observe::{ReadFuture, Reading, Source};
use flashcrowd_record::{Mark, Record, Verdict};
use flashcrowd_session::{Failure, Listeners, RecordPlace, Second, Session, Settings, Viewer};
use flashcrowd_test::{Interrupt, LoadError, Origin, Request, Test, front_end_of};

use crate::front_end::Counting;

/// A source of the target's metrics: how often it was read.
struct Clicks(f64);

impl Source for Clicks {
    fn name(&self) -> &str {
        "clicks"
    }

    fn read(&mut self) -> ReadFuture<'_> {
        self.0 += 1.0;
        Box::pin(std::future::ready(Ok(Reading::from_iter([("clicks_total".to_owned(), self.0)]))))
    }
}

/// An output that counts raw samples.
#[derive(Default)]
struct CountSamples {
    all: u64,
    iterations: u64,
}

impl Observer for CountSamples {
    fn wants_samples(&self) -> bool {
        true
    }

    fn on_samples(&mut self, batch: &Arc<SampleBatch>) {
        self.all += batch.samples().len() as u64;
        let iterations = batch.samples().iter().filter(|sample| sample.metric == Builtin::ITERATIONS);
        self.iterations += iterations.count() as u64;
    }
}

/// An observer that keeps the stages of a run.
#[derive(Default)]
struct Stages(Vec<&'static str>);

impl Observer for Stages {
    fn on_event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Running(_) => self.0.push("running"),
            RunEvent::Teardown => self.0.push("teardown"),
            _ => {}
        }
    }

    fn on_tick(&mut self, tick: &Tick<'_>) {
        self.0.extend(tick.last.then_some("over"));
    }
}

/// A viewer that keeps how many iterations there were by each second, and what the target said.
#[derive(Default)]
struct Seconds(Vec<(u64, Option<f64>)>);

impl Viewer for Seconds {
    fn second(&mut self, second: &Second<'_>) {
        let iterations = second.results().metric("iterations").map_or(0, |metric| metric.samples);
        self.0.push((iterations, second.line().target.get("clicks_total").copied()));
    }
}

/// A controller that ends the run in its first second.
struct Enough;

impl Controller for Enough {
    fn on_tick(&mut self, _: &Tick<'_>) -> Decision {
        Decision::Abort(AbortReason::Reached("enough".to_owned()))
    }
}

/// The test that a name orders, loaded by the row of a table, and what its users count.
fn load(name: &str) -> Result<(Box<dyn Test>, Counting), LoadError> {
    let counting: &'static Counting = Box::leak(Box::default());
    let request = Request::plain(Origin::named(format!("{name}.count").as_ref()));
    let row = front_end_of(&[&counting], request.origin.path()).unwrap();
    Ok((row.load(&request)?.remove(0), counting.clone()))
}

#[test]
fn a_front_end_a_source_an_output_and_an_observer_meet_in_a_judged_record() {
    let folder = tempfile::tempdir().unwrap();
    let (test, counting) = load("4 users for 3 s").unwrap();
    let settings = Settings { record: RecordPlace::Folder(folder.path().to_owned()), ..Settings::default() };
    let (mut samples, mut stages) = (CountSamples::default(), Stages::default());
    let session = Session::open(test.as_ref(), &settings).unwrap();
    let finished = session
        .run(Listeners {
            observers: vec![&mut samples, &mut stages],
            sources: vec![Box::new(Clicks(0.0))],
            ..Listeners::default()
        })
        .unwrap();
    assert_eq!(finished.failure, None);
    assert_eq!(stages.0, ["running", "over"]);
    drop(finished);

    let record = Record::read(folder.path()).unwrap();
    let results = record.results.unwrap();
    // The samples' exact number, three ways: raw, in the record, and on the side of the behaviour.
    let all: u64 = results
        .metrics
        .iter()
        .filter(|metric| metric.parent.is_none() && metric.kind != Kind::Gauge)
        .map(|metric| metric.samples)
        .sum();
    let gauges: u64 =
        results.metrics.iter().filter(|metric| metric.kind == Kind::Gauge).map(|metric| metric.samples).sum();
    assert_eq!(samples.all, all + gauges);
    assert!(samples.iterations > 0);
    assert_eq!(samples.iterations, results.metric("iterations").unwrap().samples);
    assert_eq!(samples.iterations, counting.0.load(Relaxed));
    // The source's series, second by second.
    let clicks: Vec<f64> =
        record.timeline.iter().filter_map(|line| line.target.get("clicks_total")).copied().collect();
    assert!(clicks.len() >= 3 && clicks.is_sorted() && clicks[0] < clicks[2], "{clicks:?}");
    // It was judged.
    assert!(results.verdict.is_some_and(|verdict| verdict != Verdict::Fail));
    assert_eq!(results.expectations[0].result, Mark::Pass, "{:?}", results.expectations);
}

#[test]
fn a_viewer_is_shown_what_the_record_keeps_and_a_report_needs_one() {
    let (test, counting) = load("2 users for 3 s").unwrap();
    // Nobody asked for a record, but for a report.
    let settings = Settings { record: RecordPlace::Report, ..Settings::default() };
    let session = Session::open(test.as_ref(), &settings).unwrap();
    let mut seconds = Seconds::default();
    let sources: Vec<Box<dyn Source>> = vec![Box::new(Clicks(0.0))];
    let listeners = Listeners { viewer: Some(&mut seconds), sources, ..Listeners::default() };
    let finished = session.run(listeners).unwrap();
    assert!(seconds.0.len() >= 3 && seconds.0.is_sorted_by_key(|(iterations, _)| *iterations));
    assert_eq!(seconds.0.last().unwrap().0, counting.0.load(Relaxed));
    assert!(seconds.0.iter().filter(|(_, clicks)| clicks.is_some()).count() >= 3, "{:?}", seconds.0);
    let folder = finished.record_folder().unwrap().to_owned();
    assert!(finished.folder.is_none() && Record::read(&folder).unwrap().timeline.len() >= 3);
    drop(finished);
    assert!(!folder.exists(), "it goes away with the run");
}

#[test]
fn a_controller_ends_a_run_and_the_results_say_why() {
    let (test, _) = load("1 users for 60 s").unwrap();
    let settings = Settings { record: RecordPlace::Temporary, ..Settings::default() };
    let session = Session::open(test.as_ref(), &settings).unwrap();
    let mut enough = Enough;
    let listeners = Listeners { controllers: vec![&mut enough], ..Listeners::default() };
    let finished = session.run(listeners).unwrap();
    assert!(finished.results.seconds < 30.0);
    assert_eq!(finished.results.outcome.reason.as_deref(), Some("enough"));
}

#[test]
fn an_interrupt_ends_a_session_with_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let (test, _) = load("1 users for 60 s").unwrap();
    let interrupt = Interrupt::new();
    let record = RecordPlace::Folder(folder.path().to_owned());
    let settings = Settings { record, interrupt: interrupt.clone(), ..Settings::default() };
    let session = Session::open(test.as_ref(), &settings).unwrap();
    interrupt.set();
    let finished = session.run(Listeners::default()).unwrap();
    assert_eq!(finished.failure, Some(Failure::Signal));
    assert_eq!(Record::read(folder.path()).unwrap().results.unwrap().outcome.exit_code, 105);
}

#[test]
fn a_front_end_reports_problems_with_their_places() {
    let error = load("users").err().unwrap();
    assert_eq!(error.to_string(), "users.count:1:1: write 4 users for 3 s");
}
