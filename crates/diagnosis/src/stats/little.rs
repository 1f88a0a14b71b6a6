//! Little's law ties together how many are in a system, how many come, and how long they stay: N = X · R.
//!
//! Little, "A proof for the queuing formula L = λW", Operations Research 9, 1961. The bounds that follow for users who
//! think between requests are from Denning and Buzen, "The operational analysis of queueing network models",
//! ACM Computing Surveys 10, 1978.

/// How many requests are in the target at a time: the rate of requests times the seconds each takes.
pub(crate) fn in_system(per_second: f64, seconds: f64) -> f64 {
    per_second * seconds
}

/// How many users a target serves before they wait for each other: where the bounds X = N / (R + Z) and X = X_max
/// meet. The cycle is the seconds of one request and the thinking after it while nobody waits.
pub(crate) fn knee(largest_throughput: f64, cycle: f64) -> f64 {
    largest_throughput * cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_connections_of_fifty_milliseconds_serve_twenty_users() {
        assert_eq!(knee(400.0, 0.05), 20.0);
        assert_eq!(in_system(400.0, 0.05), 20.0);
    }
}
