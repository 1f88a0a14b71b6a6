//! The feed puts what a run shows once a second into its hub.

use std::sync::Arc;

use flashcrowd_engine::RunEvent;
use flashcrowd_session::{Second, Viewer};

use crate::hub::Hub;
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
        let point = Point::of(second.line, (second.vus_active, second.vus_initialized), &self.charts);
        let results = second.results.printable();
        let view = View::of(second, &results, &point);
        let is_told = second.last || self.seconds.is_multiple_of(self.period);
        self.hub.add(point, (Arc::new(results.into_owned()), view), is_told);
        if second.last {
            self.hub.set_stage("judging");
        }
    }
}
