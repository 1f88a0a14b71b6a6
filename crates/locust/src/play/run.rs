//! A run is the life of one or more tests, each from `test_start` to `test_stop`: its clock, who comes and goes, and what ends it.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, sleep_until};

use super::books::Books;
use super::company::Company;
use super::crowd::{Class, Crowd, Step};
use super::event::{Event, News, Order, Phase};

const SECOND: Duration = Duration::from_secs(1);
const EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Why a test ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Its time is over.
    Time,
    /// Its shape says so.
    Shape,
    /// The file says so, or the page.
    Asked,
    /// The file says so, and that nothing comes after it.
    Quit,
    /// As many tasks have been run as were asked for.
    Iterations,
    /// A user raised `StopTest`.
    StopTest,
    /// A signal came.
    Signal,
    /// A child is gone.
    Gone,
}

/// A user, by its class and its process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    class: usize,
    pub(super) process: usize,
}

/// A test that runs.
pub(super) struct Run {
    pub(super) company: Rc<Company>,
    pub(super) books: Rc<Books>,
    pub(super) events: UnboundedReceiver<News>,
    crowd: Crowd,
    /// The users that there are; those that came first have the lowest numbers.
    pub(super) users: BTreeMap<u32, Place>,
    running: Vec<u64>,
    last_user: u32,
    begin: Instant,
    limit: Option<Duration>,
    told_of: Option<u64>,
    /// Users that are to be ended by force, and when.
    late: VecDeque<(Duration, u32)>,
    next_tick: Option<Duration>,
    ticks: (UnboundedSender<Value>, UnboundedReceiver<Value>),
    last_tick: Value,
    idle: VecDeque<u32>,
    /// When arrivals began, and how many there were.
    arrivals: Option<(Duration, u64)>,
    /// When the leader is told of the users of others next, where there are others.
    next_note: Option<Duration>,
    /// What was ordered while the test before was ending.
    ordered: Option<Order>,
}

impl Run {
    pub(super) fn new(company: Rc<Company>, events: UnboundedReceiver<News>) -> Self {
        Self {
            books: company.books.clone(),
            company,
            events,
            crowd: Crowd::new(Vec::new()),
            users: BTreeMap::new(),
            running: Vec::new(),
            last_user: 0,
            begin: Instant::now(),
            limit: None,
            told_of: None,
            late: VecDeque::new(),
            next_tick: None,
            ticks: unbounded_channel(),
            last_tick: Value::Null,
            idle: VecDeque::new(),
            arrivals: None,
            next_note: None,
            ordered: None,
        }
    }

    /// Runs the test to its end; with a page, as many tests as are asked for there.
    pub(super) async fn play(mut self) {
        let published = spawn_local(publish(self.books.clone()));
        let options = &self.books.parts.hello.options;
        let (starts, stays) = (options.headless || options.autostart, !options.headless);
        let patience = u64::try_from(options.autoquit).ok().map(Duration::from_secs);
        let mut order = starts.then(|| self.first_order());
        loop {
            let next = match order.take() {
                Some(order) => Ok(order),
                None => self.order(None).await,
            };
            let end = match next {
                Err(end) => {
                    self.quit(end).await;
                    break;
                }
                Ok(order) => match self.start(&order).await {
                    true => self.live().await,
                    false if self.books.parts.interrupt.is_set() => End::Signal,
                    false => End::Gone,
                },
            };
            let ended = self.end_test(end).await;
            let is_over = !stays || !ended || matches!(end, End::Quit | End::Signal | End::Gone);
            if !is_over && let Ok(next) = self.order(patience).await {
                order = Some(next);
                continue;
            }
            if ended {
                self.quit(end).await;
            }
            break;
        }
        self.conclude().await;
        published.abort();
    }

    /// What the command line asks for.
    fn first_order(&self) -> Order {
        let parts = &self.books.parts;
        let (users, rate) = parts.load();
        let time = parts.limit().map(|limit| limit.as_secs());
        Order { users: parts.hello.shape.is_none().then_some(users), rate, time, ..Order::default() }
    }

    /// Waits until a test is ordered, for so long at most.
    async fn order(&mut self, patience: Option<Duration>) -> Result<Order, End> {
        if let Some(order) = self.ordered.take() {
            return Ok(order);
        }
        let until = Instant::now() + patience.unwrap_or(EVER);
        let interrupt = self.books.parts.interrupt.clone();
        loop {
            tokio::select! {
                biased;
                news = self.events.recv() => match news {
                    Some(News { event: Event::Order(order), .. }) => return Ok(order),
                    Some(News { event: Event::Gone, .. }) | None => return Err(End::Gone),
                    Some(News { event: Event::Quit, .. }) => return Err(End::Quit),
                    Some(news) => drop(self.on(news)),
                },
                () = interrupt.wait() => return Err(End::Signal),
                () = sleep_until(until) => return Err(End::Quit),
            }
        }
    }

