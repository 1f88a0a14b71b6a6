//! A watch over sources that are defined here: they answer, hang, fail and come back, on a paused clock.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_observe::{Note, ReadFuture, Reading, Source, SourceError, Watch};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

/// What a source does when it is read.
#[derive(Clone, Copy)]
enum Turn {
    /// Answers with this value for all of its series.
    Value(f64),
    /// Answers after a while.
    After(Duration, f64),
    /// Does not answer.
    Hang,
    /// Fails.
    Fail,
    /// Panics.
    Panic,
}

/// A source that does one thing after another, and the last one over and over.
struct Scripted {
    name: &'static str,
    series: &'static [&'static str],
    turns: Vec<Turn>,
}

impl Scripted {
    fn boxed(name: &'static str, series: &'static [&'static str], turns: &[Turn]) -> Box<dyn Source> {
        Box::new(Self { name, series, turns: turns.to_vec() })
    }
}

impl Source for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn read(&mut self) -> ReadFuture<'_> {
        let turn = if self.turns.len() > 1 { self.turns.remove(0) } else { self.turns[0] };
        Box::pin(async move {
            let value = match turn {
                Turn::Value(value) => value,
                Turn::After(wait, value) => {
                    sleep(wait).await;
                    value
                }
                Turn::Hang => std::future::pending().await,
                Turn::Panic => panic!("this source panics on purpose"),
                Turn::Fail => return Err(SourceError::new(self.name, "it is on fire")),
            };
            Ok(self.series.iter().map(|series| ((*series).to_owned(), value)).collect())
        })
    }
}

/// Runs on one thread and on a clock that jumps to whatever is due next.
fn paused<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, test)
}

fn list(reading: &Reading) -> Vec<(&str, f64)> {
    reading.iter().map(|(series, value)| (series.as_str(), *value)).collect()
}

async fn next_second() {
    sleep(Duration::from_secs(1)).await;
}

#[test]
fn two_sources_are_read_at_once() {
    paused(async {
        let half = Duration::from_millis(500);
        let slow = [Turn::After(Duration::from_secs(4), 1.0), Turn::After(half, 2.0)];
        let sources =
            vec![Scripted::boxed("a", &["x"], &slow), Scripted::boxed("b", &["y", "z{k=\"v\"}"], &slow)];
        let started = Instant::now();
        let (watch, failed) = Watch::open(sources).await;
        assert_eq!((started.elapsed(), failed.len()), (Duration::from_secs(4), 0), "both at the same time");
        assert_eq!(watch.sources(), ["a", "b"]);
        assert_eq!(list(&watch.latest()), [("x", 1.0), ("y", 1.0), ("z{k=\"v\"}", 1.0)]);
        sleep(Duration::from_millis(600)).await;
        assert_eq!(list(&watch.latest()), [("x", 2.0), ("y", 2.0), ("z{k=\"v\"}", 2.0)]);
        assert!(watch.take_notes().is_empty());
    });
}

#[test]
fn a_hanging_source_is_a_gap_and_one_note() {
    paused(async {
        let (watch, _) = Watch::open(vec![
            Scripted::boxed("good", &["x"], &[Turn::Value(1.0)]),
            Scripted::boxed("bad", &["y"], &[Turn::Value(2.0), Turn::Value(3.0), Turn::Hang]),
        ])
        .await;
        sleep(Duration::from_millis(500)).await;
        assert_eq!(list(&watch.latest()), [("x", 1.0), ("y", 3.0)]);
        next_second().await;
        assert!(watch.take_notes().is_empty(), "it may still answer");
        sleep(Duration::from_millis(100)).await;
        assert_eq!(list(&watch.latest()), [("x", 1.0)], "its last reading is out of date");
        for _ in 0..10 {
            next_second().await;
            assert_eq!(list(&watch.latest()), [("x", 1.0)]);
        }
        let notes: Vec<String> = watch.take_notes().iter().map(ToString::to_string).collect();
        assert_eq!(notes, ["bad stopped answering: no answer within 900ms"]);
    });
}

