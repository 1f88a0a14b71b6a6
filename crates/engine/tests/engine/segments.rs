//! Any split of a test starts the iterations of the whole.

use std::time::Duration;

use flashcrowd_engine::executor::{Allowance, Arrivals, ConstantArrivalRate, RampingArrivalRate, RampingVus};
use flashcrowd_engine::{Sequence, Share, Stage, parse_scenarios};
use proptest::prelude::*;
use serde_json::json;

/// Shares of sequences with up to five borders, each divided over up to three workers.
pub fn machines() -> impl Strategy<Value = (Vec<Share>, usize)> {
    (prop::collection::btree_set(1u64..24, 0..5), 1usize..4).prop_map(|(borders, workers)| {
        let borders: Vec<String> = borders.iter().map(|border| format!("{border}/24")).collect();
        let sequence: Sequence =
            if borders.is_empty() { "0,1".parse() } else { borders.join(",").parse() }.unwrap();
        let shares = sequence.segments().map(|segment| Share::of(&segment, Some(&sequence)).unwrap());
        (shares.collect(), workers)
    })
}

pub fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let stage = (0u64..4000, 0u64..40)
        .prop_map(|(length, target)| Stage { duration: Duration::from_millis(length), target });
    prop::collection::vec(stage, 1..5)
}

pub fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort_unstable();
    times
}

proptest! {
    #[test]
    fn constant_arrivals((machines, workers) in machines(), rate in 1u64..300, pre in 0u64..9, more in 1u64..9) {
        let allowance = Allowance { pre_allocated_vus: pre, max_vus: pre + more };
        let second = Duration::from_secs(1);
        let executor = ConstantArrivalRate { rate, time_unit: second, duration: second, arrivals: Arrivals::Even, allowance };
        let parts = machines.iter().flat_map(|machine| {
            (0..workers).flat_map(|worker| {
                executor.dues(&allowance.iterations(machine, workers, worker), 0).collect::<Vec<_>>()
            })
        });
        prop_assert_eq!(sorted(parts.collect()), executor.dues(&Share::whole(), 0).collect::<Vec<_>>());
    }

    #[test]
    fn ramping_arrivals((machines, workers) in machines(), start_rate in 0u64..50, stages in stages(), pre in 1u64..9) {
        let allowance = Allowance { pre_allocated_vus: pre, max_vus: pre };
        let executor = RampingArrivalRate { start_rate, time_unit: Duration::from_secs(1), stages, arrivals: Arrivals::Even, allowance };
        let parts = machines.iter().flat_map(|machine| {
            (0..workers).flat_map(|worker| {
                executor.dues(&allowance.iterations(machine, workers, worker), 0).collect::<Vec<_>>()
            })
        });
        prop_assert_eq!(sorted(parts.collect()), executor.dues(&Share::whole(), 0).collect::<Vec<_>>());
    }

    #[test]
    fn ramping_vus((machines, workers) in machines(), start in 0u64..30, stages in stages()) {
        let executor = RampingVus::new(start, stages);
        // Every change by one virtual user, as many times as it is made at that moment.
        let changes = |share: &Share| {
            let mut before = 0i64;
            let mut changes = Vec::new();
            for step in executor.steps(share) {
                let change = step.vus as i64 - before;
                changes.extend((0..change.abs()).map(|_| (step.at, change.signum())));
                before = step.vus as i64;
            }
            changes
        };
        let shares = machines.iter().flat_map(|machine| machine.split(workers));
        let mut union = std::collections::BTreeMap::new();
        for (at, change) in shares.flat_map(|share| changes(&share)) {
            *union.entry(at).or_insert(0i64) += change;
        }
        let mut whole = std::collections::BTreeMap::new();
        for (at, change) in changes(&Share::whole()) {
            *whole.entry(at).or_insert(0i64) += change;
        }
        union.retain(|_, change| *change != 0);
        whole.retain(|_, change| *change != 0);
        prop_assert_eq!(union, whole);
    }

    #[test]
    fn looping_vus_and_their_iterations((machines, _) in machines(), vus in 1u64..50, extra in 0u64..100) {
        let scenarios = parse_scenarios(&json!({
            "constant": {"executor": "constant-vus", "vus": vus, "duration": "1s"},
            "each": {"executor": "per-vu-iterations", "vus": vus, "iterations": 3},
            "shared": {"executor": "shared-iterations", "vus": vus, "iterations": vus + extra},
        })).unwrap();
        for scenario in scenarios {
            let vus_of = |share: &Share| scenario.executor.needs(share, Duration::ZERO)[0].planned;
            prop_assert_eq!(machines.iter().map(vus_of).sum::<u64>(), vus);
            let iterations = |share: &Share| scenario.executor.iterations(share).unwrap_or_default();
            prop_assert_eq!(machines.iter().map(iterations).sum::<u64>(), iterations(&Share::whole()));
        }
    }
}
