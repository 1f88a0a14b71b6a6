//! The record, written while a run happens and read back.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_metrics::{Builtin, Plan, Registry, Shard, TagSet, Totals, View};
use flashcrowd_record::{
    ProcessUse, Record, RecordWriter, Results, Row, RunInfo, RunState, ScenarioProgress, Source, Stats,
    SummaryOptions, TimelineLine,
};

use crate::fixture;

/// The shop run again and again, an interval each: `tick` sees the totals at the end of each.
fn shop_intervals(intervals: u64, mut tick: impl FnMut(u64, &Totals)) -> Results {
    let plan = Arc::new(fixture::shop_plan());
    let (mut shard, mut totals) = (Shard::new(plan.clone()), Totals::new(plan.clone(), 1));
    for interval in 1..=intervals {
        totals.start_interval();
        fixture::shop_interval(&mut shard, &plan);
        fixture::request(&mut shard, &TagSet::empty(), 40.0 * interval as f64, true);
        totals.absorb(0, shard.take());
        tick(interval, &totals);
    }
    let options = SummaryOptions::default();
    Results::collect(&totals, fixture::meta("flash sale"), &options, &[], intervals as f64)
}

fn info() -> RunInfo {
    RunInfo {
        start: "2026-11-20T10:00:00Z".into(),
        args: ["flashcrowd", "run", "script.js"].map(str::to_owned).to_vec(),
        env: [("TOKEN".to_owned(), "t0ken-123".to_owned())].into(),
        sources: vec![Source { path: "script.js".into(), text: "export default () => {}".into() }],
        ..RunInfo::default()
    }
}

fn tick(second: u64) -> TimelineLine {
    let mut line =
        TimelineLine::collect(&fixture::shop().1, Duration::from_secs(second), Duration::from_secs(1));
    line.scenarios = vec![ScenarioProgress { name: "rush".into(), progress: 0.5, ..Default::default() }];
    line.process = Some(ProcessUse { cpu_seconds: 0.25, rss_bytes: 1 << 20, workers: None });
    line
}

#[test]
fn a_record_survives_a_round_trip_without_its_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("results/first");
    let (mut results, totals) = fixture::shop();
    let mut writer = RecordWriter::create(&folder, &info()).unwrap();
    writer.append_tick(&tick(1)).unwrap();
    writer.append_tick(&tick(2)).unwrap();
    writer.finish(&results, &totals).unwrap();

    let record = Record::read(&folder).unwrap();
    assert!(record.is_complete());
    assert_eq!(record.timeline, [tick(1), tick(2)]);
    assert_eq!(record.histograms["queue_wait"].first(), Some(&(0.5, 1)));
    results.options["scenarios"]["rush"]["env"]["TOKEN"] = "***".into();
    results.setup_data.as_mut().unwrap()["authToken"] = "***".into();
    assert_eq!(record.results, Some(results));
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("t0ken-123") && !text.contains("of-setup"), "{}", path.display());
        assert!(!path.to_string_lossy().ends_with(".part"), "{}", path.display());
    }
}

#[test]
fn a_record_cut_short_is_read_up_to_its_last_whole_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordWriter::create(dir.path(), &info()).unwrap();
    writer.append_tick(&tick(1)).unwrap();
    writer.append_tick(&tick(2)).unwrap();
    drop(writer);
    let timeline = dir.path().join("timeline.jsonl");
    let text = fs::read(&timeline).unwrap();
    fs::write(&timeline, &text[..text.len() - 20]).unwrap();

    let record = Record::read(dir.path()).unwrap();
    assert!(!record.is_complete());
    assert_eq!(record.timeline, [tick(1)]);
    assert_eq!(record.run.env["TOKEN"], "***");
}

