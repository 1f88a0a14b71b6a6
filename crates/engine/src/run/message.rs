//! Messages pass between the dispatcher and the workers: commands one way, reports the other.

use flashcrowd_metrics::Interval;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::observer::Warning;
use crate::vu::BoxError;

/// What a worker is to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Initialize the planned virtual users.
    Init,
    /// Run setup.
    Setup,
    /// Run the scenarios; their time begins at that moment.
    Start(Instant),
    /// Hand over the samples.
    Take,
    /// Run teardown.
    Teardown,
    /// Hand over the last samples, drop all virtual users, and end.
    Finish,
}

/// What a worker reports.
#[derive(Debug)]
pub(super) enum Report {
    /// One more virtual user is initialized.
    Initialized,
    /// All planned virtual users are initialized, or one could not be.
    InitDone(Result<(), BoxError>),
    /// Setup is over.
    SetupDone(Result<(), BoxError>),
    /// All scenarios are over.
    ScenariosDone,
    /// The samples since the last time.
    Taken(Interval),
    /// The samples up to the end of a stage, without being asked.
    Rest(Interval),
    /// Teardown is over.
    TeardownDone(Result<(), BoxError>),
    /// Something the user should know about.
    Warning(Warning),
    /// The worker has ended in order, with its last samples.
    Finished(Interval),
    /// The worker has ended, in order or not.
    Gone,
}

/// How a worker reports to the dispatcher; reports the worker's end when it is dropped.
#[derive(Debug)]
pub(super) struct Reporter {
    pub(super) worker: usize,
    pub(super) reports: UnboundedSender<(usize, Report)>,
}

impl Reporter {
    pub(super) fn report(&self, report: Report) {
        // The dispatcher only stops listening to a worker it has given up.
        let _ = self.reports.send((self.worker, report));
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.report(Report::Gone);
    }
}
