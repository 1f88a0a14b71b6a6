//! Tables over whole layers: what is read, what is refused, and which layer wins.

use flashcrowd_engine::config::Problem;
use flashcrowd_metrics::{Contains, Kind, Registry};
use serde_json::{Value, json};

use super::layer::TABLE;
use super::{OptionLayer, Options, Resolved, Tier};

fn layer(value: Value) -> OptionLayer {
    let (layer, problems, _) = OptionLayer::from_json(&value);
    assert_eq!(problems, [], "{value}");
    layer
}

fn problems(value: &Value) -> Vec<String> {
    OptionLayer::from_json(value).1.iter().map(Problem::to_string).collect()
}

fn env(pairs: &[(&str, &str)]) -> (OptionLayer, Vec<Problem>) {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    OptionLayer::from_env(&pairs.collect())
}

fn resolved(layers: &[(Tier, Value)]) -> Resolved {
    let layers: Vec<_> = layers.iter().map(|(tier, value)| (*tier, layer(value.clone()))).collect();
    Options::consolidate(&layers).unwrap()
}

fn refused(layers: &[(Tier, Value)]) -> Vec<String> {
    let layers: Vec<_> = layers.iter().map(|(tier, value)| (*tier, layer(value.clone()))).collect();
    Options::consolidate(&layers).unwrap_err().iter().map(Problem::to_string).collect()
}

/// Each scenario as `name: executor numbers`.
fn scenarios(resolved: &Resolved) -> Vec<String> {
    let share = resolved.options.share();
    resolved.options.scenarios().iter().map(|one| format!("{}: {}", one.name, one.describe(share))).collect()
}

fn two_scenarios() -> Value {
    json!({"scenarios": {
        "a": {"executor": "constant-vus", "vus": 1, "duration": "5s", "gracefulStop": "0s"},
        "b": {"executor": "per-vu-iterations", "exec": "buy", "gracefulStop": "0s"},
    }})
}

