//! What k6 has, by its types on npm and by the tables of this program, and what `docs/k6-compatibility.md` says of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use flashcrowd_k6::MODULES;
use flashcrowd_test::option_names;

use crate::run::{Run, said};

/// Modules and their exports as npm's `@types/k6` declares them.
const DECLARED: &str = include_str!("facts/types-k6.txt");

/// Their functions, and how many arguments each takes.
const ARITIES: &str = include_str!("facts/arity-k6.txt");

/// The flags of k6's `run`.
const FLAGS: &str = include_str!("facts/flags-k6.txt");

/// Declared names that are types in TypeScript, and no values in k6 either.
const ONLY_TYPES: [(&str, &[&str]); 6] = [
    ("k6/crypto", &["Hasher"]),
    ("k6/experimental/fs", &["File"]),
    ("k6/html", &["Attribute", "Element", "NodeType", "Selection"]),
    ("k6/http", &["FileData", "SSL_3_0"]),
    ("k6/metrics", &["Metric"]),
    ("k6/ws", &["Socket", "WebSocketError"]),
];

fn page() -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/k6-compatibility.md");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// The declared modules with their names.
fn declared() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let lines = DECLARED.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(':'))
        .map(|(module, names)| (module, names.split_whitespace().collect()))
}

#[test]
fn every_declared_export_is_there_or_its_module_is_listed() {
    let (_, page) = page();
    for (module, names) in declared() {
        if !MODULES.iter().any(|(name, _)| *name == module) {
            let family = if module.starts_with("k6/experimental/") { "k6/experimental/*" } else { module };
            let is_listed = [module, family].iter().any(|name| page.contains(&format!("`{name}`")));
            assert!(is_listed, "{module} is missing, and the page does not say so");
            continue;
        }
        let script = format!(
            "import * as all from '{module}'; import own from '{module}';
             export default function () {{ for (const name of {names:?}) if (all[name] === undefined || all[name] !== own[name]) console.log(name); }}"
        );
        let text = said(&script);
        let missing: Vec<&str> = text.lines().collect();
        let types = ONLY_TYPES.iter().find(|(of, _)| *of == module).map_or(&[][..], |(_, names)| *names);
        let real: Vec<&&str> = missing.iter().filter(|name| !types.contains(name)).collect();
        assert!(real.is_empty(), "{module} has no {real:?}");
    }
}

#[test]
fn functions_take_as_many_arguments_as_are_declared() {
    // These would wait for ever.
    const LEFT_OUT: [&str; 4] = ["sleep", "setInterval", "setTimeout", "connect"];
    for line in ARITIES.lines().filter(|line| !line.starts_with('#')) {
        let (module, functions) = line.split_once(": ").unwrap();
        let mut calls = String::new();
        for function in functions.split(' ') {
            let (name, range) = function.split_once('/').unwrap();
            let (least, most) = range.split_once('-').unwrap();
            let least: usize = least.parse().unwrap();
            let most = most.parse().unwrap_or(least + 3);
            for count in (least..=most).filter(|_| !LEFT_OUT.contains(&name)) {
                let given = vec!["'x'"; count].join(", ");
                writeln!(calls, "    try {{ all.{name}({given}); }} catch (e) {{ if (/argument\\(s\\)|where expected/.test(String(e))) console.log('{name} {count}', String(e)); }}").unwrap();
            }
        }
        let script = format!(
            "import * as all from '{module}'; export default function () {{\n{calls}    console.log('CALLED'); }}"
        );
        let outcome = Run::new().script(&script).talk_only().go();
        let wrong: Vec<&str> =
            outcome.stdout.lines().filter(|line| line.contains("where expected")).collect();
        assert!(wrong.is_empty() && outcome.stdout.contains("CALLED"), "{module}: {wrong:?} {outcome:?}");
    }
}

