//! The plans that people start from: those of the examples, and the five of a test plan as it was handed in.

use std::path::Path;

use flashcrowd_engine::phases;
use flashcrowd_plan::{Sources, read};

use crate::fixture::Folder;

/// What was handed in, to the letter.
const HANDED_IN: [(&str, &str, usize); 5] = [
    (
        "Baseline Performance Test",
        "name: Baseline Performance Test
description: 단일 사용자로 시스템 기본 성능 측정
steps:
  - users: 1
    duration: 60s
    requests:
      - GET /inventory/1: 50%
      - POST /purchase/1: 50%
expected:
  - response_time_p99: < 50ms
  - error_rate: 0%
",
        1,
    ),
    (
        "Black Friday Load Test",
        "name: Black Friday Load Test
description: 점진적 부하 증가
steps:
  - users: 100
    duration: 120s
    ramp_up: 30s
  - users: 500
    duration: 120s
    ramp_up: 30s
  - users: 1000
    duration: 300s
    ramp_up: 60s
expected:
  - tps: > 100
  - response_time_p99: < 500ms
  - error_rate: < 1%
",
        3,
    ),
    (
        "Flash Sale Spike Test",
        "name: Flash Sale Spike Test
description: 갑작스러운 트래픽 급증
steps:
  - users: 10
    duration: 30s
  - users: 1000  # 갑자기 증가
    duration: 60s
    ramp_up: 5s
  - users: 10
    duration: 30s
expected:
  - system_recovery_time: < 10s
  - no_system_crash: true
",
        3,
    ),
    (
        "System Breaking Point Test",
        "name: System Breaking Point Test
description: 시스템 한계점 파악
steps:
  - start_users: 100
    increment: 100
    increment_interval: 60s
    max_users: 5000
expected:
  - identify_breaking_point: true
  - graceful_degradation: true
",
        50,
    ),
    (
        "Long Duration Test",
        "name: Long Duration Test
description: 메모리 누수, 성능 저하 확인
steps:
  - users: 500
    duration: 3600s  # 1시간
expected:
  - memory_leak: false
  - performance_degradation: < 10%
  - error_rate_stable: true
",
        1,
    ),
];

#[test]
fn plans_as_they_were_handed_in_are_read_with_a_base() {
    for (name, text, steps) in HANDED_IN {
        let folder = Folder::new().file("base.yaml", HANDED_IN[0].1).file("plan.yaml", text);
        let plans = folder.base("base.yaml").host("http://127.0.0.1:8080").read();
        let plan = plans.unwrap_or_else(|problems| panic!("{problems}")).remove(0);
        assert_eq!((plan.name.as_str(), phases(&plan.scenarios).len()), (name, steps));
        let names: Vec<_> = plan.tasks.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["GET /inventory/1", "POST /purchase/1"]);
        assert_eq!(plan.expected.len(), text.split("expected:").nth(1).unwrap().matches("- ").count());
    }
}

#[test]
fn the_examples_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/plans");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "yaml") {
            let plans = read(&Sources { file: file.clone(), ..Sources::default() });
            let plans = plans.unwrap_or_else(|problems| panic!("{problems:?}"));
            assert!(plans.iter().all(|plan| !plan.expected.is_empty() && !plan.tasks.is_empty()), "{file:?}");
            count += 1;
        }
    }
    assert_eq!(count, 6);
}