#[test]
fn a_source_that_fails_may_come_back() {
    paused(async {
        let turns = [Turn::Value(1.0), Turn::Value(1.0), Turn::Fail, Turn::Fail, Turn::Value(2.0)];
        let (watch, _) = Watch::open(vec![Scripted::boxed("db", &["x"], &turns)]).await;
        let mut seen = Vec::new();
        for _ in 0..5 {
            sleep(Duration::from_millis(500)).await;
            seen.push(watch.latest().get("x").copied());
            sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(seen, [Some(1.0), None, None, Some(2.0), Some(2.0)]);
        let notes: Vec<String> = watch.take_notes().iter().map(ToString::to_string).collect();
        assert_eq!(notes, ["db stopped answering: it is on fire", "db answers again"]);
        assert!(watch.take_notes().is_empty(), "they are taken once");
    });
}

#[test]
fn notes_of_one_source_have_an_end() {
    paused(async {
        let turns: Vec<Turn> = [Turn::Value(1.0), Turn::Fail].repeat(50);
        let (watch, _) = Watch::open(vec![Scripted::boxed("db", &["x"], &turns)]).await;
        sleep(Duration::from_secs(60)).await;
        let notes = watch.take_notes();
        let stops: Vec<bool> = notes
            .iter()
            .filter_map(|note| match note {
                Note::Stopped { last, .. } => Some(*last),
                Note::Resumed { .. } => None,
            })
            .collect();
        assert_eq!(stops, [false, false, false, false, true]);
        assert!(notes.iter().any(|note| note.to_string().ends_with("; further outages are not reported")));
        assert_eq!(notes.last(), Some(&Note::Resumed { name: "db".to_owned() }));
    });
}

#[test]
fn series_of_one_name_come_from_one_source() {
    paused(async {
        let (watch, _) = Watch::open(vec![
            Scripted::boxed("app", &["cpu", "pool{id=\"a\"}"], &[Turn::Value(1.0)]),
            Scripted::boxed("db", &["cpu", "pool{id=\"b\"}", "locks"], &[Turn::Value(2.0)]),
            Scripted::boxed("db", &["cpu", "locks"], &[Turn::Value(3.0), Turn::Value(3.0), Turn::Fail]),
        ])
        .await;
        let first_two = [
            ("cpu", 1.0),
            ("pool{id=\"a\"}", 1.0),
            ("db cpu", 2.0),
            ("db pool{id=\"b\"}", 2.0),
            ("locks", 2.0),
        ];
        let third = [("db (2) cpu", 3.0), ("db (2) locks", 3.0)];
        assert_eq!(list(&watch.latest()), [&first_two[..], &third].concat());
        assert_eq!(watch.sources(), ["app", "db", "db (2)"]);
        sleep(Duration::from_millis(1500)).await;
        assert_eq!(list(&watch.latest()), first_two, "names stay when a source is away");
        assert!(watch.take_notes()[0].to_string().starts_with("db (2) stopped"));
    });
}

#[test]
fn names_stay_while_their_owner_is_away() {
    paused(async {
        let away = [Turn::Value(1.0), Turn::Hang];
        let (watch, _) = Watch::open(vec![
            Scripted::boxed("app", &["cpu"], &away),
            Scripted::boxed("db", &["cpu"], &[Turn::Value(2.0)]),
        ])
        .await;
        sleep(Duration::from_secs(3)).await;
        assert_eq!(list(&watch.latest()), [("db cpu", 2.0)]);
    });
}

#[test]
fn sources_that_do_not_answer_at_first_are_left_out() {
    paused(async {
        let sources = vec![
            Scripted::boxed("hangs", &["x"], &[Turn::Hang]),
            Scripted::boxed("works", &["x"], &[Turn::Value(1.0)]),
            Scripted::boxed("fails", &["x"], &[Turn::Fail, Turn::Value(2.0)]),
            Scripted::boxed("panics", &["x"], &[Turn::Panic]),
        ];
        let started = Instant::now();
        let (watch, failed) = Watch::open(sources).await;
        assert_eq!(started.elapsed().as_secs(), 5, "a first reading has five seconds");
        let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
        assert_eq!(
            failed,
            ["hangs: no answer within 5s", "fails: it is on fire", "panics: reading it panicked"]
        );
        assert_eq!(list(&watch.latest()), [("x", 1.0)]);
        sleep(Duration::from_secs(3)).await;
        assert_eq!((watch.sources(), watch.take_notes()), (vec!["works".to_owned()], Vec::new()));
    });
}

#[test]
fn opening_can_be_given_up() {
    struct Hanging(Rc<()>);

    impl Source for Hanging {
        fn name(&self) -> &str {
            "hanging"
        }

        fn read(&mut self) -> ReadFuture<'_> {
            let held = self.0.clone();
            Box::pin(async move {
                std::future::pending::<()>().await;
                drop(held);
                Ok(Reading::new())
            })
        }
    }

    paused(async {
        let count = Rc::new(());
        let opening = Watch::open(vec![Box::new(Hanging(count.clone()))]);
        assert!(timeout(Duration::from_millis(10), opening).await.is_err());
        tokio::task::yield_now().await;
        assert_eq!(Rc::strong_count(&count), 1, "nothing goes on in the background");
    });
}

#[test]
fn no_sources_say_nothing() {
    paused(async {
        let (watch, failed) = Watch::open(Vec::new()).await;
        assert!(watch.latest().is_empty() && watch.sources().is_empty() && failed.is_empty());
    });
}