#[test]
fn the_page_lists_every_flag_of_k6() {
    let mut table = String::from("\n| flag of k6 | here |\n| --- | --- |\n");
    for line in FLAGS.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let run =
            Run::new().script("export default function () {}").file("c.json", "{}").arg(&format!("--{name}"));
        let run = run.args(value);
        // Messages are read below; flags of the log itself refuse nothing.
        let is_of_log = name.starts_with("log-");
        let outcome = if is_of_log { run } else { run.args("--log-format raw") }.go();
        let here = match outcome.code {
            // What a script without requests comes to is a matter of verdicts.
            Some(0 | 99) => "accepted".to_owned(),
            Some(104) => {
                let said = outcome
                    .stderr
                    .lines()
                    .find_map(|line| line.split_once(&format!("--{name}: ")))
                    .map_or(outcome.stderr.as_str(), |(_, said)| said);
                format!("refused: {}", said.trim())
            }
            _ => panic!("{name}: {outcome:?}"),
        };
        writeln!(table, "| `--{name}` | {here} |").unwrap();
    }
    check("flags", &(table + "\n"));
}

/// Calls each function of the modules with values of every kind in each of its first places.
const WALK: &str = "
    const kinds = { number: 7, text: '7', error: new Error('e'), null: null, undefined, object: { a: 1 }, list: [1], symbol: Symbol('s'),
      boolean: true, half: '\\ud83c', bigint: 10n, function: () => 1, date: new Date(0), none: NaN };
    export const options = { iterations: 1 };
    export default function () {
      for (const [name, f] of Object.entries(all)) {
        if (typeof f !== 'function' || LEFT_OUT.includes(name)) continue;
        for (const [kind, value] of Object.entries(kinds)) for (const place of [0, 1, 2, 3]) {
          const given = Array(place).fill('x').concat([value]);
          for (const call of [() => f(...given), () => new f(...given)]) {
            try { call(); } catch (e) {
              if (/Error converting|internal error|borrow/i.test(String(e))) console.log('CONVERT', name, kind, place, String(e));
            }
          }
        }
      }
      console.log('WALKED');
    }";

#[test]
fn every_function_takes_values_of_every_kind() {
    // Those of this project are tested by themselves; the others would wait for ever.
    const LEFT_OUT: [&str; 3] = ["sleep", "setInterval", "setTimeout"];
    for (module, _) in MODULES.iter().filter(|(module, _)| module.starts_with("k6")) {
        let script = format!("import * as all from '{module}'; const LEFT_OUT = {LEFT_OUT:?}; {WALK}");
        let outcome = Run::new().script(&script).talk_only().go();
        let wrong: Vec<&str> = outcome.stdout.lines().filter(|line| line.contains("CONVERT")).collect();
        assert!(wrong.is_empty() && outcome.stdout.contains("WALKED"), "{module}: {wrong:?} {outcome:?}");
    }
}

/// The part of the page between two marks, which the tables of the program write.
fn check(part: &str, expected: &str) {
    let (path, text) = page();
    let (begin, end) = (format!("<!-- {part}: written by a test -->\n"), format!("<!-- end of {part} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
    if found != expected && std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
        return;
    }
    assert!(
        found == expected,
        "{part} of docs/k6-compatibility.md is not what the program has: run with UPDATE_DOCS=1"
    );
}

#[test]
fn the_page_lists_every_module_and_option() {
    let code = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut modules = String::from("\n| module | exports |\n| --- | --- |\n");
    for (module, exports) in MODULES {
        let (constants, others): (Vec<&str>, Vec<&str>) =
            exports.iter().partition(|name| name.len() > 1 && name.to_uppercase() == **name);
        let more =
            if constants.is_empty() { String::new() } else { format!(", and {} constants", constants.len()) };
        writeln!(modules, "| `{module}` | {}{more} |", code(&others)).unwrap();
    }
    check("modules", &(modules + "\n"));
    let mut options = String::from("\n| option | variable | flag | |\n| --- | --- | --- | --- |\n");
    for option in option_names() {
        let shown = |text: String| if text.len() > 2 { format!("`{text}`") } else { String::new() };
        let variable =
            if option.variable.is_empty() { String::new() } else { format!("K6_{}", option.variable) };
        let (variable, flag) = (shown(variable), shown(option.flag.to_owned()));
        writeln!(options, "| `{}` | {variable} | {flag} | {} |", option.name, option.meaning).unwrap();
    }
    check("options", &(options + "\n"));
}
