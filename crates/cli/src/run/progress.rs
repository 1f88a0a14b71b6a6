//! Progress is a run as people see it while it lasts: redrawn on a terminal, lines elsewhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::config::needs;
use flashcrowd_engine::{Control, Observer, RunEvent, ScenarioProgress, Tick};
use flashcrowd_test::Test;

use crate::context::Context;
use crate::screen::{Console, ProgressView, ScenarioState, ScenarioView, Stage, render, render_plain};

/// How often progress is redrawn on a terminal.
const REDRAW: Duration = Duration::from_millis(100);

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
    /// A picture of the run that `control` is about; never drawn where people want to see nothing.
    pub fn of(context: &Context, test: &dyn Test, control: &Arc<Control>, drawing: Rc<dyn Drawing>) -> Self {
        let starts: Vec<Duration> = test.scenarios().iter().map(|scenario| scenario.start_time).collect();
        Self {
            console: context.console.clone(),
            control: control.clone(),
            stage: Rc::new(Cell::new(Stage::Init)),
            rates: Rc::new(RefCell::new(vec![(0, 0.0); starts.len()])),
            starts,
            length: needs(test.scenarios(), test.options().share()).end,
            drawing,
            quiet: context.ui.quiet(),
        }
    }

    /// Redraws the picture again and again.
    pub async fn redraws(self) {
        let mut ticks = tokio::time::interval(REDRAW);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            if self.stage.get() != Stage::Done {
                self.redraw();
            }
        }
    }

    fn measure(&self, tick: &Tick<'_>) {
        self.drawing.tick(tick);
        for (rate, scenario) in self.rates.borrow_mut().iter_mut().zip(tick.scenarios) {
            let completed = scenario.iterations.completed;
            *rate = (completed, (completed - rate.0.min(completed)) as f64 / tick.interval.as_secs_f64());
        }
    }

    /// Draws over what was drawn before; does nothing where progress is a line a second.
    fn redraw(&self) {
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
    fn finish(&self) {
        self.stage.set(Stage::Done);
        self.redraw();
        self.write();
        self.console.keep();
    }

    fn view(&self) -> ProgressView {
        let scenarios = self.control.scenarios();
        let stage = match self.stage.get() {
            Stage::Init | Stage::Running if self.control.is_paused() => Stage::Paused,
            stage => stage,
        };
        ProgressView {
            stage,
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
            Engine::Waiting if self.stage.get() == Stage::Done => ScenarioState::NotStarted,
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

/// Shows a run: an observer that draws.
pub struct Screen(Picture);

impl Screen {
    /// Draws this picture.
    pub fn new(picture: Picture) -> Self {
        Self(picture)
    }
}

impl Observer for Screen {
    fn on_event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Initializing { .. } => self.0.stage.set(Stage::Init),
            RunEvent::Setup => self.0.stage.set(Stage::Setup),
            RunEvent::Running(_) => self.0.stage.set(Stage::Running),
            RunEvent::Teardown => self.0.stage.set(Stage::Teardown),
            RunEvent::Started(_) | RunEvent::Warning(_) => {}
        }
    }

    fn on_tick(&mut self, tick: &Tick<'_>) {
        self.0.measure(tick);
        if tick.last {
            self.0.finish();
        } else {
            self.0.write();
        }
    }
}
