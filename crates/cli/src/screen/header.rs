//! The header describes a run before it starts.

use std::fmt::Write as _;
use std::time::Duration;

use flashcrowd_engine::duration;
use flashcrowd_text::Ink;

/// The description of a run.
#[derive(Clone, Debug)]
pub struct Header {
    /// The script as typed.
    pub script: String,
    /// For a plan, its name and the host that it runs against.
    pub plan: Option<(String, String)>,
    /// The folder of the record, if one is kept.
    pub record: Option<String>,
    /// What random arrivals are drawn with, if there are any.
    pub seed: Option<u64>,
    /// The share of the test that this process runs, 0 to 1.
    pub share: f64,
    /// The maximum number of virtual users.
    pub max_vus: u64,
    /// The maximum duration, including graceful stop.
    pub max_duration: Duration,
    /// The name and description of each scenario.
    pub scenarios: Vec<(String, String)>,
}

/// The header as text, with an empty line at its end.
pub fn header(header: &Header, color: bool) -> String {
    let value = |text: &str| Ink::Cyan.on(text, color);
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _infallible = writeln!(text, "{name:>14}: {value}");
    };
    line("execution", &value("local"));
    match &header.plan {
        Some((name, host)) => {
            line("plan", &format!("{} ({})", value(name), header.script));
            line("host", &value(host));
        }
        None => line("script", &value(&header.script)),
    }
    line("output", &value(header.record.as_deref().unwrap_or("-")));
    if let Some(seed) = header.seed {
        line("seed", &value(&seed.to_string()));
    }
    text.push('\n');
    let count = header.scenarios.len();
    let _infallible = writeln!(
        text,
        "{:>14}: ({:.2}%) {count} scenario{}, {} max VUs, {} max duration (incl. graceful stop):",
        "scenarios",
        header.share * 100.0,
        if count == 1 { "" } else { "s" },
        header.max_vus,
        duration::format(header.max_duration),
    );
    for (name, what) in &header.scenarios {
        let _infallible = writeln!(text, "{:>15} {name}: {what}", "*");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_scenario_and_several() {
        let one = Header {
            script: "주문.js".to_owned(),
            plan: None,
            record: None,
            seed: None,
            share: 1.0,
            max_vus: 2,
            max_duration: Duration::from_secs(32),
            scenarios: vec![("default".to_owned(), "2 looping VUs for 2s (gracefulStop: 30s)".to_owned())],
        };
        insta::assert_snapshot!("header_one", header(&one, false));
        let mut several =
            Header { record: Some("results/1".to_owned()), seed: Some(42), share: 1.0 / 3.0, ..one };
        several.scenarios.push(("peak".to_owned(), "100.00 iterations/s for 1m0s".to_owned()));
        insta::assert_snapshot!("header_several", header(&several, false));
        let plan = Some(("한정 판매".to_owned(), "http://localhost:8080".to_owned()));
        let planned = Header { script: "sale.yaml".to_owned(), plan, ..several };
        insta::assert_snapshot!("header_plan", header(&planned, false));
    }
}
