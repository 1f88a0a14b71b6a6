//! Prime Day on DynamoDB: what it shows and keeps, its throttles by the arithmetic of capacity, and what goes wrong.

use serde_json::Value;

use crate::dynamodb::practice::Practice;
use crate::run::{Outcome, Run, Signal, Started};

/// A day in this process, over before anybody gets bored.
const SHORT: &str = "dynamodb --demo --duration 3s --local --out-dir out";

/// `flashcrowd` without anything that would find credentials.
pub fn bare(line: &str) -> Run {
    Run::of(line).env("AWS_EC2_METADATA_DISABLED", "true")
}

/// Starts a run that keeps its record in `out`, and waits until it has gone on for a second.
pub fn begun(run: Run) -> Started {
    let started = run.start();
    started.wait_for_lines("out/timeline.jsonl", 1);
    started
}

pub fn result(outcome: &Outcome) -> Value {
    outcome.json("out/load_test_result.json")
}

/// Lines of the record's capacity, each with what it was provisioned with.
fn capacity(outcome: &Outcome) -> Vec<Value> {
    outcome.json("out/result.json")["capacity"]["lines"].as_array().unwrap().clone()
}

#[test]
fn at_two_units_it_throttles_as_much_as_the_arithmetic_says() {
    let outcome = bare(SHORT).args("--burst 0").go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let result = result(&outcome);
    let number = |name: &str| result[name].as_u64().unwrap();
    assert!(number("throttles") > 0, "{result}");
    assert_eq!(result["endpoint"]["attempts"], result["attempts"]);
    assert_eq!(result["endpoint"]["throttled"], result["throttles"]);
    assert!(outcome.stdout.contains("DynamoDB in this process also counted"), "{outcome:?}");
    // Nothing was saved up: two units a second flow in, of which the last request may take more than is there. It
    // takes 2.5 units for a page of 25 items, and 14 for an order of three lines.
    let seconds = result["seconds"].as_f64().unwrap();
    let lines = capacity(&outcome);
    for line in &lines {
        let consumed = line["consumed"].as_f64().unwrap();
        assert!(consumed <= 2.0 * (seconds + 1.0) + 14.0, "{line} in {seconds} s");
    }
    assert!(lines.iter().any(|line| line["consumed"].as_f64().unwrap() > 2.0), "{lines:?}");
}

#[test]
fn gets_by_the_clock_are_served_four_times_a_second_by_two_units() {
    // Few products, since that they are read before the run costs units too.
    let line = "dynamodb --demo --local --products 4 --burst 0 --rate 40 --read-ratio 1 --patterns get=1 \
                --attempts 1 --duration 6s --out-dir out";
    let outcome = bare(line).go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let result = result(&outcome);
    let [attempts, throttled, served] =
        [&result["attempts"], &result["throttles"], &result["product_queries"]["ok"]]
            .map(|number| number.as_u64().unwrap());
    assert!((120..=241).contains(&attempts), "{result}");
    assert_eq!((throttled, &result["calls"]), (attempts - served, &attempts.into()), "{result}");
    // Half a unit each. There is one more of whatever is left, and what flowed in or was owed when it began.
    let seconds = result["seconds"].as_f64().unwrap();
    let (due, refill) = (seconds * 2.0 / 0.5, 2.0 / 0.5);
    assert!((served as f64 - due).abs() <= 1.0 + refill, "{served} in {seconds} s: {result}");
    let products = capacity(&outcome).into_iter().find(|line| line["table"] == "Products").unwrap();
    assert_eq!(products["consumed"].as_f64(), Some(served as f64 * 0.5), "{products}");
    assert_eq!(products["throttled"].as_u64(), Some(throttled), "{products}");
    let endpoint = &result["endpoint"];
    assert_eq!((&endpoint["attempts"], &endpoint["throttled"]), (&attempts.into(), &throttled.into()));
}

