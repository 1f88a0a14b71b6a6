//! A meter is a watch that makes samples of what it is told.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::{Exchange, SampleCache, SampleKey, SystemTags, millis};
use flashcrowd_metrics::names::tag;
use flashcrowd_metrics::{Builtin, MetricId, SeriesId, Shard, TagSet};
use hashbrown::{Equivalent, HashMap};
use http::Method;

use crate::call::{Call, Consumed, Operation};
use crate::fault::{Fault, FaultKind};
use crate::keys::KeyWatch;
use crate::measures::Measures;
use crate::throttled_table::throttled_table;
use crate::watch::{CallEnd, Watch};

/// How many kinds of calls a meter remembers the series of; samples of further kinds go under their tags one by one.
const KEPT: usize = 1_000;

/// How many reasons and codes, which the service makes up, are told apart for a kind of calls.
const TAGGED: usize = 64;

/// What those beyond that go under: they must not fill the memory.
const OTHER: &str = "other";

/// How many tables and indexes.
const CONSUMERS: usize = 64;

/// Makes samples of what a client does, under the tags of a scenario. All virtual users of a worker's scenario share one.
pub struct Meter {
    shard: Rc<RefCell<Shard>>,
    measures: Measures,
    system_tags: SystemTags,
    tags: TagSet,
    sent: SeriesId,
    received: SeriesId,
    http: RefCell<SampleCache>,
    kinds: RefCell<HashMap<Kind, Series>>,
    wanted: RefCell<Vec<(&'static str, SeriesId)>>,
    keys: Option<Rc<KeyWatch>>,
}

/// Calls whose samples carry the same tags.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    operation: Operation,
    table: Arc<str>,
    name: Rc<str>,
}

/// A kind as a call has it.
#[derive(Hash)]
struct KindOf<'a> {
    operation: Operation,
    table: &'a str,
    name: &'a str,
}

/// The series of a kind of calls, each created with its first sample.
struct Series {
    tags: TagSet,
    /// Whether the meter keeps them. Otherwise no series are created: with raw samples they would stay in memory.
    is_kept: bool,
    plain: Vec<(MetricId, SeriesId)>,
    tagged: Vec<Tagged>,
    consumed: Vec<Consumer>,
}

/// The series of a metric under a value of its own tag.
struct Tagged {
    metric: MetricId,
    value: Box<str>,
    /// The table, where it is not the call's.
    table: Option<Box<str>>,
    series: SeriesId,
}

/// A table or index that calls of a kind consume capacity of.
struct Consumer {
    table: Box<str>,
    index: Option<Box<str>>,
    tags: TagSet,
    read: Option<SeriesId>,
    write: Option<SeriesId>,
}

impl Meter {
    /// A meter that adds to a worker's shard; its samples carry these tags.
    pub fn new(shard: Rc<RefCell<Shard>>, measures: Measures, system_tags: SystemTags, tags: TagSet) -> Self {
        let [sent, received] = [Builtin::DATA_SENT, Builtin::DATA_RECEIVED]
            .map(|metric| shard.borrow_mut().series(metric, &tags));
        Self {
            shard,
            measures,
            system_tags,
            tags,
            sent,
            received,
            http: RefCell::default(),
            kinds: RefCell::default(),
            wanted: RefCell::default(),
            keys: None,
        }
    }

    /// The same meter, which also has the units of single keys counted.
    #[must_use]
    pub fn watching(self, keys: Rc<KeyWatch>) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// Whether what a customer wanted came true; `pattern` is what it was.
    pub fn wanted(&self, pattern: &'static str, came_true: bool) {
        let mut shard = self.shard.borrow_mut();
        let mut wanted = self.wanted.borrow_mut();
        let known = wanted.iter().find(|(known, _)| *known == pattern).map(|(_, series)| *series);
        let series = known.unwrap_or_else(|| {
            let series = shard.series(self.measures.failed, &self.tags.with(tag::PATTERN, pattern));
            wanted.push((pattern, series));
            series
        });
        shard.add(series, f64::from(u8::from(!came_true)));
    }

