//! Charts of a run's seconds, drawn with dots of a terminal's characters.

use flashcrowd_live::Point;
use flashcrowd_text::figure;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::draw::Look;
use super::text::clock;

/// A line of a chart.
type Plotted<'a> = (&'a str, Color, Vec<(f64, f64)>);

/// Requests a second, and those that failed.
pub(super) fn rates(frame: &mut Frame<'_>, area: Rect, points: &[Point], look: Look) {
    let of = |value: fn(&Point) -> f64| points.iter().map(|point| (point.t, value(point))).collect();
    let has = |value: fn(&Point) -> f64| points.iter().any(|point| value(point) > 0.0);
    let mut lines: Vec<Plotted<'_>> = vec![("requests/s", Color::Cyan, of(|point| point.rate))];
    if has(|point| point.dropped) {
        lines.push(("dropped/s", Color::Magenta, of(|point| point.dropped)));
    }
    if has(|point| point.failed) {
        lines.push(("failed/s", Color::Red, of(|point| point.failed)));
    }
    plot(frame, area, &lines, look);
}

/// Percentiles of response times.
pub(super) fn times(frame: &mut Frame<'_>, area: Rect, points: &[Point], look: Look) {
    let of = |at: usize| {
        let times = points.iter().filter_map(|point| point.times.map(|times| (point.t, times[at])));
        times.collect::<Vec<_>>()
    };
    let lines = [("p99 ms", Color::Red, of(2)), ("p95", Color::Yellow, of(1)), ("p50", Color::Green, of(0))];
    plot(frame, area, &lines, look);
}

fn plot(frame: &mut Frame<'_>, area: Rect, lines: &[Plotted<'_>], look: Look) {
    let all = || lines.iter().flat_map(|(_, _, points)| points);
    let (first, last) =
        match (all().map(|point| point.0).reduce(f64::min), all().map(|point| point.0).reduce(f64::max)) {
            (Some(first), Some(last)) if last > first => (first, last),
            (Some(first), _) => (first, first + 1.0),
            _ => (0.0, 1.0),
        };
    let most = ceiling(all().map(|point| point.1).fold(0.0, f64::max));
    let style = |color: Color| if look.has_color() { Style::new().fg(color) } else { Style::new() };
    let title: Vec<Span<'_>> =
        lines.iter().map(|(name, color, _)| Span::styled(format!(" {name} "), style(*color))).collect();
    // The last that is drawn lies on top.
    let sets = lines.iter().rev().map(|(_, color, points)| {
        Dataset::default()
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(style(*color))
            .data(points)
    });
    let chart = Chart::new(sets.collect())
        .block(look.block(Line::from(title)))
        .x_axis(Axis::default().bounds([first, last]).labels([clock(first), clock(last)]).style(look.dim()))
        .y_axis(
            Axis::default()
                .bounds([0.0, most])
                .labels(["0".to_owned(), figure::number(most)])
                .style(look.dim()),
        );
    frame.render_widget(chart, area);
}

/// A round number that is not below a value.
fn ceiling(value: f64) -> f64 {
    if !(value.is_finite() && value > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|step| *step >= value * 0.999).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_round_and_never_below() {
        for (value, expected) in [(0.0, 1.0), (0.07, 0.08), (1.0, 1.0), (14.0, 15.0), (801.0, 1000.0)] {
            let found = ceiling(value);
            assert!((found - expected).abs() < 1e-9, "{value}: {found}");
        }
        assert_eq!(ceiling(f64::NAN), 1.0);
    }
}