#[test]
fn what_is_due_is_what_the_same_load_consumes_on_demand() {
    let practice = Practice::start("--dynamodb-latency 20ms --dynamodb-burst 0.1");
    let run = |line: &str| practice.run(line).go();
    let day = "dynamodb --demo --duration 4s --patterns query=1,get=3 --out-dir out";
    assert_eq!(run("dynamodb setup --on-demand").code, Some(0));
    let free = run(day);
    assert_eq!(result(&free)["throttles"], 0, "{free:?}");
    assert_eq!(run("dynamodb capacity --provisioned 2 2").code, Some(0));
    let throttled = run(day);
    assert!(result(&throttled)["throttles"].as_u64() > Some(0), "{throttled:?}");
    let seconds = |outcome: &Outcome| result(outcome)["seconds"].as_f64().unwrap();
    // What is throttled goes on for longer.
    let (free_for, throttled_for) = (seconds(&free), seconds(&throttled));
    let mut used = 0;
    for (free, throttled) in capacity(&free).iter().zip(capacity(&throttled)) {
        let (consumed, due) =
            (free["consumed"].as_f64().unwrap() / free_for, throttled["due"].as_f64().unwrap());
        if consumed > 0.0 {
            used += 1;
            let held_back = throttled["consumed"].as_f64().unwrap() / throttled_for;
            assert!(held_back < consumed / 1.5, "{throttled} was not throttled: {consumed}");
            assert!((consumed / 2.0..=consumed * 2.0).contains(&due), "{consumed}: {throttled}");
        } else {
            assert_eq!(due, 0.0, "{throttled}");
        }
    }
    assert_eq!(used, 4, "reads of products and their index, writes of products and orders");
}

#[test]
fn on_demand_nothing_is_throttled_and_everything_is_kept() {
    let outcome = bare(SHORT).args("--on-demand --uniform --products 1000").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let result = result(&outcome);
    assert_eq!((&result["throttles"], &result["verdict"]), (&0.into(), &"pass".into()), "{result}");
    assert_eq!(
        (&result["mode"], &result["workers"], &result["practice"]),
        (&"demo".into(), &5.into(), &true.into())
    );
    let metrics = outcome.json("out/result.json")["metrics"].clone();
    let iterations =
        metrics.as_array().unwrap().iter().find(|metric| metric["name"] == "iterations").unwrap();
    assert_eq!(result["requests"].as_f64(), iterations["stats"]["count"].as_f64());
    assert_eq!(result["takings"]["orders"], result["orders"]["ok"]);
    let names = [
        "histograms.json",
        "load_test.log",
        "load_test_result.json",
        "result.json",
        "run.json",
        "seal.json",
        "timeline.jsonl",
    ];
    assert_eq!(outcome.files("out"), names);
    let log = outcome.read("out/load_test.log");
    assert!(log.contains("prime day begins") && log.contains("prime day is over"), "{log}");
    let boxed: Vec<&str> =
        outcome.stdout.lines().filter(|line| line.starts_with(['╔', '║', '╠', '╚'])).collect();
    assert_eq!(boxed.len(), 19, "{outcome:?}");
    assert!(boxed[1].contains("PRIME DAY LOAD TEST RESULT"), "{boxed:?}");
    assert!(!outcome.stdout.contains('\x1b'), "{outcome:?}");
}

#[test]
fn its_record_can_be_reported_and_advised_on() {
    let outcome = bare(SHORT).args("--burst 0 --orders put --uniform").go();
    let record = |name: &str| (format!("out/{name}"), outcome.read(&format!("out/{name}")));
    for command in ["report out", "advise out"] {
        let files = ["histograms.json", "result.json", "run.json", "timeline.jsonl"].map(record);
        let again = files.iter().fold(Run::of(command), |run, (name, text)| run.file(name, text)).go();
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(again.stdout.contains("Prime Day") || command == "advise out", "{again:?}");
    }
}

#[test]
fn without_credentials_it_says_where_it_goes_instead() {
    let outcome = bare("dynamodb --demo --duration 1s -q --on-demand --lang ko").go();
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert!(outcome.stderr.contains("using the practice DynamoDB in this process"), "{outcome:?}");
    for word in [
        "PRIME DAY LOAD TEST 최종 결과",
        "테스트 시간:",
        "총 요청 수:",
        "평균 RPS:",
        "상품 조회",
        "주문 생성",
        "성공:",
        "실패:",
        "스로틀링: 0개",
        "전체 성공률: 100.00%",
        "전체 실패율: 0.00%",
    ] {
        assert!(outcome.stdout.contains(word), "{word}: {outcome:?}");
    }
    assert!(outcome.files("results")[0].starts_with("prime-day-"), "{outcome:?}");
}

