//! The watch over the child: whether its loop turns, and where in a file it computes when it does not.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::stage::Stage;

/// How often the child is asked whether it listens.
const PING: Duration = Duration::from_millis(100);
/// A child that does not answer for this long computes without a pause.
const LONG: Duration = Duration::from_secs(1);
/// How often it is told where, at most.
const TOLD: u32 = 5;

/// What is known of the child's loop.
#[derive(Debug)]
pub(super) struct Watch {
    /// The ping that was not answered yet, and when it was sent.
    open: Cell<Option<(u64, Instant)>>,
    sent: Cell<u64>,
    /// The longest time to an answer.
    longest: Cell<Duration>,
    told: Cell<u32>,
    asked: Cell<Option<u64>>,
}

impl Watch {
    pub(super) fn new() -> Self {
        let (open, asked) = (Cell::new(None), Cell::new(None));
        Self { open, sent: Cell::new(0), longest: Cell::default(), told: Cell::new(0), asked }
    }

    /// Asks again and again.
    pub(super) async fn run(self: Rc<Self>, stage: Rc<Stage>) {
        while !stage.link.is_gone() {
            match self.open.get() {
                None => {
                    self.sent.set(self.sent.get() + 1);
                    self.open.set(Some((self.sent.get(), Instant::now())));
                    stage.link.tell(&json!({ "do": "ping", "id": self.sent.get() }));
                }
                Some((id, at)) if at.elapsed() >= LONG && self.told.get() < TOLD => {
                    self.look(&stage, id).await
                }
                Some(_) => {}
            }
            sleep(PING).await;
        }
    }

    /// The child has answered.
    pub(super) fn pong(&self, id: u64) {
        if let Some((open, at)) = self.open.get().filter(|(open, _)| *open == id) {
            self.longest.set(self.longest.get().max(at.elapsed()));
            debug_assert_eq!(open, id);
            self.open.set(None);
        }
    }

    /// How long the child has not answered.
    pub(super) fn silence(&self) -> Duration {
        self.open.get().map_or(Duration::ZERO, |(_, at)| at.elapsed())
    }

    /// The longest time that it took to answer.
    pub(super) fn longest(&self) -> Duration {
        self.longest.get().max(self.silence())
    }

    /// Has the child write what it computes, once for each silence, and tells it.
    async fn look(&self, stage: &Stage, id: u64) {
        if self.asked.replace(Some(id)) == Some(id) {
            return;
        }
        let process = &stage.books.parts.processes[stage.number];
        let child = i32::try_from(process.id).ok().and_then(Pid::from_raw);
        let Some(child) = child else { return };
        let before = std::fs::metadata(&process.stack).map_or(0, |file| file.len()) as usize;
        if kill_process(child, Signal::USR2).is_err() {
            return;
        }
        sleep(PING).await;
        let text = std::fs::read_to_string(&process.stack).unwrap_or_default();
        if let Some(place) = place(text.get(before..).unwrap_or_default()) {
            self.told.set(self.told.get() + 1);
            stage.books.warn(&format!(
                "the Python process has computed for more than a second without a pause, so that no user goes on: {place}"
            ));
        }
    }
}

/// The innermost place in a stack that is not in flashcrowd's or Python's own files.
fn place(stack: &str) -> Option<String> {
    let lines = stack.lines().filter_map(|line| {
        let rest = line.trim().strip_prefix("File \"")?;
        let (file, rest) = rest.split_once("\", line ")?;
        let (number, function) = rest.split_once(" in ")?;
        Some((file, number, function))
    });
    let all: Vec<_> = lines.collect();
    let is_own =
        |file: &str| file.starts_with("<flashcrowd>") || file.contains("/lib/python") || file == "<string>";
    let found = all.iter().find(|(file, ..)| !is_own(file)).or(all.first())?;
    Some(format!("{}:{} in {}", found.0, found.1, found.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_in_the_users_file() {
        let stack = "Stack (most recent call first):\n  File \"/usr/lib/python3.11/re.py\", line 3 in match\n  \
                     File \"/shop/locustfile.py\", line 17 in t\n  File \"<flashcrowd>/locust/user/task.py\", line 1 in run\n";
        assert_eq!(place(stack).as_deref(), Some("/shop/locustfile.py:17 in t"));
        assert_eq!(place("nothing"), None);
    }
}
