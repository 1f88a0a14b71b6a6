//! The commands that the READMEs show work: each of them is run here, or listed with the reason why not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::dynamodb::practice::{Practice, url};
use crate::run::{Outcome, Run, Started, understands};

/// What is done with a command of a README.
enum Way {
    /// It runs to its end with one of these codes, and says this.
    Ends { codes: &'static [i32], saying: &'static str },
    /// It serves what later commands go to.
    Serves,
    /// It is not run, for this reason.
    Left(&'static str),
}

use Way::{Ends, Left, Serves};

/// A command, without its remark.
struct Known {
    command: &'static str,
    /// Arguments that follow, so that it is over soon and finds what it needs in a test.
    more: &'static str,
    /// What is written otherwise for the same reason.
    otherwise: &'static [(&'static str, &'static str)],
    way: Way,
}

const fn known(command: &'static str, more: &'static str, way: Way) -> Known {
    Known { command, more, otherwise: &[], way }
}

/// Where the READMEs' shop is, and where the shop of a test is not.
const SHOP: &str = "http://127.0.0.1:8080";

/// All commands of the READMEs, in their order.
const COMMANDS: [Known; 25] = [
    known("cargo run --release -- demo", "--users 200", Ends { codes: &[0], saying: "What happened" }),
    known("cargo test --workspace", "", Left("this test is one of those")),
    known("flashcrowd shop --db-pool 20 --latency 50ms", "--listen 127.0.0.1:0", Serves),
    known(
        "flashcrowd run stress.yaml --host http://127.0.0.1:8080",
        "",
        Ends { codes: &[0, 99], saying: "Verdict" },
    ),
    known(
        "flashcrowd report results/system-breaking-point-test-20261120-234217 --format html -o report.html",
        "",
        Ends { codes: &[0], saying: "" },
    ),
    known(
        "flashcrowd compare results/before results/after",
        "",
        Ends { codes: &[0], saying: "P99 response time < 100ms" },
    ),
    known(
        "flashcrowd advise results/system-breaking-point-test-20261120-234217",
        "",
        Ends { codes: &[0], saying: "/300)" },
    ),
    known(
        "flashcrowd dynamodb --demo --local",
        "--duration 1s --attempts 1",
        Ends { codes: &[0, 99], saying: "PRIME DAY LOAD TEST RESULT" },
    ),
    known(
        "flashcrowd dynamodb setup --table-prefix test-",
        "",
        Ends { codes: &[0], saying: "created  test-Categories" },
    ),
    known(
        "flashcrowd dynamodb --full --table-prefix test-",
        "--duration 1s --attempts 1",
        Ends { codes: &[0, 99], saying: "PRIME DAY LOAD TEST RESULT" },
    ),
    known(
        "flashcrowd dynamodb capacity --on-demand --table-prefix test-",
        "",
        Ends { codes: &[0], saying: "-> on-demand" },
    ),
    known(
        "flashcrowd dynamodb teardown --table-prefix test-",
        "--yes",
        Ends { codes: &[0], saying: "deleted  test-" },
    ),
    known("flashcrowd run script.js", "", Ends { codes: &[0], saying: "1 iterations for each of 1 VUs" }),
    Known {
        command: "flashcrowd run -u 50 -d 30s script.js",
        more: "",
        otherwise: &[("30s", "1s")],
        way: Ends { codes: &[0], saying: "50 looping VUs for 1s" },
    },
    Known {
        command: "flashcrowd run -s 30s:500 -s 2m:500 -s 30s:0 script.js",
        more: "",
        otherwise: &[("30s:500", "300ms:50"), ("2m:500", "400ms:50"), ("30s:0", "300ms:0")],
        way: Ends { codes: &[0], saying: "Up to 50 looping VUs for 1s over 3 stages" },
    },
    known(
        "flashcrowd inspect --execution-requirements script.js",
        "",
        Ends { codes: &[0], saying: "\"maxVUs\": 1" },
    ),
    known("flashcrowd check script.js", "", Ends { codes: &[0], saying: "scenario default runs default()" }),
    known("flashcrowd import har shop.har -o shop.js", "", Ends { codes: &[0], saying: "" }),
    known("flashcrowd archive -O sale.tar script.js", "", Ends { codes: &[0], saying: "" }),
    known("flashcrowd shop", "--listen 127.0.0.1:0", Serves),
    known("TOKEN=$(flashcrowd shop --print-token)", "", Ends { codes: &[0], saying: "." }),
    known(
        "flashcrowd run examples/k6/enqueue-test.js -e BASE_URL=http://127.0.0.1:8080 -e BOOTH_ID=1 -e AUTH_TOKEN=$TOKEN",
        "-u 2 -i 2",
        Ends { codes: &[0], saying: "checks_succeeded...: 100.00%" },
    ),
    known(
        "flashcrowd run examples/k6/spike-test.js -e BASE_URL=http://127.0.0.1:8080 -e BOOTH_ID=1 -e AUTH_TOKEN=$TOKEN",
        "-u 2 -i 2",
        Ends { codes: &[0], saying: "checks_succeeded...: 100.00%" },
    ),
    known(
        "flashcrowd advise results/system-breaking-point-test-20261120-234217 --lang ko",
        "",
        Ends { codes: &[0], saying: "/300)" },
    ),
    known(
        "flashcrowd dynamodb --demo --local --lang ko",
        "--duration 1s --attempts 1",
        Ends { codes: &[0, 99], saying: "PRIME DAY LOAD TEST 최종 결과" },
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The code of a document in that language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

/// The commands of a document: without prompts and remarks, each on one line.
fn commands(text: &str) -> Vec<String> {
    let lines = blocks(text, "console").join("\n").replace("\\\n", " ");
    let typed = lines.lines().filter_map(|line| line.strip_prefix("$ "));
    let bare = typed.map(|line| line.split("  #").next().unwrap());
    bare.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// One terminal after the other, in a folder where everything is that the READMEs name.
struct Session {
    /// The last call in the folder.
    last: Outcome,
    shop: Option<Started>,
    shop_url: String,
    practice: Practice,
    token: String,
}

impl Session {
    fn new(readme: &str) -> Self {
        let plan = blocks(readme, "yaml").into_iter().find(|block| block.starts_with("# stress.yaml\n"));
        let plan = plan.unwrap().replace("increment_interval: 5s", "increment_interval: 1s");
        let example = |name: &str| text(&format!("examples/k6/{name}")).replace("sleep(1)", "sleep(0.01)");
        let run = Run::of("--version")
            .file("stress.yaml", plan.replace("max_users: 48", "max_users: 8"))
            .script("export default function () {}")
            .file("examples/k6/enqueue-test.js", example("enqueue-test.js"))
            .file("examples/k6/spike-test.js", example("spike-test.js"))
            .file("shop.har", text("crates/cli/tests/corpus/drafts/a.har"));
        Self {
            last: run.go(),
            shop: None,
            shop_url: SHOP.to_owned(),
            practice: Practice::start(""),
            token: String::new(),
        }
    }

    fn call(&mut self, known: &Known) {
        let substituted = known.command.strip_prefix("TOKEN=$(").and_then(|rest| rest.strip_suffix(')'));
        let line = substituted.unwrap_or(known.command).replace("cargo run --release --", "flashcrowd");
        let mut line = line.replace(SHOP, &self.shop_url).replace("$TOKEN", &self.token);
        for (written, here) in known.otherwise {
            line = line.replace(written, here);
        }
        let line = line.strip_prefix("flashcrowd ").unwrap_or_else(|| panic!("what is '{line}'?"));
        self.provide_records(line);
        let run = self.last.then(line).args(known.more);
        let run = if line.contains("--table-prefix") { self.practice.reached_by(run) } else { run };
        match &known.way {
            Serves => {
                let shop = run.start();
                self.shop_url = url(&shop.out_line("http://"));
                self.shop = Some(shop);
            }
            Ends { codes, saying } => {
                self.last = run.go();
                let outcome = &self.last;
                let is_fine = outcome.code.is_some_and(|code| codes.contains(&code));
                assert!(is_fine && outcome.stdout.contains(saying), "{line}: {outcome:?}");
                if substituted.is_some() {
                    self.token = outcome.stdout.trim().to_owned();
                }
            }
            Left(_) => {}
        }
    }

    /// Gives the first record that there is every name that records have in a command.
    fn provide_records(&self, line: &str) {
        for name in line.split(' ').filter_map(|word| word.strip_prefix("results/")) {
            let results = self.last.folder().join("results");
            let copy = results.join(name);
            if !copy.exists() {
                let there = self.last.files("results").into_iter().next().unwrap();
                std::fs::create_dir(&copy).unwrap();
                for file in self.last.files(&format!("results/{there}")) {
                    std::fs::copy(results.join(&there).join(&file), copy.join(file)).unwrap();
                }
            }
        }
    }
}

#[test]
fn the_readmes_commands_work() {
    let readme = text("README.md");
    let shown: BTreeSet<String> =
        ["README.md", "README.ko.md"].iter().flat_map(|name| commands(&text(name))).collect();
    let unknown: Vec<_> =
        shown.iter().filter(|shown| COMMANDS.iter().all(|known| known.command != **shown)).collect();
    assert!(unknown.is_empty(), "neither run nor listed: {unknown:#?}");
    let mut session = Session::new(&readme);
    for known in COMMANDS {
        assert!(shown.contains(known.command), "no README has '{}' any more", known.command);
        match known.way {
            Left(why) => assert!(!why.is_empty()),
            _ => session.call(&known),
        }
    }
    assert!(session.last.read("report.html").contains("System Breaking Point Test"));
}

#[test]
fn both_readmes_show_the_same_files() {
    let (english, korean) = (text("README.md"), text("README.ko.md"));
    assert_eq!(blocks(&english, "yaml"), blocks(&korean, "yaml"));
}

#[test]
fn every_call_in_the_documents_is_understood() {
    let mut calls = Vec::new();
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(path).unwrap();
            let lines = commands(&text).into_iter().map(|line| line.replace("TOKEN=$(", ""));
            calls.extend(lines.filter_map(|line| line.strip_prefix("flashcrowd ").map(str::to_owned)));
        }
    }
    assert!(calls.len() > 10, "{calls:?}");
    for call in calls {
        let mut is_quoted = false;
        let ends = |c: char| {
            is_quoted ^= c == '\'';
            !is_quoted && matches!(c, '>' | '|' | ')')
        };
        let call = call.split(ends).next().unwrap();
        assert!(understands(call), "{call}");
    }
}
