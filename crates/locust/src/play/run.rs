//! A run is the life of a test, from `test_start` to `quitting`: its clock, who comes and goes, and what ends it.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, sleep_until};

use super::crowd::{Class, Crowd, Step};
use super::stage::{Event, Stage};
use super::watch::Watch;

const SECOND: Duration = Duration::from_secs(1);

/// Why a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Its time is over.
    Time,
    /// Its shape says so.
    Shape,
    /// The file says so.
    Asked,
    /// A user raised `StopTest`.
    StopTest,
    /// A signal came.
    Signal,
    /// The child is gone.
    Gone,
}

/// A test that runs.
pub(super) struct Run {
    pub(super) stage: Rc<Stage>,
    pub(super) watch: Rc<Watch>,
    pub(super) events: UnboundedReceiver<Event>,
    crowd: Crowd,
    /// The users that there are, with their classes; those that came first have the lowest numbers.
    pub(super) users: BTreeMap<u32, usize>,
    running: Vec<u64>,
    last_user: u32,
    begin: Instant,
    told_of: Option<u64>,
    /// Users that are to be ended by force, and when.
    late: VecDeque<(Duration, u32)>,
    next_tick: Option<Duration>,
    ticks: (UnboundedSender<Value>, UnboundedReceiver<Value>),
    last_tick: Value,
    idle: VecDeque<u32>,
    /// When arrivals began, and how many there were.
    arrivals: Option<(Duration, u64)>,
}

impl Run {
    pub(super) fn new(stage: Rc<Stage>, watch: Rc<Watch>, events: UnboundedReceiver<Event>) -> Self {
        Self {
            stage,
            watch,
            events,
            crowd: Crowd::new(Vec::new()),
            users: BTreeMap::new(),
            running: Vec::new(),
            last_user: 0,
            begin: Instant::now(),
            told_of: None,
            late: VecDeque::new(),
            next_tick: None,
            ticks: unbounded_channel(),
            last_tick: Value::Null,
            idle: VecDeque::new(),
            arrivals: None,
        }
    }

    /// Runs the test to its end.
    pub(super) async fn play(mut self) {
        let published = spawn_local(publish(self.stage.clone()));
        let end = match self.start().await {
            true => self.live().await,
            false => End::Gone,
        };
        self.finish(end).await;
        published.abort();
    }

    /// `test_start`, and who is to come; false when the child is gone.
    async fn start(&mut self) -> bool {
        let hello = &self.stage.parts.hello;
        let (users, rate) = self.stage.parts.load();
        let asked = json!({ "do": "start", "users": hello.shape.is_none().then_some(users), "rate": rate });
        let Some(answer) = self.stage.link.ask(asked).await else { return false };
        self.crowd = Crowd::new(classes(&answer["classes"]));
        self.running = vec![0; self.crowd.classes().len()];
        self.begin = Instant::now();
        match &hello.shape {
            Some(_) => self.next_tick = Some(Duration::ZERO),
            None => self.crowd.order(Duration::ZERO, users, rate, None),
        }
        true
    }

    async fn live(&mut self) -> End {
        let limit = self.stage.parts.limit();
        loop {
            let now = self.begin.elapsed();
            if limit.is_some_and(|limit| now >= limit) {
                return End::Time;
            }
            self.step(now);
            let wake = [
                limit,
                self.crowd.due(),
                self.next_tick,
                self.late.front().map(|late| late.0),
                self.arrival(),
            ];
            let wake = wake.into_iter().flatten().min().unwrap_or(Duration::from_secs(3600));
            let interrupt = self.stage.parts.interrupt.clone();
            tokio::select! {
                biased;
                event = self.events.recv() => {
                    if let Some(end) = self.on(event.unwrap_or(Event::Gone)) {
                        return end;
                    }
                }
                Some(answer) = self.ticks.1.recv() => {
                    if self.shaped(answer) {
                        return End::Shape;
                    }
                }
                () = interrupt.wait() => return End::Signal,
                () = sleep_until(self.begin + wake) => {}
            }
        }
    }

    /// Everything that is due by now.
    fn step(&mut self, now: Duration) {
        let mut coming = Vec::new();
        while self.crowd.due().is_some_and(|due| due <= now) {
            match self.crowd.step() {
                Some(Step::Come(class)) => coming.push(class),
                Some(Step::Leave(class)) => self.leave(now, class),
                Some(Step::Batch) => {
                    // Those of the batch before are there already: they are not missing.
                    self.spawn(&std::mem::take(&mut coming));
                    coming = self.missing();
                }
                None => break,
            }
        }
        self.spawn(&coming);
        while self.late.front().is_some_and(|(due, _)| *due <= now) {
            let late = self.late.pop_front().map(|(_, user)| user);
            self.stop_users(late.into_iter().collect(), true);
        }
        if self.next_tick.is_some_and(|due| due <= now) {
            self.next_tick = None;
            let (link, sender) = (self.stage.link.clone(), self.ticks.0.clone());
            spawn_local(async move {
                let answer = link.ask(json!({ "do": "tick" })).await;
                // The run may be over already.
                let _ = sender.send(answer.unwrap_or_default());
            });
        }
        while self.arrival().is_some_and(|due| due <= now) {
            self.arrive();
        }
        let target: u64 = self.crowd.ordered().iter().sum();
        if self.crowd.is_settled() && self.told_of != Some(target) {
            self.told_of = Some(target);
            let counted = self.users.len();
            self.stage.link.tell(&json!({ "do": "spawned", "user_count": counted }));
            if self.stage.parts.hello.options.reset_stats {
                self.stage.table.borrow_mut().reset(self.stage.now());
            }
        }
    }

