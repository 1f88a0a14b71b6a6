//! The files of a run besides its record: a log to read, and a small result for other programs.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;
use flashcrowd_prime_day::RunResult;

use crate::log::Logger;

/// The log's name.
const LOG: &str = "load_test.log";

/// The result's name.
const RESULT: &str = "load_test_result.json";

/// Two loggers: one for the file only, and one for the file and the usual log. Deletes the result of an earlier run.
pub fn open_log(log: &Logger, folder: &Path) -> anyhow::Result<(Logger, Logger)> {
    let path = folder.join(LOG);
    // A folder that is used again keeps the log of the last run only, like the record.
    File::create(&path).with_context(|| format!("cannot write the log to {}", path.display()))?;
    // Otherwise an unfinished run would have the result of the one before.
    let result = folder.join(RESULT);
    match std::fs::remove_file(&result) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot delete '{}'", result.display()));
        }
        _ => {}
    }
    Ok((log.to_file(&path)?, log.and_file(&path)?))
}

/// Writes the result.
pub fn write_result(result: &RunResult<'_>, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(RESULT);
    let text = format!("{:#}\n", result.json());
    // Under another name first, so that its own name always stands for a complete file.
    let unfinished = path.with_extension("json.part");
    std::fs::write(&unfinished, text)
        .and_then(|()| std::fs::rename(&unfinished, &path))
        .with_context(|| format!("cannot write '{}'", path.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use flashcrowd_dynamodb::{Credentials, Endpoint, Retry, Service};
    use flashcrowd_http::ClientConfig;
    use flashcrowd_prime_day::{Attempts, Connection, CrossCheck, Preset, Sales, Size, Split, Tables};

    use super::super::details::tests::sample;
    use super::*;
    use crate::log::Settings;
    use crate::screen::tests::console;

    #[test]
    fn the_result_is_small_and_has_no_secret() {
        let connection = Connection {
            service: Arc::new(Service {
                endpoint: Endpoint::at("http://localhost:8000", "us-east-1").unwrap(),
                credentials: Credentials::fixed("AKIAEXAMPLE", "a-secret"),
                retry: Retry::default(),
                sdk: None,
                timeout: Duration::from_secs(1),
            }),
            tables: Tables::new(""),
            layout: None,
            http: ClientConfig::default().build().unwrap(),
            desk: None,
            fallback: None,
        };
        let workers = Split { reads: 3, orders: 2 };
        let size = Size {
            preset: Preset::Demo,
            workers,
            mixed: false,
            rates: None,
            duration: Duration::from_secs(10),
        };
        let sales = Sales { orders: 9, total: "1234.5".parse().unwrap(), ..Sales::default() };
        let attempts = Attempts { all: 46, throttled: 6 };
        let cross_check = Some(CrossCheck { client: attempts, endpoint: attempts, interrupted: 0, lost: 0 });
        let (connection, results) = (&connection, &sample());
        let result = RunResult { size: &size, connection, results, sales: &sales, cross_check };
        insta::assert_snapshot!("load_test_result", format!("{:#}", result.json()));
    }

    #[test]
    fn the_result_of_an_earlier_run_is_deleted() {
        let (folder, (console, _, _)) = (tempfile::tempdir().unwrap(), console(false, false));
        let log = Logger::open(&Settings::default(), &Arc::new(console)).unwrap();
        std::fs::write(folder.path().join(RESULT), "{}").unwrap();
        open_log(&log, folder.path()).unwrap();
        assert!(!folder.path().join(RESULT).exists());
    }

    #[test]
    fn an_existing_log_is_replaced_and_warnings_go_to_both_logs() {
        let (folder, (console, _, err)) = (tempfile::tempdir().unwrap(), console(false, false));
        let log = Logger::open(&Settings::default(), &Arc::new(console)).unwrap();
        for _ in 0..2 {
            let (journal, both) = open_log(&log, folder.path()).unwrap();
            journal.say(crate::log::Level::Info, "progress", &[("elapsed", "10")]);
            both.warn("every call fails");
        }
        let text = std::fs::read_to_string(folder.path().join(LOG)).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, ["level=info msg=progress elapsed=10", "level=warning msg=\"every call fails\""]);
        assert_eq!(err.text().lines().count(), 2, "{}", err.text());
    }
}
