//! A Locust test is a file that a child has read, as a test of flashcrowd.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use flashcrowd_diagnosis::{Expectation, ExpectationError};
use flashcrowd_engine::executor::PlayedVus;
use flashcrowd_engine::{Behaviour, ExecutorConfig, ScenarioConfig};
use flashcrowd_metrics::Registry;
use flashcrowd_record::{Expected, Results, Source, TestInfo, TimelineLine};
use flashcrowd_test::{Interrupt, LARGEST_SOURCE, LoadError, Log, Options, Problem, Test, read_text};
use flashcrowd_web::Page;

use crate::child::{Child, Hello};
use crate::outcome::Outcome;
use crate::play::{Parts, Players, Process, Watcher};
use crate::rate::Rate;
use crate::stats::Report;
use crate::web::serve;

/// What stands beside a test.
pub struct Beside {
    /// Where messages go.
    pub log: Arc<dyn Log>,
    /// What ends the run in order.
    pub interrupt: Interrupt,
    /// The page, where there is one.
    pub page: Option<Page>,
    /// What is expected by the plans that `--expect` names.
    pub expected: Vec<Expected>,
    /// The wall clock.
    pub now: fn() -> SystemTime,
}

/// A file that a child has read, or several.
pub struct LocustTest {
    children: RefCell<Vec<Child>>,
    parts: Arc<Parts>,
    options: Options,
    registry: Registry,
    expected: Vec<Expected>,
}

impl LocustTest {
    /// The test of children, the leader at first; everything that is wrong with its options is told at once.
    pub fn new(children: Vec<Child>, beside: Beside) -> Result<Self, LoadError> {
        let hello = children.first().map(|leader| leader.hello().clone()).unwrap_or_default();
        let mut problems = Vec::new();
        let rate = hello.options.rate.as_deref().map(Rate::parse).transpose();
        let rate = rate.unwrap_or_else(|problem| {
            problems.push(Problem::new(problem));
            None
        });
        let mut all = beside.expected;
        all.extend(expected(hello.options.expect.as_deref().unwrap_or_default(), &mut problems));
        if !problems.is_empty() {
            return Err(LoadError::Problems(problems));
        }
        let has_page = !hello.options.headless;
        let scenario = ScenarioConfig {
            graceful_stop: Duration::from_secs(24 * 3600),
            ..ScenarioConfig::new("locust", ExecutorConfig::PlayedVus(executor(&hello, rate, has_page)))
        };
        let options = Options::of_scenarios(vec![scenario])?;
        let processes = children.iter().map(process).collect::<Result<_, _>>()?;
        let outcome = Outcome { on_error: hello.options.exit_code_on_error, ..Outcome::default() };
        let report = Report::empty(&hello.percentiles);
        let parts = Parts {
            rate,
            processes,
            watcher: Mutex::new(beside.page.map(watcher)),
            log: beside.log,
            interrupt: beside.interrupt,
            now: beside.now,
            system_tags: options.system_tag_set(),
            outcome: Mutex::new(outcome),
            report: Mutex::new(Arc::new(report)),
            hello,
        };
        let (children, parts) = (RefCell::new(children), Arc::new(parts));
        Ok(Self { children, parts, options, registry: Registry::new(), expected: all })
    }

    /// What the child said of the file.
    pub fn hello(&self) -> &Hello {
        &self.parts.hello
    }

