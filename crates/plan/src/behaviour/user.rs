//! A user is one virtual user's state: its connections, cookies, what it keeps from answers, and what it does next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fastrand::Rng;
use flashcrowd_engine::{ActiveScenario, AsyncVu, Iteration, VuIds};
use flashcrowd_http::{Client, ErrorCode, Exchange, HttpError, Jar, Request, SampleKey, SpanKind, fetch};
use flashcrowd_metrics::TagSet;
use http::HeaderValue;
use serde_json::Value;

use super::answer::Answer;
use super::call::{Call, Content, Url, is_whole};
use super::data::{Draw, draw};
use super::place::Place;
use super::render::{Rendering, Scope};
use super::worker::{Places, Worker};

/// How long a user waits that could not begin.
const RETRY: Duration = Duration::from_secs(1);

/// One virtual user.
pub(crate) struct User {
    worker: Rc<Worker>,
    ids: VuIds,
    rng: RefCell<Rng>,
    client: Client,
    jar: RefCell<Jar>,
    active: RefCell<Option<Active>>,
    iteration: Cell<Iteration>,
    /// How late the next request is, in tests that have requests with due times.
    lag: Cell<Option<Duration>>,
    drawn: RefCell<Vec<Draw>>,
    saved: RefCell<Vec<Option<Value>>>,
    /// Whether it has done what comes before the first task.
    begun: Cell<bool>,
    /// Whether its last iteration was spent on failing to begin.
    failed: Cell<bool>,
    sent: Cell<u64>,
    received: Cell<u64>,
}

/// The scenario that a user works for.
#[derive(Clone)]
struct Active {
    scenario: Rc<ActiveScenario>,
    places: Places,
    /// Whether users think after a task: not where iterations start by the clock.
    thinks: bool,
}

impl User {
    /// A user that has not done anything.
    pub(crate) fn new(worker: Rc<Worker>, ids: VuIds) -> Rc<Self> {
        let plan = &worker.behaviour.plan;
        let rng = worker.rng.borrow_mut().fork();
        Rc::new(Self {
            client: Client::new(worker.http.clone(), ids.in_instance),
            jar: RefCell::new(Jar::new(wall_now())),
            active: RefCell::default(),
            rng: RefCell::new(rng),
            iteration: Cell::new(Iteration {
                in_instance: 0,
                in_test: 0,
                in_scenario: 0,
                lag: None,
                seed: None,
            }),
            lag: Cell::new(None),
            drawn: RefCell::new(vec![Draw::Nothing; plan.data.len()]),
            saved: RefCell::new(vec![None; plan.saved]),
            begun: Cell::new(worker.on_start.is_empty()),
            failed: Cell::new(false),
            sent: Cell::new(0),
            received: Cell::new(0),
            worker,
            ids,
        })
    }

    /// Turns the bytes counted so far into samples.
    fn count_bytes(&self) {
        if let Some(active) = &*self.active.borrow() {
            let mut shard = self.worker.context.shard.borrow_mut();
            active.places.tasks.bytes(self.sent.take(), self.received.take(), &mut shard);
        }
    }

    /// Sends a call, and adds the samples of each of its exchanges.
    pub(crate) async fn send(&self, call: &Call, place: &Place) -> Answer {
        self.draw_for(call);
        let request = match self.request(call) {
            Ok(request) => request,
            Err(error) => {
                let exchange = Exchange::unsent(error);
                self.add_samples(call, place, &exchange);
                return Answer::new(exchange, Bytes::new(), Duration::ZERO);
            }
        };
        let (sent, took) = (request.body.clone(), Cell::new(Duration::ZERO));
        let on_exchange = |exchange: &Exchange, _: &Request| {
            took.set(took.get() + exchange.timings.duration());
            self.add_samples(call, place, exchange);
        };
        let fetched = fetch(&self.client, request, Some(&self.jar), &self.worker.fetch, on_exchange).await;
        self.worker.tell_cookies(fetched.dropped_cookies);
        Answer::new(fetched.exchange, sent, took.get())
    }

    /// Counts what checks say of an answer, keeps what is to be kept, counts what was sold. False when a check
    /// fails, when there is not what is to be kept, or when the status is one of failure and no check allows it.
    pub(crate) fn settle(&self, call: &Call, place: &Place, answer: &Answer) -> bool {
        if call.is_plain() {
            return answer.is_success();
        }
        let mut all = true;
        for (check, rule) in &call.checks {
            let rng = &mut self.rng.borrow_mut();
            let passed = self.with_scope(|scope| answer.passes(rule, scope, rng));
            self.count_check(place, *check, passed);
            all &= passed;
        }
        let may_fail = call.checks_status && all;
        if !answer.is_success() && !may_fail {
            return false;
        }
        for save in &call.saves {
            let found = answer.find(&save.from);
            all &= found.is_some();
            if let Some(check) = save.check {
                self.count_check(place, check, found.is_some());
            }
            if let (Some(kept), Some(found)) = (self.saved.borrow_mut().get_mut(save.slot), found) {
                *kept = Some(found);
            }
        }
        if answer.is_success() {
            self.count_sold(call, place, answer);
        }
        all
    }

