//! A trouble is what a run suffered from, in one table: how it is known, what can be done, what support is asked.

use flashcrowd_record::{Finding, Judgement, Mark, Results, Severity};
use flashcrowd_text::Lang;

use super::texts;
use crate::measures::Measures;
use crate::model::Report;

/// A text in both languages.
pub(super) type Text = fn(Lang) -> String;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    /// The ids of findings that tell of it.
    findings: &'static [&'static str],
    /// What these findings name as their cause; any where it is empty.
    causes: &'static [&'static str],
    /// How the names of expectations begin that tell of it when they fail.
    expectations: &'static [&'static str],
    /// What broke first at a breaking point that tells of it.
    symptoms: &'static [&'static str],
    /// Whether it is DynamoDB's throttling, of which the record knows what is short.
    pub(super) is_throttling: bool,
    /// Whether it is that DynamoDB served more than is provisioned, of which the record knows how much.
    pub(super) lives_on_burst: bool,
    /// Whether it is one key that is used too much, of which the record knows the name.
    pub(super) is_hot_key: bool,
    /// Whether it is none, so that the test may be said to have held.
    pub(super) held: bool,
    /// What it is, in a few words: the title of a support case.
    pub(super) title: Text,
    /// What can be done before the event, the most promising first.
    pub(super) before: &'static [Text],
    /// What can be done during the event, the most promising first.
    pub(super) during: &'static [Text],
    /// What support is asked.
    pub(super) question: Text,
}

/// What a row has unless it says otherwise.
const NOTHING: Trouble = Trouble {
    findings: &[],
    causes: &[],
    expectations: &[],
    symptoms: &[],
    is_throttling: false,
    lives_on_burst: false,
    is_hot_key: false,
    held: false,
    title: texts::latency_title,
    before: &[],
    during: &[],
    question: texts::latency_question,
};

/// It failed for a reason that no row of the table tells of: it did not come to its end.
const UNFINISHED: Trouble = Trouble {
    title: texts::unfinished_title,
    before: &[texts::unfinished_before, texts::latency_scale],
    during: &[texts::unmeasured_during],
    question: texts::latency_question,
    ..NOTHING
};

/// Nothing was measured.
const UNMEASURED: Trouble = Trouble {
    title: texts::unmeasured_title,
    before: &[texts::unmeasured_before],
    during: &[texts::unmeasured_during],
    question: texts::unmeasured_question,
    ..NOTHING
};

/// There was none.
const HELD: Trouble = Trouble {
    held: true,
    title: texts::held_title,
    before: &[texts::held_before, texts::held_warm],
    during: &[texts::held_during],
    question: texts::held_question,
    ..NOTHING
};

/// There was none, on DynamoDB.
const HELD_BY_DYNAMODB: Trouble = Trouble {
    held: true,
    title: texts::held_title,
    before: &[texts::held_capacity_before, texts::held_before],
    during: &[texts::dynamodb_during, texts::dynamodb_queue],
    question: texts::held_capacity_question,
    ..NOTHING
};

