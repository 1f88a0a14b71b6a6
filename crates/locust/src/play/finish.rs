//! The finish of a run: users end in order, listeners hear of it, and everything is counted before figures are shown.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::run::{End, Run};
use super::stage::{Event, Stage};

/// How long users have to end once they were stopped by force: what `on_stop` may take.
const ON_STOP: Duration = Duration::from_secs(5);
/// A child that has computed for this long when it is asked for something does not listen any more.
const DEAF: Duration = Duration::from_secs(5);

impl Run {
    /// Ends users, then the test.
    pub(super) async fn finish(mut self, end: End) {
        let stage = self.stage.clone();
        let before = self.users.len() as u64;
        let reason = match end {
            End::Time => "--run-time limit reached, shutting down",
            End::Shape => "Shape test stopping",
            End::Signal => "a signal came, shutting down",
            End::Asked | End::StopTest | End::Gone => "",
        };
        stage.parts.note(|outcome| outcome.signal = end == End::Signal);
        let listens =
            end != End::Gone && self.ask(json!({ "do": "stopping", "reason": reason })).await.is_some();
        let ended = listens && self.end_users().await;
        if ended && self.ask(json!({ "do": "stopped" })).await.is_some() {
            let found = self.ask(json!({ "do": "quitting" })).await.unwrap_or_default();
            stage.parts.note(|outcome| {
                outcome.process_exit_code = found["code"].as_i64().and_then(|code| i32::try_from(code).ok());
                outcome.broken = found["broken"] == true;
            });
        }
        self.conclude(before);
    }

    /// Ends all users; false when the child is gone, or does not listen.
    async fn end_users(&mut self) -> bool {
        let timeout = self.stage.parts.hello.options.stop_timeout;
        let patience = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        self.stop_all(patience.is_zero());
        if !patience.is_zero() && !self.gather(Instant::now() + patience).await && !self.stage.link.is_gone()
        {
            let text =
                format!("not all users have finished their tasks in {timeout} s (-s): they are stopped now");
            self.stage.warn(&text);
            self.stop_all(true);
        }
        self.gather(Instant::now() + ON_STOP).await
    }

    fn stop_all(&self, force: bool) {
        self.stop_users(self.users.keys().copied().collect(), force);
    }

    /// Waits until no user is left; false if the time was over, or the child is gone.
    async fn gather(&mut self, until: Instant) -> bool {
        while !self.users.is_empty() {
            match timeout_at(until, self.events.recv()).await {
                Ok(Some(Event::Gone) | None) => return false,
                Ok(Some(event)) => {
                    // What would end the run: it is ending.
                    let _ = self.on(event);
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// Asks the child; none when it is gone, or has not listened for long.
    async fn ask(&mut self, message: Value) -> Option<Value> {
        let (link, watch) = (self.stage.link.clone(), self.watch.clone());
        let deaf = async {
            while watch.silence() < DEAF {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let answer = link.ask(message);
        tokio::pin!(answer, deaf);
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                () = &mut deaf => return None,
                // Users may end meanwhile, and pings are answered.
                Some(event) = self.events.recv() => match event {
                    Event::Gone => return None,
                    event => {
                        let _ = self.on(event);
                    }
                },
            }
        }
    }

    /// What is left is counted, and the figures are shown for the last time.
    fn conclude(&self, before: u64) {
        let stage = &self.stage;
        stage.close();
        let gone = stage.link.is_gone();
        let hung = if gone { 0 } else { self.users.len() as u64 };
        stage.parts.note(|outcome| {
            outcome.hung = hung;
            outcome.lost = gone.then_some((self.users.len() as u64, before));
        });
        stage.worker.control.played().set_users(0);
        stage.flush_traffic();
        stage.publish();
        let silence = u64::try_from(self.watch.longest().as_millis()).unwrap_or(u64::MAX);
        stage.parts.note(|outcome| outcome.longest_silence = silence);
    }
}

impl Stage {
    /// Shows the figures as they are now.
    pub(super) fn publish(&self) {
        self.flush_traffic();
        let users = self.worker.control.vus_active();
        let report = self.table.borrow().report(self.now(), users, &self.parts.hello.percentiles);
        let exceptions = report.exceptions.iter().map(|one| one.count).sum();
        let counts = self.counts.get();
        self.parts.note(|outcome| {
            outcome.counts = counts;
            outcome.failures = report.total.failures;
            outcome.exceptions = exceptions;
        });
        *self.parts.report.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = report.into();
    }

    pub(super) fn flush_traffic(&self) {
        let (sent, received) = self.traffic.take();
        if sent + received > 0 {
            self.samples.bytes(sent, received);
        }
    }
}
