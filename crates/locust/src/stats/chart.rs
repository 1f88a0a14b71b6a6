//! A chart is lines over the time of a run, as SVG without anything from elsewhere: the live page and the report have the same.

use maud::{Markup, html};

use super::history::Point;

/// The drawing, and the room around its lines.
const SIZE: (f64, f64) = (480.0, 220.0);
const LEFT: f64 = 60.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;

/// One line: its name, its colour's class, and its values; there is no line where there is no value.
struct Line {
    name: String,
    colour: &'static str,
    values: Vec<Option<f64>>,
}

/// The charts of a run.
pub(crate) fn charts(points: &[Point], shares: &[f64]) -> Markup {
    const COLOURS: [&str; 6] = ["teal", "purple", "amber", "blue", "red", "brown"];
    let line = |name: &str, colour, of: fn(&Point) -> f64| Line {
        name: name.to_owned(),
        colour,
        values: points.iter().map(|point| Some(of(point))).collect(),
    };
    let times = shares.iter().zip(COLOURS.iter().cycle()).enumerate().map(|(at, (share, colour))| Line {
        name: format!("{} % of requests", (share * 1e6).round() / 1e4),
        colour,
        values: points.iter().map(|point| point.percentiles.get(at).copied()).collect(),
    });
    let begin = points.first().map_or(0.0, |point| point.time);
    let seconds: Vec<f64> = points.iter().map(|point| point.time - begin).collect();
    let rates = [line("requests", "blue", |point| point.rps), line("failures", "red", |point| point.fps)];
    let users = [line("users", "teal", |point| point.users)];
    html! {
        (chart("Requests per second", "/s", &seconds, &rates))
        (chart("Response times", "ms", &seconds, &times.collect::<Vec<_>>()))
        (chart("Users", "", &seconds, &users))
    }
}

fn chart(title: &str, unit: &str, seconds: &[f64], lines: &[Line]) -> Markup {
    let values = lines.iter().flat_map(|line| line.values.iter().flatten());
    let most = values.copied().fold(0.0, f64::max);
    let (step, top) = steps(most);
    let length = seconds.last().copied().unwrap_or_default().max(1.0);
    let x = |second: f64| LEFT + second / length * (SIZE.0 - LEFT - RIGHT);
    let y = |value: f64| SIZE.1 - BOTTOM - value / top * (SIZE.1 - TOP - BOTTOM);
    let grid = (0..=5).map(|number| f64::from(number) * step).filter(|value| *value <= top * 1.0001);
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    html! {
        figure {
            h3 { (title) }
            svg viewBox={ "0 0 " (SIZE.0) " " (SIZE.1) } role="img" aria-label={ (title) ": up to " (number(most)) (unit) } {
                @for value in grid.filter(|_| !seconds.is_empty()) {
                    line class="grid" x1=(LEFT) x2=(SIZE.0 - RIGHT) y1=(at(y(value))) y2=(at(y(value))) {}
                    text class="scale" x=(LEFT - 8.0) y=(at(y(value) + 5.0)) text-anchor="end" { (number(value)) }
                }
                @for part in (0..=4).filter(|_| !seconds.is_empty()) {
                    @let second = length * f64::from(part) / 4.0;
                    @let anchor = match part { 0 => "start", 4 => "end", _ => "middle" };
                    text class="scale" x=(at(x(second))) y=(SIZE.1 - 8.0) text-anchor=(anchor) { (clock(second)) }
                }
                @for line in lines {
                    path class={ "line " (line.colour) } d=(path(line, seconds, &x, &y)) {}
                }
                @if seconds.is_empty() {
                    text class="scale" x=(SIZE.0 / 2.0) y=(SIZE.1 / 2.0) text-anchor="middle" { "nothing yet" }
                }
            }
            figcaption {
                @for line in lines {
                    @let last = line.values.iter().rev().flatten().next();
                    span { i class=(line.colour) {} (line.name) @if let Some(last) = last { b { (number(*last)) (unit) } } }
                }
            }
        }
    }
}

/// The line as a path, with a gap where there is no value; a value alone is a dot.
fn path(line: &Line, seconds: &[f64], x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (second, value) in seconds.iter().zip(&line.values) {
        if let Some(value) = value {
            let (across, up) = (at(x(*second)), at(y(*value)));
            path.push_str(&match is_open {
                true => format!("L{across} {up}"),
                false => format!("M{across} {up}h.01"),
            });
        }
        is_open = value.is_some();
    }
    path
}

/// The distance of grid lines, and the topmost: one, two or five times a power of ten, so that there are up to five.
fn steps(most: f64) -> (f64, f64) {
    let most = if most > 0.0 { most } else { 1.0 };
    let power = 10_f64.powf((most / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| step * 5.0 >= most);
    let step = step.unwrap_or(10.0 * power);
    (step, (most / step).ceil() * step)
}

/// A coordinate, to a tenth.
fn at(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A value for people: thousands apart, decimals where they matter.
fn number(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        return format!("{}", (value * 100.0).round() / 100.0);
    }
    let digits = format!("{value:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Seconds since the beginning.
fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..3600 => format!("{}:{:02}", whole / 60, whole % 60),
        _ => format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_have_round_numbers() {
        for (most, step, top) in
            [(0.0, 0.2, 1.0), (0.7, 0.2, 0.8), (4.0, 1.0, 4.0), (37.0, 10.0, 40.0), (1234.0, 500.0, 1500.0)]
        {
            let found = steps(most);
            assert!((found.0 - step).abs() < 1e-9 && (found.1 - top).abs() < 1e-9, "{most}: {found:?}");
        }
        assert_eq!(
            (number(1234567.0), number(0.256), number(12.6)),
            ("1,234,567".into(), "0.26".into(), "13".into())
        );
        assert_eq!((clock(59.6), clock(3725.0)), ("1:00".to_owned(), "1:02:05".to_owned()));
    }

    #[test]
    fn a_line_has_gaps_where_there_is_no_value() {
        let values = vec![Some(1.0), Some(2.0), None, Some(3.0)];
        let line = Line { name: "a".into(), colour: "blue", values };
        let path = path(&line, &[0.0, 1.0, 2.0, 3.0], &|x| x, &|y| y);
        assert_eq!(path, "M0 1h.01L1 2M3 3h.01");
    }

    #[test]
    fn a_run_without_anything_has_charts_too() {
        let drawn = charts(&[], &[0.5]).into_string();
        assert_eq!(drawn.matches("<svg").count(), 3);
        assert!(drawn.contains("nothing yet") && !drawn.contains("NaN"), "{drawn}");
        let point = Point { time: 7.0, rps: 3.0, ..Point::default() };
        let drawn = charts(&[point], &[0.5, 0.95]).into_string();
        assert!(
            !drawn.contains("NaN") && !drawn.contains("inf") && drawn.contains("95 % of requests"),
            "{drawn}"
        );
    }
}
