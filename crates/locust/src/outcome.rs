//! The outcome of a run in Locust's terms, and the exit code that it leads to.

use crate::counts::Counts;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What became of the requests.
    pub counts: Counts,
    /// How many requests failed, and how many exceptions users raised.
    pub failures: u64,
    /// How many exceptions users raised.
    pub exceptions: u64,
    /// What the file set as `environment.process_exit_code`.
    pub process_exit_code: Option<i32>,
    /// The exit code of failures and exceptions.
    pub on_error: i32,
    /// Whether a listener, or a greenlet that nobody waits for, raised.
    pub broken: bool,
    /// Whether a listener of `init` raised, so that nothing was run.
    pub init_failed: bool,
    /// Why a user ended the whole test.
    pub stop_test: Option<String>,
    /// How many users of how many were lost with the child, which ended by itself.
    pub lost: Option<(u64, u64)>,
    /// The numbers of the processes that ended by themselves.
    pub gone: Vec<usize>,
    /// How many users had not ended when their time was over.
    pub hung: u64,
    /// Whether a signal ended the run.
    pub signal: bool,
    /// The longest time in milliseconds that the child took to answer: how long users stood still.
    pub longest_silence: u64,
    /// How many tasks were due when no user was idle, with `--rate`.
    pub dropped: u64,
}

impl Outcome {
    /// The exit code, by the first row that holds:
    ///
    /// | | |
    /// |---|---|
    /// | the file set `process_exit_code` | that |
    /// | the child ended by itself, or users did not end | 2 |
    /// | a listener of `init` raised | 1 |
    /// | failures or exceptions | `--exit-code-on-error`, else 1 |
    /// | a listener or greenlet raised | 2 |
    /// | a user raised `StopTest` | 1 |
    /// | nothing of that | 0 |
    ///
    /// and 99 in the place of 0 and 1 where an expectation was given and missed.
    pub fn exit_code(&self, is_missed: bool) -> i32 {
        let code = match self {
            Self { process_exit_code: Some(code), .. } => return *code,
            one if one.lost.is_some() || one.hung > 0 => 2,
            Self { init_failed: true, .. } => 1,
            one if one.failures + one.exceptions > 0 => one.on_error,
            Self { broken: true, .. } => 2,
            Self { stop_test: Some(_), .. } => 1,
            _ => 0,
        };
        if is_missed && matches!(code, 0 | 1) { 99 } else { code }
    }

    /// What a reader of the figures should know, one sentence each.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let counts = &self.counts;
        if let Some((lost, of)) = self.lost {
            let share = if of == 0 { 0.0 } else { lost as f64 * 100.0 / of as f64 };
            notes.push(format!(
                "the Python process ended by itself: {lost} of {of} users ({share:.0} %) are lost"
            ));
        }
        if self.hung > 0 {
            notes.push(format!("{} users did not end in time, and were ended with their process", self.hung));
        }
        if counts.sent + counts.foreign == 0 && self.lost.is_none() && self.hung == 0 && !self.init_failed {
            notes
                .push("nothing was requested: no task has used a client, or fired events.request".to_owned());
        }
        if counts.interrupted > 0 {
            notes.push(format!(
                "{} requests were interrupted, mostly at the end of the run: sent, and not counted",
                counts.interrupted
            ));
        }
        if counts.unreported > 0 {
            notes.push(format!(
                "{} requests were sent and are not counted: catch_response=True needs a with-block, in which the answer is judged",
                counts.unreported
            ));
        }
        if self.dropped > 0 {
            notes.push(format!(
                "{} tasks were due when no user was idle, and were dropped: give more users (-u)",
                self.dropped
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_holds_decides() {
        let base = || Outcome { on_error: 1, ..Outcome::default() };
        for (outcome, code, missed) in [
            (base(), 0, 99),
            (Outcome { failures: 1, ..base() }, 1, 99),
            (Outcome { failures: 1, on_error: 42, ..base() }, 42, 42),
            (Outcome { failures: 1, on_error: 0, ..base() }, 0, 99),
            (Outcome { failures: 1, process_exit_code: Some(0), ..base() }, 0, 0),
            (Outcome { broken: true, ..base() }, 2, 2),
            (Outcome { broken: true, exceptions: 1, ..base() }, 1, 99),
            (Outcome { lost: Some((2, 2)), failures: 1, ..base() }, 2, 2),
            (Outcome { hung: 1, ..base() }, 2, 2),
            (Outcome { init_failed: true, broken: true, ..base() }, 1, 99),
            (Outcome { stop_test: Some(String::new()), ..base() }, 1, 99),
        ] {
            assert_eq!((outcome.exit_code(false), outcome.exit_code(true)), (code, missed), "{outcome:?}");
        }
    }
}
