//! The finish of a test: users end in order, listeners hear of it, and everything is counted before figures are shown.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, sleep, timeout_at};

use super::event::{Event, News, Phase};
use super::run::{End, Run};
use super::stage::Stage;

/// How long users have to end once they were stopped by force: what `on_stop` may take.
const ON_STOP: Duration = Duration::from_secs(5);
/// A child that has computed for this long when users are to end does not listen any more.
const DEAF: Duration = Duration::from_secs(5);
/// What listeners may compute at the end, without a pause.
const LISTENERS: Duration = Duration::from_secs(60);

impl Run {
    /// Ends users, then the test. False when a child does not listen, or all are gone, so that nothing can come after it.
    pub(super) async fn end_test(&mut self, end: End) -> bool {
        self.books.phase.set(Phase::Stopping);
        let before = self.users.len() as u64;
        let reason = match end {
            End::Time => "--run-time limit reached, shutting down",
            End::Shape => "Shape test stopping",
            End::Iterations => "as many tasks were run as --iterations says, shutting down",
            End::Signal => "a signal came, shutting down",
            End::Asked | End::Quit | End::StopTest | End::Gone => "",
        };
        self.books.parts.note(|outcome| outcome.signal |= end == End::Signal);
        self.note_lost(before);
        let mut numbers: Vec<usize> = (0..self.company.all().len()).collect();
        let listens =
            self.ask_all(numbers.clone(), &json!({ "do": "stopping", "reason": reason }), DEAF).await;
        let ended = listens && self.end_users().await;
        let hung = self.users.values().filter(|place| !self.is_gone(place.process)).count() as u64;
        self.books.parts.note(|outcome| outcome.hung = hung);
        self.note_lost(before);
        self.note();
        // The leader hears last that a test has ended, when all others have reported.
        numbers.rotate_left(1);
        let stopped = ended && self.ask_all(numbers, &json!({ "do": "stopped" }), LISTENERS).await;
        self.books.phase.set(Phase::Stopped);
        self.books.remember();
        stopped
    }

    /// Tells listeners that nothing comes any more, and asks what the file makes of the run.
    pub(super) async fn quit(&mut self, end: End) {
        self.books.parts.note(|outcome| outcome.signal |= end == End::Signal);
        if end == End::Gone {
            self.note_lost(self.users.len() as u64);
        }
        for number in 0..self.company.all().len() {
            let found = self.ask(number, json!({ "do": "quitting" }), LISTENERS).await.unwrap_or_default();
            let code = found["code"].as_i64().and_then(|code| i32::try_from(code).ok());
            self.books.parts.note(|outcome| {
                // What the leader says is what counts.
                outcome.process_exit_code = outcome.process_exit_code.or(code);
                outcome.broken |= found["broken"] == true;
            });
        }
    }

    fn is_gone(&self, process: usize) -> bool {
        self.company.all()[process].link.is_gone()
    }

    /// Users whose process is gone are lost.
    fn note_lost(&self, before: u64) {
        let gone: Vec<usize> = (0..self.company.all().len()).filter(|at| self.is_gone(*at)).collect();
        if !gone.is_empty() {
            let lost = self.users.values().filter(|place| self.is_gone(place.process)).count() as u64;
            self.books.parts.note(|outcome| {
                let (earlier, of) = outcome.lost.unwrap_or_default();
                outcome.lost = Some((earlier.max(lost), of.max(before)));
                outcome.gone = gone;
            });
        }
    }

    /// Ends all users; false when one of them does not end.
    async fn end_users(&mut self) -> bool {
        let timeout = self.books.parts.hello.options.stop_timeout;
        let patience = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        self.stop_all(patience.is_zero());
        if !patience.is_zero() && !self.gather(Instant::now() + patience).await && !self.company.is_gone() {
            let text =
                format!("not all users have finished their tasks in {timeout} s (-s): they are stopped now");
            self.books.warn(&text);
            self.stop_all(true);
        }
        self.gather(Instant::now() + ON_STOP).await
    }

    fn stop_all(&self, force: bool) {
        self.stop_users(self.users.keys().copied(), force);
    }

    /// Waits until no user is left that could end; false if the time was over.
    async fn gather(&mut self, until: Instant) -> bool {
        while self.users.values().any(|place| !self.is_gone(place.process)) {
            match timeout_at(until, self.events.recv()).await {
                Ok(Some(news)) => {
                    // What would end the test: it is ending.
                    let _ = self.on(news);
                }
                Ok(None) | Err(_) => return false,
            }
        }
        true
    }

    /// Asks these processes as far as they are there; false when none is, or one of them does not answer.
    async fn ask_all(&mut self, numbers: Vec<usize>, message: &Value, patience: Duration) -> bool {
        let mut all = true;
        let mut any = false;
        for number in numbers {
            if !self.is_gone(number) {
                any = true;
                all &= self.ask(number, message.clone(), patience).await.is_some();
            }
        }
        any && all
    }

    /// Asks a child; none when it is gone, or has not listened for so long. Where that is for ever, a signal ends it.
    pub(super) async fn ask(&mut self, process: usize, message: Value, patience: Duration) -> Option<Value> {
        let stage = self.company.all()[process].clone();
        if stage.link.is_gone() {
            return None;
        }
        let (link, watch) = (stage.link.clone(), stage.watch.clone());
        let deaf = async {
            while watch.silence() < patience {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let (interrupt, may_be_ended) = (self.books.parts.interrupt.clone(), patience > LISTENERS);
        let answer = link.ask(message);
        tokio::pin!(answer, deaf);
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                () = &mut deaf => return None,
                () = interrupt.wait(), if may_be_ended => return None,
                // Users may end meanwhile, and pings are answered.
                Some(news) = self.events.recv() => match news {
                    News { event: Event::Gone, process: gone } if gone == process => return None,
                    news => {
                        let _ = self.on(news);
                    }
                },
            }
        }
    }

    /// What is left is counted, and the figures are shown for the last time.
    pub(super) async fn conclude(&self) {
        for stage in self.company.all() {
            stage.close().await;
        }
        self.books.show_users(0);
        self.books.conclude();
        let longest = self.company.all().iter().map(|stage| stage.watch.longest()).max().unwrap_or_default();
        let silence = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        self.books.parts.note(|outcome| outcome.longest_silence = silence);
    }
}

impl Stage {
    /// What is still on its way when the run is over was interrupted, and what nobody has judged is unreported.
    async fn close(&self) {
        let running = std::mem::take(&mut *self.running.borrow_mut());
        running.values().for_each(AbortHandle::abort);
        while running.values().any(|task| !task.is_finished()) {
            yield_now().await;
        }
        let unreported = std::mem::take(&mut *self.held.borrow_mut()).len() as u64;
        self.books.count(|counts| counts.unreported += unreported);
        self.sessions.borrow_mut().clear();
        self.bodies.borrow_mut().clear();
    }
}
