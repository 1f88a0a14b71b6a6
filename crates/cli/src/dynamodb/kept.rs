//! What is kept of a day besides its record: a log to read, and a small result for programs.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;
use flashcrowd_dynamodb::Measures;
use flashcrowd_prime_day::Sales;
use flashcrowd_record::Results;
use serde_json::{Value, json};

use super::counted::Counted;
use super::place::Place;
use super::size::Size;
use super::tally::{Count, Tally, counter};
use crate::log::Logger;

/// The log's name.
const LOG: &str = "load_test.log";

/// The result's name.
const RESULT: &str = "load_test_result.json";

/// The version of the result's form.
const VERSION: u32 = 1;

/// A day that is over, as it is kept.
pub struct Kept<'a> {
    /// How many came and for how long.
    pub size: &'a Size,
    /// Where it was.
    pub place: &'a Place,
    /// What was measured.
    pub results: &'a Results,
    /// What was ordered.
    pub sales: &'a Sales,
    /// What was counted twice.
    pub counted: Option<Counted>,
}

/// Two loggers: one for the file alone, and one for the file and everybody. The result of a run before is removed.
pub fn open_log(log: &Logger, folder: &Path) -> anyhow::Result<(Logger, Logger)> {
    let path = folder.join(LOG);
    // A folder that is used again holds the log of its last run only, as it does with the record.
    File::create(&path).with_context(|| format!("cannot write the log to {}", path.display()))?;
    // Else a run that does not come to its end would lie beside the result of the one before.
    let result = folder.join(RESULT);
    match std::fs::remove_file(&result) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove '{}'", result.display()));
        }
        _ => {}
    }
    Ok((log.to_file(&path)?, log.and_file(&path)?))
}

impl Kept<'_> {
    /// Writes the result.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(RESULT);
        let text = format!("{:#}\n", self.json());
        // Under another name first, so that its own always stands for a whole one.
        let unfinished = path.with_extension("json.part");
        std::fs::write(&unfinished, text)
            .and_then(|()| std::fs::rename(&unfinished, &path))
            .with_context(|| format!("cannot write '{}'", path.display()))
    }

    fn json(&self) -> Value {
        let (results, tally) = (self.results, Tally::of_results(self.results));
        let counter = |name| counter(results, name);
        let waited = results.metric("dynamodb_back_off").map_or(0.0, |metric| metric.stats.value("sum"));
        let success = tally.success_percent();
        let sales = self.sales;
        json!({
            "version": VERSION,
            "mode": self.size.mode.name(),
            "endpoint_url": self.place.service.endpoint.url,
            "region": self.place.service.endpoint.region,
            "practice": self.place.is_here(),
            "workers": self.size.workers.total(),
            "start": results.start,
            "seconds": rounded(results.seconds, 3),
            "requests": tally.requests(),
            "rps": rounded(tally.rate(results.seconds), 2),
            "product_queries": ended(tally.reads),
            "orders": ended(tally.orders),
            "throttles": tally.throttled,
            "success_percent": rounded(success, 2),
            "failure_percent": rounded(100.0 - success, 2),
            "calls": counter("dynamodb_calls"),
            "attempts": counter("dynamodb_attempts"),
            "gave_up": counter("dynamodb_gave_up"),
            "condition_failed": counter("dynamodb_condition_failed"),
            "conflicts": counter("dynamodb_conflicts"),
            "errors": counter("dynamodb_errors"),
            "back_off_seconds": rounded(waited / 1000.0, 3),
            "consumed": consumed(results),
            "takings": {
                "orders": sales.orders,
                "lines": sales.lines,
                "items": sales.items,
                "total": sales.total.money(),
                "sold_out": sales.sold_out,
                "refused": sales.refused,
                "unsettled": sales.unsettled,
            },
            "endpoint": self.counted.map(|counted| json!({
                "attempts": counted.endpoint.all,
                "throttled": counted.endpoint.throttled,
            })),
            "verdict": results.verdict,
        })
    }
}