    /// Users that have ended by themselves since they came: as under Locust, a later batch brings them anew.
    fn missing(&self) -> Vec<usize> {
        let pairs = self.crowd.ordered().iter().zip(&self.running);
        let missing = pairs.enumerate().flat_map(|(class, (ordered, running))| {
            std::iter::repeat_n(class, ordered.saturating_sub(*running) as usize)
        });
        missing.collect()
    }

    fn spawn(&mut self, classes: &[usize]) {
        if classes.is_empty() {
            return;
        }
        let mut users = Vec::with_capacity(classes.len());
        for class in classes {
            self.last_user += 1;
            self.users.insert(self.last_user, *class);
            self.running[*class] += 1;
            users.push(json!([self.last_user, self.crowd.classes()[*class].name]));
        }
        self.stage.link.tell(&json!({ "do": "spawn", "users": users }));
        self.show_users();
    }

    fn leave(&mut self, now: Duration, class: usize) {
        let oldest = self.users.iter().find(|(user, of)| **of == class && !self.is_leaving(**user));
        let Some(user) = oldest.map(|(user, _)| *user) else { return };
        let timeout = self.stage.parts.hello.options.stop_timeout;
        let patience = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        self.stop_users(vec![user], patience.is_zero());
        self.late.push_back((now + patience.max(SECOND), user));
    }

    fn is_leaving(&self, user: u32) -> bool {
        self.late.iter().any(|(_, late)| *late == user)
    }

    pub(super) fn stop_users(&self, users: Vec<u32>, force: bool) {
        self.stage.link.tell(&json!({ "do": "stop_users", "users": users, "force": force }));
    }

    /// Takes an event; the end of the run if it is that.
    pub(super) fn on(&mut self, event: Event) -> Option<End> {
        match event {
            Event::Done(user) => self.done(user),
            Event::Start(Some(users), rate, classes) => {
                let now = self.begin.elapsed();
                self.crowd.order(now, users, rate, classes.as_deref());
                self.told_of = None;
            }
            Event::Start(None, ..) => {}
            Event::End => return Some(End::Asked),
            Event::StopTest(reason) => {
                self.stage.parts.note(|outcome| outcome.stop_test = Some(reason));
                return Some(End::StopTest);
            }
            Event::Idle(user) => {
                self.arrivals.get_or_insert((self.begin.elapsed(), 0));
                self.idle.push_back(user);
            }
            Event::Pong(id) => self.watch.pong(id),
            Event::Died(traceback) => self.stage.error(&format!("the Python process ends:\n{traceback}")),
            Event::Gone => return Some(End::Gone),
        }
        None
    }

    fn done(&mut self, user: u32) {
        if let Some(class) = self.users.remove(&user) {
            self.running[class] -= 1;
            self.late.retain(|(_, late)| *late != user);
            self.idle.retain(|idle| *idle != user);
            self.show_users();
        }
    }

    fn show_users(&self) {
        self.stage.worker.control.played().set_users(self.users.len() as u64);
    }

    /// The shape has answered; true when it ends the test.
    fn shaped(&mut self, answer: Value) -> bool {
        if answer["users"].is_null() {
            // A tick that raised was told; the shape is asked again.
            if answer["error"].is_null() {
                return true;
            }
        } else if answer != self.last_tick {
            let names = answer["classes"]
                .as_array()
                .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
            let users = answer["users"].as_f64().unwrap_or_default().max(0.0) as u64;
            let rate = answer["rate"].as_f64().unwrap_or(1.0);
            self.crowd.order(self.begin.elapsed(), users, rate, names.as_deref());
            self.told_of = None;
            self.last_tick = answer;
        }
        let seconds = self.begin.elapsed().as_secs() + 1;
        self.next_tick = Some(Duration::from_secs(seconds));
        false
    }

    /// When the next task is due by rate.
    fn arrival(&self) -> Option<Duration> {
        let (from, number) = self.arrivals?;
        from.checked_add(self.stage.parts.rate?.due(number))
    }

    fn arrive(&mut self) {
        if let Some((_, number)) = &mut self.arrivals {
            *number += 1;
        }
        match self.idle.pop_front() {
            Some(user) => self.stage.link.tell(&json!({ "do": "go", "user": user })),
            None => {
                self.stage.worker.control.played().dropped();
                self.stage.samples.dropped();
                self.stage.parts.note(|outcome| outcome.dropped += 1);
            }
        }
    }
}

fn classes(value: &Value) -> Vec<Class> {
    let classes = value.as_array().into_iter().flatten();
    let class = |one: &Value| Class {
        name: one[0].as_str().unwrap_or_default().to_owned(),
        weight: one[1].as_f64().unwrap_or_default(),
        fixed: one[2].as_u64().unwrap_or_default(),
    };
    classes.map(class).collect()
}

/// Shows the figures once a second.
async fn publish(stage: Rc<Stage>) {
    let pause =
        Duration::try_from_secs_f64(stage.parts.hello.csv_interval).unwrap_or(SECOND).max(SECOND / 10);
    loop {
        stage.publish();
        sleep(pause.min(SECOND)).await;
    }
}