#[test]
fn steps_can_be_started_by_the_clock() {
    let outcome = bare(SHORT).args("--on-demand --rate 60 --read-ratio 0.75 --patterns get=1").go();
    let result = result(&outcome);
    let of = |kind: &str| result[kind]["ok"].as_u64().unwrap();
    // 45 looks and 15 orders a second, for three seconds.
    let (looks, orders) = (of("product_queries"), of("orders"));
    assert!((1..=136).contains(&looks) && (1..=46).contains(&orders), "{result}");
    // Those that find all workers busy are dropped.
    let metrics = outcome.json("out/result.json")["metrics"].clone();
    let dropped = metrics.as_array().unwrap().iter().find(|metric| metric["name"] == "dropped_iterations");
    let dropped = dropped.map_or(0, |metric| metric["stats"]["count"].as_u64().unwrap());
    assert!((130..=182).contains(&(looks + orders + dropped)), "{dropped} dropped: {result}");
}

#[test]
fn what_is_wrong_is_told_before_anything_is_sent() {
    for (line, code, words) in [
        ("dynamodb", 104, &["no terminal", "--yes"][..]),
        ("dynamodb --custom --workers 3", 104, &["--custom asks", "--duration"]),
        ("dynamodb --demo --workers 1 --local", 104, &["--workers 1 cannot both"]),
        ("dynamodb setup", 104, &["no AWS credentials", "--endpoint-url"]),
        ("dynamodb capacity", 104, &["no AWS credentials"]),
        ("dynamodb teardown", 104, &["--yes"]),
        ("dynamodb --demo --profile nobody", 104, &["nobody"]),
        ("dynamodb --demo --endpoint-url nonsense", 104, &["nonsense"]),
        ("dynamodb --demo --endpoint-url http://127.0.0.1:1", 255, &["connection refused"]),
        ("dynamodb --demo --local --prices none.json", 104, &["none.json"]),
        ("dynamodb --demo --table-prefix 주문", 104, &["--table-prefix"]),
    ] {
        let outcome = bare(line).go();
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(code), ""), "{line}: {outcome:?}");
        assert!(words.iter().all(|word| outcome.stderr.contains(word)), "{line}: {outcome:?}");
    }
}

#[test]
fn with_the_retries_of_an_sdk_both_figures_are_in_the_box() {
    let line = "dynamodb --demo --duration 8s --local --burst 0 --retries sdk --attempts 2 --mixed --orders put \
                --out-dir out";
    let outcome = bare(line).go();
    assert_eq!(outcome.code, Some(99), "{outcome:?}");
    let result = result(&outcome);
    let (throttles, gave_up) = (result["throttles"].as_u64().unwrap(), result["gave_up"].as_u64().unwrap());
    assert!(throttles > gave_up && gave_up > 0, "{result}");
    for words in [format!("Throttled: {throttles} "), format!("Given up: {gave_up} ")] {
        assert!(outcome.stdout.contains(&words), "{words}: {outcome:?}");
    }
    // Every worker does both.
    assert!(result["orders"]["ok"].as_u64() > Some(0) && result["product_queries"]["ok"].as_u64() > Some(0));
    let refused = bare("dynamodb --demo --local --retries sdk --retry-base 1s").go();
    assert_eq!(refused.code, Some(104), "{refused:?}");
}

#[test]
fn an_endpoint_that_goes_away_is_counted_and_said() {
    let practice = Practice::start("--dynamodb-latency 1ms");
    assert_eq!(practice.run("dynamodb setup --on-demand").go().code, Some(0));
    let run = practice.run("dynamodb --demo --duration 8s --out-dir out --attempts 2 --retry-cap 100ms");
    let started = begun(run);
    practice.process.signal(Signal::KILL);
    let outcome = started.end();
    let result = result(&outcome);
    assert!(
        result["errors"].as_u64().unwrap() > 0 && result["product_queries"]["ok"].as_u64() > Some(0),
        "{result}"
    );
    assert!(outcome.stderr.contains("every call since second"), "{outcome:?}");
    assert!(outcome.read("out/load_test.log").contains("every call since second"), "{outcome:?}");
}

