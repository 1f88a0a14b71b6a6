//! A comparison puts two records side by side, and says what became better, what worse, and what did not change.

use flashcrowd_record::{Record, RunInfo};
use serde::Serialize;

use super::answer::{Answer, BETWEEN_RUNS, Between, Interval, ON_ONE_MACHINE, Scale, answer, difference};
use super::capacity::of_dynamodb;
use super::figure::{Family, Figure, Worse};
use super::frame::Frame;
use super::metrics::{of_metrics, of_step};
use super::outcomes::{OutcomeChange, outcomes};
use super::requests::of_requests;
use super::side::{Side, common_steps};
use super::target::of_target;

/// Runs of the first kind that are needed to measure how much they scatter, the first included.
pub const ENOUGH_RUNS: usize = 3;

/// Two records side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// The name of the first test.
    pub before: String,
    /// The name of the second test.
    pub after: String,
    /// All of it in one word.
    pub conclusion: Conclusion,
    /// Whether anything became worse.
    pub regression: bool,
    /// How many runs of the first kind there are; from three on their scatter is measured.
    pub runs: usize,
    /// Verdicts, promises, breaking points, stocks and findings.
    pub outcomes: Vec<OutcomeChange>,
    /// Every metric, request and resource that both have.
    pub changes: Vec<Change>,
    /// Every step that both have.
    pub steps: Vec<StepChange>,
}

/// What to think of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Conclusion {
    /// Something became worse.
    #[serde(rename = "regression")]
    Regression,
    /// Nothing is known to be worse, but what says how a run went cannot be told. That is no all-clear.
    #[default]
    #[serde(rename = "not judged")]
    NotJudged,
    /// Nothing became worse by more than the bounds that are shown.
    #[serde(rename = "no regression")]
    NoRegression,
}

/// One figure of both records, over the loads that both had.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// What it is: `http_req_duration p(95)`.
    pub name: String,
    /// `ms`, `/s`, `%`, `B`, `B/s`, `cores`, or nothing.
    pub unit: String,
    /// In the first record; with further runs, in all of them on average.
    pub before: Option<f64>,
    /// In the second record.
    pub after: Option<f64>,
    /// The difference relative to the first, 0.1 for 10% more; none where the first is zero.
    pub relative: Option<f64>,
    /// Between which two differences the true one is; none where there are too few seconds to tell.
    pub interval: Option<Interval>,
    /// What it means.
    pub answer: Answer,
    /// What it is about.
    pub about: About,
}

/// What a figure is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// The run as a whole: without an answer, the comparison is not judged.
    Run,
    /// A single request.
    Request,
    /// Anything else.
    #[default]
    Detail,
}

/// The figures of one step of both records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepChange {
    /// What the step was configured to be: `VU 50`, `200/s`.
    pub name: String,
    /// Its figures: tps, p50, p95, p99, error rate.
    pub changes: Vec<Change>,
}

/// The figures that two records have in common.
struct Pair {
    whole: Vec<Figure>,
    steps: Vec<(String, Vec<Figure>)>,
}

/// Puts two records side by side: what was judged of both, and how far each figure can have changed.
pub fn compare(before: &Record, after: &Record) -> Comparison {
    compare_runs(before, after, &[])
}

/// The same with further runs of the first kind, which show how much figures scatter between runs. Of one alone that
/// cannot be seen.
pub fn compare_runs(before: &Record, after: &Record, further: &[Record]) -> Comparison {
    let pair = Pair::of(before, after);
    let further: Vec<Pair> = match further.len() + 1 >= ENOUGH_RUNS {
        true => further.iter().map(|record| Pair::of(record, after)).collect(),
        false => Vec::new(),
    };
    let counts = |family| pair.all().filter(|figure| figure.family == family).count();
    let families = [Family::Headline, Family::Request, Family::Step, Family::Detail]
        .map(|family| (family, counts(family)));
    let count = |family| families.iter().find(|(of, _)| *of == family).map_or(1, |(_, count)| *count);
    let assumed = if is_one_machine(&before.run, &after.run) { ON_ONE_MACHINE } else { BETWEEN_RUNS };
    let change = |step: Option<&str>, figure: &Figure| {
        let runs: Vec<_> =
            further.iter().filter_map(|pair| pair.find(step, &figure.name)?.estimates[0]).collect();
        let between = match figure.estimates[0] {
            Some(first) if runs.len() == further.len() && !runs.is_empty() => {
                Between::Measured([vec![first], runs].concat())
            }
            _ => Between::Assumed(assumed),
        };
        Change::of(figure, &between, count(figure.family))
    };
    let changes: Vec<Change> = pair.whole.iter().map(|figure| change(None, figure)).collect();
    let steps: Vec<StepChange> = pair
        .steps
        .iter()
        .map(|(name, figures)| StepChange {
            name: name.clone(),
            changes: figures.iter().map(|figure| change(Some(name), figure)).collect(),
        })
        .collect();
    let name = |record: &Record| record.run.test.name.clone();
    let comparison = Comparison {
        before: name(before),
        after: name(after),
        runs: further.len() + 1,
        outcomes: outcomes(before, after),
        changes,
        steps,
        ..Comparison::default()
    };
    let conclusion = comparison.concluded();
    Comparison { conclusion, regression: conclusion == Conclusion::Regression, ..comparison }
}

