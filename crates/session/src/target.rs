//! The target's own metrics are read beside the run, once a second.

use std::sync::Arc;

use flashcrowd_http::Shared;
use flashcrowd_observe::{Latest, Source, SourceError, Watch, open_all};
use flashcrowd_test::{LoadError, Problem, TargetMetrics, Test};

use crate::settings::Settings;

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
        let (urls, asked) = match metrics(test, settings) {
            TargetMetrics::Off => (Vec::new(), true),
            TargetMetrics::Tried(urls) => (urls, false),
            TargetMetrics::At(urls) => (urls, true),
        };
        let mut failed = Vec::new();
        if !urls.is_empty() {
            match client(test) {
                Ok(http) => {
                    let (opened, wrong) = open_all(&urls, &http);
                    sources.extend(opened);
                    failed.extend(wrong);
                }
                Err(error) => failed.push(SourceError::new(urls.join(", "), error.to_string())),
            }
        }
        if sources.is_empty() && failed.is_empty() {
            return Self::default();
        }
        let watch = settings.interrupt.or(Watch::open(sources)).await;
        let watch = watch.map(|(watch, silent)| {
            failed.extend(silent);
            watch
        });
        for error in failed {
            match asked {
                true => settings.warn(&format!(
                    "the target's metrics cannot be read, what needs them is not measured: {error}"
                )),
                false => settings.debug(&format!("the target reports no metrics: {error}")),
            }
        }
        Self(watch)
    }

    /// The last reading of all sources, and what is to be said of them since the last one.
    pub(crate) fn latest(&self, settings: &Settings) -> Latest {
        let Some(watch) = &self.0 else { return Latest::default() };
        watch.take_notes().iter().for_each(|note| settings.warn(&note.to_string()));
        watch.latest_with_ages()
    }
}

/// What is wrong with the addresses of sources, before anything is sent.
pub(crate) fn check(test: &dyn Test, settings: &Settings) -> Result<(), LoadError> {
    let TargetMetrics::At(urls) = metrics(test, settings) else { return Ok(()) };
    let (_, failed) = open_all(&urls, &client(test)?);
    let problems: Vec<Problem> = failed.into_iter().map(|error| Problem::new(error.to_string())).collect();
    if problems.is_empty() { Ok(()) } else { Err(LoadError::Problems(problems)) }
}

fn metrics(test: &dyn Test, settings: &Settings) -> TargetMetrics {
    settings.target_metrics.clone().unwrap_or_else(|| test.target_metrics())
}

fn client(test: &dyn Test) -> Result<Arc<Shared>, LoadError> {
    test.http().cloned().map_or_else(|| test.options().client(), Ok)
}
