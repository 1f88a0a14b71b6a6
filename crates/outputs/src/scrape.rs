//! `prometheus`: a page for Prometheus to scrape while the run lasts, under the names of `experimental-prometheus-rw`.
//!
//! The page is made when it is asked for. When the run is over, its last figures are there until they were read once; if
//! nobody reads them within twenty seconds, the output is not complete. Beyond the loopback whoever asks needs a token.

use std::fmt::Write as _;
use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use flashcrowd_metrics::{Sample, Trend};
use flashcrowd_web::{Answer, Answers, Guard, Page, Place, of_kind, refused, serve};
use futures_util::future::LocalBoxFuture;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::output::{Output, OutputContext, OutputError, OutputKind};
use crate::prometheus::{STATS, Shapes, legal, shapes, values};
use crate::series::Series;
use crate::stream::{Writer, stream};

/// The row of the table.
pub(crate) const PROMETHEUS: OutputKind = OutputKind {
    name: "prometheus",
    also: &[],
    help: "a page for Prometheus to scrape, HOST:PORT/metrics; trends by K6_PROMETHEUS_RW_TREND_STATS",
    example: "prometheus=127.0.0.1:5656",
    needs_argument: false,
    open,
};

/// The port if nothing else is said, that of k6's extension for the same.
const PORT: u16 = 5656;
const TREND_STATS: &str = "K6_PROMETHEUS_RW_TREND_STATS";
/// The variable of the token, or of `none`, with which everybody may read the page.
const TOKEN: &str = "FLASHCROWD_PROMETHEUS_TOKEN";
/// The form of the page.
const FORM: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How often it is looked whether somebody asks.
const PERIOD: Duration = Duration::from_millis(20);
/// How long the last figures are there.
const LAST: Duration = Duration::from_secs(20);
/// How long the last answer may take to be sent.
const SENDING: Duration = Duration::from_millis(500);

fn open(spec: &str, argument: &str, context: &OutputContext) -> Result<Box<dyn Output>, OutputError> {
    let wrong = |problem: String| OutputError::new(spec, problem);
    let stats = context.variables.get(TREND_STATS).map_or(STATS, String::as_str);
    let stats = shapes(stats).map_err(|problem| wrong(format!("{TREND_STATS}: {problem}")))?;
    let token = context.variables.get(TOKEN).map(String::as_str).filter(|token| !token.is_empty());
    let page = listen(argument, token).map_err(wrong)?;
    let (readers, asked) = channel();
    let server = Server::start(page, readers).map_err(|error| wrong(error.to_string()))?;
    let pages = Pages { series: Series::new(context, legal), stats, asked, server };
    stream(spec, context, PERIOD, pages)
}

/// Listens where the argument says; beyond the loopback with a token.
fn listen(argument: &str, token: Option<&str>) -> Result<Page, String> {
    let (host, port) = match argument.rsplit_once(':') {
        _ if argument.is_empty() => ("", PORT),
        Some((host, port)) => {
            let port = port.parse().map_err(|_| {
                format!("'{argument}' is no address: write HOST:PORT, such as 127.0.0.1:{PORT}")
            })?;
            (host, port)
        }
        None => (argument, PORT),
    };
    let is_public = token == Some("none");
    let place = Place {
        host: host.to_owned(),
        port,
        token: token.filter(|_| !is_public).map(str::to_owned),
        is_public,
        base: String::new(),
    };
    let page = Page::bind(&place).map_err(|error| error.to_string())?;
    if page.is_open() && token.is_none() {
        return Err(format!(
            "others can reach {argument}: set {TOKEN}, and authorization: {{credentials: TOKEN}} in Prometheus' \
             scrape_configs; with {TOKEN}=none everybody may read the page"
        ));
    }
    Ok(page)
}

/// Somebody who asks for the page.
type Reader = oneshot::Sender<String>;

/// Makes the page.
struct Pages {
    series: Series<Trend>,
    stats: Shapes,
    asked: Receiver<Reader>,
    server: Server,
}

impl Writer for Pages {
    fn sample(&mut self, sample: &Sample) -> io::Result<()> {
        self.series.add(sample);
        Ok(())
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.asked.try_iter().for_each(|reader| drop(self.hand_over(reader)));
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        // One who asked before the end gets the last figures, too, but may be gone by now.
        while self.asked.recv_timeout(LAST).map_err(unread)?.send(self.page()).is_err() {}
        self.server.stop();
        self.series.complete()
    }
}

