//! The charts that were asked for: series of the target that are drawn whatever they are.

use flashcrowd_record::{Record, TimelineLine, nearest_series, only_grows};
use flashcrowd_text::{Lang, messages};
use indexmap::IndexSet;

use super::axis::Axis;
use super::course::Course;
use super::palette::{Ink, STACK};
use super::picture::{Layer, Picture};

messages! {
    fn about() { en: "A series of the target that was asked for.", ko: "요청한 대상 메트릭입니다." }
    fn about_growth() {
        en: "How much a series of the target that was asked for grew per second.",
        ko: "요청한 대상 메트릭의 초당 증가량입니다.",
    }
    fn sum(name: &str, series: usize) {
        en: "{name}, the sum of {series} series",
        ko: "{name}, 시계열 {series}개의 합계",
    }
    fn unknown(name: &str) {
        en: "{name} is not charted: no source reported such a series.",
        ko: "{name} 그래프는 없습니다. 이 이름의 메트릭이 수집되지 않았습니다.",
    }
    fn misspelt(name: &str, near: &str) {
        en: "{name} is not charted: no source reported such a series; the nearest that was seen is {near}.",
        ko: "{name} 그래프는 없습니다. 이 이름의 메트릭이 수집되지 않았으며, 수집된 것 중 가장 비슷한 이름은 {near}입니다.",
    }
}

/// A chart for each series that was asked for and was ever seen.
pub(crate) fn asked(course: &Course<'_>, record: &Record, lang: Lang) -> Vec<Picture> {
    let charts = &record.run.charts;
    if charts.is_empty() {
        return Vec::new();
    }
    let seen = seen(record);
    charts.iter().filter_map(|asked| chart(course, asked, &seen, lang)).collect()
}

/// What is said of those that were never seen.
pub(crate) fn not_seen(record: &Record, lang: Lang) -> Option<String> {
    let charts = &record.run.charts;
    let is_seen = |asked: &String| record.timeline.iter().any(|line| line.charted(asked).next().is_some());
    let missing: Vec<&String> = charts.iter().filter(|asked| !is_seen(asked)).collect();
    if missing.is_empty() {
        return None;
    }
    let seen = seen(record);
    let told = missing.into_iter().map(|asked| match nearest_series(asked, seen.iter().copied()) {
        Some(near) => misspelt(lang, asked, near),
        None => unknown(lang, asked),
    });
    Some(told.collect::<Vec<_>>().join(" "))
}

/// All series that the target ever reported.
fn seen(record: &Record) -> IndexSet<&str> {
    record.timeline.iter().flat_map(|line| line.target.keys().map(String::as_str)).collect()
}

/// One line a series; one for their sum, where they are more than there are inks.
fn chart(course: &Course<'_>, asked: &str, seen: &IndexSet<&str>, lang: Lang) -> Option<Picture> {
    let meant: IndexSet<&str> =
        course.lines().iter().flat_map(|line| line.charted(asked).map(|(name, _)| name)).collect();
    let grows = meant.first().is_some_and(|name| only_grows(name, seen.iter().copied()));
    let values = |of: &dyn Fn(&TimelineLine) -> Option<f64>| match grows {
        true => course.growth(of),
        false => course.values(of),
    };
    let (title, layers) = if meant.len() > STACK.len() {
        let whole =
            values(&|line| line.charted(asked).map(|(_, value)| value).reduce(|sum, value| sum + value));
        (sum(lang, asked, meant.len()), vec![Layer::line(asked.to_owned(), Ink::Teal, whole)])
    } else {
        let inks = STACK.into_iter().rev();
        let layer = |(name, ink): (&&str, Ink)| {
            Layer::line(labels(name, asked), ink, values(&|line| line.target.get(*name).copied()))
        };
        (asked.to_owned(), meant.iter().zip(inks).map(layer).collect())
    };
    let least = layers.iter().flat_map(|layer| layer.values.iter().flatten()).copied().fold(0.0, f64::min);
    let (unit, about) = if grows { ("/s", about_growth(lang)) } else { ("", about(lang)) };
    let mut picture = course.picture((title, about), unit.to_owned(), layers)?;
    if least < 0.0 {
        picture.y = Axis::between(least, picture.y.high());
    }
    Some(picture)
}

