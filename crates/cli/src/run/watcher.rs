//! A watcher shows a run while it lasts, and keeps its record.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{Control, Observer, RunEvent, ScenarioProgress, Tick};
use flashcrowd_observe::Prometheus;
use flashcrowd_record::{ProcessUse, RecordWriter, ScenarioProgress as Recorded, TimelineLine};

use super::brink::Brink;
use crate::log::Logger;
use crate::process;
use crate::screen::{Console, ProgressView, ScenarioState, ScenarioView, Stage, render, render_plain};

/// How a run looks while it lasts.
pub trait Drawing {
    /// The picture for a terminal of that width, redrawn several times a second.
    fn picture(&self, view: &ProgressView, columns: u16, color: bool) -> String;

    /// The lines of this second, where there is no terminal.
    fn lines(&self, view: &ProgressView) -> String;

    /// Takes in what was measured in the last second.
    fn tick(&self, _tick: &Tick<'_>) {}
}

/// The usual drawing: every scenario, with how far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Scenarios;

impl Drawing for Scenarios {
    fn picture(&self, view: &ProgressView, columns: u16, color: bool) -> String {
        render(view, columns, color)
    }

    fn lines(&self, view: &ProgressView) -> String {
        render_plain(view)
    }
}

/// Draws progress; shared by the ticks of a run and by the redraws between them.
#[derive(Clone)]
pub struct Picture {
    console: Arc<Console>,
    control: Arc<Control>,
    stage: Rc<Cell<Stage>>,
    /// For each scenario: when it starts, and how many iterations a second it completed lately.
    starts: Vec<Duration>,
    rates: Rc<RefCell<Vec<(u64, f64)>>>,
    length: Duration,
    drawing: Rc<dyn Drawing>,
    quiet: bool,
}

impl Picture {
    /// A picture of the run that `control` is about.
    pub fn new(
        console: Arc<Console>,
        control: Arc<Control>,
        starts: Vec<Duration>,
        length: Duration,
    ) -> Self {
        let rates = Rc::new(RefCell::new(vec![(0, 0.0); starts.len()]));
        let (stage, drawing) = (Rc::new(Cell::new(Stage::Init)), Rc::new(Scenarios));
        Self { console, control, stage, starts, rates, length, drawing, quiet: false }
    }

    /// A picture that is drawn another way.
    pub fn drawn(self, drawing: Rc<dyn Drawing>) -> Self {
        Self { drawing, ..self }
    }

    /// A picture that is never drawn, if `quiet`.
    pub fn quiet(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }

    fn measure(&self, tick: &Tick<'_>) {
        self.drawing.tick(tick);
        for (rate, scenario) in self.rates.borrow_mut().iter_mut().zip(tick.scenarios) {
            let completed = scenario.iterations.completed;
            *rate = (completed, (completed - rate.0.min(completed)) as f64 / tick.interval.as_secs_f64());
        }
    }

    /// Draws over what was drawn before; does nothing where progress is a line a second.
    pub fn redraw(&self) {
        if !self.quiet && self.console.redraws() {
            let color = self.console.color(self.console.progress_stream());
            self.console.draw(&self.drawing.picture(&self.view(), self.console.terminal().width, color));
        }
    }

    /// Writes the lines of this second, where there is no terminal to draw on.
    fn write(&self) {
        if !self.quiet && !self.console.redraws() {
            self.console.write(self.console.progress_stream(), &self.drawing.lines(&self.view()));
        }
    }

    /// Leaves the last picture on the screen.
    pub fn finish(&self) {
        self.stage.set(Stage::Done);
        self.redraw();
        self.write();
        self.console.keep();
    }

    fn view(&self) -> ProgressView {
        let scenarios = self.control.scenarios();
        ProgressView {
            stage: self.stage.get(),
            elapsed: self.control.elapsed(),
            length: self.length,
            vus: self.control.vus_active(),
            vus_max: self.control.vus_initialized(),
            completed: self.control.iterations_completed(),
            interrupted: self.control.iterations_interrupted(),
            dropped: scenarios.iter().map(|scenario| scenario.iterations.dropped).sum(),
            scenarios: scenarios
                .iter()
                .enumerate()
                .map(|(at, scenario)| self.scenario_view(at, scenario))
                .collect(),
        }
    }

