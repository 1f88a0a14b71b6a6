//! A dead target is one that has given no sign of life: after some seconds of that, the run ends.
//!
//! | what came so far | what happens |
//! | --- | --- |
//! | a response, also one too large to be kept, or a timeout of a request, once, in setup or since | the target is alive for the rest of the run |
//! | only refused or reset connections, unknown hosts, failed handshakes | the run ends [`PATIENCE`] after the first |
//! | nothing | the run goes on |
//!
//! A test whose thresholds ask for failures goes on in any case.

use std::time::Duration;

use flashcrowd_diagnosis::{asks_for_failures, code_name};
use flashcrowd_engine::{AbortReason, Controller, Decision, RunEvent, Tick};
use flashcrowd_http::ErrorCode;
use flashcrowd_metrics::names::tag;
use flashcrowd_metrics::{Builtin, Sink, SinkKey, Totals};
use flashcrowd_test::Test;

use crate::settings::Settings;

/// For how long nothing may reach the target: longer than a load balancer or a name server takes to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many requests must have failed at least.
const FEWEST: f64 = 5.0;

/// Ends a run whose target has given no sign of life.
pub(crate) struct DeadTarget {
    settings: Settings,
    /// Whether the target has given a sign of life.
    is_alive: bool,
    is_running: bool,
    /// When the first interval began in which requests of the load failed.
    since: Option<Duration>,
}

impl DeadTarget {
    /// For a run with these settings, unless its thresholds ask for failures or it was said that it should go on.
    pub(crate) fn of(test: &dyn Test, settings: &Settings) -> Option<Self> {
        let is_meant = test.options().thresholds().iter().any(|config| {
            config.thresholds.iter().any(|threshold| asks_for_failures(&config.selector, threshold))
        });
        (settings.fail_fast && !is_meant).then(|| Self {
            settings: settings.clone(),
            is_alive: false,
            is_running: false,
            since: None,
        })
    }
}

impl Controller for DeadTarget {
    fn on_event(&mut self, event: &RunEvent) {
        self.is_running |= matches!(event, RunEvent::Running(_));
    }

    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision {
        if self.is_alive || tick.last {
            return Decision::Continue;
        }
        let Some((failed, code)) = unreached(tick.totals) else {
            self.is_alive = true;
            return Decision::Continue;
        };
        // A script may wait in setup until its target is there.
        if !self.is_running || failed == 0.0 {
            return Decision::Continue;
        }
        let since = *self.since.get_or_insert(tick.elapsed.saturating_sub(tick.interval));
        if failed < FEWEST || tick.elapsed.saturating_sub(since) < PATIENCE {
            return Decision::Continue;
        }
        let text = format!("no request was answered in {} s ({})", PATIENCE.as_secs(), code_name(&code));
        self.settings.warn(&format!("the run ends early: {text}; --no-fail-fast lets it go on"));
        Decision::Abort(AbortReason::Unreachable(text))
    }
}

/// How many requests got no sign of life, and the code of most; none if one did, or where that is not known.
fn unreached(totals: &Totals) -> Option<(f64, String)> {
    if totals.overflow().is_some() {
        return None;
    }
    let (mut failed, mut most) = (0.0, (0.0, String::new()));
    for (key, sink, _) in totals.iter() {
        if let (SinkKey::Metric(Builtin::HTTP_REQS_NOT_KEPT), Sink::Counter { sum, .. }) = (key, sink)
            && *sum > 0.0
        {
            return None;
        }
        let (SinkKey::Row { view: 0, metric: Builtin::HTTP_REQS, tags }, Sink::Counter { sum, .. }) =
            (key, sink)
        else {
            continue;
        };
        let code = tags.get(tag::ERROR_CODE)?;
        if tags.get(tag::STATUS) != Some("0") || !code.parse().is_ok_and(ErrorCode::is_unreachable) {
            return None;
        }
        failed += sum;
        if *sum > most.0 {
            most = (*sum, code.to_owned());
        }
    }
    Some((failed, most.1))
}