/// Every trouble; where several rows could be meant, the first is.
const TABLE: &[Trouble] = &[
    Trouble {
        findings: &["dynamodb-throttling"],
        causes: &["hot-key"],
        title: texts::hot_key_title,
        before: &[texts::hot_key_before, texts::hot_key_cache],
        during: &[texts::hot_key_during, texts::dynamodb_queue],
        question: texts::hot_key_question,
        is_hot_key: true,
        ..NOTHING
    },
    Trouble {
        findings: &["dynamodb-hot-key"],
        expectations: &["key_utilization"],
        title: texts::hot_key_title,
        before: &[texts::hot_key_before, texts::hot_key_cache],
        during: &[texts::hot_key_during, texts::dynamodb_queue],
        question: texts::hot_key_question,
        is_hot_key: true,
        ..NOTHING
    },
    Trouble {
        findings: &["dynamodb-throttling"],
        causes: &["on-demand-peak"],
        title: texts::peak_title,
        before: &[texts::peak_before, texts::peak_steps],
        during: &[texts::peak_during, texts::dynamodb_queue],
        question: texts::peak_question,
        ..NOTHING
    },
    Trouble {
        findings: &["dynamodb-throttling"],
        causes: &["account", "maximum"],
        title: texts::quota_title,
        before: &[texts::quota_before, texts::dynamodb_cache],
        during: &[texts::quota_during, texts::dynamodb_queue],
        question: texts::quota_question,
        ..NOTHING
    },
    Trouble {
        findings: &["dynamodb-throttling"],
        is_throttling: true,
        title: texts::dynamodb_title,
        before: &[texts::dynamodb_before, texts::dynamodb_cache],
        during: &[texts::dynamodb_during, texts::dynamodb_queue, texts::throttling_retry],
        question: texts::dynamodb_question,
        ..NOTHING
    },
    Trouble {
        findings: &["dynamodb-burst"],
        expectations: &["capacity_utilization"],
        title: texts::burst_title,
        before: &[texts::burst_before, texts::burst_again],
        during: &[texts::dynamodb_during, texts::dynamodb_queue],
        question: texts::burst_question,
        lives_on_burst: true,
        ..NOTHING
    },
    Trouble {
        findings: &["dynamodb-conflicts"],
        title: texts::conflicts_title,
        before: &[texts::conflicts_before, texts::conflicts_split],
        during: &[texts::conflicts_during, texts::throttling_retry],
        question: texts::conflicts_question,
        ..NOTHING
    },
    Trouble {
        findings: &["throttling"],
        expectations: &["throttle_rate"],
        title: texts::throttling_title,
        before: &[texts::throttling_before, texts::throttling_spread],
        during: &[texts::throttling_during, texts::throttling_retry],
        question: texts::throttling_question,
        ..NOTHING
    },
    Trouble {
        findings: &["generator-bottleneck", "generator-late", "generator-limit", "responses-not-kept"],
        expectations: &["dropped", "concurrency"],
        title: texts::generator_title,
        before: &[texts::generator_before],
        during: &[texts::generator_during],
        question: texts::generator_question,
        ..NOTHING
    },
    Trouble {
        findings: &["oversold"],
        expectations: &["stock_accuracy", "accuracy"],
        title: texts::stock_title,
        before: &[texts::stock_before, texts::stock_audit],
        during: &[texts::stock_during],
        question: texts::stock_question,
        ..NOTHING
    },
    Trouble {
        findings: &["lock-contention"],
        expectations: &["lock_contention"],
        title: texts::lock_title,
        before: &[texts::lock_before, texts::lock_queue],
        during: &[texts::lock_during, texts::lock_spread],
        question: texts::lock_question,
        ..NOTHING
    },
    Trouble {
        findings: &["pool-saturation"],
        title: texts::pool_title,
        before: &[texts::pool_before, texts::pool_shorten],
        during: &[texts::pool_during, texts::pool_features],
        question: texts::pool_question,
        ..NOTHING
    },
    Trouble {
        findings: &["target-cpu-saturated"],
        title: texts::cpu_title,
        before: &[texts::cpu_before, texts::cpu_profile],
        during: &[texts::cpu_during, texts::pool_features],
        question: texts::cpu_question,
        ..NOTHING
    },
    Trouble {
        findings: &["memory-leak", "latency-degradation"],
        expectations: &["memory_leak", "performance_degradation"],
        title: texts::leak_title,
        before: &[texts::leak_before, texts::leak_restart],
        during: &[texts::leak_during],
        question: texts::leak_question,
        ..NOTHING
    },
    Trouble {
        findings: &["outage"],
        expectations: &["no_system_crash", "system_recovery_time", "recovery_time"],
        title: texts::crash_title,
        before: &[texts::crash_before, texts::crash_instances],
        during: &[texts::crash_during],
        question: texts::crash_question,
        ..NOTHING
    },
    Trouble {
        findings: &["error-onset"],
        expectations: &["error_rate", "checks"],
        symptoms: &["errors"],
        title: texts::errors_title,
        before: &[texts::errors_before, texts::errors_refuse],
        during: &[texts::errors_during, texts::errors_retry],
        question: texts::errors_question,
        ..NOTHING
    },
    Trouble {
        expectations: &["failure_rate"],
        title: texts::failures_title,
        before: &[texts::failures_before, texts::errors_refuse],
        during: &[texts::failures_during, texts::errors_retry],
        question: texts::failures_question,
        ..NOTHING
    },
    Trouble {
        expectations: &["iteration_rate"],
        title: texts::pace_title,
        before: &[texts::pace_before, texts::pace_again],
        during: &[texts::unmeasured_during],
        question: texts::pace_question,
        ..NOTHING
    },
    Trouble {
        findings: &[
            "unstable-tail",
            "bimodal-latency",
            "dropped-iterations",
            "slow-connections",
            "resent-requests",
            "warm-up",
        ],
        expectations: &[
            "response_time",
            "tps",
            "rps",
            "throughput",
            "graceful_degradation",
            "breaking_point",
        ],
        symptoms: &["latency", "dropped"],
        title: texts::latency_title,
        before: &[texts::latency_before, texts::latency_scale],
        during: &[texts::latency_during, texts::pool_features],
        question: texts::latency_question,
        ..NOTHING
    },
];