#[test]
fn names_are_unique_and_every_option_is_written() {
    for place in 0..3 {
        let names = TABLE.iter().map(|entry| [entry.name, entry.env, entry.flag][place]);
        let mut names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
    let written = OptionLayer::default().to_json();
    assert_eq!(written.as_object().unwrap().len(), TABLE.len());
    assert!(written.as_object().unwrap().values().all(Value::is_null));
}

#[test]
fn every_option_is_read_from_json_and_written_again() {
    let mut all = json!({
        "paused": null,
        "vus": 5, "duration": "1m30s", "iterations": 10,
        "stages": [{"duration": "10s", "target": 3}],
        "scenarios": null,
        "executionSegment": "0:1/2", "executionSegmentSequence": "0,1/2,1",
        "arrivals": "bursts of 20", "seed": 42, "initTimeout": "5s",
    });
    let others = json!({
        "noSetup": true, "setupTimeout": "1m0s", "noTeardown": false, "teardownTimeout": "2s",
        "handleSummaryTimeout": "3s", "rps": 100,
        "dns": {"ttl": "inf", "select": "roundRobin", "policy": "onlyIPv6"},
        "maxRedirects": 4, "userAgent": "me/1", "batch": 7, "batchPerHost": 0, "httpDebug": "full",
        "insecureSkipTLSVerify": true, "tlsCipherSuites": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
        "tlsVersion": {"min": "tls1.2", "max": "tls1.3"},
        "tlsAuth": [{"cert": "c", "key": "***", "domains": ["a.test"]}],
        "throw": true,
        "thresholds": {
            "http_req_duration{status:200}": ["p(95)<500"],
            "checks": [{"threshold": "rate>0.9", "abortOnFail": true, "delayAbortEval": "10s"}],
            "http_reqs{name:x}": [],
        },
        "blacklistIPs": ["10.0.0.0/8"], "blockHostnames": ["*.bad.test"],
        "hosts": {"a.test": "127.0.0.1:8080"},
        "noConnectionReuse": true, "noVUConnectionReuse": true, "noResend": true, "minIterationDuration": "500ms",
        "summaryTrendStats": ["avg", "p(99.9)", "count"], "summaryTimeUnit": "ms",
        "systemTags": ["url", "vu"], "tags": {"team": "core"}, "metricSamplesBufferSize": 10,
        "noCookiesReset": true, "discardResponseBodies": true, "consoleOutput": "x.log",
        "localIPs": "127.0.0.1-127.0.0.2,127.0.1.0/30",
    });
    all.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    let layer = layer(all.clone());
    assert_eq!(layer.to_json(), all);
    assert_eq!(layer.local_ips.unwrap().addresses().len(), 4);
    let names: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(names, TABLE.iter().map(|entry| entry.name).collect::<Vec<_>>());
}

#[test]
fn texts_are_numbers_where_k6_takes_them() {
    let read = layer(json!({
        "vus": "50", "duration": "2500", "stages": [{"duration": 1500, "target": "7"}], "rps": "",
        "scenarios": {
            "a": {"executor": "constant-vus", "vus": "3", "duration": "1s", "gracefulStop": 0},
            "b": {"executor": "ramping-vus", "startVUs": "", "stages": [{"duration": "1s", "target": "9"}]},
        },
    }));
    let written = read.to_json();
    assert_eq!((&written["vus"], written["duration"].as_str()), (&json!(50), Some("2.5s")));
    assert_eq!(written["stages"], json!([{"duration": "1.5s", "target": 7}]));
    assert_eq!(
        (&written["scenarios"]["a"]["vus"], &written["scenarios"]["b"]["stages"][0]["target"]),
        (&json!(3), &json!(9))
    );
}

#[test]
fn every_wrong_value_is_named() {
    let wrong = json!({
        "paused": "maybe", "vus": -1, "duration": "soon", "iterations": 1.5,
        "stages": [{"duration": "-1s", "target": "x"}, 5, {"target": 1, "tarjet": 2}],
        "scenarios": {"a": {"executor": "constant-vu"}, "b c": {"executor": "constant-vus", "duration": "1s", "vuss": 1}},
        "executionSegment": "1:0", "executionSegmentSequence": 7,
        "arrivals": "poisonn", "seed": -1,
        "noSetup": "yes", "setupTimeout": -5, "rps": "fast",
        "dns": {"ttl": "x", "select": "best", "policy": "ipv4", "cache": 1},
        "maxRedirects": {}, "userAgent": 1, "httpDebug": "all",
        "tlsCipherSuites": "x", "tlsVersion": {"min": "1.2", "from": "tls1.2"},
        "tlsAuth": [{"cert": "c", "password": "p"}, 5],
        "thresholds": {
            "a{": ["p(95)<500"], "http_reqs": "count>1", "checks": ["rate", 5, {"threshold": "rate>1", "abort": true}],
            "vus": [{"abortOnFail": true}, {"threshold": "value>0", "abortOnFail": "yes", "delayAbortEval": "x"}],
        },
        "blacklistIPs": ["here"], "blockHostnames": ["a.*.b"], "hosts": {"a": "b"},
        "summaryTrendStats": ["avg", "p95", "rate"], "summaryTimeUnit": "h", "systemTags": ["urll", "elephant"],
        "tags": {"a": []}, "localIPs": "x,10.0.0.2-10.0.0.1", "throw": 1,
    });
    insta::assert_snapshot!(problems(&wrong).join("\n"));
    assert_eq!(problems(&json!(5)), ["options: 5 is not an object: write {vus: 10, duration: '30s'}"]);
}

#[test]
fn secrets_are_not_repeated() {
    let text =
        problems(&json!({"tlsAuth": [{"cert": "c", "key": ["secret"], "password": "secret"}]})).join("\n");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn unknown_options_are_warnings_with_the_nearest_name() {
    let (_, problems, warnings) = OptionLayer::from_json(
        &json!({"treshold": 1, "thresold": {}, "elephant": 1, "cloud": {}, "ext": {}, "vus": null}),
    );
    let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!((problems, texts.len()), (vec![], 3));
    let (_, problems, warnings) =
        OptionLayer::from_json(&json!({"thresholds": {"vus": [{"threshold": "value>0", "abort": 1}]}}));
    assert_eq!(
        (problems, warnings[0].to_string()),
        (vec![], "unknown field thresholds.vus[0].abort has no effect".into())
    );
    assert_eq!(texts[1], "unknown option 'thresold' has no effect: did you mean 'thresholds'?");
    assert_eq!(texts[2], "unknown option 'elephant' has no effect");
}

#[test]
fn variables_are_read_ours_above_k6s() {
    let (read, problems) = env(&[
        ("K6_VUS", "5"),
        ("FLASHCROWD_VUS", "7"),
        ("K6_DURATION", ""),
        ("K6_STAGES", "5s:10, 1m:20"),
        ("K6_TAGS", "a=b,c:d"),
        ("K6_DNS", "ttl=0,policy=any"),
        ("K6_THRESHOLDS", r#"{"checks":["rate>0.9"]}"#),
        ("K6_BLACKLIST_IPS", "10.0.0.0/8,127.0.0.1"),
        ("K6_NO_SETUP", "1"),
        ("K6_HOSTS", r#"{"a.test":"127.0.0.1"}"#),
        ("K6_SYSTEM_TAGS", "url,name"),
    ]);
    assert_eq!(problems, []);
    let written = read.to_json();
    let set: serde_json::Map<_, _> =
        written.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    insta::assert_snapshot!(Value::Object(set).to_string());
}

#[test]
fn wrong_variables_and_flags_are_named_as_they_were_typed() {
    let (_, mut found) = env(&[
        ("K6_VUS", "many"),
        ("FLASHCROWD_STAGES", "10s"),
        ("K6_THRESHOLDS", "p(95)<1"),
        ("K6_THROW", "maybe"),
    ]);
    let flags = [
        ("tags", vec!["a=b,c".to_owned(), "d".to_owned()]),
        ("stages", vec!["5s:-1".to_owned()]),
        ("x", vec![String::new()]),
    ];
    let (read, wrong) = OptionLayer::from_flags(&flags);
    assert_eq!(read.tags.unwrap().0, [("a".to_owned(), "b,c".to_owned())].into());
    found.extend(wrong);
    insta::assert_snapshot!(found.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn shortcuts_become_one_scenario() {
    for (options, expected) in [
        (json!({}), "default: 1 iterations for each of 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)"),
        (
            json!({"vus": 5}),
            "default: 5 iterations shared among 5 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        ),
        (json!({"vus": 2, "duration": "5s"}), "default: 2 looping VUs for 5s (gracefulStop: 30s)"),
        (
            json!({"vus": 2, "iterations": 9, "duration": "5s"}),
            "default: 9 iterations shared among 2 VUs (maxDuration: 5s, gracefulStop: 30s)",
        ),
        (
            json!({"stages": [{"duration": "5s", "target": 9}]}),
            "default: Up to 9 looping VUs for 5s over 1 stages (gracefulRampDown: 30s, gracefulStop: 30s)",
        ),
    ] {
        let found = scenarios(&resolved(&[(Tier::Script, options.clone())]));
        let words =
            |text: &str| text.to_lowercase().replace("stages", "stage").replace("iterations", "iteration");
        assert_eq!(found.iter().map(|text| words(text)).collect::<Vec<_>>(), [words(expected)], "{options}");
    }
}

#[test]
fn a_higher_tier_wipes_what_lower_tiers_execute() {
    let stages = json!({"stages": [{"duration": "5s", "target": 9}], "vus": 3});
    for (layers, expected, warnings) in [
        (vec![(Tier::Script, two_scenarios())], "a: constant-vus, b: per-vu-iterations", 0),
        (
            vec![(Tier::Script, two_scenarios()), (Tier::Cli, json!({"iterations": 1}))],
            "default: shared-iterations",
            1,
        ),
        (
            vec![(Tier::Script, two_scenarios()), (Tier::Env, json!({"duration": "1s"}))],
            "default: constant-vus",
            1,
        ),
        (
            vec![(Tier::Script, two_scenarios()), (Tier::Cli, json!({"vus": 4}))],
            "default: shared-iterations",
            1,
        ),
        (
            vec![(Tier::Config, two_scenarios()), (Tier::Script, two_scenarios())],
            "a: constant-vus, b: per-vu-iterations",
            1,
        ),
        (
            vec![(Tier::Script, stages.clone()), (Tier::Cli, json!({"duration": "1s"}))],
            "default: constant-vus",
            0,
        ),
        (vec![(Tier::Script, stages), (Tier::Cli, json!({"vus": 4}))], "default: ramping-vus", 0),
        (
            vec![(Tier::Config, json!({"duration": "9s"})), (Tier::Script, json!({"vus": 4}))],
            "default: constant-vus",
            0,
        ),
        (
            vec![(Tier::Config, json!({"duration": "9s"})), (Tier::Script, two_scenarios())],
            "a: constant-vus, b: per-vu-iterations",
            0,
        ),
        (vec![(Tier::Script, json!({"stages": []}))], "default: per-vu-iterations", 1),
        (vec![(Tier::Script, json!({"scenarios": {}, "vus": 2}))], "default: shared-iterations", 1),
    ] {
        let resolved = resolved(&layers);
        let found: Vec<_> = resolved
            .options
            .scenarios()
            .iter()
            .map(|one| format!("{}: {}", one.name, one.executor.name()))
            .collect();
        assert_eq!(found.join(", "), expected, "{layers:?}");
        assert_eq!(resolved.warnings.len(), warnings, "{layers:?} {:?}", resolved.warnings);
    }
}

#[test]
fn warnings_say_which_tier_did_it() {
    let found =
        resolved(&[(Tier::Script, two_scenarios()), (Tier::Cli, json!({"vus": 4, "duration": "1s"}))]);
    assert_eq!(
        found.warnings[0].to_string(),
        "the command line sets duration, which replaces all scenarios of the layers below"
    );
}

#[test]
fn mixing_in_one_tier_is_refused_unless_a_higher_one_wipes_it() {
    let mixed = json!({"iterations": 5, "stages": [{"duration": "5s", "target": 9}]});
    assert_eq!(
        refused(&[(Tier::Script, mixed.clone())]),
        ["iterations: can't be used together with stages: leave one of them out"]
    );
    assert_eq!(
        scenarios(&resolved(&[(Tier::Script, mixed), (Tier::Cli, json!({"duration": "1s"}))])).len(),
        1
    );
    let mut with_scenarios = two_scenarios();
    with_scenarios["duration"] = "5s".into();
    with_scenarios["iterations"] = 5.into();
    assert_eq!(
        refused(&[(Tier::Script, with_scenarios)]),
        [
            "iterations: can't be used together with scenarios: leave one of them out",
            "duration: can't be used together with scenarios: leave one of them out",
        ]
    );
}

#[test]
fn all_problems_at_once() {
    let wrong =
        json!({"vus": 0, "duration": "5s", "executionSegmentSequence": "0,1/2,1", "tlsVersion": "tls1.0"});
    insta::assert_snapshot!(refused(&[(Tier::Script, wrong)]).join("\n"));
    let segment = json!({"executionSegment": "0:1/3", "executionSegmentSequence": "0,1/2,1"});
    assert!(
        refused(&[(Tier::Script, segment)])[0].starts_with("executionSegment: segment 0:1/3 is not a part")
    );
}

#[test]
fn what_the_client_refuses_is_told_of_the_option() {
    for (options, expected) in [
        (json!({"tlsVersion": "tls1.1"}), "tlsVersion: tls1.1 is not supported: "),
        (
            json!({"tlsVersion": {"min": "tls1.3", "max": "tls1.2"}}),
            "tlsVersion: has min tls1.3 above max tls1.2",
        ),
        (json!({"tlsCipherSuites": ["TLS_X"]}), "tlsCipherSuites: has no suite this client speaks: TLS_X"),
        (json!({"tlsAuth": [{"cert": "x", "key": "y"}]}), "tlsAuth[0]: cert has no PEM certificate"),
        (json!({"userAgent": "a\nb"}), "userAgent: \"a\\nb\" cannot be sent as a header"),
    ] {
        let problems = refused(&[(Tier::Script, options)]);
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
    }
}

#[test]
fn tags_are_replaced_and_dns_is_merged() {
    let found = resolved(&[
        (
            Tier::Script,
            json!({"tags": {"a": "1", "b": "2"}, "dns": {"ttl": "0", "select": "first"}, "userAgent": "x"}),
        ),
        (Tier::Cli, json!({"tags": {"c": "3"}, "dns": {"select": "random"}})),
    ]);
    let written = found.options.to_json();
    assert_eq!(written["tags"], json!({"c": "3"}));
    assert_eq!(written["dns"], json!({"ttl": "0", "select": "random", "policy": null}));
    assert_eq!(found.options.client_config().user_agent, "x");
}

#[test]
fn resolved_options_have_the_defaults_and_k6s_shape() {
    let found = resolved(&[(
        Tier::Script,
        json!({"vus": 2, "duration": "5s", "thresholds": {"checks": ["rate>0.9"]}}),
    )]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&found.options.to_json()).unwrap());
    let options = &found.options;
    assert_eq!(
        (options.max_redirects(), options.batch(), options.batch_per_host(), options.rps()),
        (10, 20, 6, None)
    );
}

#[test]
fn thresholds_are_checked_once_metrics_are_known() {
    let registry = Registry::new();
    registry.define("checkout_time", Kind::Trend, Contains::Time).unwrap();
    let found = resolved(&[(
        Tier::Script,
        json!({"thresholds": {
            "checkout_time": ["p(95)<500"],
            "checkout_tim": ["p(95)<500"],
            "zzzzzzzzzzzzz": [],
            "qqqqqqqqqqqqq": ["rate<0.1"],
            "kkkkkkkkkkkkk": ["count>5"],
            "jjjjjjjjjjjjj": ["value<5"],
            "wwwwwwwwwwwww": ["p(95)<5"],
            "http_req_failed{a:b}": ["p(95)<1", "rate<0.1", "count>1"],
        }}),
    )]);
    let problems = found.options.check_thresholds(&registry);
    insta::assert_snapshot!(problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn scenarios_want_functions_that_are_exported() {
    let exports = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let check = |options: &Options, names: &[&str]| {
        options.check_exports(&exports(names)).iter().map(Problem::to_string).collect::<Vec<_>>()
    };
    let options = resolved(&[(Tier::Script, two_scenarios())]).options;
    assert_eq!(check(&options, &["default", "buy"]), Vec::<String>::new());
    assert_eq!(
        check(&options, &["by"]),
        [
            "scenarios.a.exec: function 'default' not found in exports: write export default function () { ... }",
            "scenarios.b.exec: function 'buy' not found in exports: did you mean 'by'?",
        ]
    );
}
