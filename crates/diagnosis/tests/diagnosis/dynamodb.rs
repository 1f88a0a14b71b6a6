//! Runs against DynamoDB: what is expected of them, what is found in them, and that throttles are taken for throttles.

use flashcrowd_diagnosis::{Answer, Evidence, compare, finding_text, judge};
use flashcrowd_record::{Expected, Finding, Judgement, Mark, Record, Severity, Verdict};
use flashcrowd_text::Lang;

use crate::prime_day::PrimeDay;

/// What is expected of such a run.
fn expected() -> Vec<Expected> {
    [("iteration_rate", "> 50"), ("failure_rate", "< 5%"), ("throttle_rate", "< 10%")]
        .map(|(name, target)| Expected { name: name.into(), target: target.into() })
        .into()
}

fn throttled() -> PrimeDay {
    PrimeDay { expected: expected(), ..PrimeDay::default() }
}

fn on_demand() -> PrimeDay {
    PrimeDay { provisioned: None, ..throttled() }
}

fn judged(day: &PrimeDay) -> Judgement {
    judge(&Evidence::from(&day.record()))
}

fn found<'a>(judgement: &'a Judgement, id: &str) -> &'a Finding {
    judgement.findings.iter().find(|finding| finding.id == id).unwrap()
}

fn told(judgement: &Judgement) -> String {
    let lines = judgement.expectations.iter().map(|one| {
        format!("{} {} {:?}: {}", one.name, one.value.unwrap_or_default().round(), one.result, one.evidence)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_miss_is_told_with_what_it_is_due_to() {
    let judgement = judged(&throttled());
    insta::assert_snapshot!(told(&judgement), @r"
    iteration_rate 9 Fail: 561 iterations were completed in 60 s; calls spent 1,119 s in backoff in total after 2,917 throttled attempts: raise RCU/WCU first, then adjust the number of workers or the test's logic
    failure_rate 56 Fail: 312 of 561 customer requests were not fulfilled (retries exhausted: 312, conditions not met, such as sold out: 0, other errors: 0); most ran out of attempts because of throttling: raise RCU/WCU first
    throttle_rate 92 Fail: 2,917 of 3,166 attempts were throttled; raise RCU/WCU, or switch to on-demand
    ");
    let mut judgement = judgement;
    for one in &mut judgement.expectations {
        one.evidence = flashcrowd_diagnosis::expectation_text(Lang::Ko, one);
    }
    insta::assert_snapshot!(told(&judgement), @r"
    iteration_rate 9 Fail: 60초 동안 반복 561건이 완료되었습니다. 스로틀링 2,917건으로 인한 백오프 대기가 총 1,119초입니다. 먼저 RCU/WCU를 늘리고, 그다음 워커 수나 테스트 로직을 조정하십시오
    failure_rate 56 Fail: 고객 요구 561건 중 312건이 이루어지지 않았습니다(재시도 포기 312건, 품절 등 조건 불일치 0건, 그 밖의 오류 0건). 대부분 스로틀링으로 재시도를 포기한 것이므로 먼저 RCU/WCU를 늘리십시오
    throttle_rate 92 Fail: 시도 3,166건 중 2,917건이 스로틀링되었습니다. RCU/WCU를 늘리거나 온디맨드로 전환하십시오
    ");
    assert_eq!(judgement.verdict, Verdict::Fail);
}

#[test]
fn without_a_limit_all_is_well() {
    let judgement = judged(&on_demand());
    insta::assert_snapshot!(told(&judgement), @r"
    iteration_rate 125 Pass: 7,494 iterations were completed in 60 s
    failure_rate 0 Pass: 0 of 7,494 customer requests were not fulfilled
    throttle_rate 0 Pass: 0 of 7,494 attempts were throttled
    ");
    assert_eq!((judgement.verdict, judgement.findings.len()), (Verdict::Pass, 0), "{judgement:#?}");
}

#[test]
fn denied_calls_are_errors_and_no_throttles() {
    let judgement = judged(&PrimeDay { denied: 0.2, ..on_demand() });
    insta::assert_snapshot!(told(&judgement), @r"
    iteration_rate 125 Pass: 7,494 iterations were completed in 60 s
    failure_rate 20 Fail: 1,478 of 7,494 customer requests were not fulfilled (retries exhausted: 0, conditions not met, such as sold out: 0, other errors: 1,478); check the network and the permissions (IAM)
    throttle_rate 0 Pass: 0 of 7,494 attempts were throttled
    ");
    let ids: Vec<&str> = judgement.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["error-onset"]);
    insta::assert_snapshot!(judgement.findings[0].evidence, @"From second 0, at 20 virtual users and 111 requests/s, 19.7% of the requests failed (400: 1,478 times). DynamoDB error codes: AccessDeniedException.");
}

#[test]
fn parts_are_judged_alone() {
    let one = |name: &str, target: &str| {
        let expected = vec![Expected { name: name.into(), target: target.into() }];
        judged(&PrimeDay { expected, ..throttled() }).expectations.remove(0)
    };
    let orders = one("failure_rate{order}", "< 5%");
    assert_eq!(orders.result, Mark::Fail, "{orders:?}");
    let scans = one("throttle_rate{Scan Products}", "< 10%");
    assert!(scans.value.is_some_and(|share| share > 10.0), "{scans:?}");
    let nothing = one("throttle_rate{Scan Nothing}", "< 10%");
    assert_eq!(nothing.result, Mark::NotMeasured, "{nothing:?}");
    let step = one("iteration_rate[step 1]", "> 1");
    assert_eq!(step.result, Mark::Pass, "{step:?}");
    assert_eq!(one("iteration_rate[step 2]", "> 1").result, Mark::NotMeasured);
}

#[test]
fn throttles_are_found_and_nothing_else() {
    for seed in 0..20 {
        let day = PrimeDay { seed, seconds: 30 + 5 * seed as u32, ..throttled() };
        let mut record = day.record();
        // Scenarios that run side by side have no phases, unless somebody says what they are together.
        if seed % 2 == 1 {
            record.run.phases.clear();
        }
        let judgement = judge(&Evidence::from(&record));
        let ids: Vec<&str> = judgement.findings.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids, ["dynamodb-throttling"], "{seed}");
        assert_eq!(judgement.breaking_point, None);
        assert!(judgement.expectations.iter().all(|one| one.result == Mark::Fail), "{judgement:#?}");
    }
}

#[test]
fn customers_who_back_off_are_no_outage() {
    let day = PrimeDay { seconds: 40, burst: 300.0, ..throttled() };
    let silent = |metric: &str| {
        let mut record = day.record();
        record.run.phases.clear();
        for line in &mut record.timeline[30..] {
            line.rows.clear();
            line.metrics.clear();
        }
        // Before that somebody was throttled, or nobody was.
        for line in &mut record.timeline[..30] {
            line.metrics.shift_remove(metric);
        }
        judge(&Evidence::from(&record)).findings
    };
    assert!(silent("").iter().all(|finding| finding.id != "outage"));
    assert!(silent("dynamodb_throttled").iter().any(|finding| finding.id == "outage"));
}

#[test]
fn the_finding_says_where_why_and_what_would_do() {
    let judgement = judged(&throttled());
    let finding = found(&judgement, "dynamodb-throttling");
    assert_eq!(finding.severity, Severity::Critical);
    for lang in [Lang::En, Lang::Ko] {
        let text = finding_text(lang, finding);
        let lines = [text.title, text.evidence].into_iter().chain(text.remedies);
        let text = lines.collect::<Vec<_>>().join("\n");
        match lang {
            Lang::En => insta::assert_snapshot!(text, @r"
            DynamoDB throttling: reads from Products
            2,917 of 3,166 attempts (92.1%) were throttled from second 0: reads from Products 1,978 (TableReadProvisionedThroughputExceeded), writes to Orders 901 (TableWriteProvisionedThroughputExceeded), reads from Products/category-index 38 (IndexReadProvisionedThroughputExceeded). Calls spent 1,119 s in backoff in total. 312 of 561 calls gave up after the last attempt. Capacity that would have served this load: Products 61 RCU (current: 2), Orders 112 WCU (current: 2), Products/category-index 5 RCU (current: 2), Products 75 WCU (current: 2).
            Raise provisioned capacity before the event: Products 61 RCU, Orders 112 WCU, Products/category-index 5 RCU, Products 75 WCU.
            An index has its own capacity: raising that of its table does not help, and an index that is short of write capacity throttles writes to the table.
            Or switch to on-demand the day before, not during the event, and set its warm throughput to the expected peak.
            Do not rely on auto scaling alone: it follows a traffic peak with minutes of delay. Raise its minimum before the event.
            Scans consume 39.5% of the read units: serve the front page from a cache (DAX, or one in the application), or query an index for what it needs.
            If customers can wait for the confirmation, put orders into a queue and write them at the rate that the table can take.
            Retry with exponential backoff and full jitter. During a traffic peak, the retry quota of the SDKs runs out and calls fail immediately.
            "),
            Lang::Ko => insta::assert_snapshot!(text, @r"
            DynamoDB 스로틀링: Products 읽기
            0초부터 시도 3,166건 중 2,917건(92.1%)이 스로틀링되었습니다: Products 읽기 1,978건(TableReadProvisionedThroughputExceeded), Orders 쓰기 901건(TableWriteProvisionedThroughputExceeded), Products/category-index 읽기 38건(IndexReadProvisionedThroughputExceeded). 백오프 대기 시간은 총 1,119초입니다. 호출 561건 중 312건이 재시도를 포기했습니다. 이 부하를 처리하는 데 필요한 용량: Products 61 RCU(현재 2), Orders 112 WCU(현재 2), Products/category-index 5 RCU(현재 2), Products 75 WCU(현재 2).
            이벤트 전에 프로비저닝 용량을 늘리십시오: Products 61 RCU, Orders 112 WCU, Products/category-index 5 RCU, Products 75 WCU.
            인덱스(GSI)의 용량은 테이블과 별개이므로 테이블만 늘려서는 해결되지 않습니다. 인덱스의 쓰기 용량이 부족하면 테이블 쓰기도 스로틀링됩니다.
            또는 이벤트 도중이 아니라 전날까지 온디맨드로 전환하고 웜 처리량을 예상 피크에 맞춰 예열하십시오.
            오토 스케일링은 급증한 부하를 몇 분 늦게 따라가므로 이에만 의존하지 말고 이벤트 전에 최소 용량을 올려 두십시오.
            전체 스캔이 읽기 용량의 39.5%를 소비합니다. 메인 페이지는 캐시(DAX 또는 애플리케이션 캐시)에서 제공하거나 인덱스 쿼리로 바꾸십시오.
            주문 확정을 기다릴 수 있다면 주문을 큐에 넣고 테이블 용량에 맞는 속도로 기록하십시오.
            지수 백오프와 풀 지터로 재시도하십시오. SDK의 재시도 쿼터는 부하가 몰리면 소진되어 바로 실패합니다.
            "),
        }
    }
}

/// A run that made calls in setup, and whose last calls ended in the rest of a second after the load.
fn with_edges(day: &PrimeDay) -> Record {
    let mut record = day.record();
    for line in &mut record.timeline {
        line.load = line.load.map(|load| load - 1.0);
    }
    record.timeline[0].load = None;
    let last = record.timeline.last_mut().unwrap();
    last.interval = 0.42;
    last.metrics.shift_remove("vus");
    last.scenarios.iter_mut().for_each(|scenario| scenario.vus = 0);
    record
}

#[test]
fn findings_count_what_the_results_count() {
    let record = with_edges(&throttled());
    let results = record.results.as_ref().unwrap();
    let sum = |name: &str| results.metric(name).unwrap().stats.value("count");
    let edges = [&record.timeline[0], record.timeline.last().unwrap()];
    assert!(edges.iter().all(|line| line.stat("dynamodb_attempts", "sum") > Some(0.0)));

    let judgement = judge(&Evidence::from(&record));
    let finding = found(&judgement, "dynamodb-throttling");
    for name in ["attempts", "throttled", "calls", "gave_up"] {
        assert_eq!(finding.figures[name], sum(&format!("dynamodb_{name}")), "{name}");
    }
    let places: f64 = (1..=3).map(|at| finding.figures[&format!("throttled_{at}")]).sum();
    assert_eq!((places, finding.figures["second"]), (finding.figures["throttled"], 0.0));
}

#[test]
fn conflicts_are_those_of_the_results() {
    let mut record = with_edges(&throttled());
    for line in &mut record.timeline {
        if let Some(throttled) = line.metrics.shift_remove("dynamodb_throttled") {
            line.metrics.insert("dynamodb_conflicts".into(), throttled);
        }
    }
    let results = record.results.as_ref().unwrap();
    let sum = |name: &str| results.metric(name).unwrap().stats.value("count");
    let judgement = judge(&Evidence::from(&record));
    let finding = found(&judgement, "dynamodb-conflicts");
    assert_eq!(finding.figures["attempts"], sum("dynamodb_attempts"));
    assert_eq!(finding.figures["conflicts"], sum("dynamodb_throttled"));
}

#[test]
fn what_would_do_is_left_out_where_nobody_knows() {
    let mut record = throttled().record();
    record.results = None;
    let judgement = judge(&Evidence::from(&record));
    let finding = found(&judgement, "dynamodb-throttling");
    assert!(!finding.evidence.contains("Capacity that would have served"), "{}", finding.evidence);
    assert!(
        finding.remedy.starts_with("Before the event, raise the provisioned capacity (RCU/WCU)"),
        "{}",
        finding.remedy
    );
}

#[test]
fn other_limits_have_other_remedies() {
    for (reason, first) in [
        ("KeyRangeThroughput", "One key is too hot"),
        ("AccountLimit", "The account's quota was reached"),
        ("MaxOnDemandThroughput", "This on-demand table or index has a maximum throughput"),
    ] {
        let judgement = judged(&PrimeDay { reason, ..throttled() });
        let finding = found(&judgement, "dynamodb-throttling");
        assert!(finding.remedy.starts_with(first), "{}", finding.remedy);
    }
}

#[test]
fn an_index_is_told_apart_from_its_table() {
    let readers = PrimeDay { buyers: 0, ..throttled() };
    let judgement = judged(&readers);
    let finding = found(&judgement, "dynamodb-throttling");
    let labels: Vec<&str> = ["place_1", "place_2"].iter().map(|key| finding.labels[*key].as_str()).collect();
    assert!(labels.contains(&"Products") && labels.contains(&"Products/category-index"), "{labels:?}");
    assert!(finding.remedy.contains("An index has its own capacity"), "{}", finding.remedy);
}

#[test]
fn a_comparison_tells_throttles_capacity_and_waiting() {
    let (before, after) = (throttled().record(), on_demand().record());
    let comparison = compare(&before, &after);
    let names = [
        "throttle rate",
        "dynamodb_failed",
        "iterations",
        "back-off per iteration",
        "calls given up",
        "dynamodb_call_duration p(95)",
        "Products write units",
    ];
    let shown: Vec<String> = names
        .iter()
        .map(|name| {
            let change = comparison.changes.iter().find(|change| change.name == *name).unwrap();
            let better = match change.answer {
                Answer::Better => "better",
                Answer::Worse => "worse",
                _ => "",
            };
            format!(
                "{name}: {:.1} {:.1} {} {better}",
                change.before.unwrap(),
                change.after.unwrap(),
                change.unit
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    throttle rate: 92.1 0.0 % better
    dynamodb_failed: 55.6 0.0 % better
    iterations: 9.3 124.9 /s better
    back-off per iteration: 1995.2 0.0 ms better
    calls given up: 55.6 0.0 % better
    dynamodb_call_duration p(95): 4624.2 21.5 ms better
    Products write units: 2.0 141.3 /s
    ");
    assert!(!comparison.regression, "{comparison:#?}");
    assert!(compare(&after, &before).regression);
}

#[test]
fn runs_of_the_same_shape_do_not_differ() {
    for seed in 0..10 {
        let day = |seed| PrimeDay { seed, seconds: 90, ..throttled() };
        let comparison = compare(&day(seed).record(), &day(seed + 100).record());
        assert!(!comparison.regression, "{seed}: {comparison:#?}");
    }
}
