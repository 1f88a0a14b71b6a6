//! Memory has bounds: what a target sends and what a script keeps ends a request or an iteration, and never the run.

use crate::run::{Run, said_by};
use crate::target::{Target, answer};

/// What is said by a script that runs one iteration against a target.
fn said(target: &Target, options: &str, body: &str) -> String {
    let script = format!(
        "import http from 'k6/http'; import {{ check, group }} from 'k6'; import {{ Counter }} from 'k6/metrics';
         const count = new Counter('a_count'); export const options = {{ {options} }};
         export default function () {{ {body} }}"
    );
    said_by(Run::new().script(&script).env("URL", &target.url()))
}

fn quick() -> Target {
    Target::answering(|_| answer(200, &[], "ok"))
}

#[test]
fn a_heap_without_end_fails_its_iteration_and_not_the_run() {
    let script = "import { Counter } from 'k6/metrics'; const others = new Counter('others');
        export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 3 } } };
        const kept = [];
        export default function () {
            if (__VU === 2) return others.add(1);
            for (;;) kept.push(GROWTH);
        }";
    for growth in ["new ArrayBuffer(1 << 24)", "'x'.repeat(1 << 24) + kept.length"] {
        let run = Run::new().script(&script.replace("GROWTH", growth)).args("-q --summary-export s.json");
        // A quarter of what the process may have.
        let outcome = run.through("sh", &["-c", "ulimit -v 3000000 && exec \"$0\" \"$@\""]).go();
        assert_eq!(outcome.code, Some(0), "{growth}: {outcome:?}");
        assert!(
            outcome.stderr.contains("out of memory: a virtual user's heap may take 732 MiB"),
            "{growth}: {outcome:?}"
        );
        assert_eq!(outcome.json("s.json")["metrics"]["others"]["count"], 3);
    }
}

#[test]
fn open_reads_files_that_have_an_end() {
    for (path, words) in [
        ("/dev/zero", "it is no regular file"),
        ("pipe", "it is no regular file"),
        ("huge", "MiB, more than scripts may open"),
    ] {
        let script = format!("const d = open('{path}', 'b'); export default function () {{}}");
        let run = Run::new().script(&script).pipe("pipe").file("huge", "");
        let outcome = {
            let started = run.args("-q");
            std::fs::File::options()
                .write(true)
                .open(started.path("huge"))
                .unwrap()
                .set_len(3 << 40)
                .unwrap();
            started.go()
        };
        assert_eq!(outcome.code, Some(107), "{path}: {outcome:?}");
        assert!(outcome.stderr.contains(words), "{path}: {outcome:?}");
    }
}