    /// Does one thing of what comes before the first task; false when it did not go well.
    pub(crate) async fn begin_with(&self, call: &Call, check: usize, place: &Place) -> (Answer, bool) {
        let answer = self.send(call, place).await;
        let went_well = self.settle(call, place, &answer);
        self.count_check(place, check, went_well);
        (answer, went_well)
    }

    /// Does all that comes before the first task, with one value of each data source throughout.
    async fn begin(&self, places: &Places) -> bool {
        let Some(place) = &places.on_start else { return true };
        self.drawn.borrow_mut().fill(Draw::Nothing);
        for (call, check) in &self.worker.on_start {
            if !self.begin_with(call, *check, place).await.1 {
                return false;
            }
        }
        true
    }

    /// Tells of the iteration, where traces are asked for.
    fn end_span(&self, scenario: &ActiveScenario, failed: bool) {
        self.client.end_iteration(|| SpanKind::Iteration {
            scenario: scenario.name.clone(),
            vu: self.ids.in_test,
            number: self.iteration.get().in_test,
            failed,
        });
    }

    /// Draws a task. One that needs a value which the user has yet to be given is put back, unless nothing else comes.
    fn next_task(&self, scenario: &ActiveScenario) -> Option<&Call> {
        const DRAWS: usize = 32;
        let (weights, rng) = (self.worker.mix(scenario)?, &mut self.rng.borrow_mut());
        let mut task = self.worker.tasks.get(weights.draw(rng)?)?;
        for _ in 0..DRAWS {
            if self.has(&task.needs) {
                break;
            }
            task = self.worker.tasks.get(weights.draw(rng)?)?;
        }
        Some(task)
    }

    fn has(&self, saved: &[usize]) -> bool {
        saved.is_empty() || {
            let kept = self.saved.borrow();
            saved.iter().all(|at| kept.get(*at).is_some_and(Option::is_some))
        }
    }

    /// Draws the values that a call uses and that were not drawn before.
    fn draw_for(&self, call: &Call) {
        if call.draws.is_empty() {
            return;
        }
        let behaviour = &self.worker.behaviour;
        let iteration = self.iteration.get();
        let number = iteration.seed.map(|_| iteration.in_test);
        let (mut drawn, mut rng) = (self.drawn.borrow_mut(), self.rng.borrow_mut());
        for at in &call.draws {
            let source = behaviour.plan.data.get(*at).zip(behaviour.turns.get(*at));
            if let (Some((data, turn)), Some(value @ Draw::Nothing)) = (source, drawn.get_mut(*at)) {
                let next = || number.unwrap_or_else(|| turn.fetch_add(1, Ordering::Relaxed));
                *value = draw(data, next, self.ids.in_test, &mut rng);
            }
        }
    }

