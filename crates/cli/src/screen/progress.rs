//! Progress is the state of every scenario at one moment, rendered as text.

use std::fmt::Write as _;
use std::time::Duration;

use flashcrowd_text::{Ink, cut, pad, plain_width, width};

use super::clock::clock;

/// The widest bar.
const WIDEST_BAR: usize = 40;

/// The narrowest bar; on narrower terminals lines are cut.
const NARROWEST_BAR: usize = 6;

/// The stage of a test.
///
/// | stage | next |
/// | --- | --- |
/// | `Init` | `Setup` when all virtual users are initialized, `Done` when one fails |
/// | `Setup` | `Running`, or `Done` when it throws |
/// | `Running` | `Teardown` when every scenario has ended, or on an abort |
/// | `Teardown` | `Done` |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Virtual users are being initialized.
    Init,
    /// No iteration starts until the run is resumed.
    Paused,
    /// `setup()` runs.
    Setup,
    /// Scenarios run.
    Running,
    /// `teardown()` runs.
    Teardown,
    /// The test has finished.
    Done,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Paused => "paused",
            Self::Setup => "setup()",
            Self::Running | Self::Done => "running",
            Self::Teardown => "teardown()",
        }
    }
}

/// The state of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScenarioState {
    /// It starts in this long.
    Waiting(Duration),
    /// It starts iterations.
    Running,
    /// It starts no more iterations and waits for those that run.
    Stopping,
    /// It has finished.
    Finished,
    /// It was interrupted, or some of its iterations were.
    Interrupted,
    /// The run ended before it began.
    NotStarted,
}

/// One scenario at one moment.
#[derive(Clone, Debug)]
pub struct ScenarioView {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: ScenarioState,
    /// Its progress, 0 to 1.
    pub bar: f64,
    /// Active virtual users.
    pub vus: u64,
    /// Its maximum number of virtual users.
    pub vus_max: u64,
    /// Iterations started per second, for arrival rates.
    pub rate_now: Option<f64>,
    /// Iterations that should start per second.
    pub rate_target: Option<f64>,
    /// Completed iterations.
    pub completed: u64,
    /// The planned number of iterations, if it has one.
    pub goal: Option<u64>,
    /// Dropped iterations.
    pub dropped: u64,
    /// The time since it started.
    pub elapsed: Duration,
    /// Its maximum duration, without graceful stop.
    pub length: Option<Duration>,
}

/// The whole test at one moment.
#[derive(Clone, Debug)]
pub struct ProgressView {
    /// The stage of the test.
    pub stage: Stage,
    /// The time since it started.
    pub elapsed: Duration,
    /// Its maximum duration, including graceful stop.
    pub length: Duration,
    /// Active virtual users.
    pub vus: u64,
    /// Initialized virtual users.
    pub vus_max: u64,
    /// Completed iterations.
    pub completed: u64,
    /// Interrupted iterations.
    pub interrupted: u64,
    /// Dropped iterations.
    pub dropped: u64,
    /// All scenarios, in their order.
    pub scenarios: Vec<ScenarioView>,
}

/// Progress for a terminal of this width, redrawn several times per second.
pub fn render(view: &ProgressView, columns: u16, color: bool) -> String {
    let columns = usize::from(columns);
    let widest = name_width(view);
    let tails = tails(view);
    let tail_width = tails.iter().map(|tail| plain_width(tail)).max().unwrap_or(0);
    let room = columns.saturating_sub(widest + tail_width + "  [] ".len() + 2);
    let bar_width = room.clamp(NARROWEST_BAR, WIDEST_BAR);
    let mut text = cut(&totals(view), columns) + "\n";
    for (scenario, tail) in view.scenarios.iter().zip(&tails) {
        let bar = Ink::Cyan.on(&bar(scenario.bar, bar_width), color);
        let line = format!("{} {} [{bar}] {tail}", pad(&scenario.name, widest), mark(scenario.state, color));
        text += cut(line.trim_end(), columns).as_str();
        text.push('\n');
    }
    text
}

/// Progress for a pipe or a file, written once per second: no bars, no colours.
pub fn render_plain(view: &ProgressView) -> String {
    let widest = name_width(view);
    let mut text = format!("\n{}\n", totals(view));
    for (scenario, tail) in view.scenarios.iter().zip(tails(view)) {
        let percent = (scenario.bar.clamp(0.0, 1.0) * 100.0).floor();
        let line = format!(
            "{} {} [ {percent:3.0}% ] {tail}",
            pad(&scenario.name, widest),
            mark(scenario.state, false)
        );
        let _infallible = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn name_width(view: &ProgressView) -> usize {
    view.scenarios.iter().map(|scenario| width(&scenario.name)).max().unwrap_or(0)
}

fn totals(view: &ProgressView) -> String {
    let clock = clock(view.elapsed, view.length);
    let mut text = format!("{} ({clock}), ", view.stage.word());
    // There are none where a run ended before its first virtual user was ready.
    if view.vus_max > 0 || view.stage != Stage::Done {
        let _infallible = write!(text, "{}/{} VUs, ", view.vus, view.vus_max);
    }
    let _infallible =
        write!(text, "{} complete and {} interrupted iterations", view.completed, view.interrupted);
    if view.dropped > 0 {
        let _infallible = write!(text, ", {} dropped", view.dropped);
    }
    text
}

fn mark(state: ScenarioState, color: bool) -> String {
    match state {
        ScenarioState::Waiting(_) | ScenarioState::NotStarted => Ink::Faint.on("•", color),
        ScenarioState::Running => " ".to_owned(),
        ScenarioState::Stopping => Ink::Yellow.on("↓", color),
        ScenarioState::Finished => Ink::Green.on("✓", color),
        ScenarioState::Interrupted => Ink::Red.on("✗", color),
    }
}

/// A bar of this many columns, filled by a share from 0 to 1.
pub fn bar(share: f64, columns: usize) -> String {
    let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the bar's width"
    )]
    let full = (share * columns as f64).floor() as usize;
    let head = if full == columns { "" } else { ">" };
    let rest = columns - full - head.len();
    format!("{}{head}{}", "=".repeat(full), "-".repeat(rest))
}

