//! The recorder writes the record of a run while it lasts, a line a second.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{Control, Observer, RunEvent, ScenarioProgress, Tick};
use flashcrowd_observe::Latest;
use flashcrowd_record::{RecordWriter, ScenarioProgress as Recorded, TimelineLine};

use crate::find::LoadSearch;
use crate::player::Cost;
use crate::settings::Settings;
use crate::system::process::Probe;
use crate::target::Target;
use crate::viewer::Show;

/// Writes the record, if there is one, and notes what the reader of the figures should know.
pub(crate) struct Recorder<'a, 'v> {
    settings: &'a Settings,
    control: Arc<Control>,
    record: Option<RecordWriter>,
    target: Target,
    search: Option<Rc<RefCell<LoadSearch>>>,
    show: Option<Show<'v>>,
    /// When setup was over.
    load_began: Option<Duration>,
    /// When the last scenario was over, and teardown began.
    load_ended: Option<Duration>,
    warnings: Vec<String>,
    probe: Probe,
    /// What the load costs others that make it.
    cost: Option<Cost>,
}

impl<'a, 'v> Recorder<'a, 'v> {
    pub(crate) fn new(
        settings: &'a Settings,
        control: &Arc<Control>,
        (record, cost): (Option<RecordWriter>, Option<Cost>),
        (target, search): (Target, Option<Rc<RefCell<LoadSearch>>>),
    ) -> Self {
        let (control, probe) = (control.clone(), Probe::default());
        let (load_began, load_ended, warnings) = (None, None, Vec::new());
        let show = None;
        Self {
            settings,
            control,
            record,
            target,
            search,
            show,
            load_began,
            load_ended,
            warnings,
            probe,
            cost,
        }
    }

    /// The same, shown to a viewer as well.
    pub(crate) fn shown(self, show: Option<Show<'v>>) -> Self {
        Self { show, ..self }
    }

    /// Tells of sources that stopped answering, and that answer again: at once, and in the results, which say when.
    fn tell_of_sources(&mut self, elapsed: Duration) {
        for note in self.target.take_notes() {
            self.settings.warn(&note.to_string());
            self.warnings.push(format!("after {:.0} s, {note}", elapsed.as_secs_f64()));
        }
    }

    /// The record, unless it broke off, and what the reader of the results should know.
    pub(crate) fn into_parts(self) -> (Option<RecordWriter>, Vec<String>) {
        (self.record, self.warnings)
    }
}

impl Observer for Recorder<'_, '_> {
    fn on_event(&mut self, event: &RunEvent) {
        if let Some(show) = &mut self.show {
            show.event(event);
        }
        match event {
            RunEvent::Running(_) => self.load_began = Some(self.control.elapsed()),
            RunEvent::Teardown => self.load_ended = Some(self.control.elapsed()),
            RunEvent::Warning(warning) => {
                self.settings.warn(&warning.to_string());
                self.warnings.push(warning.to_string());
            }
            _ => {}
        }
    }

    fn on_tick(&mut self, tick: &Tick<'_>) {
        self.tell_of_sources(tick.elapsed);
        let searched = self.search.as_ref().and_then(|search| search.borrow_mut().measured(tick));
        if self.record.is_none() && self.show.is_none() {
            return;
        }
        let mut line = line(tick, self.load_began);
        let ended = self.load_ended.zip(self.load_began);
        line.load_ended = ended.map(|(ended, began)| ended.saturating_sub(began).as_secs_f64());
        line.scenarios = tick.scenarios.iter().map(recorded).collect();
        let Latest { series, ages } = self.target.latest();
        line.target = series;
        line.target_ages = ages.iter().map(|(age, count)| (age.as_secs_f64(), *count)).collect();
        line.search = searched;
        line.process = match &self.cost {
            Some(cost) => cost.get(),
            None => self.probe.read(&self.control, tick.interval),
        };
        if let Some(show) = &mut self.show {
            show.tick(tick, &line);
        }
        let written = self.record.as_mut().map_or(Ok(()), |record| record.append_tick(&line));
        if let Err(error) = written {
            self.settings.error(&format!("the record ends here: {error}"));
            self.record = None;
        }
    }
}

/// What was measured in an interval, of which the load began at that time of the run.
pub(crate) fn line(tick: &Tick<'_>, load_began: Option<Duration>) -> TimelineLine {
    let mut line = TimelineLine::collect(tick.totals, tick.elapsed, tick.interval);
    line.load = load_began.map(|began| tick.elapsed.saturating_sub(began).as_secs_f64());
    line
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
