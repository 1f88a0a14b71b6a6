//! A player runs a test: this process's engine where nobody else does.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_engine::{Behaviour, Control, RunResult, TestConfig, Watchers};
use flashcrowd_record::{LostAgent, ProcessUse};
use futures_util::future::LocalBoxFuture;

/// What is played.
pub struct Play<'a> {
    /// What is run.
    pub test: TestConfig,
    /// What virtual users do.
    pub behaviour: Arc<dyn Behaviour>,
    /// The run as all threads see it.
    pub control: Arc<Control>,
    /// Who watches it.
    pub watchers: Watchers<'a>,
}

/// What the load costs those that make it, as it was told last.
pub type Cost = Rc<Cell<Option<ProcessUse>>>;

/// Runs a test in place of this process's engine, or with something around it.
pub trait Player {
    /// Runs it to its end. Needs a `LocalSet` around it.
    fn play<'a>(&'a mut self, play: Play<'a>) -> LocalBoxFuture<'a, RunResult>;

    /// What the load costs; none where this process makes it.
    fn cost(&self) -> Option<Cost> {
        None
    }

    /// Whether it makes a part of the load for others, who also read the target.
    fn is_part(&self) -> bool {
        false
    }

    /// Who was lost that made a part of the load.
    fn lost(&self) -> Vec<LostAgent> {
        Vec::new()
    }
}
