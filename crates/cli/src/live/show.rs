//! To show a run live is to serve its page while it lasts, and its report when it is over.

use std::cell::Cell;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use flashcrowd_engine::Control;
use flashcrowd_live::{Feed, Hub, Server, Subject};
use flashcrowd_record::{Record, without_secrets};
use flashcrowd_report::{Format, Layout, Report, render};
use flashcrowd_session::Finished;
use flashcrowd_test::Test;
use flashcrowd_web::{Page, PageError, Place};
use tokio::time::timeout;

use super::config::LiveConfig;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::write_unless;
use crate::screen::Stream;
use crate::tui::Tui;

/// How long browsers that watch may take to get the report.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tests that last longer have no end that is waited for.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What a browser is opened with.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// A run that is shown live.
#[derive(Debug)]
pub struct Live {
    hub: Arc<Hub>,
    #[expect(dead_code, reason = "pages are served until this is dropped")]
    servers: Vec<Server>,
    config: LiveConfig,
    /// Whether the last test is over, and the page with it.
    is_over: Cell<bool>,
}

impl Live {
    /// Begins to serve the page and the REST API, and says where; none where nothing is to be shown.
    pub fn open(context: &Context, config: &LiveConfig) -> Result<Option<Self>, Failure> {
        if !config.is_wanted() {
            return Ok(None);
        }
        if config.tui && !context.console.redraws() {
            let text = "--tui: there is no terminal: use --web, or leave it out".to_owned();
            return Err(Failure::Config(vec![text]));
        }
        let hub = Arc::new(Hub::default());
        let page = config.page.as_ref().map(|place| serve_page(context, place, config.opens, &hub));
        let api = config.api.as_ref().map(|place| serve_api(context, place, &hub));
        let servers = page.into_iter().chain(api).collect::<Result<_, Failure>>()?;
        Ok(Some(Self { hub, servers, config: config.clone(), is_over: Cell::new(false) }))
    }

    /// What a test is shown by, which is about to run, with the series of the target that were asked for.
    pub fn feed(&self, test: &dyn Test, charts: &[String], control: &Arc<Control>) -> Feed {
        let info = test.info();
        let subject = Subject {
            name: info.name,
            source: info.source,
            target: test.target().map(|target| without_secrets(&target).into_owned()),
            charts: charts.iter().map(|asked| without_secrets(asked).into_owned()).collect(),
            length: length(test).as_secs_f64(),
        };
        self.hub.begin(subject, control);
        Feed::new(self.hub.clone(), self.config.period)
    }

    /// Takes the whole terminal for a test, if that was asked for, until it is dropped.
    pub fn tui(&self, context: &Context) -> Result<Option<Tui>, Failure> {
        let tui = self.config.tui.then(|| Tui::open(&context.console, self.hub.clone()));
        Ok(tui.transpose().context("--tui: cannot use the terminal")?)
    }

    /// The page becomes the report of the last test, which is written to a file if that was asked for. What is wrong is an
    /// error text.
    pub fn end(&self, context: &Context, finished: &Finished<'_>, is_last: bool) -> Result<(), String> {
        if !is_last {
            return Ok(());
        }
        self.is_over.set(true);
        if !self.config.makes_report() {
            self.hub.end(None);
            return Ok(());
        }
        let folder = finished.record_folder().ok_or("there is no report: the record of the run broke off")?;
        let record = Record::read(folder).map_err(|error| format!("there is no report: {error}"));
        let text = record
            .map(|record| render(&Report::of(record), Format::HTML, Layout::document(context.ui.lang())));
        let text = text.inspect_err(|_| self.hub.end(None))?;
        let written = self.config.export.as_ref().map_or(Ok(()), |path| {
            write_unless(path, text.clone().into_bytes(), &|| context.interrupt.is_set())
        });
        self.hub.end(Some(text));
        written.map_err(|error| format!("{error:#}"))
    }

    /// Waits until browsers that watch have the report, for a short time; until it is ended, if it is to linger.
    pub fn close(self, context: &Context) {
        let watching = if self.is_over.get() { self.hub.watching() } else { 0 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let Ok(runtime) = runtime else { return };
        let _attendance = context.interrupt.attend();
        if self.config.lingers && !context.interrupt.is_set() {
            context.console.write(Stream::Err, "lingering: Ctrl-C ends it\n");
            return runtime.block_on(context.interrupt.wait());
        }
        if watching > 0 {
            // Who has not got it by then sees how the run stood last. A signal that ended the run does not end this.
            let _ = runtime.block_on(async { timeout(PATIENCE, self.hub.delivered(watching)).await });
        }
    }
}

/// How long iterations of a test may start, in its own time.
fn length(test: &dyn Test) -> Duration {
    let ends = test.scenarios().iter().map(|one| one.start_time.saturating_add(one.executor.length()));
    // What never ends by itself has no length that would tell people anything.
    ends.max().filter(|length| *length < LONGEST).unwrap_or_default()
}

fn serve_page(context: &Context, place: &Place, opens: bool, hub: &Arc<Hub>) -> Result<Server, Failure> {
    let wrong = |error: String| Failure::Config(vec![error]);
    let page = Page::bind(place).map_err(|error| match error {
        PageError::Listen { .. } => wrong(format!("--web: {error}; another port is --web=:0")),
        PageError::Address(_) => wrong(format!("--web={error}")),
        PageError::Random => wrong(format!("--web: {error}: give --web-token")),
    })?;
    say(context, "page", &page);
    if opens {
        open_browser(context, page.url());
    }
    Ok(Server::start(page, true, hub.clone()).map_err(anyhow::Error::new)?)
}

fn serve_api(context: &Context, place: &Place, hub: &Arc<Hub>) -> Result<Server, Failure> {
    let page = Page::bind(place).map_err(|error| Failure::NoApi(format!("--address: {error}")))?;
    say(context, "api ", &page);
    Ok(Server::start(page, false, hub.clone()).map_err(anyhow::Error::new)?)
}

fn say(context: &Context, what: &str, page: &Page) {
    let elsewhere = if page.is_open() { " (from elsewhere with this machine's address)" } else { "" };
    context.console.write(Stream::Err, &format!("{what}   {}{elsewhere}\n", page.url()));
}

fn open_browser(context: &Context, url: &str) {
    let opened = Command::new(OPENER)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match opened {
        // It belongs to nobody here, and must not be left behind as a zombie.
        Ok(mut opener) => drop(std::thread::spawn(move || opener.wait())),
        Err(error) => context.log.warn(&format!("no browser can be opened with {OPENER}: {error}")),
    }
}
