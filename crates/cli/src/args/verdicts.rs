//! Verdicts in the help of commands: the rows of the table of causes that can come of them.

use flashcrowd_record::{Cause, Verdict};

/// The examples of a command, and below them the verdicts and exit codes that its runs can have.
pub fn with_verdicts(examples: &str, concerns: impl Fn(Cause) -> bool) -> String {
    let rows = Cause::TABLE.iter().filter(|row| concerns(row.cause));
    let lines = rows.filter_map(|row| {
        let code = row.exit_code?;
        Some(format!("\n  {:<14}  {code:>3}  {}", verdict_word(row.verdict), row.when.replace('`', "")))
    });
    format!(
        "{examples}\n\nVerdicts and exit codes; of several, the first one counts:{}",
        lines.collect::<String>()
    )
}

/// A verdict as terminals show it.
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::NotJudged => "NOT JUDGED",
        Verdict::Warn => "WARNING",
        Verdict::NotMeasurable => "NOT MEASURABLE",
        Verdict::Fail => "FAIL",
    }
}

/// Causes that only scripts have.
pub fn is_of_scripts(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::ScriptFailed
            | Cause::SetupTimeout
            | Cause::TeardownTimeout
            | Cause::TestAborted
            | Cause::IterationsFailed
            | Cause::ChecksFailed
            | Cause::ThresholdCrossed
            | Cause::MarkedFailed
            | Cause::NothingPromised
    )
}
