//! What is written of a run in Locust's forms: the table on the terminal, CSV files, JSON and a page.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_locust::{CsvFiles, LocustTest, Report, html, json, text_report, text_table};

use super::options::value_of;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::write_file;
use crate::screen::Stream;

/// The CSV files that were asked for.
pub(super) type Csv = Option<Rc<RefCell<CsvFiles>>>;

/// Makes the CSV files before anything else, without rows: those of an earlier run must not be taken for this one's.
pub(super) fn clear_csv(context: &Context, args: &[String]) -> Result<(), Failure> {
    let prefix =
        value_of(args, &["--csv"]).or_else(|| context.environment.get("LOCUST_CSV").map(str::to_owned));
    match prefix {
        Some(prefix) => {
            CsvFiles::create(&prefix, false, &empty(&[])).map(drop).map_err(|error| csv(&prefix, error))
        }
        None => Ok(()),
    }
}

/// Makes the CSV files of a test.
pub(super) fn open_csv(test: &LocustTest) -> Result<Csv, Failure> {
    let options = &test.hello().options;
    let Some(prefix) = &options.csv_prefix else { return Ok(None) };
    let files = CsvFiles::create(prefix, options.stats_history_enabled, &empty(&test.hello().percentiles));
    Ok(Some(Rc::new(RefCell::new(files.map_err(|error| csv(prefix, error))?))))
}

fn empty(percentiles: &[f64]) -> Report {
    Report::empty(percentiles)
}

fn csv(prefix: &str, error: io::Error) -> Failure {
    Failure::Other(anyhow::anyhow!("--csv {prefix}: {error}"))
}

/// Writes what is to be seen while the test runs, until it is over.
pub(super) async fn write_beside(context: &Context, test: &LocustTest, files: Csv) {
    let options = &test.hello().options;
    let every = |seconds: f64| {
        Duration::try_from_secs_f64(seconds).unwrap_or_default().max(Duration::from_millis(100))
    };
    let shows = (options.headless && !options.only_summary) || options.print_stats;
    let (csv_pause, table_pause) = (every(test.hello().csv_interval), every(test.hello().console_interval));
    let start = tokio::time::Instant::now();
    let (mut next_csv, mut next_table) = (csv_pause, table_pause);
    loop {
        let wake = if shows { next_csv.min(next_table) } else { next_csv };
        tokio::time::sleep_until(start + wake).await;
        let (now, report) = (start.elapsed(), test.report());
        if now >= next_csv {
            next_csv = now + csv_pause;
            if let Some(error) = files.as_ref().and_then(|files| files.borrow_mut().write(&report).err()) {
                context.log.error(&format!("--csv: {error}"));
            }
        }
        if shows && now >= next_table {
            next_table = now + table_pause;
            context.console.write(Stream::Err, &format!("{}\n", text_table(&report)));
        }
    }
}

/// Writes everything for the last time, when all is counted.
pub(super) fn write_all(context: &Context, test: &LocustTest, files: Csv) -> Result<(), Failure> {
    let (report, options) = (test.report(), &test.hello().options);
    if let Some(files) = files {
        let prefix = options.csv_prefix.as_deref().unwrap_or_default();
        files.borrow_mut().write(&report).map_err(|error| csv(prefix, error))?;
    }
    if let Some(path) = &options.json_file {
        write(&format!("{path}.json"), &json(&report))?;
    }
    if let Some(path) = &options.html_file {
        let shown = |value: Option<String>| value.unwrap_or_default();
        let path = path
            .replace("{u}", &shown(options.num_users.map(|users| users.to_string())))
            .replace("{r}", &shown(options.spawn_rate.map(|rate| rate.to_string())))
            .replace("{t}", &shown(options.run_time.map(|time| time.to_string())));
        let files = test.hello().files.iter().filter_map(|path| Path::new(path).file_name());
        let names: Vec<_> = files.map(|name| name.to_string_lossy()).collect();
        write(&path, &html(&report, &names.join(", ")))?;
    }
    let text = if options.json { json(&report) } else { text_report(&report) };
    context.console.write(Stream::Out, &text);
    Ok(())
}

fn write(path: &str, text: &str) -> Result<(), Failure> {
    if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| anyhow::anyhow!("{path}: {error}"))?;
    }
    Ok(write_file(Path::new(path), text.as_bytes())?)
}