    /// Adds samples of a call.
    fn with(&self, call: &Call, work: impl FnOnce(&mut Series, &mut Shard)) {
        let (mut kinds, mut shard) = (self.kinds.borrow_mut(), self.shard.borrow_mut());
        let kind = KindOf { operation: call.operation, table: &call.table, name: &call.name };
        if let Some(series) = kinds.get_mut(&kind) {
            return work(series, &mut shard);
        }
        let is_kept = kinds.len() < KEPT;
        let mut series = Series { is_kept, ..Series::new(call, &self.tags, &self.system_tags) };
        work(&mut series, &mut shard);
        if is_kept {
            let kind = Kind { operation: call.operation, table: call.table.clone(), name: call.name.clone() };
            kinds.insert(kind, series);
        }
    }

    fn add_http(&self, call: &Call, exchange: &Exchange, expected: Option<bool>) {
        let key = SampleKey {
            base: self.tags.clone(),
            extra: None,
            name: call.name.clone(),
            method: Method::POST,
            status: exchange.status,
            version: exchange.version,
            error_code: exchange.error_code(),
            expected,
            error: exchange.error.as_ref().map(|error| error.message.clone()),
            tls: exchange.tls.map(|tls| tls.version),
            ip: exchange.remote.filter(|_| self.system_tags.has_ip()).map(|remote| remote.ip()),
            resent: exchange.delivery.resends > 0,
        };
        let mut shard = self.shard.borrow_mut();
        for (series, bytes) in [(self.sent, exchange.bytes_sent), (self.received, exchange.bytes_received)] {
            if bytes > 0 {
                shard.add(series, bytes as f64);
            }
        }
        // A step makes several calls, of which none is due by itself.
        self.http.borrow_mut().add(&mut shard, key, exchange, &self.system_tags, None);
    }
}

impl Watch for Meter {
    fn attempt(&self, call: &Call, exchange: &Exchange, fault: Option<&Fault>) {
        let expected = match fault.map(|fault| fault.kind) {
            None => Some(true),
            // Neither good nor bad by itself: the call is tried again.
            Some(FaultKind::Throttled | FaultKind::Conflict) => None,
            Some(_) => Some(false),
        };
        self.add_http(call, exchange, expected);
        let measures = &self.measures;
        self.with(call, |series, shard| {
            series.add(measures.attempts, 1.0, shard);
            match fault {
                Some(fault) if fault.kind == FaultKind::Throttled => {
                    series.count_throttle(measures.throttled, call, fault, shard);
                    series.add(measures.throttled_time, millis(exchange.timings.duration()), shard);
                }
                Some(fault) if fault.kind == FaultKind::Conflict => {
                    series.add(measures.conflicts, 1.0, shard)
                }
                _ => {}
            }
        });
    }

    fn interrupted(&self, call: &Call, exchange: &Exchange) {
        self.add_http(call, exchange, None);
    }

    fn back_off(&self, _: &Call, _: Duration) {}

    fn waited(&self, call: &Call, waited: Duration) {
        self.with(call, |series, shard| series.add(self.measures.back_off, millis(waited), shard));
    }

    fn end(&self, call: &Call, end: &CallEnd<'_>) {
        let measures = &self.measures;
        if let (Ok(reply), Some(keys)) = (end.result, &self.keys) {
            keys.served(call, &reply.consumed);
        }
        self.with(call, |series, shard| {
            series.add(measures.calls, 1.0, shard);
            series.add(measures.call_duration, millis(end.took), shard);
            match end.result {
                Ok(reply) => {
                    series.add(measures.served, 1.0, shard);
                    for part in &reply.consumed {
                        series.add_consumed(measures, part, shard);
                    }
                }
                Err(fault) => match fault.kind {
                    FaultKind::Throttled | FaultKind::Conflict => series.add(measures.gave_up, 1.0, shard),
                    FaultKind::Conditional => series.add(measures.condition_failed, 1.0, shard),
                    _ => series.count(measures.errors, (tag::CODE, &fault.code), None, shard),
                },
            }
        });
    }
}

impl Series {
    fn new(call: &Call, tags: &TagSet, system: &SystemTags) -> Self {
        let mut tags = tags.with(tag::OPERATION, call.operation.name()).with(tag::TABLE, call.table.clone());
        if system.has(tag::NAME) {
            tags = tags.with(tag::NAME, &*call.name);
        }
        Self { tags, is_kept: true, plain: Vec::new(), tagged: Vec::new(), consumed: Vec::new() }
    }

