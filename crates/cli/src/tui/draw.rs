//! Drawing puts a run onto a terminal of any size: what has no room is left out, from the least important on.

use flashcrowd_live::{Request, ScenarioView, Standing, View};
use flashcrowd_text::{figure, one_line};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Row, Table};

use super::chart::{rates, times};
use super::figures::figures;
use super::keys::Keys;
use super::text::{NOTHING, clock, failures, time, whole};

/// What is drawn.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) standing: &'a Standing,
    /// The last lines of the log, the newest one last.
    pub(super) log: &'a [String],
    pub(super) keys: &'a Keys,
    pub(super) color: bool,
}

/// Whether there are colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look(bool);

impl Look {
    pub(super) fn has_color(self) -> bool {
        self.0
    }

    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn bad(self) -> Style {
        self.colored(Color::Red)
    }

    fn bad_if(self, is_bad: bool) -> Style {
        if is_bad { self.bad() } else { Style::new() }
    }

    fn calm(self) -> Style {
        if self.0 { Style::new().fg(Color::Cyan) } else { Style::new() }
    }

    fn good(self) -> Style {
        self.colored(Color::Green)
    }

    fn colored(self, color: Color) -> Style {
        if self.0 { self.strong().fg(color) } else { self.strong() }
    }

    /// A panel with a title.
    pub(super) fn block<'a>(self, title: impl Into<Line<'a>>) -> Block<'a> {
        Block::new().borders(Borders::TOP).border_style(self.dim()).title(title)
    }
}

/// A text with a blank behind it.
pub(super) fn padded(text: &str) -> String {
    format!("{text} ")
}

/// Draws a run.
pub(super) fn draw(frame: &mut Frame<'_>, shown: &Shown<'_>) {
    let look = Look(shown.color);
    let area = frame.area();
    let view = shown.standing.view.as_deref();
    let rooms = Rooms::of(area.height, view, shown.log.len());
    let heights = [1, 1, rooms.charts, rooms.scenarios, rooms.requests, rooms.verdicts, rooms.log, 1];
    let parts: [Rect; 8] = Layout::vertical(heights.map(Constraint::Length)).areas(area);
    let [head, line, charts, scenarios, requests, verdicts, log, foot] = parts;
    frame.render_widget(header(shown.standing, look), head);
    frame.render_widget(footer(shown, look), foot);
    if let Some(view) = view {
        frame.render_widget(figures(view, look), line);
        if rooms.charts > 0 {
            let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).spacing(2).areas(charts);
            rates(frame, left, &shown.standing.points, look);
            times(frame, right, &shown.standing.points, look);
        }
        frame.render_widget(scenario_table(view, area.width, look), scenarios);
        frame.render_widget(request_table(view, area.width, look), requests);
        let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).spacing(2).areas(verdicts);
        frame.render_widget(threshold_table(view, look), left);
        frame.render_widget(error_table(view, look), right);
    }
    frame.render_widget(log_lines(shown.log, log.height, look), log);
}

/// How many lines every part has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rooms {
    charts: u16,
    scenarios: u16,
    requests: u16,
    verdicts: u16,
    log: u16,
}

impl Rooms {
    /// Divides the height of a terminal. Tables have a line above them and one of headings.
    fn of(height: u16, view: Option<&View>, log: usize) -> Self {
        let rows = |count: usize, most: usize| u16::try_from(count.min(most)).unwrap_or(u16::MAX);
        // The head, the figures and the keys.
        let mut left = height.saturating_sub(3);
        let mut take = |wanted: u16, least: u16| {
            let taken = if left >= least { wanted.min(left) } else { 0 };
            left -= taken;
            taken
        };
        let Some(view) = view else { return Self { log: take(rows(log + 1, 40), 2), ..Self::default() } };
        let scenarios = take(rows(view.scenarios.len(), 5) + 2, 3);
        let requests = take(rows(view.requests.len(), 4) + 2, 3);
        let found = view.thresholds.len().max(view.errors.len());
        let verdicts = if found > 0 { take(rows(found, 5) + 1, 2) } else { 0 };
        let charts = take(8, 6);
        let log = if log > 0 { take(rows(log, 6) + 1, 2) } else { 0 };
        let more = take(rows(view.requests.len().saturating_sub(4), 100), 0);
        let charts = charts + if charts > 0 { take(8, 0) } else { 0 };
        Self { charts, scenarios, requests: requests + more, verdicts, log }
    }
}

