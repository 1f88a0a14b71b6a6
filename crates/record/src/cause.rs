//! A cause is what decides a run's verdict: one table leads from it to the word and to the exit code.
//!
//! The rows stand in the order in which they decide: of several causes, the first one counts. `docs/verdicts.md` shows
//! the table to people, and a test reads it back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Exit codes; the numbers are k6's, where it has the case.
pub mod exit_code {
    /// Nothing that was promised was missed.
    pub const FINE: u8 = 0;
    /// Something that was promised did not hold, or the run served nothing.
    pub const THRESHOLDS: u8 = 99;
    /// `setup()` took too long.
    pub const SETUP_TIMEOUT: u8 = 100;
    /// `teardown()` took too long.
    pub const TEARDOWN_TIMEOUT: u8 = 101;
    /// Somebody stopped the run from outside.
    pub const STOPPED: u8 = 103;
    /// The options are wrong: nothing was run.
    pub const CONFIG: u8 = 104;
    /// SIGINT or SIGTERM ended the run.
    pub const SIGNAL: u8 = 105;
    /// The REST API could not be served where it was asked for.
    pub const NO_API: u8 = 106;
    /// The script threw before or after the iterations, or could not be loaded.
    pub const SCRIPT: u8 = 107;
    /// The script called `test.abort()`.
    pub const ABORTED: u8 = 108;
    /// A bug of flashcrowd.
    pub const PANIC: u8 = 109;
    /// The script called `test.fail()`.
    pub const FAILED: u8 = 110;
    /// Whether what was promised holds cannot be told, since the load generator was at fault.
    pub const NOT_MEASURABLE: u8 = 120;
    /// Anything else, such as a file that cannot be read or an unknown flag.
    pub const OTHER: u8 = 255;
}

/// All that was judged in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that was promised held, and nothing bad was found.
    #[default]
    Pass,
    /// Nothing was promised, so that there was nothing to judge.
    #[serde(rename = "not judged")]
    NotJudged,
    /// Nothing that was promised was missed, but something was found.
    Warn,
    /// The load generator was at fault, so that nothing can be said of the target.
    #[serde(rename = "not measurable")]
    NotMeasurable,
    /// Something that was promised did not hold or was not measured, nothing was served, or the run did not come to
    /// its end.
    Fail,
}