    fn starts_in(&self, at: usize) -> Duration {
        self.starts.get(at).copied().unwrap_or_default().saturating_sub(self.control.elapsed())
    }

    fn scenario_view(&self, at: usize, scenario: &ScenarioProgress) -> ScenarioView {
        use flashcrowd_engine::ScenarioState as Engine;

        let state = match scenario.state {
            Engine::Waiting => ScenarioState::Waiting(self.starts_in(at)),
            Engine::Running => ScenarioState::Running,
            Engine::Stopping => ScenarioState::Stopping,
            Engine::Done if scenario.iterations.interrupted > 0 => ScenarioState::Interrupted,
            Engine::Done => ScenarioState::Finished,
        };
        ScenarioView {
            name: scenario.name.clone(),
            state,
            bar: scenario.progress,
            vus: scenario.vus_active,
            vus_max: scenario.vus_max,
            rate_now: scenario.rate.and(self.rates.borrow().get(at).map(|rate| rate.1)),
            rate_target: scenario.rate,
            completed: scenario.iterations.completed,
            goal: scenario.iterations.planned,
            dropped: scenario.iterations.dropped,
            elapsed: scenario.elapsed,
            length: Some(scenario.length),
        }
    }
}

/// Watches a run for the user.
pub struct Watcher<'a> {
    picture: Picture,
    log: &'a Logger,
    record: Option<RecordWriter>,
    /// The endpoint at which the target tells of itself.
    target: Option<Prometheus>,
    brink: Option<Brink>,
    /// When setup was over.
    load_began: Option<Duration>,
    warnings: Vec<String>,
}

impl<'a> Watcher<'a> {
    /// A watcher that also keeps the record, if there is one.
    pub fn new(picture: Picture, log: &'a Logger, record: Option<RecordWriter>) -> Self {
        Self { picture, log, record, target: None, brink: None, load_began: None, warnings: Vec::new() }
    }

    /// Keeps what the target says of itself in the record, too.
    pub fn observe(&mut self, target: Option<Prometheus>) {
        self.target = target;
    }

    /// Ends the test at its breaking point.
    pub fn brink(self, brink: Option<Brink>) -> Self {
        Self { brink, ..self }
    }

    /// The record and what the reader of the results should know.
    pub fn into_parts(self) -> (Option<RecordWriter>, Vec<String>) {
        (self.record, self.warnings)
    }

    fn keep(&mut self, tick: &Tick<'_>) {
        let Some(record) = &mut self.record else { return };
        let mut line = TimelineLine::collect(tick.totals, tick.elapsed, tick.interval);
        line.scenarios = tick.scenarios.iter().map(recorded).collect();
        line.load = self.load_began.map(|began| tick.elapsed.saturating_sub(began).as_secs_f64());
        line.target = self.target.as_ref().map(Prometheus::latest).unwrap_or_default();
        line.process = process::usage().map(|usage| ProcessUse {
            cpu_seconds: usage.cpu.as_secs_f64(),
            rss_bytes: usage.resident_bytes,
        });
        if let Some(brink) = &mut self.brink {
            brink.look(&line);
        }
        if let Err(error) = record.append_tick(&line) {
            self.log.error(&format!("the record ends here: {error}"));
            self.record = None;
        }
    }
}

fn recorded(scenario: &ScenarioProgress) -> Recorded {
    Recorded {
        name: scenario.name.clone(),
        progress: scenario.progress,
        vus: scenario.vus_active,
        max_vus: scenario.vus_max,
        iterations: scenario.iterations.completed,
        dropped: scenario.iterations.dropped,
        rate: scenario.rate,
    }
}

impl Observer for Watcher<'_> {
    fn on_event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Initializing { .. } => self.picture.stage.set(Stage::Init),
            RunEvent::Started(_) => {}
            RunEvent::Setup => self.picture.stage.set(Stage::Setup),
            RunEvent::Running(_) => {
                self.load_began = Some(self.picture.control.elapsed());
                self.picture.stage.set(Stage::Running);
            }
            RunEvent::Teardown => self.picture.stage.set(Stage::Teardown),
            RunEvent::Warning(warning) => {
                self.log.warn(&warning.to_string());
                self.warnings.push(warning.to_string());
            }
        }
    }

    fn on_tick(&mut self, tick: &Tick<'_>) {
        self.keep(tick);
        self.picture.measure(tick);
        if !tick.last {
            self.picture.write();
        }
    }
}
