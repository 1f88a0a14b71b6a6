//! Whatever runs can be ended: endless loops, long sleeps, whole tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::records::crossed;
use crate::run::{Outcome, Run, Signal, Started, said, wait_until};
use crate::target::{Target, answer};

/// Iterations of three users on one thread in a second, beside one that may be stuck.
fn iterations_beside(stuck: &str) -> u64 {
    let script = format!(
        "import http from 'k6/http'; import {{ sleep }} from 'k6'; import {{ Counter }} from 'k6/metrics'; const c = new Counter('my_c');
         export const options = {{ scenarios: {{ s: {{ executor: 'constant-vus', vus: 4, duration: '2s', gracefulStop: '1s' }} }} }};
         export default function () {{ if (__VU === 1) {{ {stuck} }} sleep(0.005); c.add(1); }}"
    );
    let started = Instant::now();
    let outcome = Run::new().script(&script).talk_only().args("--workers 1 --summary-export s.json").go();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    outcome.json("s.json")["metrics"]["my_c"]["count"].as_u64().unwrap()
}

#[test]
fn an_endless_loop_neither_hangs_the_test_nor_starves_others() {
    let (alone, beside) = (iterations_beside("sleep(60);"), iterations_beside("while (true) {}"));
    // The loop takes its turns too, which are longer where other processes want theirs.
    assert!(beside * 10 > alone, "{beside} of {alone}");
}