impl Verdict {
    /// Whether a run with it is no success.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::NotMeasurable | Self::Fail)
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CauseRow {
    /// The cause.
    pub cause: Cause,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its exit code; none of a run that was killed, which has none.
    pub exit_code: Option<u8>,
    /// What came of the run, in a few words.
    pub when: &'static str,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $cause:ident: $verdict:ident, $code:expr, $when:literal;)*) => {
        /// What decides a verdict.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Cause {
            $($(#[$doc])* $cause,)*
        }

        impl Cause {
            /// The table, in the order in which causes decide.
            pub const TABLE: &[CauseRow] = &[
                $(CauseRow { cause: Self::$cause, verdict: Verdict::$verdict, exit_code: $code, when: $when },)*
            ];

            /// The word for it.
            pub fn verdict(self) -> Verdict {
                match self { $(Self::$cause => Verdict::$verdict,)* }
            }

            /// The exit code of a run that ends so; that of any failure where a run has none of its own.
            pub fn exit_code(self) -> u8 {
                match self { $(Self::$cause => $code,)* }.unwrap_or(exit_code::THRESHOLDS)
            }
        }
    };
}

causes! {
    /// The run was killed: there is what was on disk by then.
    Killed: Fail, None, "the run was killed";
    /// A script threw in `setup()`, in `teardown()` or at its top level.
    ScriptFailed: Fail, Some(exit_code::SCRIPT), "`setup()`, `teardown()` or the top level of the script threw";
    /// `setup()` took too long.
    SetupTimeout: Fail, Some(exit_code::SETUP_TIMEOUT), "`setup()` took longer than `setupTimeout`";
    /// `teardown()` took too long.
    TeardownTimeout: Fail, Some(exit_code::TEARDOWN_TIMEOUT), "`teardown()` took longer than `teardownTimeout`";
    /// The script ended the run.
    TestAborted: Fail, Some(exit_code::ABORTED), "the script called `test.abort()`";
    /// A signal ended the run.
    Interrupted: Fail, Some(exit_code::SIGNAL), "SIGINT or SIGTERM ended the run";
    /// Somebody stopped the run from outside.
    Stopped: Fail, Some(exit_code::STOPPED), "the run was stopped on its page or by its REST API";
    /// Agents that made a part of the load were lost.
    AgentLost: NotMeasurable, Some(exit_code::NOT_MEASURABLE), "an agent that made a part of the load was lost, so that its part is missing";
    /// Worker threads never answered again.
    GeneratorLost: NotMeasurable, Some(exit_code::NOT_MEASURABLE), "a thread of the load generator never answered again, so that its last samples are missing";
    /// Limits or rules of this machine kept requests from being sent.
    GeneratorLimited: NotMeasurable, Some(exit_code::NOT_MEASURABLE), "this machine could not send 1% of the requests: open files, local ports, buffers, a firewall";
    /// Requests were made, and none got an answer.
    NothingAnswered: Fail, Some(exit_code::THRESHOLDS), "no request was answered: refused, unknown host, TLS, timeout; and nothing expects that";
    /// Hardly any request or call succeeded.
    NothingServed: Fail, Some(exit_code::THRESHOLDS), "fewer than 1% of the requests succeeded, and nothing expects that";
    /// No iteration came to its end, and nothing was requested.
    NothingRan: Fail, Some(exit_code::THRESHOLDS), "no iteration ran to its end, and nothing was requested";
    /// Every iteration of a scenario ended with an error.
    IterationsFailed: Fail, Some(exit_code::THRESHOLDS), "every iteration of a scenario failed";
    /// No check passed.
    ChecksFailed: Fail, Some(exit_code::THRESHOLDS), "every check failed, and nothing expects that";
    /// The load was not as configured, and what was promised rests on that.
    GeneratorLate: NotMeasurable, Some(exit_code::NOT_MEASURABLE), "the load generator was late or overloaded, and what was promised of times or rates rests on it";
    /// A threshold was crossed.
    ThresholdCrossed: Fail, Some(exit_code::THRESHOLDS), "a threshold was crossed";
    /// The script called `test.fail()`.
    MarkedFailed: Fail, Some(exit_code::FAILED), "the script called `test.fail()`";
    /// An expectation was missed, be it narrowly.
    ExpectationMissed: Fail, Some(exit_code::THRESHOLDS), "an expectation was missed, even if only narrowly";
    /// Something that was promised could not be measured.
    NotMeasured: Fail, Some(exit_code::THRESHOLDS), "an expectation could not be measured, or no threshold could";
    /// The run ended before its time for another reason.
    EndedEarly: Fail, Some(exit_code::THRESHOLDS), "the run did not come to its planned end for another reason";
    /// Something that was asked for could not be written.
    Incomplete: Fail, Some(exit_code::OTHER), "an output, or a file of the summary, could not be written whole";
    /// Something is not as it should be, though nothing that was promised was missed.
    Found: Warn, Some(exit_code::FINE), "a finding of severity warning or critical, and nothing above";
    /// There was nothing to judge by.
    NothingPromised: NotJudged, Some(exit_code::FINE), "no threshold and no expectation, and nothing above";
    /// All that was promised held.
    Held: Pass, Some(exit_code::FINE), "everything that was promised held, and nothing above";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_go_together() {
        for row in Cause::TABLE {
            let fails = row.verdict.is_failure();
            assert_eq!(row.exit_code != Some(exit_code::FINE), fails, "{row:?}");
            assert_eq!(row.cause.verdict(), row.verdict);
            assert_eq!(row.cause.exit_code() != exit_code::FINE, fails, "{row:?}");
        }
    }
}