    fn with_scope<T>(&self, work: impl FnOnce(&Scope<'_>) -> T) -> T {
        work(&Scope {
            data: &self.worker.behaviour.plan.data,
            drawn: &self.drawn.borrow(),
            saved: &self.saved.borrow(),
            vu: self.ids.in_test,
            iteration: self.iteration.get().in_test,
        })
    }

    fn write(&self, out: &mut String, rendering: &Rendering) {
        let rng = &mut self.rng.borrow_mut();
        self.with_scope(|scope| rendering.write(out, scope, rng));
    }

    fn request(&self, call: &Call) -> Result<Request, HttpError> {
        let target = match &call.url {
            Url::Fixed(target) => target.clone()?,
            Url::Rendered(path) => {
                let (mut url, host) = (self.worker.scratch.borrow_mut(), &self.worker.behaviour.plan.host);
                url.clear();
                url.push_str(host);
                self.write(&mut url, path);
                let path = &url[host.len()..];
                self.worker.http.target(if is_whole(path) { path } else { &url })?
            }
        };
        let mut headers = call.headers.clone();
        for (name, value) in &call.rendered {
            if !value.saved().all(|at| self.has(&[at])) {
                continue;
            }
            let mut text = String::new();
            self.write(&mut text, value);
            let value = HeaderValue::from_str(&text).map_err(|_| HttpError {
                code: ErrorCode::GENERIC,
                message: "a header's value cannot be sent".into(),
            });
            headers.insert(name, value?);
        }
        let body = match &call.content {
            Content::Fixed(bytes) => bytes.clone(),
            Content::Rendered(content) => {
                let mut text = String::new();
                self.write(&mut text, content);
                text.into()
            }
        };
        Ok(Request {
            headers,
            body,
            timeout: call.timeout,
            response_body: call.response_body,
            ..Request::new(call.method.clone(), target)
        })
    }

    fn add_samples(&self, call: &Call, place: &Place, exchange: &Exchange) {
        self.sent.set(self.sent.get() + exchange.bytes_sent);
        self.received.set(self.received.get() + exchange.bytes_received);
        let (worker, system) = (&self.worker, &self.worker.behaviour.settings.system_tags);
        let key = SampleKey {
            base: place.tags.clone(),
            extra: None,
            name: call.name.clone(),
            method: call.method.clone(),
            status: exchange.status,
            version: exchange.version,
            error_code: exchange.error_code(),
            expected: Some(call.expects(exchange.status)),
            error: exchange.error.as_ref().map(|error| error.message.clone()),
            tls: exchange.tls.map(|tls| tls.version),
            ip: exchange.remote.filter(|_| system.has_ip()).map(|remote| remote.ip()),
            resent: exchange.delivery.resends > 0,
        };
        // The first request of an iteration is as late as that; those after it start when they start.
        let lag = self.lag.replace(self.lag.get().map(|_| Duration::ZERO));
        worker.samples.borrow_mut().add(&mut worker.context.shard.borrow_mut(), key, exchange, system, lag);
    }

    fn count_check(&self, place: &Place, check: usize, passed: bool) {
        let system = &self.worker.behaviour.settings.system_tags;
        let mut shard = self.worker.context.shard.borrow_mut();
        place.check(self.worker.checks.get(check), passed, &mut shard, system);
    }

    fn count_sold(&self, call: &Call, place: &Place, answer: &Answer) {
        for (audit, sold, check) in &call.sells {
            let amount = answer.sold(sold);
            if let Some(check) = check {
                self.count_check(place, *check, amount.is_some());
            }
            if let (Some(metric), Some(amount)) = (self.worker.behaviour.sold.get(*audit), amount) {
                self.worker.context.shard.borrow_mut().sample(*metric, &place.tags, amount);
            }
        }
    }

    fn think_time(&self) -> Duration {
        let (shortest, longest) = self.worker.behaviour.plan.wait.clone().into_inner();
        match longest.checked_sub(shortest) {
            Some(span) if !span.is_zero() => shortest + span.mul_f64(self.rng.borrow_mut().f64()),
            _ => shortest,
        }
    }
}

impl AsyncVu for User {
    fn activate(&self, scenario: &Rc<ActiveScenario>) {
        let places = self.worker.places(scenario);
        let thinks = !scenario.executor.ends_with("arrival-rate");
        *self.active.borrow_mut() = Some(Active { scenario: scenario.clone(), places, thinks });
    }

    /// Runs one task, after what comes before the first.
    async fn iterate(&self, iteration: Iteration) {
        self.iteration.set(iteration);
        self.lag.set(iteration.lag);
        if let Some(seed) = iteration.seed {
            self.rng.replace(Rng::with_seed(seed));
        }
        let Some(active) = self.active.borrow().clone() else { return };
        self.client.begin_iteration();
        if !self.begun.get() {
            let begun = Box::pin(self.begin(&active.places)).await;
            self.begun.set(begun);
            self.failed.set(!begun);
            if !begun {
                self.end_span(&active.scenario, true);
                self.count_bytes();
                return self.client.rest(RETRY).await;
            }
        }
        let Some(task) = self.next_task(&active.scenario) else { return self.client.rest(RETRY).await };
        self.drawn.borrow_mut().fill(Draw::Nothing);
        let answer = self.send(task, &active.places.tasks).await;
        self.settle(task, &active.places.tasks, &answer);
        drop(answer);
        self.end_span(&active.scenario, false);
        self.count_bytes();
        if active.thinks {
            self.client.rest(self.think_time()).await;
        }
    }

    fn interrupted(&self) {
        self.count_bytes();
    }

    fn has_failed(&self) -> bool {
        self.failed.get()
    }

    fn back_off(&self) -> Duration {
        self.client.back_off()
    }

    fn tags(&self) -> TagSet {
        self.active.borrow().as_ref().map(|active| active.places.tasks.tags.clone()).unwrap_or_default()
    }
}

#[expect(clippy::disallowed_methods, reason = "cookies' dates are the wall clock's; nothing is timed by it")]
fn wall_now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_small() {
        fn size<'a, F>(_: fn(&'a User, Iteration) -> F) -> usize {
            size_of::<F>()
        }
        let sizes = [size(User::iterate), size_of::<User>()];
        assert!(sizes[0] <= 6 * 1024 + 256 && sizes[1] <= 512, "{sizes:?}");
    }
}