#[test]
fn tables_that_are_removed_meanwhile_are_counted_and_said() {
    let practice = Practice::start("--dynamodb-latency 1ms");
    assert_eq!(practice.run("dynamodb setup --on-demand").go().code, Some(0));
    let started = begun(practice.run("dynamodb --demo --duration 8s --out-dir out"));
    assert_eq!(practice.run("dynamodb teardown --yes").go().code, Some(0));
    let outcome = started.end();
    assert!(result(&outcome)["errors"].as_u64().unwrap() > 0, "{outcome:?}");
    assert!(outcome.stderr.contains("was refused: ResourceNotFoundException"), "{outcome:?}");
}

#[test]
fn credentials_that_expire_meanwhile_are_counted_and_said_but_never_shown() {
    let practice = Practice::start(
        "--dynamodb-latency 60ms --dynamodb-auth AKIDSHOP:OurSecret:OurToken --dynamodb-token-life 5s",
    );
    let run = |line: &str| {
        let run = practice.run(line).env("AWS_ACCESS_KEY_ID", "AKIDSHOP");
        run.env("AWS_SECRET_ACCESS_KEY", "OurSecret").env("AWS_SESSION_TOKEN", "OurToken")
    };
    let setup = run("dynamodb setup --on-demand --products 10").go();
    assert_eq!(setup.code, Some(0), "{setup:?}");
    let outcome = run("dynamodb --demo --duration 10s --out-dir out --log-format json").go();
    // For good: nothing is answered any more until the end.
    assert_eq!(outcome.code, Some(255), "{outcome:?}");
    let result = result(&outcome);
    assert!(result["errors"].as_u64() > Some(0), "{result}");
    assert!(result["product_queries"]["ok"].as_u64() > Some(0), "{result}");
    let rows = outcome.json("out/result.json")["rows"].clone();
    let codes = rows.as_array().unwrap().iter().filter(|row| row["metric"] == "dynamodb_errors");
    let codes: Vec<_> = codes.map(|row| (&row["tags"]["code"], row["samples"].as_u64().unwrap())).collect();
    assert!(codes.iter().all(|(code, _)| *code == "ExpiredTokenException"), "{codes:?}");
    assert_eq!(Some(codes.iter().map(|(_, count)| count).sum()), result["errors"].as_u64());
    let warnings: Vec<&str> =
        outcome.stderr.lines().filter(|line| line.contains("ExpiredTokenException")).collect();
    assert!(warnings.first().is_some_and(|line| line.contains("was refused")), "{outcome:?}");
    assert!(outcome.stdout.contains("ExpiredTokenException"), "{outcome:?}");
    let files = outcome.files("out");
    assert!(files.iter().any(|name| name == "run.json") && files.len() == 7, "{files:?}");
    let kept = files.iter().map(|name| outcome.read(&format!("out/{name}")));
    for text in kept.chain([outcome.stdout.clone(), outcome.stderr.clone()]) {
        assert!(!text.contains("OurSecret") && !text.contains("OurToken"), "{text}");
    }
}

#[test]
fn the_wrong_region_is_refused_before_anything_is_run() {
    let practice = Practice::start("--dynamodb-latency 0");
    let credentials = [("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "OurSecret")];
    let run = practice.run("dynamodb --demo --duration 1s --region eu-west-1 --out-dir out");
    let outcome = credentials.iter().fold(run, |run, (name, value)| run.env(name, value)).go();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(255), ""), "{outcome:?}");
    for words in ["InvalidSignatureException", "not 'eu-west-1'", "check that", "the region"] {
        assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
    }
    assert!(!outcome.stderr.contains("OurSecret"), "{outcome:?}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_its_result() {
    let started = begun(bare("dynamodb --full --local --out-dir out"));
    started.signal(Signal::INT);
    let outcome = started.end();
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
    assert!(result(&outcome)["requests"].as_u64().unwrap() > 0, "{outcome:?}");
    assert_eq!(outcome.json("out/result.json")["outcome"]["state"], "interrupted");
}