fn header<'a>(standing: &Standing, look: Look) -> Line<'a> {
    let subject = &standing.subject;
    let elapsed = standing.control.as_ref().map_or(0.0, |control| control.elapsed().as_secs_f64());
    let is_paused = standing.control.as_ref().is_some_and(|control| control.is_paused());
    let stage = if is_paused { "paused" } else { standing.stage };
    let length = if subject.length > 0.0 { format!(" of {}", clock(subject.length)) } else { String::new() };
    let name = if subject.name.is_empty() { &subject.source } else { &subject.name };
    let mut spans = vec![
        Span::styled(" flashcrowd  ", look.dim()),
        Span::styled(one_line(name).into_owned(), look.strong()),
    ];
    if let Some(target) = &subject.target {
        spans.push(Span::styled(format!("  {}", one_line(target)), look.dim()));
    }
    let style = if is_paused { look.colored(Color::Yellow) } else { look.colored(Color::Cyan) };
    spans.push(Span::styled(format!("  {stage} "), style));
    spans.push(Span::raw(format!("{}{length}", clock(elapsed))));
    Line::from(spans)
}

fn footer<'a>(shown: &Shown<'_>, look: Look) -> Line<'a> {
    if let Some(notice) = &shown.keys.notice {
        return Line::styled(format!(" {notice}"), look.colored(Color::Yellow));
    }
    let control = shown.standing.control.as_deref();
    let what = match control {
        Some(control) if control.scale().is_some() => Some("virtual users"),
        Some(control) if control.rate().is_some() => Some("rate"),
        _ => None,
    };
    let can_scale = what.is_some();
    let keys = [("p", "pause or go on"), ("+ -", what.unwrap_or_default()), ("q", "end the test")];
    let spans = keys.into_iter().filter(|(key, _)| *key != "+ -" || can_scale).flat_map(|(key, does)| {
        [Span::styled(format!(" {key} "), look.strong()), Span::styled(padded(does), look.dim())]
    });
    Line::from(spans.collect::<Vec<_>>())
}

/// A column of a table: its heading, its width, its cells, and how wide a terminal has to be for it.
type Column<'a, T> = (&'static str, Constraint, fn(&T, Look) -> Span<'a>, u16);

/// The columns that there is room for.
fn table<'a, T>(rows: &[T], columns: &[Column<'a, T>], width: u16, look: Look) -> Table<'a> {
    let shown: Vec<_> = columns.iter().filter(|column| width >= column.3).collect();
    let cells = |row: &T| Row::new(shown.iter().map(|column| column.2(row, look)).collect::<Vec<_>>());
    Table::new(rows.iter().map(cells).collect::<Vec<_>>(), shown.iter().map(|column| column.1))
        .header(Row::new(shown.iter().map(|column| column.0).collect::<Vec<_>>()).style(look.dim()))
        .block(look.block(""))
}

fn scenario_table<'a>(view: &View, width: u16, look: Look) -> Table<'a> {
    let columns: [Column<'a, ScenarioView>; 8] = [
        ("scenario", Constraint::Fill(1), |one, _| Span::raw(one_line(&one.name).into_owned()), 0),
        ("", Constraint::Length(BAR), |one, look| Span::styled(bar(one.progress), look.calm()), 110),
        ("", Constraint::Length(8), |one, _| Span::raw(progress(one)), 0),
        ("VUs", Constraint::Length(11), |one, _| Span::raw(format!("{}/{}", one.vus, one.vus_max)), 0),
        ("due", Constraint::Length(9), |one, _| Span::raw(due(one)), 70),
        ("iterations", Constraint::Length(15), |one, _| Span::raw(iterations(one)), 50),
        ("failed", Constraint::Length(8), |one, look| counted(one.failed, look), 90),
        ("dropped", Constraint::Length(8), |one, look| counted(one.dropped, look), 60),
    ];
    table(&view.scenarios, &columns, width, look)
}

