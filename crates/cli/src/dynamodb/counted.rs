//! What was counted twice: attempts by the client, and requests by the DynamoDB in this process, which shares no code with it.

use flashcrowd_dynamodb_shop::DeskStats;
use flashcrowd_report::Results;

use super::tally::whole;

/// Attempts as one side has counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// All of them.
    pub all: u64,
    /// Those that were throttled.
    pub throttled: u64,
}

/// What both sides have counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The client.
    pub client: Attempts,
    /// The endpoint.
    pub endpoint: Attempts,
    /// Steps that were ended before their time, whose last answers the client has not seen.
    pub interrupted: u64,
}

impl Attempts {
    /// What an endpoint has counted so far.
    pub fn of_endpoint(stats: &DeskStats) -> Self {
        stats.operations.values().fold(Self::default(), |sum, one| Self {
            all: sum.all + one.served + one.throttled + one.failed,
            throttled: sum.throttled + one.throttled,
        })
    }

    /// What the client has counted.
    pub fn of_client(results: &Results) -> Self {
        let counted = |name| results.metric(name).map_or(0, |metric| whole(metric.stats.value("count")));
        Self { all: counted("dynamodb_attempts"), throttled: counted("dynamodb_throttled") }
    }

    /// What came after.
    pub fn since(self, before: Self) -> Self {
        Self { all: self.all - before.all, throttled: self.throttled - before.throttled }
    }
}

impl Counted {
    /// Whether both sides agree, but for answers that nobody waited for.
    pub fn agree(&self) -> bool {
        let within = |client: u64, endpoint: u64| {
            endpoint.checked_sub(client).is_some_and(|more| more <= self.interrupted)
        };
        within(self.client.all, self.endpoint.all) && within(self.client.throttled, self.endpoint.throttled)
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_dynamodb_shop::OperationCount;

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
            let counted = Counted { client, endpoint, interrupted };
            assert_eq!(counted.agree(), agree, "{counted:?}");
        }
    }

    #[test]
    fn all_operations_count() {
        let mut stats = DeskStats::default();
        let (get, put) = ((5, 1, 2), (7, 3, 0));
        for (name, (served, throttled, failed)) in [("GetItem Products", get), ("PutItem Orders", put)] {
            stats.operations.insert(name.to_owned(), OperationCount { served, throttled, failed });
        }
        let after = Attempts::of_endpoint(&stats);
        assert_eq!(after, Attempts { all: 18, throttled: 4 });
        assert_eq!(after.since(Attempts { all: 8, throttled: 1 }), Attempts { all: 10, throttled: 3 });
    }
}