/// What tells a series from the others of its chart.
fn labels(series: &str, asked: &str) -> String {
    let labels = series.strip_prefix(asked).unwrap_or_default().trim_matches(['{', '}']);
    if labels.is_empty() { series.to_owned() } else { labels.to_owned() }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::RunInfo;

    use super::*;

    fn record(charts: &[&str], series: fn(f64) -> Vec<(String, f64)>) -> Record {
        let line = |at: u32| {
            let t = f64::from(at) + 1.0;
            TimelineLine {
                t,
                interval: 1.0,
                target: series(t).into_iter().collect(),
                ..TimelineLine::default()
            }
        };
        let charts = charts.iter().map(|asked| (*asked).to_owned()).collect();
        Record {
            run: RunInfo { charts, ..RunInfo::default() },
            timeline: (0..10).map(line).collect(),
            results: None,
            histograms: Default::default(),
        }
    }

    fn pictures(record: &Record) -> Vec<Picture> {
        asked(&Course::of(record), record, Lang::En)
    }

    #[test]
    fn a_stock_that_falls_below_zero_is_drawn_down_to_there() {
        let record = record(&["stock"], |t| vec![("stock".to_owned(), 3.0 - t), ("other".to_owned(), t)]);
        let drawn = pictures(&record);
        let [picture] = &drawn[..] else { panic!() };
        assert_eq!((picture.title.as_str(), picture.unit.as_str()), ("stock", ""));
        assert_eq!(picture.layers[0].values[9], Some(-7.0));
        assert!(picture.y.low() <= -7.0 && picture.y.high() >= 2.0, "{:?}", picture.y);
        assert_eq!(not_seen(&record, Lang::En), None);
    }

    #[test]
    fn each_series_of_a_name_has_a_line_as_long_as_there_are_inks() {
        let few = record(&["orders_total"], |t| {
            ["kr", "jp"].map(|at| (format!("orders_total{{shop=\"{at}\"}}"), t * 5.0)).to_vec()
        });
        let drawn = pictures(&few);
        let [picture] = &drawn[..] else { panic!() };
        let names: Vec<&str> = picture.layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!((names, picture.unit.as_str()), (vec!["shop=\"kr\"", "shop=\"jp\""], "/s"));
        assert_eq!(picture.layers[0].values, [vec![None], vec![Some(5.0); 9]].concat());
        let many = record(&["stock"], |t| (0..7).map(|at| (format!("stock{{item=\"{at}\"}}"), t)).collect());
        let drawn = pictures(&many);
        let [picture] = &drawn[..] else { panic!() };
        assert_eq!(picture.title, "stock, the sum of 7 series");
        assert_eq!(picture.layers[0].values[1], Some(14.0));
    }

    #[test]
    fn a_series_that_goes_away_leaves_a_gap() {
        let record =
            record(&["stock"], |t| if (4.0..7.0).contains(&t) { vec![] } else { vec![("stock".into(), t)] });
        let values = pictures(&record)[0].layers[0].values.clone();
        assert_eq!(values[2..7], [Some(3.0), None, None, None, Some(7.0)]);
    }

    #[test]
    fn what_was_never_seen_is_told_with_the_nearest() {
        let record =
            record(&["inventory_stok", "heap"], |_| vec![("inventory_stock{item=\"1\"}".to_owned(), 1.0)]);
        assert!(pictures(&record).is_empty());
        insta::assert_snapshot!(not_seen(&record, Lang::En).unwrap(), @"inventory_stok is not charted: no source reported such a series; the nearest that was seen is inventory_stock. heap is not charted: no source reported such a series.");
    }
}
