//! A company is all Python processes of a run: the first one leads, the others have the users. Where there is only one, it does both.

use std::rc::Rc;

use serde_json::{Value, json};

use super::books::Books;
use super::stage::Stage;

/// All Python processes of a run.
pub(crate) struct Company {
    pub(crate) books: Rc<Books>,
    stages: Vec<Rc<Stage>>,
}

impl Company {
    pub(super) fn new(books: Rc<Books>, stages: Vec<Rc<Stage>>) -> Self {
        Self { books, stages }
    }

    /// All processes.
    pub(super) fn all(&self) -> &[Rc<Stage>] {
        &self.stages
    }

    /// The one that is asked for what concerns the whole test.
    pub(crate) fn leader(&self) -> &Rc<Stage> {
        &self.stages[0]
    }

    /// Those that have users.
    pub(super) fn hands(&self) -> &[Rc<Stage>] {
        if self.stages.len() == 1 { &self.stages } else { &self.stages[1..] }
    }

    /// The processes that have users, where there are several, for the page.
    pub(crate) fn workers(&self) -> Option<Vec<Value>> {
        let books = &self.books;
        let hand = |hand: &Rc<Stage>| {
            let state = if hand.link.is_gone() { "missing" } else { books.phase.get().word() };
            let id = &books.parts.processes[hand.number].client_id;
            json!({ "id": id, "state": state, "user_count": hand.users.get(), "cpu_usage": null, "memory_usage": null })
        };
        (self.stages.len() > 1).then(|| self.hands().iter().map(hand).collect())
    }

    /// Tells all processes.
    pub(super) fn tell(&self, message: &Value) {
        self.stages.iter().for_each(|stage| stage.link.tell(message));
    }

    /// Whether all processes are gone.
    pub(super) fn is_gone(&self) -> bool {
        self.stages.iter().all(|stage| stage.link.is_gone())
    }

    /// Hands on a message of a process: what the leader says to those that it means, what they say to the leader.
    pub(super) fn deliver(&self, from: usize, message: &Value) {
        let hellos = &self.books.parts.processes;
        let id = |process: usize| hellos.get(process).map_or("", |process| process.client_id.as_str());
        let told =
            json!({ "do": "message", "type": message["type"], "data": message["data"], "node_id": id(from) });
        let to = message["to"].as_str();
        match from {
            0 => self.hands().iter().filter(|hand| to.is_none_or(|to| to == id(hand.number))).for_each(
                |hand| {
                    hand.link.tell(&told);
                },
            ),
            _ => self.leader().link.tell(&told),
        }
    }

    /// Asks the leader.
    pub(crate) async fn ask(&self, message: Value) -> Option<Value> {
        self.leader().link.ask(message).await
    }
}