#[test]
fn nothing_in_a_script_survives_an_interruption() {
    for body in [
        "try { for (;;); } catch { say(); } finally { say(); }",
        "try { sleep(60); } catch { say(); } finally { say(); }",
        "for (;;) { try { for (;;); } catch { say(); } }",
        "group('g', () => { try { sleep(60); } finally { say(); } }); say();",
        "check(1, { c: () => { for (;;); } }); say();",
        "[3, 2, 1].sort(() => { for (;;); }); say();",
        "JSON.stringify({ toJSON() { for (;;); } }); say();",
        "/(a+)+$/.test('a'.repeat(40) + 'b'); say();",
    ] {
        let script = format!(
            "import {{ check, group, sleep }} from 'k6'; const say = () => console.log('survived');
             export const options = {{ scenarios: {{ s: {{ executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' }} }} }};
             export default function () {{ {body} }} export function teardown() {{ console.log('teardown'); }}"
        );
        let text = said(&script);
        assert!(
            text.contains("teardown\n") && !text.contains("survived") && !text.contains("interrupted\n\tat"),
            "{body}: {text}"
        );
    }
    let text = said(
        "export const options = { scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
         export default async function () { try { await new Promise(() => setTimeout(() => {}, 60000)); } catch { console.log('survived'); } finally { console.log('survived'); } }",
    );
    assert!(!text.contains("survived"), "{text}");
}

#[test]
fn graceful_stop_lets_iterations_end() {
    let script = "import { sleep } from 'k6';
        export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '3s' } } };
        export default function () { sleep(1.4); console.log('ended'); }";
    assert_eq!(said(script).matches("ended").count(), 2);
}

/// A run is over by then when a signal ends it in order, on a busy machine too. What is interrupted here would take longer.
const IN_ORDER: Duration = Duration::from_secs(20);

/// A process is gone by then when a second signal ends it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What scripts say where they get stuck.
const REACHED: &str = "the stage is reached";

/// The default function of scripts that get stuck elsewhere.
const IDLE: &str = "export default () => {};";

/// The ways in which a script gets stuck: in a host function, in a loop, and with a promise.
const STUCK: [&str; 3] =
    ["sleep(60);", "for (;;);", "await new Promise((resolve) => setTimeout(resolve, 60000));"];

/// Starts `flashcrowd` with a script and a record, and waits until the script is where it says that the stage is reached.
fn reached(command: &str, script: &str) -> Started {
    let script =
        format!("import {{ sleep }} from 'k6'; const reached = () => console.log('{REACHED}'); {script}");
    let started = Run::of(command).script(&script).start();
    started.err_line(REACHED);
    started
}

/// Starts a script that keeps a record in `rec`.
fn running(script: &str) -> Started {
    reached("run script.js -q --record rec", script)
}

/// Ends it by one signal.
fn interrupted(started: Started, signal: Signal) -> Outcome {
    started.signal(signal);
    let outcome = started.end_within(IN_ORDER);
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
    outcome
}

/// Ends it by two signals, of which the second may come before the first has had its effect.
fn interrupted_twice(started: Started) {
    started.signal(Signal::INT);
    // Two signals of one kind may be delivered as one.
    started.signal(Signal::TERM);
    let outcome = started.end_within(AT_ONCE);
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
}

/// The state of a run in its record, whose summary was shown.
fn state(outcome: &Outcome) -> String {
    assert!(outcome.stdout.contains("TOTAL RESULTS"), "{outcome:?}");
    outcome.json("rec/result.json")["outcome"]["state"].as_str().unwrap().to_owned()
}

#[test]
fn one_signal_ends_the_test_with_its_summary() {
    for signal in [Signal::INT, Signal::TERM] {
        let script = "export const options = { vus: 2, duration: '60s' };
            export default () => { if (__ITER === 2) reached(); sleep(0.05); }; export function teardown() { console.log('teardown'); }";
        let outcome = interrupted(running(script), signal);
        assert!(outcome.stdout.contains("iterations") && outcome.stderr.contains("teardown"), "{outcome:?}");
        assert_eq!(state(&outcome), "interrupted");
    }
}

#[test]
fn one_request_that_arrives_twice_ends_the_test_in_order() {
    let script = "export const options = { vus: 2, duration: '60s' };
        export default () => { if (__ITER === 2) reached(); sleep(0.05); };";
    for _ in 0..5 {
        let started = running(script);
        // As `timeout` does it: to the process, and to its group.
        started.signal(Signal::TERM);
        std::thread::sleep(Duration::from_millis(2));
        started.signal(Signal::TERM);
        let outcome = started.end_within(IN_ORDER);
        assert_eq!(outcome.code, Some(105), "{outcome:?}");
        assert_eq!(state(&outcome), "interrupted");
    }
}

#[test]
fn a_signal_ends_a_teardown() {
    for stuck in STUCK {
        let script = format!("export async function teardown() {{ reached(); {stuck} }} {IDLE}");
        let outcome = interrupted(running(&script), Signal::HUP);
        assert_eq!(state(&outcome), "interrupted", "{script}");
    }
}

#[test]
fn a_signal_ends_the_wait_for_an_output() {
    let script = "export const options = { iterations: 1 }; export default () => reached();";
    let nobody_reads = || Run::of("run script.js -q --out json=out").script(script).pipe("out").start();
    let outcome = nobody_reads();
    std::thread::sleep(Duration::from_millis(300));
    outcome.signal(Signal::INT);
    assert_eq!(outcome.end_within(IN_ORDER).code, Some(105));
    // More samples than a pipe holds, and somebody who takes none.
    let script = "export const options = { iterations: 3000 }; export default () => { if (__ITER === 2999) reached(); };";
    let script = format!("const reached = () => console.log('{REACHED}'); {script}");
    let started = Run::of("run script.js -q --out json=out").script(&script).pipe("out").start();
    let _reader = started.reader("out");
    started.err_line(REACHED);
    std::thread::sleep(Duration::from_millis(300));
    started.signal(Signal::INT);
    let outcome = started.end_within(IN_ORDER);
    assert!(outcome.stderr.contains("the output is not complete: interrupted"), "{outcome:?}");
    assert_ne!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn one_signal_ends_the_wait_for_who_reads_a_pipe() {
    let own = "export function handleSummary() { reached(); return { out: 'x' }; }";
    for (flags, rest, is_run) in [
        ("--summary-export out", "export function teardown() { reached(); }", true),
        ("--record rec", own, true),
        ("--console-output out", "", false),
    ] {
        let script = format!("const reached = () => console.log('{REACHED}'); {rest} {IDLE}");
        let started = Run::of(&format!("run script.js {flags}")).script(&script).pipe("out").start();
        if is_run {
            started.err_line(REACHED);
        }
        std::thread::sleep(Duration::from_millis(500));
        let outcome = interrupted(started, Signal::INT);
        assert_eq!(outcome.stderr.contains("ended by a signal"), is_run, "{flags}: {outcome:?}");
        if flags.contains("rec") {
            assert_eq!(outcome.json("rec/result.json")["outcome"]["exit_code"], 105, "{flags}");
        }
    }
}

#[test]
fn two_signals_end_the_process() {
    let script = "export const options = { duration: '60s' };
        export default () => { reached(); sleep(60); }; export function teardown() { console.log('teardown'); sleep(60); }";
    let started = running(script);
    started.signal(Signal::INT);
    started.err_line("teardown");
    started.signal(Signal::TERM);
    let outcome = started.end_within(AT_ONCE);
    assert_eq!(outcome.code, Some(105), "{outcome:?}");
}

/// Scripts that get stuck in each stage of a run but the last.
fn stuck_in_each_stage() -> Vec<String> {
    let in_setup =
        STUCK.map(|stuck| format!("export async function setup() {{ reached(); {stuck} }} {IDLE}"));
    let in_iteration = STUCK.map(|stuck| {
        format!("export const options = {{ duration: '60s' }}; export default async () => {{ reached(); {stuck} }};")
    });
    let others = [
        format!("if (__VU > 0) {{ reached(); sleep(60); }} {IDLE}"),
        format!(
            "export const options = {{ scenarios: {{ a: {{ executor: 'shared-iterations', startTime: '50s' }} }} }};
             export function setup() {{ reached(); }} {IDLE}"
        ),
    ];
    in_setup.into_iter().chain(in_iteration).chain(others).collect()
}

#[test]
fn a_signal_ends_every_stage() {
    for script in stuck_in_each_stage() {
        let outcome = interrupted(running(&script), Signal::TERM);
        let talk = outcome.stderr.lines().filter(|line| !line.contains("no iteration ran"));
        assert_eq!(talk.count(), 3, "what the script says, that it stops, and why: {script}: {outcome:?}");
        assert_eq!(state(&outcome), "interrupted", "{script}");
    }
}

#[test]
fn a_second_signal_ends_every_stage_at_once() {
    let in_teardown =
        STUCK.map(|stuck| format!("export async function teardown() {{ reached(); {stuck} }} {IDLE}"));
    for script in stuck_in_each_stage().into_iter().chain(in_teardown) {
        interrupted_twice(running(&script));
    }
}

#[test]
fn a_signal_ends_a_top_level_before_anything_has_begun() {
    for stuck in STUCK {
        for command in ["run script.js --record rec", "inspect script.js"] {
            let script = format!("reached(); {stuck} {IDLE}");
            let outcome = interrupted(reached(command, &script), Signal::INT);
            assert_eq!(outcome.stdout, "", "{command}: {script}");
            assert!(outcome.stderr.contains("ended by a signal"), "{command}: {script}: {outcome:?}");
            assert_eq!(outcome.files("."), ["script.js"], "{command}: {script}");
            interrupted_twice(reached(command, &script));
        }
    }
}

#[test]
fn a_signal_ends_a_summary_of_the_script_and_the_usual_one_is_shown() {
    for stuck in STUCK {
        let script =
            format!("export async function handleSummary() {{ reached(); {stuck} return {{}}; }} {IDLE}");
        let outcome = interrupted(running(&script), Signal::INT);
        assert_eq!(state(&outcome), "interrupted");
        assert!(outcome.stdout.contains("iterations"), "{outcome:?}");
        let result = outcome.json("rec/result.json");
        assert_eq!((&result["outcome"]["exit_code"], &result["verdict"]), (&105.into(), &"fail".into()));
        let verified = outcome.then("verify rec").go();
        assert_eq!(verified.code, Some(0), "{verified:?}");
        interrupted_twice(running(&script));
    }
}

/// A plan that looks at its target's metrics and counts a stock.
const PLAN: &str = "name: stuck
steps:
  - users: 1
    duration: 1s
    requests: [GET /fine]
audit:
  stock:
    read: GET /stock
    value: $.stock
expected:
  - stock_accuracy: 100%
";

/// Starts a plan whose target answers everything but one path: that it answers this many times, and never again.
fn waiting_for(silent: &'static str, times: u64) -> Started {
    let asked = Arc::new(AtomicU64::new(0));
    let counting = asked.clone();
    let target = Target::answering(move |request| {
        if request.path() == silent && counting.fetch_add(1, Ordering::SeqCst) >= times {
            loop {
                std::thread::park();
            }
        }
        answer(200, &[], r#"{"stock": 5}"#)
    });
    let started =
        Run::of("run plan.yaml -q --record rec --host").arg(&target.url()).file("plan.yaml", PLAN).start();
    wait_until(silent, || asked.load(Ordering::SeqCst) > times);
    started
}

#[test]
fn a_signal_ends_the_wait_for_a_target_that_does_not_answer() {
    for (path, times) in [("/metrics", 0), ("/stock", 0), ("/stock", 1)] {
        let outcome = interrupted(waiting_for(path, times), Signal::INT);
        let found = state(&outcome);
        assert!(times > 0 || found == "interrupted", "{path} before the run: {found}: {outcome:?}");
        assert!(outcome.stderr.contains("ended by a signal"), "{path}: {outcome:?}");
    }
}

#[test]
fn a_second_signal_ends_the_wait_for_a_target_at_once() {
    for (path, times) in [("/metrics", 0), ("/stock", 0), ("/stock", 1)] {
        interrupted_twice(waiting_for(path, times));
    }
}

/// Starts a command that goes to an endpoint that takes connections and never answers.
fn asking(command: &str) -> Started {
    let endpoint = Target::raw(|_connection| {
        loop {
            std::thread::park();
        }
    });
    let run = Run::of(command).arg("--endpoint-url").arg(&endpoint.url());
    let started = run.env("AWS_EC2_METADATA_DISABLED", "true").start();
    wait_until(command, || endpoint.connections() > 0);
    started
}

#[test]
fn a_signal_ends_a_look_at_tables() {
    for command in [
        "dynamodb --demo --duration 1s --out-dir out",
        "dynamodb setup",
        "dynamodb capacity",
        "dynamodb teardown --yes",
    ] {
        let outcome = interrupted(asking(command), Signal::INT);
        assert!(outcome.stderr.contains("ended by a signal"), "{command}: {outcome:?}");
        assert_eq!(outcome.files("."), Vec::<String>::new(), "{command}");
        interrupted_twice(asking(command));
    }
}

#[test]
fn a_signal_ends_a_command_that_waits_for_its_input() {
    // More than a pipe holds, so that it has begun to read by the time that all is written.
    let script = || Run::of("run -").endless_stdin(&" ".repeat(1 << 20)).start();
    let record = |command: &str| {
        let run = std::fs::read(crossed().join("run.json")).unwrap();
        let started = Run::of(command).file("rec/run.json", run).pipe("rec/timeline.jsonl").start();
        let writer = started.writer("rec/timeline.jsonl");
        (started, writer)
    };
    interrupted(script(), Signal::INT);
    interrupted_twice(script());
    for command in ["report rec", "advise rec", "compare rec rec"] {
        let (started, _writer) = record(command);
        interrupted(started, Signal::INT);
        let (started, _writer) = record(command);
        interrupted_twice(started);
    }
}