/// Every row, those that are no trouble included.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = Trouble> {
    TABLE.iter().copied().chain([HELD, HELD_BY_DYNAMODB, UNMEASURED, UNFINISHED])
}

impl Trouble {
    fn tells_of(&self, found: &Finding) -> bool {
        let cause = found.labels.get("cause").map_or("", String::as_str);
        self.findings.contains(&found.id.as_str()) && (self.causes.is_empty() || self.causes.contains(&cause))
    }

    /// What a run suffered from: by the most severe finding that is more than good to know, else by what broke first,
    /// else by the first expectation or threshold that failed.
    pub(super) fn of(report: &Report) -> Self {
        if Measures::of(report).requests == 0 {
            return UNMEASURED;
        }
        let judgement = &report.judgement;
        let known = by_finding(judgement)
            .or_else(|| by_symptom(judgement))
            .or_else(|| by_expectation(judgement, Mark::Fail))
            .or_else(|| by_threshold(&report.results))
            .or_else(|| by_expectation(judgement, Mark::Warn));
        match known {
            Some(row) => *row,
            None if judgement.verdict.is_failure() => UNFINISHED,
            None if report.results.capacity.is_some() => HELD_BY_DYNAMODB,
            None => HELD,
        }
    }
}

fn by_finding(judgement: &Judgement) -> Option<&'static Trouble> {
    let mut grave = judgement.findings.iter().filter(|found| found.severity > Severity::Info);
    grave.find_map(|found| TABLE.iter().find(|row| row.tells_of(found)))
}

fn by_symptom(judgement: &Judgement) -> Option<&'static Trouble> {
    let point = judgement.breaking_point.as_ref()?;
    TABLE.iter().find(|row| row.symptoms.contains(&point.symptom.as_str()))
}

fn by_expectation(judgement: &Judgement, mark: Mark) -> Option<&'static Trouble> {
    let mut missed = judgement.expectations.iter().filter(|one| one.result == mark);
    missed.find_map(|one| expected(&one.name))
}

/// Thresholds tell of the same troubles as expectations, by the names of metrics.
fn by_threshold(results: &Results) -> Option<&'static Trouble> {
    let crossed = results.metrics.iter().filter(|metric| metric.thresholds.iter().any(|one| !one.ok));
    crossed.map(|metric| metric.name.as_str()).find_map(|name| match name {
        name if name.starts_with("http_req_failed") => expected("error_rate"),
        name if name.starts_with("dropped_iterations") => expected("dropped"),
        name if name.starts_with("checks") => expected("checks"),
        _ => expected("response_time"),
    })
}

fn expected(name: &str) -> Option<&'static Trouble> {
    TABLE.iter().find(|row| row.expectations.iter().any(|word| name.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use flashcrowd_diagnosis::{Expectation, FINDINGS};

    use super::*;

    /// Where it broke tells what broke first, and that decides.
    const BY_SYMPTOM: [&str; 1] = ["breaking-point"];

    #[test]
    fn there_is_advice_on_every_finding() {
        for finding in FINDINGS.iter().filter(|finding| !BY_SYMPTOM.contains(&finding.id)) {
            let rows = TABLE.iter().filter(|row| row.findings.contains(&finding.id) && row.causes.is_empty());
            assert_eq!(rows.count(), 1, "{}", finding.id);
        }
    }

    #[test]
    fn there_is_advice_on_every_expectation() {
        for kind in Expectation::table() {
            let known = ["identify_breaking_point", "error_rate_stable", "duet"].contains(&kind.name);
            assert!(known || expected(kind.name).is_some(), "{}", kind.name);
        }
    }
}
