//! Columns are what makes the lines of metrics stand in line: the widths of names, values and extras.

use flashcrowd_metrics::Kind;

use super::shown::Shown;
use super::style::{self, Style};
use flashcrowd_record::SummaryOptions;
use flashcrowd_text::{format, pad, width};

/// Dots after the longest name.
const DOTS: usize = 3;
/// How far a sub-metric stands in from its metric.
const SUB_INDENT: usize = 2;

/// One metric, as text but not yet in line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    indent: usize,
    label: String,
    cells: Cells,
    mark: Option<bool>,
}

#[derive(Clone, Debug)]
enum Cells {
    /// `stat=value`, each in its own column.
    Trend(Vec<(String, String)>),
    /// A value and what explains it.
    Plain { value: String, extras: Vec<String> },
}

impl Line {
    /// The line of a metric; its mark is whether its thresholds held, if it has any.
    pub(super) fn of(metric: &Shown<'_>, options: &SummaryOptions) -> Self {
        let all_ok = metric.thresholds.iter().all(|threshold| threshold.ok);
        Self {
            indent: if metric.parent.is_some() { SUB_INDENT } else { 0 },
            label: metric.label(),
            cells: cells(metric, options),
            mark: (!metric.thresholds.is_empty()).then_some(all_ok),
        }
    }

    /// A line that is no metric's.
    pub(super) fn plain(label: &str, value: String, extra: String) -> Self {
        Self {
            indent: 0,
            label: label.to_owned(),
            cells: Cells::Plain { value, extras: vec![extra] },
            mark: None,
        }
    }

    /// Drops the mark, for lists that show thresholds apart.
    pub(super) fn without_mark(mut self) -> Self {
        self.mark = None;
        self
    }
}

fn cells(metric: &Shown<'_>, options: &SummaryOptions) -> Cells {
    let show = |value: f64| super::value::value(value, metric.contains, options.time_unit);
    let stat = |name: &str| metric.stats.value(name);
    match metric.kind {
        Kind::Trend => Cells::Trend(
            options
                .trend_stats
                .iter()
                .map(|name| {
                    // The percentiles of a run that was killed are not all known.
                    let value = metric.stats.get(name);
                    let text = |value| if name == "count" { format::number(value) } else { show(value) };
                    (name.clone(), value.map_or_else(|| "-".to_owned(), text))
                })
                .collect(),
        ),
        Kind::Counter => {
            Cells::Plain { value: show(stat("count")), extras: vec![format!("{}/s", show(stat("rate")))] }
        }
        Kind::Gauge => Cells::Plain {
            value: show(stat("value")),
            extras: vec![format!("min={}", show(stat("min"))), format!("max={}", show(stat("max")))],
        },
        Kind::Rate => {
            let (passes, total) = (stat("passes"), stat("passes") + stat("fails"));
            Cells::Plain {
                value: format::percent(stat("rate")),
                extras: vec![format!("{} out of {}", format::number(passes), format::number(total))],
            }
        }
    }
}

/// The widths that fit a set of lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    name: usize,
    trend: Vec<usize>,
    value: usize,
    extras: Vec<usize>,
}

impl Columns {
    /// The widths that fit these lines.
    pub(super) fn fit<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut columns = Self::default();
        for line in lines {
            columns.name = columns.name.max(line.indent + width(&line.label) + DOTS);
            match &line.cells {
                Cells::Trend(stats) => {
                    let widths = stats.iter().map(|(name, value)| width(name) + 1 + width(value));
                    widen(&mut columns.trend, widths);
                }
                Cells::Plain { value, extras } => {
                    columns.value = columns.value.max(width(value));
                    widen(&mut columns.extras, extras.iter().map(|extra| width(extra)));
                }
            }
        }
        columns
    }

    /// The line's text. A mark takes the last two places of the indent.
    pub(super) fn line(&self, line: &Line, indent: usize, style: Style) -> String {
        let indent = indent + line.indent;
        let left = match line.mark {
            Some(ok) => format!("{}{} ", " ".repeat(indent.saturating_sub(2)), style.mark(ok)),
            None => " ".repeat(indent),
        };
        let dots = ".".repeat(self.name.saturating_sub(line.indent + width(&line.label)));
        format!(
            "{left}{}{} {}",
            line.label,
            style.paint(style::DOTS, &format!("{dots}:")),
            self.cells(line, style)
        )
    }

    fn cells(&self, line: &Line, style: Style) -> String {
        match &line.cells {
            Cells::Trend(stats) => {
                let cells = stats.iter().zip(&self.trend).map(|((name, value), &room)| {
                    pad(&format!("{name}={}", style.paint(style::VALUE, value)), room)
                });
                cells.collect::<Vec<_>>().join(" ")
            }
            Cells::Plain { value, extras } => {
                let mut text = pad(&style.paint(style::VALUE, value), self.value);
                // A single extra ends the line; of several each has its column.
                let fill = extras.len() > 1;
                for (extra, &room) in extras.iter().zip(&self.extras) {
                    let painted = style.paint(style::EXTRA, extra);
                    text = format!("{text} {}", pad(&painted, if fill { room } else { 0 }));
                }
                text
            }
        }
    }
}

fn widen(columns: &mut Vec<usize>, widths: impl Iterator<Item = usize>) {
    for (at, width) in widths.enumerate() {
        if at == columns.len() {
            columns.push(0);
        }
        columns[at] = columns[at].max(width);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_line() -> impl Strategy<Value = Line> {
        let text = "[a-z가-힣µ]{1,12}";
        let trend = prop::collection::vec((Just("p(95)".to_owned()), text), 3..=3).prop_map(Cells::Trend);
        let plain = (text, prop::collection::vec(text, 2..=2))
            .prop_map(|(value, extras)| Cells::Plain { value, extras });
        (0usize..3, text, prop_oneof![trend, plain], any::<Option<bool>>())
            .prop_map(|(indent, label, cells, mark)| Line { indent, label, cells, mark })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn names_and_cells_stand_in_line_whatever_their_letters(lines in prop::collection::vec(any_line(), 1..8)) {
            let columns = Columns::fit(&lines);
            let texts: Vec<String> = lines.iter().map(|line| columns.line(line, 5, Style::default())).collect();
            let colons: Vec<usize> = texts.iter().map(|text| width(text.split(':').next().unwrap())).collect();
            prop_assert!(colons.iter().all(|&at| at == colons[0]), "{texts:#?}");
            for trends in [true, false] {
                let of_kind = |line: &Line| matches!(line.cells, Cells::Trend(_)) == trends;
                let widths: Vec<usize> =
                    lines.iter().zip(&texts).filter(|(line, _)| of_kind(line)).map(|(_, text)| width(text)).collect();
                prop_assert!(widths.iter().all(|&width| width == widths[0]), "{texts:#?}");
            }
        }

        #[test]
        fn colours_change_no_letter(line in any_line()) {
            let columns = Columns::fit([&line]);
            let mut text = columns.line(&line, 5, Style { color: true });
            while let (Some(start), Some(length)) = (text.find('\u{1b}'), text.find('\u{1b}').and_then(|at| text[at..].find('m'))) {
                text.replace_range(start..=start + length, "");
            }
            prop_assert_eq!(text, columns.line(&line, 5, Style::default()));
        }
    }
}