fn unread(_: RecvTimeoutError) -> io::Error {
    io::Error::other(format!("nobody read the last figures within {} s", LAST.as_secs()))
}

impl Pages {
    /// Hands the page to a reader, who may be gone.
    fn hand_over(&self, reader: Reader) -> Result<(), String> {
        reader.send(self.page())
    }

    /// The text of all series, those of one name together.
    fn page(&self) -> String {
        let rows = self.series.rows().iter();
        let all = rows.flat_map(|row| values(row, &self.stats).into_iter().map(|value| (value, &row.labels)));
        let mut all: Vec<_> = all.collect();
        all.sort_by(|(one, labels), (other, others)| (&one.name, labels).cmp(&(&other.name, others)));
        let (mut text, mut last) = (String::new(), "");
        for (value, labels) in &all {
            if value.name != last {
                let kind = if value.is_counter { "counter" } else { "gauge" };
                // Writing to a String cannot fail, here and below.
                let _ = writeln!(text, "# TYPE {} {kind}", value.name);
                last = &value.name;
            }
            text.push_str(&value.name);
            for (at, (name, label)) in labels.iter().enumerate() {
                let _ = write!(text, "{}{name}=\"", if at == 0 { '{' } else { ',' });
                escape(&mut text, label);
                text.push('"');
            }
            let _ = writeln!(text, "{} {}", if labels.is_empty() { "" } else { "}" }, value.value);
        }
        text
    }
}

/// A label's value between its quotes.
fn escape(into: &mut String, label: &str) {
    for c in label.chars() {
        match c {
            '\\' | '"' => into.extend(['\\', c]),
            '\n' => into.push_str("\\n"),
            c => into.push(c),
        }
    }
}

/// Sends the page, from a thread of its own.
struct Server {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(page: Page, readers: Sender<Reader>) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let work = move || {
            let Page { listener, guard, .. } = page;
            let routes = Rc::new(Routes { guard, readers });
            LocalSet::new().block_on(&runtime, async {
                tokio::select! {
                    // A listener that cannot be used is noticed by whoever scrapes it.
                    _ = serve(listener, routes) => {}
                    stopped = stopped => if stopped.is_ok() { tokio::time::sleep(SENDING).await },
                }
            });
        };
        let thread = std::thread::Builder::new().name("out-scrape".to_owned()).spawn(work)?;
        Ok(Self { stop, thread })
    }

    /// Ends it once the last answer had its time.
    fn stop(self) {
        // A thread that has panicked has ended, too.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

struct Routes {
    guard: Guard,
    readers: Sender<Reader>,
}

impl Answers for Routes {
    fn answer(&self, request: Request<Incoming>) -> LocalBoxFuture<'_, Answer> {
        Box::pin(async move {
            if let Err(refusal) = self.guard.check(request.uri(), request.headers()) {
                return refused(refusal.status, refusal.why);
            }
            if !["/metrics", "/"].contains(&request.uri().path()) {
                return refused(StatusCode::NOT_FOUND, "the page is /metrics");
            }
            let (reader, page) = oneshot::channel();
            // Where nobody takes this there is no page, which the next line notices.
            let _ = self.readers.send(reader);
            match page.await {
                Ok(page) => of_kind(FORM, page),
                Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE, "the run is over"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_where_the_argument_says_and_beyond_the_loopback_has_a_token() {
        let url = |argument: &str, token| listen(argument, token).map(|page| page.url().to_owned());
        assert!(url("127.0.0.1:0", None).unwrap().starts_with("http://127.0.0.1:"));
        assert!(url(":0", None).unwrap().starts_with("http://127.0.0.1:"));
        assert!(
            url("0.0.0.0:0", None).unwrap_err().starts_with("others can reach 0.0.0.0:0: set FLASHCROWD_")
        );
        assert!(url("0.0.0.0:0", Some("t-1")).unwrap().ends_with("/?token=t-1"));
        assert!(url("0.0.0.0:0", Some("none")).unwrap().ends_with('/'));
        assert!(url("shop:web", None).unwrap_err().starts_with("'shop:web' is no address: write HOST:PORT"));
    }

    #[test]
    fn labels_are_escaped() {
        let mut text = String::new();
        escape(&mut text, "a\"\\\n");
        assert_eq!(text, "a\\\"\\\\\\n");
    }
}
