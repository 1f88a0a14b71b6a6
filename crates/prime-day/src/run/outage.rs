//! An outage is a stretch of time in which every call failed for one and the same reason.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_dynamodb::Measures;
use flashcrowd_metrics::names::tag;
use flashcrowd_metrics::{MetricId, Sink, SinkKey, Totals};

/// It is told when it has lasted this long.
const LONG: Duration = Duration::from_secs(3);

/// Codes of the network, as the metrics have them, in words.
const NETWORK: [(&str, &str); 7] = [
    ("1050", "no answer in time"),
    ("1101", "no such host"),
    ("1211", "no connection in time"),
    ("1212", "connection refused"),
    ("1220", "connection reset"),
    ("1310", "unknown certificate authority"),
    ("1311", "certificate of another host"),
];

/// Watches for outages.
#[derive(Clone, Debug, Default)]
pub struct Outage {
    since: Option<Duration>,
    code: String,
    told: bool,
}

/// What the calls of an interval came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that ended otherwise than by an error.
    pub fine: bool,
    /// Codes of those that failed.
    pub codes: Vec<String>,
}

impl Calls {
    /// Of the last interval.
    pub fn of(totals: &Totals, measures: &Measures) -> Self {
        let views = &totals.plan().views;
        let (mut calls, mut codes) = (BTreeMap::<_, f64>::new(), Vec::new());
        for (key, _, last) in totals.iter() {
            let Sink::Counter { sum, .. } = last else { continue };
            match key {
                SinkKey::Metric(metric) => *calls.entry(metric.index()).or_default() += sum,
                SinkKey::Row { view, metric, tags }
                    if *metric == measures.errors && *sum > 0.0 && views[*view].name == Measures::VIEW =>
                {
                    codes.extend(tags.get(tag::CODE).map(str::to_owned));
                }
                _ => {}
            }
        }
        let count = |metric: MetricId| calls.get(&metric.index()).copied().unwrap_or_default();
        codes.sort();
        codes.dedup();
        Self { fine: count(measures.calls) > count(measures.errors), codes }
    }
}

impl Outage {
    /// Takes in an interval that ended at `now`: what there is to tell.
    pub fn look(&mut self, now: Duration, interval: Duration, calls: &Calls) -> Option<String> {
        if calls.fine || calls.codes.len() > 1 {
            let over = self.told.then(|| format!("calls are answered again since second {}", now.as_secs()));
            *self = Self::default();
            return over;
        }
        // Nothing ended: that says nothing.
        let [code] = calls.codes.as_slice() else { return None };
        if self.since.is_none() || self.code != *code {
            *self = Self { since: Some(now.saturating_sub(interval)), code: code.clone(), told: false };
        }
        let since = self.since.unwrap_or_default();
        if self.told || now.saturating_sub(since) < LONG {
            return None;
        }
        self.told = true;
        let (second, code) = self.lasting()?;
        let word = if self.code.starts_with(|c: char| c.is_ascii_digit()) { "failed" } else { "was refused" };
        Some(format!("every call since second {second} {word}: {code}"))
    }

    /// The second from which it lasts until now, and its code in words; none if it was not worth telling.
    pub fn lasting(&self) -> Option<(u64, String)> {
        let since = self.since.filter(|_| self.told)?;
        Some((since.as_secs(), in_words(&self.code)))
    }
}

/// A code, with what it means if it is one of the network's.
pub fn in_words(code: &str) -> String {
    match NETWORK.iter().find(|(known, _)| *known == code) {
        Some((code, words)) => format!("{code} ({words})"),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: &str) -> Calls {
        Calls { fine: false, codes: vec![code.to_owned()] }
    }

    #[test]
    fn it_is_told_once_and_so_is_its_end() {
        let (mut outage, second) = (Outage::default(), Duration::from_secs(1));
        let fine = Calls { fine: true, codes: vec!["ValidationException".to_owned()] };
        let quiet = Calls::default();
        let mut said = Vec::new();
        for (at, calls) in [
            (10, &fine),
            (11, &fine),
            (12, &fine),
            (13, &failed("ExpiredTokenException")),
            (14, &quiet),
            (15, &failed("ExpiredTokenException")),
            (16, &failed("ExpiredTokenException")),
            (17, &fine),
            (18, &failed("1212")),
            (19, &failed("1220")),
            (20, &failed("1220")),
            (21, &failed("1220")),
        ] {
            said.extend(outage.look(at * second, second, calls));
        }
        insta::assert_snapshot!(said.join("\n"), @r"
        every call since second 12 was refused: ExpiredTokenException
        calls are answered again since second 17
        every call since second 18 failed: 1220 (connection reset)
        ");
        assert_eq!(outage.lasting(), Some((18, "1220 (connection reset)".to_owned())));
    }

    #[test]
    fn other_faults_are_no_outage() {
        let (mut outage, second) = (Outage::default(), Duration::from_secs(1));
        for at in 1..20 {
            let calls = Calls { fine: false, codes: vec!["1212".to_owned(), "1220".to_owned()] };
            assert_eq!(outage.look(at * second, second, &calls), None);
        }
        assert_eq!(outage.lasting(), None);
    }
}