#[test]
fn a_top_level_without_an_end_is_ended_and_its_place_is_told() {
    const ENDLESS: [(&str, &str); 6] = [
        ("for (;;) Math.random();", "script.js:3"),
        ("try { for (;;) Math.random(); } finally { for (;;); }", "script.js:3"),
        ("sleep(1e6);", "script.js:3"),
        ("await new Promise((resolve) => setTimeout(resolve, 1e8));", ""),
        ("setInterval(() => {}, 1);", ""),
        ("const turn = () => Promise.resolve().then(turn); turn();", ""),
    ];
    let told = "the top level of the script took longer than 0.3 seconds (K6_INIT_TIMEOUT)";
    let check = |command: &str, script: &str, place: &str| {
        let outcome = Run::of(command).script(script).env("K6_INIT_TIMEOUT", "300ms").go();
        assert_eq!(outcome.code, Some(107), "{command}: {script}: {outcome:?}");
        for words in [told, place] {
            assert!(outcome.stderr.contains(words), "{words}: {command}: {script}: {outcome:?}");
        }
    };
    for (body, place) in ENDLESS {
        let head = "import { sleep } from 'k6'; export default () => {};\nexport const options = { vus: 3, iterations: 3 };";
        check("run script.js -q", &format!("{head}\n{body}"), place);
        // Only that of a virtual user.
        check("run script.js -q", &format!("{head}\nif (__VU > 1) {{ {body} }}"), place);
    }
    for command in [
        "inspect script.js",
        "find script.js -q",
        "duet script.js -q --a http://127.0.0.1:1 --b http://127.0.0.1:2",
    ] {
        check(command, "\n\nfor (;;) Math.random(); export default () => {};", "script.js:3");
    }
    check(
        "run script.js -q",
        "export const options = { get vus() { for (;;); } }; export default () => {};",
        "",
    );
    // What takes its time is given it.
    let outcome = Run::of("run script.js -q")
        .script("import { sleep } from 'k6'; sleep(0.5); export default () => {};")
        .env("K6_INIT_TIMEOUT", "20s");
    assert_eq!(outcome.go().code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn texts_without_an_end_are_read_up_to_what_is_said() {
    let script = "export default () => {};";
    let plan = "steps: [{ users: 1, duration: 1s }]";
    for line in [
        "run -q /dev/zero",
        "inspect /dev/zero",
        "find /dev/zero",
        "run -q -c /dev/zero script.js",
        "run -q import.js",
        "run -q require.js",
        "run -q --base /dev/zero plan.yaml",
        "dynamodb --demo --local --prices /dev/zero",
    ] {
        let outcome = Run::of(line)
            .file("script.js", script)
            .file("import.js", format!("import '/dev/zero'; {script}"))
            .file("require.js", format!("require('/dev/zero'); {script}"))
            .file("plan.yaml", plan)
            .go();
        assert!(outcome.code.is_some_and(|code| code > 99), "{line}: {outcome:?}");
        assert!(outcome.stderr.contains("MiB"), "{line}: {outcome:?}");
    }
    let outcome = Run::of("run -").stdin(&" ".repeat((64 << 20) + 1)).go();
    assert!(
        outcome.stderr.contains("cannot read the script from stdin: it has more than 64 MiB"),
        "{outcome:?}"
    );
}

#[test]
fn what_a_script_gives_to_a_host_function_has_a_bound() {
    let target = quick();
    for (body, expected) in [
        ("http.batch(Array(1e6).fill(__ENV.URL));", "RangeError: a batch takes 50000 requests at most"),
        ("count.add(1, { t: 'x'.repeat(1e8) });", "RangeError: a tag has 100000001 bytes"),
        (
            "http.get(__ENV.URL, { tags: { name: 'x'.repeat(1e6) } });",
            "a tag has 1000004 bytes with its name: 65536 at most",
        ),
        (
            "check(1, { ['x'.repeat(1e7)]: () => true });",
            "more than 10,000 names of checks or groups, or names of more than",
        ),
        (
            "group('x'.repeat(1e7), () => {});",
            "more than 10,000 names of checks or groups, or names of more than",
        ),
    ] {
        let text = said(&target, "iterations: 1", body);
        assert!(text.contains(expected), "{body}: {text}");
    }
}

#[test]
fn a_jar_that_a_target_fills_has_a_bound_that_is_told() {
    let lines: Vec<String> = (0..200).map(|at| format!("c{at}=v; Path=/")).collect();
    let target = Target::answering(move |_| {
        let headers: Vec<(&str, &str)> = lines.iter().map(|line| ("Set-Cookie", line.as_str())).collect();
        answer(200, &headers, "ok")
    });
    let body =
        "const cookies = http.get(__ENV.URL).cookies; const jar = http.cookieJar().cookiesForURL(__ENV.URL);
        console.log(Object.keys(cookies).length, Object.keys(jar).length);";
    let text = said(&target, "iterations: 1", body);
    assert!(
        text.contains("200 180\n") && text.contains("the cookie jar is full: 20 cookies were not kept"),
        "{text}"
    );
    let plan = "steps: [{ users: 2, duration: 1s }]\ntarget: { metrics: off }\nwait: 0.2s\nrequests: [GET /]";
    let plan = format!("host: {}\n{plan}", target.url());
    let outcome = Run::of("run plan.yaml -q --workers 1").file("plan.yaml", plan).go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stderr.matches("the cookie jar is full").count(), 1, "{outcome:?}");
}

#[test]
fn large_heads_are_read_up_to_what_is_said() {
    for (lines, length, expected) in [
        (200, 10, "200"),
        (8, 1_000_000, "200"),
        (300, 10, "response headers are too large (10 MiB and 256 lines are taken)"),
        (11, 1_000_000, "response headers are too large (10 MiB and 256 lines are taken)"),
    ] {
        let value = "v".repeat(length);
        let target = Target::answering(move |_| {
            let names: Vec<String> = (0..lines).map(|at| format!("x-{at}")).collect();
            let headers: Vec<(&str, &str)> =
                names.iter().map(|name| (name.as_str(), value.as_str())).collect();
            answer(200, &headers, "ok")
        });
        let text =
            said(&target, "iterations: 1", "const r = http.get(__ENV.URL); console.log(r.status, r.error);");
        assert!(text.contains(expected), "{lines} {length}: {text}");
    }
}