    /// `test_start`, and who is to come; false when a child is gone.
    async fn start(&mut self, order: &Order) -> bool {
        let books = self.books.clone();
        if !books.parts.hello.options.headless {
            books.begin_anew();
        }
        books.phase.set(Phase::Spawning);
        self.company.hands().iter().for_each(|hand| hand.is_spent.set(false));
        let asked = json!({
            "do": "start", "users": order.users, "rate": order.rate, "host": order.host, "time": order.time,
            "options": order.options, "user_classes": order.classes,
        });
        // Listeners may compute for as long as they need to; a signal ends that.
        let Some(answer) = self.ask(0, asked.clone(), EVER).await else { return false };
        for hand in self.company.hands().to_vec().into_iter().filter(|hand| hand.number > 0) {
            if self.ask(hand.number, asked.clone(), EVER).await.is_none() {
                return false;
            }
        }
        self.crowd = Crowd::new(classes(&answer["classes"]));
        self.running = vec![0; self.crowd.classes().len()];
        (self.begin, self.limit) = (Instant::now(), order.time.map(Duration::from_secs));
        (self.told_of, self.arrivals, self.last_tick) = (None, None, Value::Null);
        self.idle.clear();
        self.late.clear();
        self.next_note = (self.company.all().len() > 1).then_some(SECOND);
        match order.users {
            None => self.next_tick = Some(Duration::ZERO),
            Some(users) => self.crowd.order(Duration::ZERO, users, order.rate, order.classes.as_deref()),
        }
        true
    }

