//! A finished session has its results and its verdict; what is left is the summary.

use std::path::{Path, PathBuf};

use flashcrowd_record::{Cause, Results, RunState};
use flashcrowd_summary::{Terminal, handle_summary, machine_summary};
use flashcrowd_test::{Attendance, SummaryFiles, Test};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::measure::{Closing, judged_again};
use crate::run_info::run_info;
use crate::settings::Settings;

/// A test that was run and judged, with its record closed.
pub struct Finished<'a> {
    /// All that is known of the run.
    pub results: Results,
    /// Why it was no success; none when it was one.
    pub failure: Option<Failure>,
    /// The folder of the record; none when there is none, or when it goes away.
    pub folder: Option<PathBuf>,
    /// The seal of the record; none where there is no record that is whole.
    pub seal: Option<String>,
    /// Raw samples that came faster than observers took them.
    pub dropped_samples: u64,
    pub(crate) test: &'a dyn Test,
    pub(crate) settings: &'a Settings,
    pub(crate) closing: Option<Closing>,
    #[expect(dead_code, reason = "the first signal is heeded until this is dropped")]
    pub(crate) attendance: Attendance,
    #[expect(dead_code, reason = "the folder goes away when this is dropped")]
    pub(crate) temporary: Option<TempDir>,
}

/// The data that a test's own summary is made of.
#[derive(Clone, Copy, Debug)]
pub enum SummaryForm {
    /// As k6's `handleSummary` gets it.
    Usual(Terminal),
    /// k6's newer JSON.
    Machine,
}

impl Finished<'_> {
    /// The results without secrets, for what shows more of them than k6's summary does.
    pub fn redacted(&self) -> Results {
        match &self.closing {
            Some(closing) => closing.writer.redacted(&self.results),
            None => run_info(self.test, self.settings).redacted_results(&self.results),
        }
    }

    /// The folder of the record, also of one that goes away with this; none where it broke off.
    pub fn record_folder(&self) -> Option<&Path> {
        self.closing.as_ref().map(|closing| closing.writer.dir())
    }

    /// The same for what k6 writes, which has the data of `setup()` in it: but for secrets it is as it was.
    pub fn exported(&self) -> Results {
        let info = run_info(self.test, self.settings);
        let setup_data = self.results.setup_data.clone().map(|data| info.redacted_json(data));
        Results { setup_data, ..self.redacted() }
    }

    /// k6's newer JSON of the summary.
    pub fn machine_summary(&self) -> String {
        let sources = self.test.sources();
        let script = sources.first().map(|source| source.text.as_str()).unwrap_or_default();
        format!("{:#}", machine_summary(&self.exported(), script))
    }

    /// Lets the test make the summary itself: what it writes where, or none when the usual summary is to be shown. A
    /// signal meanwhile ends that, and is the session's failure.
    pub fn own_summary(&mut self, form: SummaryForm) -> SummaryFiles {
        if !self.test.makes_summary() {
            return None;
        }
        let data = match form {
            SummaryForm::Machine => self.machine_summary(),
            SummaryForm::Usual(terminal) => handle_summary(&self.results, terminal).to_string(),
        };
        let was_set = self.settings.interrupt.is_set();
        let made = self.test.summarize(data);
        if self.settings.interrupt.is_set() && !was_set {
            self.failed(Failure::Signal);
        }
        made.unwrap_or_else(|error| {
            self.settings.error(&format!("handleSummary failed: {error}"));
            None
        })
    }

    /// Notes that something that was asked for could not be written, or that a signal ended the wait for it. What is
    /// missing must not read as success, neither here nor in the record.
    pub fn lacks(&mut self, what: String) {
        let is_set = self.settings.interrupt.is_set();
        self.failed(if is_set { Failure::Signal } else { Failure::Incomplete(what) });
    }

    /// Notes why a run is no success after all, unless there is a reason that counts for more: judges it again, and closes
    /// the record again.
    fn failed(&mut self, failure: Failure) {
        let rank = |failure: &Failure| {
            let row = |cause| Cause::TABLE.iter().position(|row| row.cause == cause);
            failure.cause().and_then(row).unwrap_or(usize::MAX)
        };
        if self.failure.as_ref().is_some_and(|before| rank(before) <= rank(&failure)) {
            return;
        }
        if failure == Failure::Signal {
            self.results.outcome.state = RunState::Interrupted;
        }
        self.results.outcome.exit_code = i32::from(failure.code());
        self.results.outcome.reason = Some(failure.to_string());
        self.failure = Some(failure);
        let results = std::mem::take(&mut self.results).unjudged();
        self.results = judged_again(self.test, self.settings, self.closing.as_ref(), results);
        self.close();
    }

    /// Writes the results into the record. A run whose record cannot be kept is no success.
    pub(crate) fn close(&mut self) {
        let Some(Closing { writer, totals, .. }) = &self.closing else { return };
        self.seal = writer
            .finish(&self.results, totals)
            .inspect_err(|error| self.settings.error(&error.to_string()))
            .ok();
        if self.seal.is_none() && self.failure.is_none() {
            self.failure = Some(if self.test.is_judged() { Failure::NotJudged } else { Failure::NotKept });
        }
    }
}