/// The text after the bars: columns as wide as their widest cell.
fn tails(view: &ProgressView) -> Vec<String> {
    let rows: Vec<[String; 4]> = view.scenarios.iter().map(cells).collect();
    let mut widths = [0; 4];
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = width(cell).max(*widest);
        }
    }
    let join = |row: &[String; 4]| {
        let cells = row.iter().zip(widths).filter(|(_, widest)| *widest > 0);
        let padded: Vec<String> = cells.map(|(cell, widest)| pad(cell, widest)).collect();
        padded.join("  ").trim_end().to_owned()
    };
    rows.iter().map(join).collect()
}

fn cells(scenario: &ScenarioView) -> [String; 4] {
    let words = |text: &str, clock: String| [text.to_owned(), clock, String::new(), String::new()];
    match scenario.state {
        ScenarioState::NotStarted => return words("not started", String::new()),
        ScenarioState::Waiting(starts_in) if starts_in.is_zero() => return words("waiting", String::new()),
        ScenarioState::Waiting(starts_in) => {
            return words("waiting", format!("-{}", clock(starts_in, starts_in)));
        }
        _ => {}
    }
    [vus(scenario), time(scenario), pace(scenario), dropped(scenario)]
}

fn vus(scenario: &ScenarioView) -> String {
    let most = scenario.vus_max.to_string();
    format!("{:0width$}/{most} VUs", scenario.vus, width = most.len())
}

fn time(scenario: &ScenarioView) -> String {
    match scenario.length {
        Some(length) => {
            let elapsed = clock(scenario.elapsed.min(length), length);
            format!("{elapsed}/{}", flashcrowd_engine::duration::format(length))
        }
        None => clock(scenario.elapsed, scenario.elapsed),
    }
}

fn pace(scenario: &ScenarioView) -> String {
    match (scenario.rate_now, scenario.rate_target, scenario.goal) {
        (Some(now), Some(target), _) => format!("{now:.1}/{target:.1} iters/s"),
        (None, Some(target), _) => format!("{target:.1} iters/s"),
        (_, None, Some(goal)) => {
            let goal = goal.to_string();
            format!("{:0width$}/{goal} iters", scenario.completed, width = goal.len())
        }
        (_, None, None) => String::new(),
    }
}

fn dropped(scenario: &ScenarioView) -> String {
    if scenario.dropped > 0 { format!("{} dropped", scenario.dropped) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn scenario(name: &str, state: ScenarioState, bar: f64) -> ScenarioView {
        ScenarioView {
            name: name.to_owned(),
            state,
            bar,
            vus: 2,
            vus_max: 20,
            rate_now: None,
            rate_target: None,
            completed: 18,
            goal: None,
            dropped: 0,
            elapsed: secs(30.0 * bar),
            length: Some(secs(30.0)),
        }
    }

    fn view() -> ProgressView {
        let peak = ScenarioView {
            rate_now: Some(98.25),
            rate_target: Some(100.0),
            dropped: 7,
            ..scenario("peak", ScenarioState::Running, 0.5)
        };
        let shared = ScenarioView {
            goal: Some(200),
            length: Some(secs(600.0)),
            ..scenario("checkout_flow", ScenarioState::Running, 0.09)
        };
        ProgressView {
            stage: Stage::Running,
            elapsed: secs(15.04),
            length: secs(660.0),
            vus: 8,
            vus_max: 80,
            completed: 1234,
            interrupted: 1,
            dropped: 7,
            scenarios: vec![
                peak,
                shared,
                scenario("later", ScenarioState::Waiting(secs(12.0)), 0.0),
                scenario("done", ScenarioState::Finished, 1.0),
                scenario("cut", ScenarioState::Interrupted, 0.7),
            ],
        }
    }

    #[test]
    fn on_a_wide_terminal() {
        insta::assert_snapshot!(render(&view(), 120, false));
    }

    #[test]
    fn on_a_narrow_terminal_no_line_wraps() {
        let text = render(&view(), 60, false);
        assert!(text.lines().all(|line| width(line) <= 60), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn colours_take_no_room() {
        let (plain, colored) = (render(&view(), 100, false), render(&view(), 100, true));
        assert!(colored.contains("\x1b[36m="));
        for (plain, colored) in plain.lines().zip(colored.lines()) {
            assert_eq!(plain_width(plain), plain_width(colored));
        }
    }

    #[test]
    fn in_a_pipe() {
        insta::assert_snapshot!(render_plain(&view()));
    }

    #[test]
    fn before_anything_is_known() {
        let mut view = ProgressView { stage: Stage::Init, scenarios: Vec::new(), ..view() };
        assert_eq!(
            render(&view, 80, false),
            "init (00m15.0s), 8/80 VUs, 1234 complete and 1 interrupted iterations, 7 dropped\n"
        );
        view.scenarios.push(ScenarioView { bar: f64::NAN, ..scenario("x", ScenarioState::Running, 0.0) });
        assert_eq!(render(&view, 0, false).lines().count(), 2);
    }
}