    async fn live(&mut self) -> End {
        loop {
            let now = self.begin.elapsed();
            if self.limit.is_some_and(|limit| now >= limit) {
                return End::Time;
            }
            self.step(now);
            let wake = [
                self.limit,
                self.crowd.due(),
                self.next_tick,
                self.late.front().map(|late| late.0),
                self.arrival(),
                self.next_note,
            ];
            let wake = wake.into_iter().flatten().min().unwrap_or(Duration::from_secs(3600));
            let interrupt = self.books.parts.interrupt.clone();
            tokio::select! {
                biased;
                news = self.events.recv() => {
                    if let Some(end) = news.map_or(Some(End::Gone), |news| self.on(news)) {
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
        self.move_users(now);
        while self.late.front().is_some_and(|(due, _)| *due <= now) {
            let late = self.late.pop_front().map(|(_, user)| user);
            self.stop_users(late.into_iter(), true);
        }
        if self.next_tick.is_some_and(|due| due <= now) {
            self.next_tick = None;
            let (company, sender) = (self.company.clone(), self.ticks.0.clone());
            spawn_local(async move {
                let answer = company.ask(json!({ "do": "tick" })).await;
                // The run may be over already.
                let _ = sender.send(answer.unwrap_or_default());
            });
        }
        while self.arrival().is_some_and(|due| due <= now) {
            self.arrive();
        }
        if self.next_note.is_some_and(|due| due <= now) {
            self.next_note = Some(Duration::from_secs(now.as_secs() + 1));
            self.note();
        }
        let target: u64 = self.crowd.ordered().iter().sum();
        if self.crowd.is_settled() && self.told_of != Some(target) {
            self.told_of = Some(target);
            self.books.phase.set(Phase::Running);
            self.note();
            self.company.tell(&json!({ "do": "spawned", "user_count": self.users.len() }));
            if self.books.parts.hello.options.reset_stats {
                self.books.reset();
            }
        }
    }

    /// Users that are due come and leave.
    fn move_users(&mut self, now: Duration) {
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
    }

    /// Users that have ended by themselves since they came: as under Locust, a later batch brings them anew.
    fn missing(&self) -> Vec<usize> {
        let pairs = self.crowd.ordered().iter().zip(&self.running);
        let missing = pairs.enumerate().flat_map(|(class, (ordered, running))| {
            std::iter::repeat_n(class, ordered.saturating_sub(*running) as usize)
        });
        missing.collect()
    }

    /// Each goes to the process that has the fewest users.
    fn spawn(&mut self, classes: &[usize]) {
        if classes.is_empty() {
            return;
        }
        let company = self.company.clone();
        let mut groups: Vec<Vec<Value>> = vec![Vec::new(); company.all().len()];
        for class in classes {
            let hands = company.hands().iter().filter(|hand| !hand.link.is_gone() && !hand.is_spent.get());
            let Some(hand) = hands.min_by_key(|hand| (hand.users.get(), hand.came.get())) else { return };
            hand.users.set(hand.users.get() + 1);
            hand.came.set(hand.came.get() + 1);
            self.last_user += 1;
            self.users.insert(self.last_user, Place { class: *class, process: hand.number });
            self.running[*class] += 1;
            groups[hand.number].push(json!([self.last_user, self.crowd.classes()[*class].name]));
        }
        for (stage, users) in company.all().iter().zip(groups).filter(|(_, users)| !users.is_empty()) {
            stage.link.tell(&json!({ "do": "spawn", "users": users }));
        }
        self.books.show_users(self.users.len() as u64);
    }

    fn leave(&mut self, now: Duration, class: usize) {
        let oldest = self.users.iter().find(|(user, of)| of.class == class && !self.is_leaving(**user));
        let Some(user) = oldest.map(|(user, _)| *user) else { return };
        let timeout = self.books.parts.hello.options.stop_timeout;
        let patience = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        self.stop_users([user].into_iter(), patience.is_zero());
        self.late.push_back((now + patience.max(SECOND), user));
    }

    fn is_leaving(&self, user: u32) -> bool {
        self.late.iter().any(|(_, late)| *late == user)
    }

    pub(super) fn stop_users(&self, users: impl Iterator<Item = u32>, force: bool) {
        let mut groups: Vec<Vec<u32>> = vec![Vec::new(); self.company.all().len()];
        for user in users {
            if let Some(place) = self.users.get(&user) {
                groups[place.process].push(user);
            }
        }
        for (stage, users) in self.company.all().iter().zip(groups).filter(|(_, users)| !users.is_empty()) {
            stage.link.tell(&json!({ "do": "stop_users", "users": users, "force": force }));
        }
    }

    /// Takes an event; the end of the test if it is that.
    pub(super) fn on(&mut self, news: News) -> Option<End> {
        let process = news.process;
        match news.event {
            Event::Done(user) => self.done(user),
            Event::Order(order) => self.reorder(order),
            Event::Stop => return Some(End::Asked),
            Event::Quit => return Some(End::Quit),
            Event::StopTest(reason) => {
                self.books.parts.note(|outcome| outcome.stop_test = Some(reason));
                return Some(End::StopTest);
            }
            Event::Spent => {
                self.company.all()[process].is_spent.set(true);
                let all = self.company.hands().iter().all(|hand| hand.is_spent.get());
                return all.then_some(End::Iterations);
            }
            Event::Idle(user) => {
                self.arrivals.get_or_insert((self.begin.elapsed(), 0));
                self.idle.push_back(user);
            }
            Event::Message(message) => self.company.deliver(process, &message),
            Event::Died(traceback) => self.books.error(&format!("the Python process ends:\n{traceback}")),
            Event::Gone => return Some(End::Gone),
        }
        None
    }

    /// Other users than so far, from now on.
    fn reorder(&mut self, order: Order) {
        if self.books.phase.get() == Phase::Stopping {
            self.ordered = Some(order);
            return;
        }
        let Some(users) = order.users else { return };
        let now = self.begin.elapsed();
        self.crowd.order(now, users, order.rate, order.classes.as_deref());
        self.told_of = None;
        if order.sets_time {
            self.limit = order.time.map(|time| now + Duration::from_secs(time));
        }
        if self.books.phase.get() == Phase::Running {
            self.books.phase.set(Phase::Spawning);
        }
    }

    fn done(&mut self, user: u32) {
        if let Some(place) = self.users.remove(&user) {
            self.running[place.class] -= 1;
            let hand = &self.company.all()[place.process];
            hand.users.set(hand.users.get().saturating_sub(1));
            self.late.retain(|(_, late)| *late != user);
            self.idle.retain(|idle| *idle != user);
            self.books.show_users(self.users.len() as u64);
        }
    }

    /// Where others have the users, the leader is told of them.
    pub(super) fn note(&self) {
        if self.company.all().len() == 1 {
            return;
        }
        let mut counts = vec![0_u64; self.crowd.classes().len()];
        self.users.values().for_each(|place| counts[place.class] += 1);
        let names = self.crowd.classes().iter().map(|class| class.name.clone());
        let counts: serde_json::Map<String, Value> =
            names.zip(counts).map(|(name, count)| (name, count.into())).collect();
        let processes = &self.books.parts.processes;
        let workers: Vec<Value> = self.company.hands().iter().map(|hand| {
            json!({ "id": processes[hand.number].client_id, "user_count": hand.users.get(), "gone": hand.link.is_gone() })
        }).collect();
        self.company.leader().link.tell(&json!({ "do": "note", "counts": counts, "workers": workers }));
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
        from.checked_add(self.books.parts.rate?.due(number))
    }

    fn arrive(&mut self) {
        if let Some((_, number)) = &mut self.arrivals {
            *number += 1;
        }
        let place = self.idle.pop_front().and_then(|user| Some((user, self.users.get(&user)?.process)));
        match place {
            Some((user, process)) => {
                self.company.all()[process].link.tell(&json!({ "do": "go", "user": user }));
            }
            None => {
                self.books.worker.control.played().dropped();
                self.books.samples.dropped();
                self.books.parts.note(|outcome| outcome.dropped += 1);
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

/// Shows the figures once a second, and keeps where the run stands.
async fn publish(books: Rc<Books>) {
    let pause =
        Duration::try_from_secs_f64(books.parts.hello.csv_interval).unwrap_or(SECOND).max(SECOND / 10);
    let mut due = Instant::now();
    loop {
        books.publish();
        if Instant::now() >= due {
            due = Instant::now() + SECOND;
            books.remember();
        }
        sleep(pause.min(SECOND)).await;
    }
}
