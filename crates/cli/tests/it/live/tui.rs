//! A run that has the whole terminal: what is seen there, its keys, and that the terminal is given back.

use std::fs::File;
use std::io::Write as _;

use super::{script, shop};
use crate::run::{Outcome, Run, Signal, Started, wait_until};
use crate::target::Target;

const SIZE: (u16, u16) = (40, 130);

const LEAVES: &str = "\u{1b}[?1049l";

/// A run on a terminal that somebody looks at.
struct Watched {
    started: Started,
    keyboard: File,
    size: (u16, u16),
}

impl Watched {
    fn of(run: Run, size: (u16, u16)) -> Self {
        let run = run.env("TERM", "xterm-256color").args("--tui");
        let (started, keyboard) = run.start_on_terminal(size.0, size.1);
        Self { started, keyboard, size }
    }

    /// What stands on the screen.
    fn screen(&self) -> String {
        let mut terminal = vt100::Parser::new(self.size.0, self.size.1, 0);
        terminal.process(&self.started.written());
        terminal.screen().contents()
    }

    /// Waits until all of these words stand there at once: a picture may be half drawn.
    fn wait(&self, words: &[&str]) -> String {
        let mut screen = String::new();
        wait_until(&format!("{words:?} on the terminal"), || {
            screen = self.screen();
            words.iter().all(|words| screen.contains(words))
        });
        screen
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// What stands below, once the terminal was given back.
    fn end(self) -> (Outcome, String) {
        drop(self.keyboard);
        let outcome = self.started.end();
        let (_, below) = outcome.stdout.rsplit_once(LEAVES).expect("the terminal is given back");
        assert!(below.starts_with("\u{1b}[?25h"), "and its cursor: {below:?}");
        let below = below.to_owned();
        (outcome, below)
    }
}

fn steady(size: (u16, u16)) -> (Watched, Target) {
    let target = shop();
    let users = r#"{ users: { executor: "externally-controlled", vus: 2, maxVUs: 4, duration: "0" } }"#;
    let pause = "sleep(0.02);\n  console.log(`said ${__VU}`);\n  group(\"buying\"";
    let text = script(&target, users).replace("group(\"buying\"", pause);
    (Watched::of(Run::new().script(&text), size), target)
}

#[test]
fn a_run_is_seen_steered_and_ended_by_keys() {
    let (mut run, target) = steady(SIZE);
    let name = "<img src=x onerror=document.hacked=1>";
    let all = [
        "script",
        "running",
        "requests/s",
        "p99 ms",
        "users",
        "2/4",
        "thresholds",
        "503",
        "said 1",
        "GET fine",
        name,
    ];
    let screen = run.wait(&all);
    assert!(!screen.contains("s3cr3t"), "{screen}");
    run.press("p");
    run.wait(&["paused"]);
    let sent = target.requests();
    run.press("+");
    run.press("p");
    run.wait(&["running"]);
    run.wait(&["3/4"]);
    assert!(target.requests() >= sent);
    run.press("q");
    run.wait(&["q again ends the test"]);
    run.press("x");
    run.wait(&["end the test"]);
    run.press("qq");
    let (outcome, below) = run.end();
    assert_eq!(outcome.code, Some(105), "{below}");
    for words in ["said 1", "http_req_duration", "Verdict"] {
        assert!(below.contains(words), "{words}: {below}");
    }
}

#[test]
fn a_small_terminal_has_what_matters_and_ctrl_c_ends_the_run() {
    let (mut run, _target) = steady((12, 50));
    let screen = run.wait(&["GET fine", "running", "p95"]);
    assert!(!screen.contains(" log "), "{screen}");
    run.press("\u{3}");
    assert_eq!(run.end().0.code, Some(105));
}

#[test]
fn a_terminal_is_given_back_however_a_run_ends() {
    // By itself, by a second signal at once, and by an error before the load.
    let target = shop();
    let few = r#"{ users: { executor: "shared-iterations", vus: 1, iterations: 1 } }"#;
    let run = Watched::of(Run::new().script(&script(&target, few)), SIZE);
    assert_eq!(run.end().0.code, Some(0));
    let text = "export function setup() { for (;;) {} }\nexport default () => {};";
    let mut run = Watched::of(Run::new().script(text), SIZE);
    run.wait(&["setup"]);
    run.press("\u{3}");
    run.started.signal(Signal::TERM);
    assert_eq!(run.end().0.code, Some(105));
    let run = Watched::of(
        Run::new().script("export function setup() { throw new Error(\"no\"); }\nexport default () => {};"),
        SIZE,
    );
    let (outcome, below) = run.end();
    assert_eq!(outcome.code, Some(107));
    assert!(below.contains("Error: no"), "{below}");
}

#[test]
fn without_a_terminal_it_is_said_and_nothing_is_sent() {
    let target = shop();
    let few = r#"{ users: { executor: "shared-iterations", vus: 1, iterations: 1 } }"#;
    let outcome = Run::new().script(&script(&target, few)).args("--tui").go();
    assert_eq!((outcome.code, target.requests()), (Some(104), 0), "{outcome:?}");
    assert!(
        outcome.stderr.contains("--tui: there is no terminal: use --web, or leave it out"),
        "{outcome:?}"
    );
}
