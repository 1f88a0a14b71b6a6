//! Measures are the metrics of DynamoDB: calls, attempts, throttles, and the capacity they consumed.

use flashcrowd_metrics::names::{dynamodb as names, tag, view};
use flashcrowd_metrics::{Builtin, Contains, DefineError, Kind, MetricId, Registry, View};

/// The ids of the metrics; `http_reqs` counts attempts, `http_req_duration` is the latency of one.
///
/// Tags: `name` (the call's), `operation`, `table`; `index` where capacity is an index's; `reason` of throttles, `code` of
/// failures; `pattern` of what customers do (`scan`, `query`, `get`, `order`).
#[derive(Clone, Copy, Debug)]
pub struct Measures {
    /// `dynamodb_calls`: calls that ended.
    pub calls: MetricId,
    /// `dynamodb_served`: calls that succeeded.
    pub served: MetricId,
    /// `dynamodb_attempts`: attempts that ended.
    pub attempts: MetricId,
    /// `dynamodb_throttled`: attempts that were throttled, by `reason`.
    pub throttled: MetricId,
    /// `dynamodb_gave_up`: calls whose last attempt was throttled or conflicted.
    pub gave_up: MetricId,
    /// `dynamodb_condition_failed`: calls whose condition was not met.
    pub condition_failed: MetricId,
    /// `dynamodb_conflicts`: attempts that met another transaction.
    pub conflicts: MetricId,
    /// `dynamodb_errors`: calls that failed for any other reason, by `code`.
    pub errors: MetricId,
    /// `dynamodb_back_off`: time that calls waited before another attempt.
    pub back_off: MetricId,
    /// `dynamodb_throttled_time`: time that throttled attempts took.
    pub throttled_time: MetricId,
    /// `dynamodb_call_duration`: time of a call, back-off included.
    pub call_duration: MetricId,
    /// `dynamodb_consumed_read`: read units, by table and index.
    pub consumed_read: MetricId,
    /// `dynamodb_consumed_write`: write units, by table and index.
    pub consumed_write: MetricId,
    /// `dynamodb_failed`: whether what a customer wanted failed, by `pattern`; a rate.
    pub failed: MetricId,
}

impl Measures {
    /// The view that splits them.
    pub const VIEW: &'static str = view::DYNAMODB;

    /// Defines them.
    pub fn define(registry: &Registry) -> Result<Self, DefineError> {
        let counter = |name| registry.define(name, Kind::Counter, Contains::Default);
        let time = |name| registry.define(name, Kind::Trend, Contains::Time);
        Ok(Self {
            calls: counter(names::CALLS)?,
            served: counter(names::SERVED)?,
            attempts: counter(names::ATTEMPTS)?,
            throttled: counter(names::THROTTLED)?,
            gave_up: counter(names::GAVE_UP)?,
            condition_failed: counter(names::CONDITION_FAILED)?,
            conflicts: counter(names::CONFLICTS)?,
            errors: counter(names::ERRORS)?,
            back_off: time(names::BACK_OFF)?,
            throttled_time: time(names::THROTTLED_TIME)?,
            call_duration: time(names::CALL_DURATION)?,
            consumed_read: counter(names::CONSUMED_READ)?,
            consumed_write: counter(names::CONSUMED_WRITE)?,
            failed: registry.define(names::FAILED, Kind::Rate, Contains::Default)?,
        })
    }

    /// All of them.
    pub fn all(&self) -> Vec<MetricId> {
        vec![
            self.calls,
            self.served,
            self.attempts,
            self.throttled,
            self.gave_up,
            self.condition_failed,
            self.conflicts,
            self.errors,
            self.back_off,
            self.throttled_time,
            self.call_duration,
            self.consumed_read,
            self.consumed_write,
            self.failed,
        ]
    }

    /// How they are split for the record; the time of iterations by scenario is with them, since what users do besides
    /// their calls is seen from that.
    pub fn view(&self) -> View {
        let tags = vec![
            tag::SCENARIO,
            tag::NAME,
            tag::OPERATION,
            tag::TABLE,
            tag::INDEX,
            tag::REASON,
            tag::CODE,
            tag::PATTERN,
        ];
        let mut metrics = self.all();
        metrics.push(Builtin::ITERATION_DURATION);
        View { name: Self::VIEW, metrics, tags }
    }
}