fn progress(one: &ScenarioView) -> String {
    match one.state {
        "running" => format!("{:3.0}%", (one.progress * 100.0).floor()),
        state => state.to_owned(),
    }
}

fn due(one: &ScenarioView) -> String {
    one.rate.map_or(NOTHING.to_owned(), |rate| format!("{}/s", figure::number(rate)))
}

fn iterations(one: &ScenarioView) -> String {
    let of = one.planned.map_or_else(String::new, |planned| format!("/{}", figure::count(planned)));
    format!("{}{of}", figure::count(one.completed))
}

fn counted<'a>(bad: u64, look: Look) -> Span<'a> {
    Span::styled(figure::count(bad), look.bad_if(bad > 0))
}

/// How wide a bar is.
const BAR: u16 = 20;

/// A bar that is filled as far as something has come.
fn bar(progress: f64) -> String {
    let width = usize::from(BAR);
    let filled = (progress.clamp(0.0, 1.0) * width as f64).floor() as usize;
    "━".repeat(filled) + &"─".repeat(width - filled)
}

fn request_table<'a>(view: &View, width: u16, look: Look) -> Table<'a> {
    let narrow = Constraint::Length(9);
    let columns: [Column<'a, Request>; 8] = [
        ("request", Constraint::Fill(1), |one, _| Span::raw(named(&one.method, &one.name)), 0),
        ("count", Constraint::Length(11), |one, _| Span::raw(whole(one.count)), 0),
        ("failed", Constraint::Length(16), failed, 0),
        ("avg", narrow, |one, _| of(one, 0), 110),
        ("p50", narrow, |one, _| of(one, 1), 90),
        ("p95", narrow, |one, _| of(one, 2), 50),
        ("p99", narrow, |one, _| of(one, 3), 70),
        ("max", narrow, |one, _| of(one, 4), 100),
    ];
    table(&view.requests, &columns, width, look)
}

/// A request, without the host that most have in common.
fn named(method: &str, name: &str) -> String {
    let path = name.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    one_line(&format!("{method} {}", path.unwrap_or(name))).into_owned()
}

fn failed<'a>(one: &Request, look: Look) -> Span<'a> {
    Span::styled(failures(one.failed, one.count), look.bad_if(one.failed > 0.0))
}

fn of<'a>(one: &Request, at: usize) -> Span<'a> {
    Span::raw(time(one.times.get(at).copied()))
}

fn threshold_table<'a>(view: &View, look: Look) -> Table<'a> {
    let rows = view.thresholds.iter().map(|one| {
        let (mark, style) = if one.ok { ("✓", look.good()) } else { ("✗", look.bad()) };
        let value = one.value.map_or(NOTHING.to_owned(), figure::number);
        Row::new([
            Span::styled(mark, style),
            Span::raw(one_line(&format!("{} {}", one.metric, one.source)).into_owned()),
            Span::raw(value),
        ])
    });
    Table::new(rows, [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(9)])
        .block(look.block(if view.thresholds.is_empty() { "" } else { " thresholds " }))
}

fn error_table<'a>(view: &View, look: Look) -> Table<'a> {
    let rows = view.errors.iter().map(|one| {
        Row::new([
            Span::styled(one.code.clone(), look.bad()),
            Span::raw(named(&one.method, &one.name)),
            Span::raw(whole(one.count)),
        ])
    });
    Table::new(rows, [Constraint::Length(11), Constraint::Fill(1), Constraint::Length(9)])
        .block(look.block(if view.errors.is_empty() { "" } else { " failures " }))
}

fn log_lines<'a>(log: &[String], height: u16, look: Look) -> Paragraph<'a> {
    let newest = log.len().saturating_sub(usize::from(height.saturating_sub(1)));
    let lines: Vec<Line<'a>> =
        log[newest..].iter().map(|line| Line::raw(one_line(line).into_owned())).collect();
    Paragraph::new(lines).block(look.block(if log.is_empty() { "" } else { " log " }))
}
