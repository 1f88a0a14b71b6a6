//! One run of Prime Day, from its questions to its result.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use flashcrowd_prime_day::capacity::Prices;
use flashcrowd_prime_day::{
    Attempts, Connection, CrossCheck, Preset, PrimeDay, PrimeDayError, Ready, RunResult, Size, Tally,
    prepare as prepare_tables,
};
use flashcrowd_record::Results;
use flashcrowd_report as document;
use flashcrowd_session::{RecordPlace, Session, Settings};
use flashcrowd_text::{Lang, messages};
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::config;
use super::details::Details;
use super::forecast::Forecast;
use super::kept::{open_log, write_result};
use super::layout;
use super::live::{Live, Outputs};
use super::prices::of_file;
use super::questions;
use super::result_box::result_box;
use super::wanted::Wanted;
use crate::args::DynamodbArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::log::{Level, Logger};
use crate::run::run as run_session;
use crate::screen::Stream;

messages! {
    fn not_begun() { en: "Nothing was run.", ko: "실행하지 않았습니다." }
    fn kept_in(folder: String) { en: "kept in {folder}", ko: "결과 폴더: {folder}" }
    fn report_with(folder: String) {
        en: "report: flashcrowd report {folder} -o report.html",
        ko: "보고서: flashcrowd report {folder} -o report.html",
    }
}

/// A run that is ready to start.
struct Prepared {
    size: Size,
    connection: Connection,
    ready: Ready,
    prices: Prices,
}

