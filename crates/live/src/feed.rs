//! The feed puts what a run shows once a second into its hub: the points of its charts always, and how it stands when
//! somebody looks.

use std::sync::Arc;

use flashcrowd_engine::RunEvent;
use flashcrowd_session::{Second, Viewer};

use crate::hub::{Hub, Sight};
use crate::point::Point;
use crate::view::View;

/// Puts a run into its hub.
#[derive(Debug)]
pub struct Feed {
    hub: Arc<Hub>,
    /// The target's series that were asked for.
    charts: Vec<String>,
    /// Browsers are told every so many seconds.
    period: u64,
    seconds: u64,
}

impl Feed {
    /// A feed that tells browsers every so many seconds.
    pub fn new(hub: Arc<Hub>, period: u64) -> Self {
        let charts = hub.charts();
        Self { hub, charts, period: period.max(1), seconds: 0 }
    }
}

impl Viewer for Feed {
    fn on_event(&mut self, event: &RunEvent) {
        self.hub.set_stage(match event {
            RunEvent::Setup => "setup",
            RunEvent::Running(_) => "running",
            RunEvent::Teardown => "teardown",
            RunEvent::Initializing { .. } | RunEvent::Started(_) | RunEvent::Warning(_) => return,
        });
    }

    fn second(&mut self, second: &Second<'_>) {
        self.seconds += 1;
        let point = Point::of(&second.line(), second.vus(), &self.charts);
        let is_due = second.is_last() || self.seconds.is_multiple_of(self.period);
        let sight = (second.is_last() || self.hub.is_looked_at(is_due)).then(|| {
            let results = second.results().printable().into_owned();
            let view = View::of(second, &results, &point);
            Sight { results: Arc::new(results), view: Arc::new(view) }
        });
        self.hub.add(point, sight, is_due, second.is_good());
        if second.is_last() {
            self.hub.set_stage("judging");
        }
    }
}