impl Comparison {
    /// All figures, those of steps with the name of the step.
    pub fn figures(&self) -> impl Iterator<Item = (Option<&str>, &Change)> {
        let steps = self
            .steps
            .iter()
            .flat_map(|step| step.changes.iter().map(move |change| (Some(step.name.as_str()), change)));
        self.changes.iter().map(|change| (None, change)).chain(steps)
    }

    fn concluded(&self) -> Conclusion {
        let is_worse = self.outcomes.iter().any(|outcome| outcome.answer == Answer::Worse)
            || self.figures().any(|(_, change)| change.answer == Answer::Worse);
        let mut of_run = self.changes.iter().filter(|change| change.about == About::Run).peekable();
        let is_told = of_run.peek().is_some()
            && of_run.all(|change| change.answer != Answer::Unknown)
            && self.outcomes.iter().all(|outcome| outcome.answer != Answer::Unknown);
        match (is_worse, is_told) {
            (true, _) => Conclusion::Regression,
            (false, true) => Conclusion::NoRegression,
            (false, false) => Conclusion::NotJudged,
        }
    }
}

impl Change {
    fn of(figure: &Figure, between: &Between, count: usize) -> Self {
        let about = match figure.family {
            // The mean follows the others; of the last hundredth a short run never tells.
            Family::Headline if figure.worse != Worse::Neither && !is_of_tail(&figure.name) => About::Run,
            Family::Request => About::Request,
            _ => About::Detail,
        };
        let change =
            Self { name: figure.name.clone(), unit: figure.unit.to_owned(), about, ..Self::default() };
        let Some(difference) = difference(figure, between, count) else { return change };
        let (before, after) = (difference.before, difference.after);
        Self {
            before: Some(before),
            after: Some(after),
            relative: (before != 0.0).then(|| (after - before) / before.abs()),
            interval: difference.interval,
            answer: answer(figure, &difference),
            ..change
        }
    }

    /// Whether the interval is in points or units, and not relative.
    pub fn is_absolute(&self) -> bool {
        self.interval.is_some_and(|interval| interval.scale == Scale::Absolute)
    }
}

/// Whether load and target were on the same machine in both runs, and it was not started anew in between.
fn is_one_machine(before: &RunInfo, after: &RunInfo) -> bool {
    before.host.boot.is_some() && before.host.boot == after.host.boot && before.is_local() && after.is_local()
}

fn is_of_tail(name: &str) -> bool {
    name.ends_with(" avg") || name.ends_with(" p(99)")
}

impl Pair {
    fn of(before: &Record, after: &Record) -> Self {
        let sides = [Side::of(before), Side::of(after)];
        let frame = Frame::whole(&sides);
        let mut whole = of_metrics(&sides, &frame);
        whole.extend(of_dynamodb(&sides, &frame));
        whole.extend(of_requests(&sides, &frame));
        whole.extend(of_target(&sides, &frame));
        let steps = common_steps(&sides);
        let steps = match steps.len() {
            // A single step is the run itself.
            0 | 1 => Vec::new(),
            _ => steps
                .iter()
                .map(|step| (step.name.clone(), of_step(&sides, &Frame::step(&sides, step))))
                .collect(),
        };
        Self { whole, steps }
    }

    fn all(&self) -> impl Iterator<Item = &Figure> {
        self.whole.iter().chain(self.steps.iter().flat_map(|(_, figures)| figures))
    }

    fn find(&self, step: Option<&str>, name: &str) -> Option<&Figure> {
        let figures = match step {
            None => &self.whole,
            Some(step) => &self.steps.iter().find(|(name, _)| name == step)?.1,
        };
        figures.iter().find(|figure| figure.name == name)
    }
}