#[test]
fn a_run_that_was_killed_adds_up_to_its_last_whole_second() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordWriter::create(dir.path(), &info()).unwrap();
    let mut write = |second, totals: &Totals| {
        let length = Duration::from_secs(1);
        writer.append_tick(&TimelineLine::collect(totals, length * second as u32, length)).unwrap();
    };
    shop_intervals(31, &mut write);
    let timeline = dir.path().join("timeline.jsonl");
    let text = fs::read(&timeline).unwrap();
    fs::write(&timeline, &text[..text.len() - 20]).unwrap();
    let partial = Record::read(dir.path()).unwrap().partial();

    let whole = shop_intervals(30, |_, _| {});
    assert_eq!(partial.seconds, 30.0);
    assert_eq!((partial.outcome.state, partial.start.as_str()), (RunState::Cut, "2026-11-20T10:00:00Z"));
    let names =
        |results: &Results| results.metrics.iter().map(|metric| metric.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&partial), names(&whole));
    for (mine, theirs) in partial.metrics.iter().zip(&whole.metrics) {
        assert_eq!((mine.kind, &mine.parent), (theirs.kind, &theirs.parent), "{}", mine.name);
        check_known(&mine.name, &mine.stats, &theirs.stats);
    }
    let is_kept = |row: &&Row| ["requests", "by_request"].contains(&row.view.as_str());
    let whole_rows: Vec<&Row> = whole.rows.iter().filter(is_kept).collect();
    assert_eq!(partial.rows.len(), whole_rows.len());
    for (mine, theirs) in partial.rows.iter().zip(whole_rows) {
        assert_eq!((&mine.tags, &mine.metric), (&theirs.tags, &theirs.metric));
        check_known(&mine.metric, &mine.stats, &theirs.stats);
    }
    let known =
        |name: &str| partial.metric(name).unwrap().stats.iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(known("http_req_waiting"), ["avg", "min", "max", "count", "sum"]);
    let all =
        whole.metric("http_req_duration").unwrap().stats.iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(known("http_req_duration"), all);
}

#[test]
fn a_request_of_two_scenarios_and_statuses_has_the_percentiles_of_all_of_it() {
    let registry = Registry::new();
    let mut plan = Plan::new(registry);
    plan.views = vec![View {
        name: "requests",
        metrics: vec![Builtin::HTTP_REQ_DURATION],
        tags: vec!["scenario", "name", "method", "status"],
    }];
    let plan = Arc::new(plan);
    let (mut shard, mut totals) = (Shard::new(plan.clone()), Totals::new(plan, 1));
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordWriter::create(dir.path(), &info()).unwrap();
    let mut times = Vec::new();
    // A rare request: two a second, of which every tenth is slow.
    for second in 0..60_u32 {
        totals.start_interval();
        for (scenario, status, at) in [("browse", "200", 2 * second), ("buy", "409", 2 * second + 1)] {
            let tags = [("scenario", scenario), ("name", "/item"), ("method", "GET"), ("status", status)];
            let ms = if at % 10 == 3 { 400.0 + f64::from(at) } else { 20.0 + f64::from(at % 7) };
            times.push(ms);
            shard.sample(Builtin::HTTP_REQ_DURATION, &TagSet::from_pairs(tags), ms);
        }
        totals.absorb(0, shard.take());
        let second = Duration::from_secs(u64::from(second) + 1);
        writer.append_tick(&TimelineLine::collect(&totals, second, Duration::from_secs(1))).unwrap();
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = share * 119.0;
        let (low, high) = (times[rank.floor() as usize], times[rank.ceil() as usize]);
        low + (high - low) * rank.fract()
    };
    let options = SummaryOptions::default();
    let whole = Results::collect(&totals, fixture::meta("sale"), &options, &[], 60.0);
    let exact = whole.times_of("GET", "/item").unwrap();
    let cut = Record::read(dir.path()).unwrap().partial();
    let nearly = cut.times_of("GET", "/item").unwrap();
    for (name, share) in [("med", 0.5), ("p(90)", 0.9), ("p(95)", 0.95), ("p(99)", 0.99)] {
        assert!((exact.value(name) - at(share)).abs() < 1e-9, "{name}: {} {}", exact.value(name), at(share));
        assert!((nearly.value(name) / at(share) - 1.0).abs() < 0.01, "{name}: {}", nearly.value(name));
    }
    assert_eq!((exact.value("count"), nearly.value("count")), (120.0, 120.0));
    assert_eq!(whole.times_of("POST", "/item"), None);
}

/// Whether everything known of a part is what the whole says: percentiles nearly, all else to the last digits.
fn check_known(name: &str, part: &Stats, whole: &Stats) {
    for (stat, value) in part.iter() {
        let expected = whole.get(stat).unwrap();
        let near = if stat.starts_with("p(") || stat == "med" { 0.01 } else { 1e-9 };
        assert!((value - expected).abs() <= expected.abs() * near, "{name} {stat}: {value} {expected}");
    }
}

