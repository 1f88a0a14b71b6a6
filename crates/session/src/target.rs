//! The target's own metrics are read beside the run, once a second.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::Shared;
use flashcrowd_observe::{Latest, Note, Reading, Source, SourceError, Watch, open, open_all};
use flashcrowd_record::{is_meant, nearest_series};
use flashcrowd_test::{LoadError, Problem, TargetMetrics, Test};
use tokio::time::timeout;

use crate::run_info::charts;
use crate::settings::Settings;

/// How long the usual places may take to answer, together with what follows.
const TRIED_FOR: Duration = Duration::from_secs(5);

/// What the target says of itself; nothing where it is not asked, or does not answer.
#[derive(Debug, Default)]
pub(crate) struct Target(Option<Watch>);

impl Target {
    /// Opens all sources. One that was asked for and does not answer is reported; one that was only tried is not.
    pub(crate) async fn open(
        test: &dyn Test,
        settings: &Settings,
        mut sources: Vec<Box<dyn Source>>,
    ) -> Self {
        let TargetMetrics { at, tried } = metrics(test, settings);
        let mut failed = Vec::new();
        if !at.is_empty() || !tried.is_empty() {
            match client(test) {
                Ok(http) => {
                    let found = settings.interrupt.or(first_that_answers(&tried, &http, settings)).await;
                    sources.extend(found.flatten());
                    let (opened, wrong) = open_all(&at, &http);
                    sources.extend(opened);
                    failed.extend(wrong);
                }
                Err(error) => failed.push(SourceError::new(at.join(", "), error.to_string())),
            }
        }
        let asked = charts(test, settings);
        if sources.is_empty() && failed.is_empty() {
            if !asked.is_empty() && settings.target_metrics != Some(TargetMetrics::default()) {
                settings.warn(&format!(
                    "{}: the target reports nothing: name a source by --observe",
                    asked.join(", ")
                ));
            }
            return Self::default();
        }
        sources.iter_mut().for_each(|source| source.want(&asked));
        let watch = settings.interrupt.or(Watch::open(sources)).await;
        let watch = watch.map(|(watch, silent)| {
            failed.extend(silent);
            watch
        });
        for error in failed {
            settings.warn(&format!(
                "the target's metrics cannot be read, what needs them is not measured: {error}"
            ));
        }
        for text in watch.iter().flat_map(|watch| unknown(&asked, &watch.latest())) {
            settings.warn(&text);
        }
        Self(watch)
    }

    /// The last reading of all sources.
    pub(crate) fn latest(&self) -> Latest {
        self.0.as_ref().map_or_else(Latest::default, Watch::latest_with_ages)
    }

    /// What is to be said of the sources since the last time.
    pub(crate) fn take_notes(&self) -> Vec<Note> {
        self.0.as_ref().map_or_else(Vec::new, Watch::take_notes)
    }
}

/// What is wrong with the addresses of sources, before anything is sent.
pub(crate) fn check(test: &dyn Test, settings: &Settings) -> Result<(), LoadError> {
    let TargetMetrics { at, .. } = metrics(test, settings);
    if at.is_empty() {
        return Ok(());
    }
    let (_, failed) = open_all(&at, &client(test)?);
    let problems: Vec<Problem> = failed.into_iter().map(|error| Problem::new(error.to_string())).collect();
    if problems.is_empty() { Ok(()) } else { Err(LoadError::Problems(problems)) }
}

/// What is to be said of series that were asked for, and that the target does not report at the start.
fn unknown(asked: &[String], series: &Reading) -> Vec<String> {
    let seen = || series.keys().map(String::as_str);
    let missing = asked.iter().filter(|asked| !seen().any(|series| is_meant(series, asked)));
    let text = |asked: &String| match nearest_series(asked, seen()) {
        Some(near) => {
            format!("'{asked}' cannot be charted so far, no source has such a series: did you mean '{near}'?")
        }
        None => format!("'{asked}' cannot be charted so far, no source has such a series"),
    };
    missing.map(text).collect()
}

fn metrics(test: &dyn Test, settings: &Settings) -> TargetMetrics {
    let own = test.target_metrics();
    match &settings.target_metrics {
        None => own,
        // A page of metrics that was named takes the place of the usual ones; a database does not.
        Some(given) if given.at.is_empty() || given.at.iter().any(|source| source.starts_with("http")) => {
            given.clone()
        }
        Some(given) => TargetMetrics { tried: own.tried, ..given.clone() },
    }
}

/// The first source of these that answers at once.
async fn first_that_answers(
    urls: &[String],
    http: &Arc<Shared>,
    settings: &Settings,
) -> Option<Box<dyn Source>> {
    for url in urls {
        let opened = open(url, http);
        let read = match opened {
            Ok(mut source) => timeout(TRIED_FOR, source.read()).await.map(|read| read.map(|_| source)),
            Err(error) => Ok(Err(error)),
        };
        match read {
            Ok(Ok(source)) => return Some(source),
            Ok(Err(error)) => settings.debug(&format!("the target reports no metrics: {error}")),
            // One that does not answer here does not answer elsewhere.
            Err(_) => return None,
        }
    }
    None
}

fn client(test: &dyn Test) -> Result<Arc<Shared>, LoadError> {
    test.http().cloned().map_or_else(|| test.options().client(), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_that_nobody_reports_are_answered_with_the_nearest() {
        let series = Reading::from([("inventory_stock_current{item=\"1\"}".to_owned(), 5.0)]);
        let asked = ["inventory_stock_current", "inventory_stock_curent", "heap"].map(str::to_owned);
        let start = "cannot be charted so far, no source has such a series";
        assert_eq!(
            unknown(&asked, &series),
            [
                format!("'inventory_stock_curent' {start}: did you mean 'inventory_stock_current'?"),
                format!("'heap' {start}"),
            ]
        );
    }
}