/// Runs Prime Day.
pub fn run(context: &Context, args: &DynamodbArgs) -> Result<(), Failure> {
    let wanted = Wanted::of(&args.size, (args.customers.read_ratio, args.customers.mixed));
    let mut problems = if can_ask(context) { Vec::new() } else { wanted.unasked() };
    problems.extend(config::problems(&args.client));
    if let (Some(workers), Some(duration)) = (wanted.workers, wanted.duration) {
        problems.extend(wanted.settle(workers, duration).err().unwrap_or_default());
    }
    if !problems.is_empty() {
        return Err(Failure::Config(problems));
    }
    let prices = of_file(args.prices.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the run")?;
    let prepared = prepare(context, args, &wanted, prices);
    let prepared = LocalSet::new().block_on(&runtime, interruptible(context, prepared))?;
    match prepared {
        Some(prepared) => begin(context, args, prepared),
        None => Ok(()),
    }
}

/// Waits for work that a signal interrupts.
pub async fn interruptible<T>(
    context: &Context,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // Work that handles the signal itself reports it.
    let _attendance = context.interrupt.attend();
    context.interrupt.or(work).await.unwrap_or(Err(Failure::SIGNAL))
}

/// Whether questions can be asked.
pub fn can_ask(context: &Context) -> bool {
    std::io::stdin().is_terminal() && context.console.redraws()
}

/// Asks what is missing and prepares the tables; none if the run was not confirmed.
async fn prepare(
    context: &Context,
    args: &DynamodbArgs,
    wanted: &Wanted,
    prices: Option<Prices>,
) -> Result<Option<Prepared>, Failure> {
    let size = questions::size(context, wanted).await?;
    let practice = config::practice(&args.local);
    let place = config::connection(&args.place, Some(&args.client))?;
    let connection = Connection::open(&place, Some(&practice)).await?;
    if let Some(why) = &connection.fallback {
        let text = format!("using the practice DynamoDB in this process, because {why}");
        context.log.say(Level::Info, &text, &[]);
    }
    let customers = config::customers(&args.customers);
    let out = |text: &str| context.console.write(Stream::Out, text);
    let ready = match told_if_slow(context, prepare_tables(&connection, &practice, &customers)).await {
        Ok(ready) => ready,
        Err(error) => {
            if let PrimeDayError::Layout(checked) = &error {
                out(&layout::shown(context.ui.lang(), checked));
            }
            return Err(error.into());
        }
    };
    if let Some(checked) = ready.checked.as_ref().filter(|_| !context.ui.quiet()) {
        out(&layout::shown(context.ui.lang(), checked));
    }
    let prices = prices.unwrap_or_else(|| Prices::of(&connection.service.endpoint.region));
    let prepared = Prepared { size, connection, ready, prices };
    prepared.ready.warnings.iter().for_each(|warning| context.log.warn(warning));
    let costs = prepared.connection.service.endpoint.is_aws() && !args.size.yes;
    let confirm = wanted.confirm || costs;
    if !context.ui.quiet() || confirm {
        context.console.write(Stream::Out, &prepared.forecast(context.ui.lang()));
    }
    if costs && !can_ask(context) {
        let text = "this load goes to AWS, where it costs money: confirm it with --yes, or use --local";
        return Err(Failure::Config(vec![text.to_owned()]));
    }
    if confirm && !questions::begin(context).await? {
        context.console.write(Stream::Out, &format!("{}\n", not_begun(context.ui.lang())));
        return Ok(None);
    }
    Ok(Some(prepared))
}

/// Waits for work on the tables, and says so if they are busy.
async fn told_if_slow<T>(context: &Context, work: impl Future<Output = T>) -> T {
    const SLOW: Duration = Duration::from_secs(5);
    let mut work = pin!(work);
    if let Ok(done) = timeout(SLOW, &mut work).await {
        return done;
    }
    let text = "the tables are read before the run, which takes long: they may still be busy with another";
    context.log.say(Level::Info, text, &[]);
    work.await
}

impl Prepared {
    fn forecast(&self, lang: Lang) -> String {
        let (connection, endpoint) = (&self.connection, &self.connection.service.endpoint);
        let account = connection.service.credentials.account().filter(|_| endpoint.is_aws());
        let place = match account {
            Some(account) => format!("{} (account {account})", endpoint.url),
            None => endpoint.url.clone(),
        };
        let forecast = Forecast {
            size: &self.size,
            workload: &self.ready.workload,
            tables: &self.ready.tables,
            place: &place,
            region: &endpoint.region,
            is_here: connection.is_in_process(),
            prices: &self.prices,
        };
        // Capacity of the in-process DynamoDB costs nothing.
        let brief = connection.is_in_process() && self.size.preset != Preset::Asked;
        if brief { forecast.plan(lang) } else { forecast.text(lang) }
    }
}

fn begin(context: &Context, args: &DynamodbArgs, prepared: Prepared) -> Result<(), Failure> {
    let Prepared { size, connection, ready, prices } = prepared;
    let warnings = ready.warnings.clone();
    let day = PrimeDay::new(&size, &connection, ready, prices)?;
    let settings = Settings {
        record: args.out_dir.clone().map_or(RecordPlace::None, RecordPlace::Folder),
        replaces_record: args.force,
        target_is_here: connection.is_in_process(),
        ..context.settings()
    };
    let session = Session::open(&day, &settings)?;
    let folder: PathBuf = session.folder().map(Path::to_owned).unwrap_or_default();
    let (journal, log) = open_log(&context.log, &folder)?;
    journal_start(&journal, &size, &connection, &warnings);
    let context = &context.logging(log.clone());
    let outputs = Outputs {
        lang: context.ui.lang(),
        console: context.console.clone(),
        quiet: context.ui.quiet(),
        journal: journal.clone(),
        log,
    };
    let live = Rc::new(Live::new(outputs, &day, size.duration));
    let before = connection.attempts();
    let finished = run_session(context, &day, session, (live.clone(), &mut []))?;
    let (results, failure) = (finished.results, finished.failure);
    let counted = before.zip(connection.attempts()).map(|(before, after)| CrossCheck {
        client: Attempts::of_client(&results),
        endpoint: after.since(before),
        interrupted: live.interrupted(),
        lost: Attempts::lost(&results),
    });
    let verdict = ended(failure.map_or(Ok(()), |failure| Err(failure.into())), live.outage());
    let sales = day.sales();
    let result = RunResult {
        size: &size,
        connection: &connection,
        results: &results,
        sales: &sales,
        cross_check: counted,
    };
    write_result(&result, &folder)?;
    journal_end(&journal, &results, verdict.as_ref().err());
    let shown = results.printable();
    show(context, &Details { results: &shown, takings: &sales, counted, outage: live.outage() }, &folder);
    match counted {
        Some(counted) if !counted.agree() && !verdict.as_ref().is_err_and(Failure::is_signal) => {
            Err(anyhow::anyhow!("the counts of the client and of the in-process DynamoDB differ: see above")
                .into())
        }
        _ => verdict,
    }
}

/// A run whose last calls all failed did not come to its end, whatever its averages: clients without responses send less.
fn ended(verdict: Result<(), Failure>, outage: Option<(u64, String)>) -> Result<(), Failure> {
    match outage {
        Some((second, code)) if !verdict.as_ref().is_err_and(Failure::is_signal) => {
            Err(anyhow::anyhow!("every call failed from second {second} until the end: {code}").into())
        }
        _ => verdict,
    }
}

/// Shows the result.
fn show(context: &Context, details: &Details<'_>, folder: &Path) {
    let (lang, results) = (context.ui.lang(), details.results);
    let (layout, quiet) = (context.layout(), context.ui.quiet());
    let out = |text: &str| context.console.write(Stream::Out, text);
    // The live screen is above, unless it went to another stream.
    let above = if context.console.redraws() { "\n" } else { "" };
    out(&format!("{above}{}", result_box(lang, Tally::of_results(results), results.seconds)));
    if !quiet || details.counted.is_some_and(|counted| !counted.agree()) {
        out(&details.text(lang, layout.color, layout.columns()));
    }
    if let Some(judgement) = results.judgement() {
        out(&format!("\n{}", document::verdict(&judgement, layout)));
    }
    if let Some(requests) = document::request_times(results, layout).filter(|_| !quiet) {
        out(&format!("\n{requests}"));
    }
    if !quiet {
        let folder = folder.display().to_string();
        out(&format!("\n  {}\n  {}\n", kept_in(lang, folder.clone()), report_with(lang, folder)));
    }
}

fn journal_start(journal: &Logger, size: &Size, connection: &Connection, warnings: &[String]) {
    let (workers, seconds) = (size.workers.total().to_string(), size.duration.as_secs_f64().to_string());
    let endpoint = &connection.service.endpoint;
    let fields = [
        ("mode", size.preset.name()),
        ("workers", &workers),
        ("seconds", &seconds),
        ("endpoint", &endpoint.url),
        ("region", &endpoint.region),
    ];
    journal.say(Level::Info, "prime day begins", &fields);
    warnings.iter().for_each(|warning| journal.warn(warning));
}

fn journal_end(journal: &Logger, results: &Results, failure: Option<&Failure>) {
    let (tally, seconds) = (Tally::of_results(results), format!("{:.2}", results.seconds));
    let (requests, throttles) = (tally.requests().to_string(), tally.throttled.to_string());
    let (rate, success) =
        (format!("{:.2}", tally.rate(results.seconds)), format!("{:.2}", tally.success_percent()));
    let why = failure.map(ToString::to_string);
    let mut fields = vec![
        ("seconds", seconds.as_str()),
        ("requests", &requests),
        ("rps", &rate),
        ("success_percent", &success),
        ("throttles", &throttles),
    ];
    fields.extend(why.as_deref().map(|why| ("failure", why)));
    journal.say(Level::Info, "prime day is over", &fields);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_ends_in_an_outage_is_no_success() {
        let outage = || Some((5, "1212 (connection refused)".to_owned()));
        assert!(ended(Ok(()), None).is_ok());
        let failure = ended(Ok(()), outage()).unwrap_err();
        assert_eq!(failure.code(), crate::exit::OTHER);
        assert_eq!(
            failure.to_string(),
            "every call failed from second 5 until the end: 1212 (connection refused)"
        );
        assert!(ended(Err(Failure::SIGNAL), outage()).unwrap_err().is_signal());
        let missed = || Failure::Config(vec!["missed".to_owned()]);
        assert_eq!(ended(Err(missed()), outage()).unwrap_err().code(), crate::exit::OTHER);
        assert_eq!(ended(Err(missed()), None).unwrap_err().to_string(), "missed");
    }
}
