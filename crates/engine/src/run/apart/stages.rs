//! Setup and teardown of a test whose scenarios run elsewhere.

use std::sync::Arc;

use flashcrowd_metrics::Interval;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, sleep_until};

use super::super::message::{Command, Report};
use super::super::observer::Warning;
use super::super::start::{Prepared, prepare_workers, work_on_thread};
use super::super::test::{RunStage, StageError, TestConfig};
use super::super::worker::GRACE;
use crate::segment::Share;
use crate::state::Control;
use crate::vu::{Behaviour, BoxError};

/// One worker thread that runs setup and teardown, and no iteration.
#[derive(Debug)]
pub struct Stages {
    commands: UnboundedSender<Command>,
    reports: UnboundedReceiver<(usize, Report)>,
    taken: Vec<Interval>,
    warnings: Vec<Warning>,
}

impl Stages {
    /// Starts the thread.
    pub fn start(test: &TestConfig, behaviour: Arc<dyn Behaviour>, control: &Arc<Control>) -> Self {
        let nothing = Share::whole().split_by(&[1, 0]).remove(1);
        let test = TestConfig { share: nothing, workers: 1, ..test.clone() };
        let Prepared { mut parts, mut commands, reports, .. } =
            prepare_workers(Arc::new(test), behaviour, control, None);
        let commands = commands.remove(0);
        let worker = parts.remove(0);
        let thread =
            std::thread::Builder::new().name("stages".to_owned()).spawn(move || work_on_thread(worker));
        // Where there is no thread the worker was dropped, and has said that it is gone.
        drop(thread);
        Self { commands, reports, taken: Vec::new(), warnings: Vec::new() }
    }

    /// Runs setup to its end, or for a moment more once the test is aborted.
    pub async fn setup(&mut self, control: &Control) -> Result<(), StageError> {
        let late = async {
            control.abortion().await;
            sleep_until(Instant::now() + GRACE).await;
        };
        // The worker has made no virtual user, but that is its first command.
        let _ = self.commands.send(Command::Init);
        let _ = self.commands.send(Command::Setup);
        let done = tokio::select! {
            done = self.stage(RunStage::Setup) => done,
            () = late => Err("setup did not answer when it was interrupted".into()),
        };
        done.map_err(|source| StageError { stage: RunStage::Setup, source })
    }

    /// Runs teardown to its end.
    pub async fn teardown(&mut self) -> Result<(), StageError> {
        let _ = self.commands.send(Command::Teardown);
        let done = self.stage(RunStage::Teardown).await;
        done.map_err(|source| StageError { stage: RunStage::Teardown, source })
    }

    /// Ends the thread; what it measured is complete then.
    pub async fn finish(&mut self) {
        let _ = self.commands.send(Command::Finish);
        let last = Instant::now() + GRACE;
        loop {
            let report = tokio::select! {
                report = self.reports.recv() => report,
                () = sleep_until(last) => return,
            };
            match report {
                Some((_, Report::Gone)) | None => return,
                Some((_, Report::Finished(interval) | Report::Rest(interval))) => self.taken.push(interval),
                Some((_, Report::Warning(warning))) => self.warnings.push(warning),
                Some(_) => {}
            }
        }
    }

    /// What it measured since the last time.
    pub fn take(&mut self) -> Vec<Interval> {
        std::mem::take(&mut self.taken)
    }

    /// What it warned of since the last time.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    async fn stage(&mut self, stage: RunStage) -> Result<(), BoxError> {
        loop {
            match self.reports.recv().await.map(|(_, report)| report) {
                Some(Report::SetupDone(done)) if stage == RunStage::Setup => return done,
                Some(Report::TeardownDone(done)) if stage == RunStage::Teardown => return done,
                Some(Report::InitDone(Err(error))) => return Err(error),
                Some(Report::Rest(interval)) => self.taken.push(interval),
                Some(Report::Warning(warning)) => self.warnings.push(warning),
                Some(Report::Gone) | None => return Err("the thread of setup and teardown ended".into()),
                Some(_) => {}
            }
        }
    }
}