#[test]
fn a_record_that_makes_no_sense_still_has_results() {
    let dir = tempfile::tempdir().unwrap();
    RecordWriter::create(dir.path(), &info()).unwrap();
    assert_eq!(Record::read(dir.path()).unwrap().partial().seconds, 0.0);
    let line = |stats: &str| {
        format!(
            r#"{{"t":1,"interval":1,"metrics":{{"http_req_duration":{stats}}},"scenarios":[],"rows":[],"process":null,"durations":[[5,18446744073709551615],[9,2],[5,7]]}}"#
        )
    };
    let trend = r#"{"count":1,"sum":null,"min":null,"max":-4}"#;
    let text = format!("{}\n{}\n{}\n", line(trend), line(r#"{"trues":1,"total":1}"#), line("{}"));
    fs::write(dir.path().join("timeline.jsonl"), text).unwrap();
    let partial = Record::read(dir.path()).unwrap().partial();
    assert_eq!(partial.metrics[0].stats.value("count"), 1.0);
}

#[test]
fn a_record_is_that_of_one_run_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = RecordWriter::create(dir.path(), &info()).unwrap();
    first.append_tick(&tick(1)).unwrap();
    let error = message(RecordWriter::create(dir.path(), &info()).map(drop), dir.path());
    insta::assert_snapshot!(error, @"'DIR' is the record of a run that is still going on: name another folder");
    assert_eq!(first.timeline().unwrap().len(), 1, "nothing of the first is gone");
    drop(first);
    RecordWriter::replace(dir.path(), &info()).unwrap();
}

#[test]
fn an_old_record_is_replaced_on_request_and_other_things_never() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordWriter::create(dir.path(), &info()).unwrap();
    writer.append_tick(&tick(1)).unwrap();
    let (results, totals) = fixture::shop();
    writer.finish(&results, &totals).unwrap();
    drop(writer);
    let error = message(RecordWriter::create(dir.path(), &info()).map(drop), dir.path());
    insta::assert_snapshot!(error, @"'DIR' has the record of an earlier run: name another folder, or replace that record with --force");
    assert!(Record::read(dir.path()).unwrap().is_complete(), "nothing of it is gone");
    RecordWriter::replace(dir.path(), &info()).unwrap();
    let record = Record::read(dir.path()).unwrap();
    assert_eq!((record.timeline.len(), record.is_complete()), (0, false));

    let foreign = dir.path().join("photos");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("run.json"), "{\"mine\":true}").unwrap();
    let error = message(RecordWriter::replace(&foreign, &info()).map(drop), dir.path());
    insta::assert_snapshot!(error, @"'DIR/photos' is not empty and is not a record: name a new folder");
    assert!(foreign.join("run.json").exists());
    let file = dir.path().join("run.json");
    insta::assert_snapshot!(message(RecordWriter::create(file, &info()).map(drop), dir.path()), @"'DIR/run.json' is not a folder: a record is one");
}

#[test]
fn what_is_no_record_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let read = || message(Record::read(dir.path()).map(drop), dir.path());
    insta::assert_snapshot!(read(), @"'DIR' is not a record: it has no run.json");
    RecordWriter::create(dir.path(), &info()).unwrap();
    let line = serde_json::to_string(&tick(1)).unwrap();
    fs::write(dir.path().join("timeline.jsonl"), format!("{line}\n{{}}\n{line}\n")).unwrap();
    insta::assert_snapshot!(read(), @"'DIR/timeline.jsonl' line 2: missing field `t`");
    fs::write(dir.path().join("run.json"), "{\"version\":99}").unwrap();
    insta::assert_snapshot!(read(), @"'DIR/run.json' has version 99 of the form, and this program reads up to 1: use a newer one");
}

#[test]
fn a_timeline_line_holds_the_interval_in_short() {
    let line = tick(3);
    assert_eq!(line.stat("http_reqs", "sum"), Some(16.0));
    assert_eq!(line.stat("checks", "total"), Some(40.0));
    assert_eq!(line.stat("never_used", "count"), None);
    let row = line.rows.iter().find(|row| row.metric == "http_req_duration").unwrap();
    insta::assert_snapshot!(serde_json::to_string(row).unwrap(), @r#"{"view":"requests","tags":{"method":"GET","name":"product"},"metric":"http_req_duration","stats":{"count":8,"sum":108,"min":10,"max":17,"p50":13.5,"p90":16.3,"p95":16.65,"p99":16.93},"durations":[[9951,1],[11075,1],[11894,1],[13004,1],[13966,1],[14999,1],[16108,1],[16994,1]]}"#);
}

/// The error's text without the folder that the test happens to run in.
fn message(result: Result<(), flashcrowd_record::RecordError>, dir: &Path) -> String {
    result.unwrap_err().to_string().replace(&*dir.to_string_lossy(), "DIR")
}