    /// What came of the run, as far as it has come.
    pub fn outcome(&self) -> Outcome {
        self.parts.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The figures as they were last shown.
    pub fn report(&self) -> Arc<Report> {
        self.parts.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the children the exit code, and waits for their end. Answers what was not in order.
    pub fn quit(&self, code: i32) -> Vec<String> {
        let outcome = self.outcome();
        let mut children = self.children.borrow_mut();
        if outcome.hung > 0 {
            children.iter_mut().for_each(Child::kill);
            return Vec::new();
        }
        let quit = |(number, child): (usize, &mut Child)| {
            let told = child.quit(code);
            match child.ended().filter(|_| outcome.gone.contains(&number)) {
                Some(how) => Some(format!("the Python process ended by itself: {how}")),
                None => told,
            }
        };
        children.iter_mut().enumerate().filter_map(quit).collect()
    }
}

/// Serves the page as long as the run goes on.
fn watcher(page: Page) -> Watcher {
    Box::new(|company| drop(tokio::task::spawn_local(serve(page, company))))
}

fn process(child: &Child) -> Result<Process, LoadError> {
    let socket = child.socket().map_err(|error| LoadError::Other(error.to_string()))?;
    Ok(Process {
        socket: Mutex::new(Some(socket)),
        id: child.id(),
        stack: child.stack().to_owned(),
        client_id: child.hello().client_id.clone(),
    })
}

impl Parts {
    /// How many users there are, and how many come a second. By rate, where neither is given: as many as tasks may be due
    /// in a second, all in the first one.
    pub(crate) fn load(&self) -> (u64, f64) {
        load(&self.hello, self.rate)
    }

    /// How long the test lasts; none where nobody says.
    pub(crate) fn limit(&self) -> Option<Duration> {
        limit(&self.hello)
    }
}

fn load(hello: &Hello, rate: Option<Rate>) -> (u64, f64) {
    let by_rate = rate.map(|rate| (rate.count / rate.unit.as_secs_f64()).ceil().max(10.0));
    let users = hello.options.num_users.unwrap_or_else(|| by_rate.map_or(1, |users| users as u64));
    let all_at_once = by_rate.map(|_| users.max(1) as f64);
    (users, hello.options.spawn_rate.or(all_at_once).unwrap_or(1.0))
}

fn limit(hello: &Hello) -> Option<Duration> {
    let counts = hello.shape.is_none() || hello.shape_uses_options;
    hello.options.run_time.filter(|_| counts).map(Duration::from_secs)
}

/// What is known of the load before it comes; with a page, nothing is.
fn executor(hello: &Hello, rate: Option<Rate>, has_page: bool) -> PlayedVus {
    if has_page {
        return PlayedVus { vus: None, ramp: Duration::ZERO, duration: None, rate: None };
    }
    let (users, spawn_rate) = load(hello, rate);
    let ramp = Duration::try_from_secs_f64(users.saturating_sub(1) as f64 / spawn_rate).unwrap_or_default();
    PlayedVus {
        vus: hello.shape.is_none().then_some(users.max(1)),
        ramp,
        duration: limit(hello),
        rate: rate.map(|rate| (rate.count.round().max(1.0) as u64, rate.unit)),
    }
}

/// Whether this value of `--expect` names a plan, whose expectations are meant.
pub fn names_plan(text: &str) -> bool {
    let ending = Path::new(text).extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("yaml" | "yml"))
}

fn expected(all: &[String], problems: &mut Vec<Problem>) -> Vec<Expected> {
    let mut expected = Vec::new();
    for text in all.iter().filter(|text| !names_plan(text)) {
        let Some((name, target)) = text.split_once(':') else {
            let example = "write one such as 'response_time_p99: < 500ms', or the name of a plan's file";
            problems.push(Problem::new(format!("--expect: {text:?} is no expectation: {example}")));
            continue;
        };
        let (name, target) = (name.trim(), target.trim());
        match Expectation::parse(name, target) {
            Ok(_) => expected.push(Expected { name: name.to_owned(), target: target.to_owned() }),
            Err(ExpectationError::Name(problem) | ExpectationError::Target(problem)) => {
                problems.push(Problem::new(format!("--expect: {problem}")));
            }
        }
    }
    expected
}

impl Test for LocustTest {
    fn info(&self) -> TestInfo {
        let source = self.parts.hello.files.first().cloned().unwrap_or_default();
        let name = Path::new(&source).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        TestInfo { name: name.unwrap_or_else(|| "locustfile".to_owned()), source }
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        Arc::new(Players(self.parts.clone()))
    }

    fn sources(&self) -> Vec<Source> {
        let read = |path: &String| {
            let text = read_text(Path::new(path), LARGEST_SOURCE).unwrap_or_default();
            Source { path: path.clone(), text }
        };
        self.parts.hello.files.iter().map(read).collect()
    }

    fn has_setup(&self) -> bool {
        true
    }

    fn expected(&self) -> Vec<Expected> {
        self.expected.clone()
    }

    fn is_judged(&self) -> bool {
        !self.expected.is_empty()
    }

    fn target(&self) -> Option<String> {
        let hello = &self.parts.hello;
        hello.options.host.clone().or_else(|| hello.classes.iter().find_map(|class| class.3.clone()))
    }

    fn complete(&self, results: &mut Results, _: &[TimelineLine]) {
        let outcome = self.outcome();
        results.outcome.exit_code = outcome.exit_code(false);
        results.warnings.extend(outcome.notes());
    }
}
