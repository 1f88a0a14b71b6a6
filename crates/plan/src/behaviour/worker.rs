//! A worker is what the users of one thread share: the plan's calls ready to be sent, and where samples go.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use fastrand::Rng;
use flashcrowd_engine::{ActiveScenario, WorkerContext};
use flashcrowd_http::{FetchOptions, SampleCache, WorkerClient, full_jar};
use flashcrowd_test::{Level, Message, Source};

use super::call::{Call, CheckNames};
use super::mix::{Mixes, Weights};
use super::place::Place;
use super::plan_behaviour::PlanBehaviour;

/// The group of what users do before their first task.
const ON_START: &str = "on_start";

/// What the users of one thread share.
pub(crate) struct Worker {
    pub(super) behaviour: Arc<PlanBehaviour>,
    pub(super) context: Rc<WorkerContext>,
    pub(crate) http: Rc<WorkerClient>,
    /// What users do before their first task, each with the number of the check whether it went well.
    pub(crate) on_start: Vec<(Call, usize)>,
    pub(super) tasks: Vec<Call>,
    pub(super) checks: CheckNames,
    pub(super) samples: RefCell<SampleCache>,
    pub(super) rng: RefCell<Rng>,
    /// Where URLs are written to.
    pub(super) scratch: RefCell<String>,
    pub(super) fetch: FetchOptions,
    mixes: Vec<Mixes>,
    places: RefCell<Vec<Option<Places>>>,
}

/// The places of a scenario.
#[derive(Clone)]
pub(crate) struct Places {
    /// Of tasks.
    pub(crate) tasks: Rc<Place>,
    /// Of what comes before the first.
    pub(super) on_start: Option<Rc<Place>>,
}

impl Worker {
    /// What the users of a thread share.
    pub(crate) fn new(behaviour: Arc<PlanBehaviour>, context: Rc<WorkerContext>) -> Rc<Self> {
        let http = WorkerClient::new(behaviour.settings.http.clone());
        let (plan, mut checks) = (behaviour.plan.clone(), CheckNames::default());
        let on_start = plan.on_start.iter().map(|call| {
            let went_well = checks.number(&format!("{ON_START}: {}", call.name));
            let mut call = Call::new(call, &plan, &http, &mut checks);
            // That check covers what the call saves.
            call.saves.iter_mut().for_each(|save| save.check = None);
            (call, went_well)
        });
        let on_start = on_start.collect();
        let tasks = plan.tasks.iter().map(|call| Call::new(call, &plan, &http, &mut checks)).collect();
        Rc::new(Self {
            behaviour,
            context,
            http,
            on_start,
            tasks,
            checks,
            samples: RefCell::default(),
            rng: RefCell::new(Rng::new()),
            scratch: RefCell::default(),
            fetch: FetchOptions::default(),
            mixes: Mixes::of(&plan),
            places: RefCell::default(),
        })
    }

    /// Says once that a user's cookies were not kept.
    pub(super) fn tell_cookies(&self, dropped: u64) {
        if dropped > 0 && !self.behaviour.told_cookies.swap(true, Relaxed) {
            let text = full_jar(dropped);
            let message = Message { level: Level::Warn, source: Source::Engine, text: &text, scenario: None };
            self.behaviour.settings.log.log(&message);
        }
    }

    /// What is asked for now in a scenario.
    pub(super) fn mix(&self, scenario: &ActiveScenario) -> Option<&Weights> {
        match scenario.executor.starts_with("steered") {
            // What is steered runs by itself: its position is not that in the plan.
            true => self.mixes.iter().find(|mixes| mixes.is_of(&scenario.name))?.at_peak(),
            false => self.mixes.get(scenario.index)?.now(scenario),
        }
    }

    /// Where the samples of a scenario go.
    pub(super) fn places(&self, scenario: &ActiveScenario) -> Places {
        let mut places = self.places.borrow_mut();
        if places.len() <= scenario.index {
            places.resize(scenario.index + 1, None);
        }
        places[scenario.index].get_or_insert_with(|| self.new_places(Some(scenario))).clone()
    }

    /// Where samples go that belong to no scenario.
    pub(crate) fn new_places(&self, scenario: Option<&ActiveScenario>) -> Places {
        let (mut shard, settings) = (self.context.shard.borrow_mut(), &self.behaviour.settings);
        let mut place = |group| Place::new(scenario, group, settings, &mut shard);
        let tasks = place(None);
        Places { tasks, on_start: (!self.on_start.is_empty()).then(|| place(Some(ON_START))) }
    }
}
