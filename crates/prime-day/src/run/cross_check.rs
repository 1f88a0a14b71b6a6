//! The cross-check compares the client's count of attempts with that of the in-process DynamoDB, which shares no code with it.

use std::ops::RangeInclusive;

use flashcrowd_dynamodb_shop::ServerStats;
use flashcrowd_metrics::names::{dynamodb as names, metric, tag, view};
use flashcrowd_record::Results;

use super::tally::{counter, whole};

/// Error codes of attempts that got a response: 1000 and the status.
const ANSWERED: RangeInclusive<u16> = 1400..=1599;

/// Attempts as one side counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// All attempts.
    pub all: u64,
    /// Throttled attempts.
    pub throttled: u64,
}

/// What both sides counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossCheck {
    /// The client.
    pub client: Attempts,
    /// The endpoint.
    pub endpoint: Attempts,
    /// Interrupted steps, whose last responses the client has not seen.
    pub interrupted: u64,
    /// Attempts of the client without a response: the endpoint may have seen, and throttled, any number of them.
    pub lost: u64,
}

impl Attempts {
    /// What an endpoint has counted so far.
    pub fn of_endpoint(stats: &ServerStats) -> Self {
        stats.operations.values().fold(Self::default(), |sum, one| Self {
            all: sum.all + one.served + one.throttled + one.failed,
            throttled: sum.throttled + one.throttled,
        })
    }

    /// What the client counted.
    pub fn of_client(results: &Results) -> Self {
        let [all, throttled] = [names::ATTEMPTS, names::THROTTLED].map(|name| counter(results, name));
        Self { all, throttled }
    }

    /// How many attempts of the client got no response.
    pub fn lost(results: &Results) -> u64 {
        let is_lost = |code: &String| code.parse::<u16>().is_ok_and(|code| !ANSWERED.contains(&code));
        let rows =
            results.rows.iter().filter(|row| row.view == view::REQUESTS && row.metric == metric::HTTP_REQS);
        rows.filter(|row| row.tags.get(tag::ERROR_CODE).is_some_and(is_lost))
            .map(|row| whole(row.stats.value("count")))
            .sum()
    }

    /// What was counted since.
    pub fn since(self, before: Self) -> Self {
        Self { all: self.all - before.all, throttled: self.throttled - before.throttled }
    }
}

impl CrossCheck {
    /// Whether both sides agree, except for responses that the client did not wait for or did not get.
    pub fn agree(&self) -> bool {
        let Self { client, endpoint, interrupted, lost } = *self;
        let within = |least: u64, endpoint: u64| {
            endpoint.checked_sub(least).is_some_and(|more| more <= interrupted + lost)
        };
        within(client.all.saturating_sub(lost), endpoint.all) && within(client.throttled, endpoint.throttled)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flashcrowd_dynamodb_shop::OperationCount;
    use flashcrowd_metrics::{Builtin, Plan, Registry, Shard, TagSet, Totals, View};
    use flashcrowd_record::{ResultsMeta, SummaryOptions};

    use super::*;

    #[test]
    fn the_endpoint_may_only_have_seen_more_if_steps_were_interrupted() {
        let side = |all, throttled| Attempts { all, throttled };
        for (client, endpoint, interrupted, agree) in [
            (side(10, 2), side(10, 2), 0, true),
            (side(10, 2), side(11, 2), 0, false),
            (side(10, 2), side(11, 3), 1, true),
            (side(10, 2), side(12, 2), 1, false),
            (side(10, 2), side(10, 1), 5, false),
        ] {
            let check = CrossCheck { client, endpoint, interrupted, lost: 0 };
            assert_eq!(check.agree(), agree, "{check:?}");
        }
    }

    #[test]
    fn what_got_no_answer_may_have_been_seen_or_not() {
        let side = |all, throttled| Attempts { all, throttled };
        for (client, endpoint, lost, agree) in [
            (side(10, 2), side(10, 2), 3, true),
            (side(10, 2), side(7, 2), 3, true),
            (side(10, 2), side(10, 5), 3, true),
            (side(10, 2), side(6, 2), 3, false),
            (side(10, 2), side(11, 2), 3, false),
            (side(10, 2), side(10, 6), 3, false),
            (side(10, 2), side(10, 1), 3, false),
        ] {
            let check = CrossCheck { client, endpoint, interrupted: 0, lost };
            assert_eq!(check.agree(), agree, "{check:?}");
        }
    }

    #[test]
    fn only_attempts_without_an_answer_are_lost() {
        let mut plan = Plan::new(Registry::new());
        plan.views.push(View {
            name: "requests",
            metrics: vec![Builtin::HTTP_REQS],
            tags: vec!["status", "error_code"],
        });
        let plan = Arc::new(plan);
        let (mut shard, mut totals) = (Shard::new(plan.clone()), Totals::new(plan, 1));
        for (count, code) in
            [(100, None), (20, Some("1400")), (10, Some("1503")), (4, Some("1050")), (3, Some("1212"))]
        {
            let tags = TagSet::from_pairs(code.map(|code| ("error_code", code)));
            (0..count).for_each(|_| shard.sample(Builtin::HTTP_REQS, &tags, 1.0));
        }
        totals.absorb(0, shard.take());
        let results = Results::collect(&totals, ResultsMeta::default(), &SummaryOptions::default(), &[], 1.0);
        assert_eq!(Attempts::lost(&results), 7);
    }

    #[test]
    fn all_operations_count() {
        let mut stats = ServerStats::default();
        let (get, put) = ((5, 1, 2), (7, 3, 0));
        for (name, (served, throttled, failed)) in [("GetItem Products", get), ("PutItem Orders", put)] {
            stats.operations.insert(name.to_owned(), OperationCount { served, throttled, failed });
        }
        let after = Attempts::of_endpoint(&stats);
        assert_eq!(after, Attempts { all: 18, throttled: 4 });
        assert_eq!(after.since(Attempts { all: 8, throttled: 1 }), Attempts { all: 10, throttled: 3 });
    }
}
