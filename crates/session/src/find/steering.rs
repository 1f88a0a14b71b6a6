//! Steering is the controller of a run that searches: it lets the search decide after every tick.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{Control, Controller, Decision, RunEvent, Tick};

use super::load_search::LoadSearch;

/// The controller of a run that searches.
pub(crate) struct Steering {
    search: Rc<RefCell<LoadSearch>>,
    control: Arc<Control>,
    load_began: Option<Duration>,
}

impl Steering {
    pub(crate) fn new(search: &Rc<RefCell<LoadSearch>>, control: &Arc<Control>) -> Self {
        Self { search: search.clone(), control: control.clone(), load_began: None }
    }
}

impl Controller for Steering {
    fn on_event(&mut self, event: &RunEvent) {
        if let RunEvent::Running(_) = event {
            self.load_began = Some(self.control.elapsed());
        }
        self.search.borrow_mut().on_event(event, &self.control);
    }

    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision {
        let load = self.load_began.map(|began| tick.elapsed.saturating_sub(began).as_secs_f64());
        self.search.borrow_mut().on_tick(tick, load, &self.control)
    }
}