fn ended(count: Count) -> Value {
    json!({ "ok": count.ok, "failed": count.failed })
}

/// Capacity units by table, index and kind.
fn consumed(results: &Results) -> Value {
    let rows = results.rows.iter().filter(|row| row.view == Measures::VIEW);
    let mut lines: Vec<(&str, Option<&str>, &str, f64)> = Vec::new();
    for row in rows {
        let kind = match row.metric.as_str() {
            "dynamodb_consumed_read" => "read",
            "dynamodb_consumed_write" => "write",
            _ => continue,
        };
        let of = |tag: &str| row.tags.get(tag).map(String::as_str);
        let (table, index) = (of("table").unwrap_or_default(), of("index"));
        let units = row.stats.value("count");
        match lines.iter_mut().find(|line| (line.0, line.1, line.2) == (table, index, kind)) {
            Some(line) => line.3 += units,
            None => lines.push((table, index, kind, units)),
        }
    }
    lines.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    let line = |(table, index, kind, units): (&str, Option<&str>, &str, f64)| json!({ "table": table, "index": index, "kind": kind, "units": units });
    lines.into_iter().map(line).collect()
}

fn rounded(value: f64, places: i32) -> f64 {
    let factor = 10_f64.powi(places);
    (value * factor).round() / factor
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use flashcrowd_dynamodb::{Credentials, Endpoint, Retry, Service};
    use flashcrowd_http::ClientConfig;
    use flashcrowd_prime_day::Tables;

    use super::super::counted::Attempts;
    use super::super::details::tests::sample;
    use super::super::size::{Mode, Split};
    use super::*;
    use crate::log::Settings;
    use crate::screen::tests::console;

    #[test]
    fn the_result_is_small_and_has_no_secret() {
        let place = Place {
            service: Arc::new(Service {
                endpoint: Endpoint::at("http://localhost:8000", "us-east-1").unwrap(),
                credentials: Credentials::fixed("AKIAEXAMPLE", "a-secret"),
                retry: Retry::default(),
                timeout: Duration::from_secs(1),
            }),
            tables: Tables::new(""),
            http: ClientConfig::default().build().unwrap(),
            desk: None,
            fallback: None,
        };
        let workers = Split { reads: 3, orders: 2 };
        let size = Size { mode: Mode::Demo, workers, rates: None, duration: Duration::from_secs(10) };
        let sales = Sales { orders: 9, total: "1234.5".parse().unwrap(), ..Sales::default() };
        let attempts = Attempts { all: 46, throttled: 6 };
        let counted = Some(Counted { client: attempts, endpoint: attempts, interrupted: 0, lost: 0 });
        let kept = Kept { size: &size, place: &place, results: &sample(), sales: &sales, counted };
        insta::assert_snapshot!("load_test_result", format!("{:#}", kept.json()));
    }

    #[test]
    fn the_result_of_the_run_before_is_gone_when_another_begins() {
        let (folder, (console, _, _)) = (tempfile::tempdir().unwrap(), console(false, false));
        let log = Logger::open(&Settings::default(), &Arc::new(console)).unwrap();
        std::fs::write(folder.path().join(RESULT), "{}").unwrap();
        open_log(&log, folder.path()).unwrap();
        assert!(!folder.path().join(RESULT).exists());
    }

    #[test]
    fn a_log_that_is_there_is_begun_anew_and_warnings_go_to_everybody() {
        let (folder, (console, _, err)) = (tempfile::tempdir().unwrap(), console(false, false));
        let log = Logger::open(&Settings::default(), &Arc::new(console)).unwrap();
        for _ in 0..2 {
            let (journal, both) = open_log(&log, folder.path()).unwrap();
            journal.say(crate::log::Level::Info, "progress", &[("elapsed", "10")]);
            both.warn("every call fails");
        }
        let text = std::fs::read_to_string(folder.path().join(LOG)).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, ["level=info msg=progress elapsed=10", "level=warning msg=\"every call fails\""]);
        assert_eq!(err.text().lines().count(), 2, "{}", err.text());
    }
}
