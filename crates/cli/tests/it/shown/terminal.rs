//! Control characters of a server, a script or somebody else's record reach no terminal and no document.

use serde_json::Value;

use crate::run::{Outcome, Run};
use crate::target::{Target, answer};

/// A link, the clipboard, a cleared screen, a C1 control, a turned direction, a carriage return, a line of its own.
const NASTY: &str = "n\u{1b}]8;;http://evil\u{7}L\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}31m\u{7f}\u{202e}b\u{2066}\rZ\n  Verdict  FORGED\n##[error]";

/// What of a text a terminal would obey, or read as a line of ours.
fn obeyed(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    }) {
        let after = &rest[at..];
        let colour = after
            .strip_prefix("\u{1b}[")
            .map(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
        let is_ours =
            colour.is_some_and(|code| code.starts_with(['m', 'A', 'J']) && !after.starts_with("\u{1b}[2J"));
        // A terminal's own end of a line, and where a redrawn block begins.
        if !is_ours && !after.starts_with("\r\n") && !after.starts_with("\r\u{1b}[J") {
            found.push(after.chars().take(20).collect());
        }
        rest = &after[after.chars().next().unwrap().len_utf8()..];
    }
    let forged = |line: &&str| line.starts_with("  Verdict  FORGED") || line.starts_with("##[error]");
    found.extend(text.lines().filter(forged).map(str::to_owned));
    found
}

fn assert_harmless(what: &str, outcome: &Outcome) {
    for text in [&outcome.stdout, &outcome.stderr] {
        assert_eq!(obeyed(text), Vec::<String>::new(), "{what}: {text}");
    }
}

fn script() -> String {
    let nasty = Value::from(NASTY);
    format!(
        "import http from 'k6/http'; import {{ check }} from 'k6'; import {{ Counter }} from 'k6/metrics';
         const N = {nasty}, T = __ENV.T;
         export const options = {{ vus: 1, iterations: 2, thresholds: {{ ['http_reqs{{name:' + N + '}}']: ['count>=0'], checks: ['rate==1'] }}, tags: {{ a: N }} }};
         export default function () {{
           console.log(http.get(T, {{ tags: {{ name: N }} }}).body, {{ [N]: N }});
           check(1, {{ ['c' + N]: () => true, ['d' + N]: () => false }});
           http.get('http://127.0.0.1:1/' + encodeURIComponent(N));
           throw new Error(N);
         }}"
    )
}

#[test]
fn a_server_and_a_script_command_no_terminal() {
    let target = Target::answering(|_| answer(200, &[("X-Evil", "a\u{9b}b")], NASTY));
    for args in ["--record rec", "--http-debug=full", "-q --summary-mode full", "-q --summary-mode legacy"] {
        let run = || Run::new().script(&script()).env("T", &target.url()).env("TERM", "xterm").args(args);
        // The log of a script keeps its lines on a terminal: only what is obeyed is replaced there.
        let shown = run().go_on_terminal();
        let commands: Vec<String> = obeyed(&shown.stdout)
            .into_iter()
            .filter(|found| !found.starts_with("  Verdict") && !found.starts_with("##"))
            .collect();
        assert_eq!(commands, Vec::<String>::new(), "{args}: {}", shown.stdout);
        assert_harmless(args, &run().go());
    }
}

#[test]
fn a_record_of_somebody_else_commands_no_reader() {
    let target = Target::answering(|_| answer(200, &[], NASTY));
    let kept = Run::new().script(&script()).env("T", &target.url()).args("-q --record rec").go();
    for name in ["run.json", "result.json"] {
        let mut json = kept.json(&format!("rec/{name}"));
        forge(&mut json);
        std::fs::write(kept.path(&format!("rec/{name}")), json.to_string()).unwrap();
    }
    for command in [
        "report rec",
        "report rec --format md",
        "report rec --format html",
        "report rec --format json",
        "report rec --format junit",
        "report rec --lang ko",
        "compare rec rec",
        "compare rec rec --format md",
        "compare rec rec --format json",
        "verify rec",
        "advise rec",
    ] {
        assert_harmless(command, &kept.then(command).go());
        assert_harmless(command, &kept.then(command).env("TERM", "xterm").go_on_terminal());
    }
}

/// Puts the text wherever a reader may show one.
fn forge(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_shown = ["warnings", "reason", "target", "args", "source"].contains(&name.as_str());
                match value {
                    Value::String(text) if is_shown || name == "name" && text.contains(' ') => {
                        text.push_str(NASTY)
                    }
                    Value::Array(values) if name == "warnings" => values.push(NASTY.into()),
                    _ => forge(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forge),
        _ => {}
    }
}