    fn add(&mut self, metric: MetricId, value: f64, shard: &mut Shard) {
        if !self.is_kept {
            return shard.sample(metric, &self.tags, value);
        }
        let known = self.plain.iter().find(|(known, _)| *known == metric).map(|(_, series)| *series);
        let series = known.unwrap_or_else(|| {
            let series = shard.series(metric, &self.tags);
            self.plain.push((metric, series));
            series
        });
        shard.add(series, value);
    }

    /// Counts a throttled attempt under its reason, and under the table that throttled it.
    fn count_throttle(&mut self, metric: MetricId, call: &Call, fault: &Fault, shard: &mut Shard) {
        let table = throttled_table(call, fault);
        self.count(metric, (tag::REASON, fault.throttled_by()), table.as_deref(), shard);
    }

    /// Counts one under a tag whose values the service makes up; of another table than the call's, if one is given.
    fn count(
        &mut self,
        metric: MetricId,
        (name, value): (&'static str, &str),
        table: Option<&str>,
        shard: &mut Shard,
    ) {
        let find = |value: &str, table: Option<&str>| {
            let is_it = |known: &&Tagged| {
                known.metric == metric && *known.value == *value && known.table.as_deref() == table
            };
            self.tagged.iter().find(is_it).map(|known| known.series)
        };
        let (value, table) = match find(value, table) {
            Some(series) => return shard.add(series, 1.0),
            None if self.tagged.len() < TAGGED => (value, table),
            None => (OTHER, None),
        };
        if let Some(series) = find(value, table) {
            return shard.add(series, 1.0);
        }
        let tags = self.tags.with(name, value);
        let tags = table.map_or(tags.clone(), |table| tags.with(tag::TABLE, table));
        if !self.is_kept {
            return shard.sample(metric, &tags, 1.0);
        }
        let series = shard.series(metric, &tags);
        self.tagged.push(Tagged { metric, value: value.into(), table: table.map(Into::into), series });
        shard.add(series, 1.0);
    }

    fn add_consumed(&mut self, measures: &Measures, part: &Consumed, shard: &mut Shard) {
        let is_it =
            |known: &Consumer| *known.table == *part.table && known.index.as_deref() == part.index.as_deref();
        let mut new = None;
        let consumer = match self.consumed.iter().position(is_it) {
            Some(at) => &mut self.consumed[at],
            None => new.insert(Consumer::new(part, &self.tags)),
        };
        let units = [
            (&mut consumer.read, measures.consumed_read, part.read),
            (&mut consumer.write, measures.consumed_write, part.write),
        ];
        for (known, metric, units) in units {
            if units > 0.0 && !self.is_kept {
                shard.sample(metric, &consumer.tags, units);
            } else if units > 0.0 {
                let series = *known.get_or_insert_with(|| shard.series(metric, &consumer.tags));
                shard.add(series, units);
            }
        }
        self.consumed.extend(new.filter(|_| self.consumed.len() < CONSUMERS));
    }
}

impl Consumer {
    fn new(part: &Consumed, tags: &TagSet) -> Self {
        let mut tags = tags.with(tag::TABLE, &*part.table);
        if let Some(index) = &part.index {
            tags = tags.with(tag::INDEX, &**index);
        }
        let (table, index) = (part.table.as_str().into(), part.index.as_deref().map(Into::into));
        Self { table, index, tags, read: None, write: None }
    }
}

impl Equivalent<Kind> for KindOf<'_> {
    fn equivalent(&self, kind: &Kind) -> bool {
        self.operation == kind.operation && *self.table == *kind.table && *self.name == *kind.name
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_http::{ClientConfig, WorkerClient};
    use flashcrowd_metrics::{Plan, Registry, Sink, SinkKey, Stat, Totals};
    use tokio::task::LocalSet;

    use super::*;
    use crate::auth::Credentials;
    use crate::call::Reply;
    use crate::client::Client;
    use crate::endpoint::Endpoint;
    use crate::fake::{Act, Fake};
    use crate::retry::Retry;
    use crate::service::Service;

    /// A worker of a test with these measures.
    fn worker() -> (Rc<RefCell<Shard>>, Measures, Arc<Plan>) {
        let registry = Registry::new();
        let measures = Measures::define(&registry).unwrap();
        let mut plan = Plan::new(registry);
        plan.views.push(measures.view());
        let plan = Arc::new(plan);
        (Rc::new(RefCell::new(Shard::new(plan.clone()))), measures, plan)
    }

    fn call(operation: Operation, table: &str) -> Call {
        let name = format!("{} {table}", operation.name()).into();
        Call { operation, table: table.into(), name, body: "{}".into() }
    }

    /// Makes these calls with what the service answers to them, and says what was measured.
    async fn measured(calls: &[Call], script: Vec<Act>) -> (Totals, Measures) {
        let (shard, measures, plan) = worker();
        let tags = TagSet::from_pairs([("scenario", "orders")]);
        let system = SystemTags::new(["name", "status", "expected_response"].map(str::to_owned));
        let meter = Meter::new(shard.clone(), measures, system, tags);
        let work = async {
            let fake = Fake::start(script).await;
            let retry = Retry { attempts: 3, base: Duration::from_millis(1), cap: Duration::from_millis(1) };
            let service = Service {
                endpoint: Endpoint::at(&fake.url, "us-east-1").unwrap(),
                credentials: Credentials::fixed("AKID", "SECRET"),
                retry,
                sdk: None,
                timeout: Duration::from_secs(30),
            };
            let http = WorkerClient::build(ClientConfig::default()).unwrap();
            let client = Client::new(Arc::new(service), http, 1);
            for call in calls {
                let _ = client.call(call, &meter).await;
            }
        };
        LocalSet::new().run_until(work).await;
        meter.wanted("order", true);
        meter.wanted("order", false);
        let mut totals = Totals::new(plan, 1);
        totals.absorb(0, shard.borrow_mut().take());
        (totals, measures)
    }

    /// The sum of a counter, or how many samples another metric has.
    fn sum(totals: &Totals, metric: MetricId) -> f64 {
        value(totals.metric(metric))
    }

    fn value(sink: Option<&Sink>) -> f64 {
        sink.and_then(|sink| sink.stat(Stat::Count, 1.0)).unwrap_or_default()
    }

    /// The rows of a metric by some of their tags.
    fn rows(totals: &Totals, metric: MetricId, tags: &[&str]) -> Vec<String> {
        let row = |(key, sink, _): (&SinkKey, &Sink, &Sink)| match key {
            SinkKey::Row { metric: of, tags: all, .. } if *of == metric => {
                let tags: Vec<_> = tags.iter().map(|tag| all.get(tag).unwrap_or("-")).collect();
                Some(format!("{} {}", tags.join(" "), value(Some(sink))))
            }
            _ => None,
        };
        let mut rows: Vec<_> = totals.iter().filter_map(row).collect();
        rows.sort();
        rows
    }

    /// Answers to six calls: served after a throttle, given up, conditions that fail, served, refused.
    fn every_outcome() -> Vec<Act> {
        let cancelled = |codes: &str| Act::fault(400, "TransactionCanceledException", codes);
        vec![
            // Served after a throttle.
            Act::throttle(),
            Act::ok(r#"{"ConsumedCapacity":{"TableName":"Orders","CapacityUnits":1}}"#),
            // A transaction that gives up.
            cancelled(r#","CancellationReasons":[{"Code":"None"},{"Code":"ThrottlingError"}]"#),
            cancelled(r#","CancellationReasons":[{"Code":"ThrottlingError"},{"Code":"None"}]"#),
            cancelled(r#","CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"}]"#),
            // One whose condition fails.
            cancelled(r#","CancellationReasons":[{"Code":"ConditionalCheckFailed"}]"#),
            Act::fault(400, "ConditionalCheckFailedException", ""),
            Act::ok(
                r#"{"ConsumedCapacity":{"TableName":"Products","CapacityUnits":1.5,"Table":{"CapacityUnits":0},
                    "GlobalSecondaryIndexes":{"category-index":{"CapacityUnits":1.5}}}}"#,
            ),
            Act::fault(400, "ResourceNotFoundException", ""),
        ]
    }

    #[tokio::test]
    async fn everything_is_counted_and_adds_up() {
        let calls = [
            call(Operation::PutItem, "Orders"),
            call(Operation::TransactWriteItems, "Orders"),
            call(Operation::TransactWriteItems, "Orders"),
            call(Operation::UpdateItem, "Products"),
            call(Operation::Query, "Products"),
            call(Operation::GetItem, "Gone"),
        ];
        let (totals, measures) = measured(&calls, every_outcome()).await;
        let of = |metric| sum(&totals, metric);
        assert_eq!((of(measures.calls), of(measures.served), of(measures.attempts)), (6.0, 2.0, 9.0));
        assert_eq!(
            (of(measures.gave_up), of(measures.condition_failed), of(measures.errors)),
            (1.0, 2.0, 1.0)
        );
        assert_eq!((of(measures.throttled), of(measures.conflicts)), (3.0, 1.0));
        let ended =
            of(measures.served) + of(measures.gave_up) + of(measures.condition_failed) + of(measures.errors);
        assert_eq!(of(measures.calls), ended);
        let retries = totals.metric(measures.back_off).unwrap();
        let Sink::Trend(retries) = retries else { panic!("{retries:?}") };
        assert_eq!(of(measures.attempts), of(measures.calls) + retries.count() as f64);
        // The first throttle names table T, and goes under it whatever was called.
        let throttled = rows(&totals, measures.throttled, &["operation", "table", "reason"]);
        insta::assert_snapshot!(throttled.join("\n"), @r"
        PutItem T TableWriteProvisionedThroughputExceeded 1
        TransactWriteItems Orders ThrottlingError 2
        ");
        let errors = rows(&totals, measures.errors, &["name", "scenario", "code"]);
        insta::assert_snapshot!(errors.join("\n"), @"GetItem Gone orders ResourceNotFoundException 1");
        let read = rows(&totals, measures.consumed_read, &["operation", "table", "index", "name"]);
        let write = rows(&totals, measures.consumed_write, &["operation", "table", "index", "name"]);
        insta::assert_snapshot!([read, write].concat().join("\n"), @r"
        Query Products category-index Query Products 1.5
        PutItem Orders - PutItem Orders 1
        ");
        assert_eq!(sum(&totals, Builtin::HTTP_REQS), 9.0);
        let Some(Sink::Rate(failed)) = totals.metric(Builtin::HTTP_REQ_FAILED) else { panic!("no rate") };
        assert_eq!((failed.trues, failed.total), (3, 5), "throttles and conflicts are left out");
        assert!(sum(&totals, Builtin::DATA_SENT) > 0.0 && sum(&totals, Builtin::DATA_RECEIVED) > 0.0);
        let Some(Sink::Rate(failed)) = totals.metric(measures.failed) else { panic!("no rate") };
        assert_eq!((failed.trues, failed.total), (1, 2));
    }

    #[tokio::test]
    async fn codes_that_never_come_again_are_counted_together_in_the_end() {
        let count = TAGGED + 20;
        let calls: Vec<_> = (0..count).map(|_| call(Operation::GetItem, "T")).collect();
        let script = (0..count).map(|at| Act::fault(400, &format!("Code{at}"), "")).collect();
        let (totals, measures) = measured(&calls, script).await;
        let errors = rows(&totals, measures.errors, &["code"]);
        assert!(errors.len() == TAGGED + 1 && errors.contains(&"other 20".to_owned()), "{errors:?}");
        assert_eq!(sum(&totals, measures.errors), count as f64);
    }

    #[test]
    fn calls_of_ever_new_names_are_all_counted() {
        let (shard, measures, plan) = worker();
        let meter =
            Meter::new(shard.clone(), measures, SystemTags::new(["name".to_owned()]), TagSet::empty());
        let consumed = Consumed { table: "T".into(), index: None, read: 0.5, write: 0.0 };
        let reply = Reply { body: "{}".into(), consumed: vec![consumed] };
        let gone = Fault::new(FaultKind::NotFound, "ResourceNotFoundException", "");
        for at in 0..KEPT + 5 {
            let call = Call { name: format!("GetItem {at}").into(), ..call(Operation::GetItem, "T") };
            for result in [Ok(&reply), Err(&gone)] {
                meter.end(&call, &CallEnd { result, attempts: 1, took: Duration::ZERO });
            }
        }
        let mut totals = Totals::new(plan, 1);
        totals.absorb(0, shard.borrow_mut().take());
        let count = (KEPT + 5) as f64;
        for (metric, expected) in [
            (measures.calls, 2.0 * count),
            (measures.served, count),
            (measures.errors, count),
            (measures.consumed_read, count / 2.0),
        ] {
            assert_eq!(sum(&totals, metric), expected);
        }
        assert_eq!(rows(&totals, measures.errors, &["name"]).len(), KEPT + 5);
    }
}
