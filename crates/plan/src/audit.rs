//! An audit reads a stock of the target, before and after a run.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_engine::{Control, VuIds, WorkerContext};
use flashcrowd_http::{Shared, SystemTags};
use flashcrowd_metrics::{Plan, Registry, Shard, TagSet};
use serde_json_path::JsonPath;

use crate::behaviour::{Answer, Call, CheckNames, Place, PlanBehaviour, PlanSettings, User, Worker, number};
use crate::model::TestPlan;

/// Reads the stocks of all audits of a plan, in their order. Needs a `LocalSet` around it.
///
/// What users do before their first task is done first if a request needs a value of it. None of this is counted.
pub async fn read_stocks(plan: &TestPlan, http: &Arc<Shared>) -> Vec<Result<f64, String>> {
    let auditor = Auditor::new(plan, http);
    let call = |call| Call::new(call, plan, &auditor.worker.http, &mut CheckNames::default()).keeping_body();
    let reads: Vec<Vec<Call>> =
        plan.audits.iter().map(|audit| audit.reads.iter().map(call).collect()).collect();
    let ready = match reads.iter().flatten().any(Call::uses_saved) {
        true => auditor.begin().await,
        false => Ok(()),
    };
    let mut stocks = Vec::new();
    for (audit, reads) in plan.audits.iter().zip(&reads) {
        stocks.push(match &ready {
            Ok(()) => auditor.read(reads, audit.value.as_ref()).await,
            Err(problem) => Err(problem.clone()),
        });
    }
    stocks
}

/// A user whose requests are not counted.
struct Auditor {
    worker: Rc<Worker>,
    user: Rc<User>,
    /// Where samples go to be forgotten.
    place: Rc<Place>,
}

impl Auditor {
    fn new(plan: &TestPlan, http: &Arc<Shared>) -> Self {
        let registry = Registry::new();
        let settings = PlanSettings {
            http: http.clone(),
            system_tags: SystemTags::new([]),
            run_tags: TagSet::empty(),
            registry: registry.clone(),
            log: Arc::new(()),
        };
        let behaviour = PlanBehaviour::new(Arc::new(plan.clone()), settings);
        let context = WorkerContext {
            index: 0,
            shard: Rc::new(RefCell::new(Shard::new(Arc::new(Plan::new(registry))))),
            control: Arc::new(Control::new()),
        };
        let worker = Worker::new(behaviour, Rc::new(context));
        let user = User::new(worker.clone(), VuIds { in_instance: 0, in_test: 0 });
        Self { place: worker.new_places(None).tasks, worker, user }
    }

    async fn begin(&self) -> Result<(), String> {
        for (call, check) in &self.worker.on_start {
            let (answer, went_well) = self.user.begin_with(call, *check, &self.place).await;
            if !went_well {
                let why =
                    failure(&answer).unwrap_or_else(|| "its answer is not as the plan has it".to_owned());
                return Err(format!("on_start: {}: {why}", call.name));
            }
        }
        Ok(())
    }

    async fn read(&self, reads: &[Call], value: Option<&JsonPath>) -> Result<f64, String> {
        let mut sum = 0.0;
        for call in reads {
            let answer = self.user.send(call, &self.place).await;
            let stock = match failure(&answer) {
                Some(why) => Err(why),
                None => stock(&answer, value),
            };
            sum += stock.map_err(|why| format!("{}: {why}", call.name))?;
        }
        Ok(sum)
    }
}

/// Why an answer is none that has a stock in it.
fn failure(answer: &Answer) -> Option<String> {
    match &answer.exchange.error {
        Some(error) => Some(error.message.to_string()),
        None if answer.is_success() => None,
        None => Some(format!("status {}", answer.exchange.status)),
    }
}

fn stock(answer: &Answer, value: Option<&JsonPath>) -> Result<f64, String> {
    let Some(path) = value else {
        let body = answer.text();
        let stock = body.trim().parse::<f64>().ok().filter(|stock| stock.is_finite());
        let problem = || {
            let start = start_of(&body);
            format!("the body is not a number but {start}: say where the number is, as in value: $.stock")
        };
        return stock.ok_or_else(problem);
    };
    let Some(json) = answer.json() else {
        return Err(format!("the body is not JSON but {}", start_of(&answer.text())));
    };
    let found = path.query(json);
    let Some(found) = found.first() else {
        return Err(format!("{path} is not in {}", start_of(&json.to_string())));
    };
    number(found).ok_or_else(|| format!("{path} is not a number but {}", start_of(&found.to_string())))
}

/// The start of a text, short enough for a message.
fn start_of(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None if text.is_empty() => "empty".to_owned(),
        None => text.to_owned(),
    }
}
