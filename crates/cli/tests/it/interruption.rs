//! Whatever runs can be ended: endless loops, long sleeps, whole tests.

use std::time::{Duration, Instant};

use crate::run::{Run, said};

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
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    outcome.json("s.json")["metrics"]["my_c"]["count"].as_u64().unwrap()
}

#[test]
fn an_endless_loop_neither_hangs_the_test_nor_starves_others() {
    let (alone, beside) = (iterations_beside("sleep(60);"), iterations_beside("while (true) {}"));
    assert!(beside * 3 > alone, "{beside} of {alone}");
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

#[test]
fn one_signal_ends_the_test_with_its_summary() {
    for name in ["INT", "TERM"] {
        let script = "import { sleep } from 'k6'; export const options = { vus: 2, duration: '60s' };
            export default () => sleep(0.05); export function teardown() { console.log('teardown'); }";
        let run = Run::new().script(script).args("-q --record rec").start();
        std::thread::sleep(Duration::from_millis(700));
        let asked = Instant::now();
        run.signal(name);
        let outcome = run.end();
        assert!(asked.elapsed() < Duration::from_secs(5));
        assert_eq!(outcome.code, Some(105), "{outcome:?}");
        assert!(outcome.stdout.contains("iterations") && outcome.stderr.contains("teardown"), "{outcome:?}");
        assert_eq!(outcome.json("rec/result.json")["outcome"]["state"], "interrupted");
    }
}

#[test]
fn two_signals_end_the_process() {
    let script = "import { sleep } from 'k6'; export const options = { duration: '60s' };
        export default () => sleep(60); export function teardown() { sleep(60); }";
    let run = Run::new().script(script).start();
    std::thread::sleep(Duration::from_millis(500));
    run.signal("INT");
    std::thread::sleep(Duration::from_millis(500));
    run.signal("INT");
    let asked = Instant::now();
    let outcome = run.end();
    assert!(outcome.code == Some(105) && asked.elapsed() < Duration::from_secs(2), "{outcome:?}");
}

#[test]
fn a_signal_ends_every_stage() {
    let idle = "export default () => {};";
    for (name, script, lines) in [
        (
            "sleep in setup",
            "import { sleep } from 'k6'; export function setup() { sleep(60); } export function teardown() { console.log('teardown'); }",
            2,
        ),
        ("loop in setup", "export function setup() { for (;;); }", 2),
        (
            "promise in setup",
            "export async function setup() { await new Promise(() => setTimeout(() => {}, 60000)); }",
            2,
        ),
        ("top level of a user", "import { sleep } from 'k6'; if (__VU > 0) sleep(60);", 2),
        (
            "waiting scenario",
            "export const options = { scenarios: { a: { executor: 'shared-iterations', startTime: '50s' } } };",
            2,
        ),
    ] {
        let run = Run::new().script(&format!("{script} {idle}")).args("-q --summary-mode disabled").start();
        std::thread::sleep(Duration::from_millis(500));
        let asked = Instant::now();
        run.signal("TERM");
        let outcome = run.end();
        let talk = outcome.stderr.lines().filter(|line| !line.contains("no iteration ran")).count();
        assert_eq!((outcome.code, talk), (Some(105), lines), "{name}: {outcome:?}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{name}: {:?}", asked.elapsed());
    }
}
