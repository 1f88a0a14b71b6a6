//! The behaviour of virtual users that run a k6 script.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use flashcrowd_engine::{
    AbortReason, ActiveScenario, Behaviour, BoxError, Iteration, Outcome, Vu, VuFactory, VuIds, WorkerContext,
};
use flashcrowd_http::{Client, WorkerClient};
use flashcrowd_metrics::TagSet;
use futures_util::future::{FutureExt, LocalBoxFuture};

use flashcrowd_test::StageFailure;

use crate::error::ScriptError;
use crate::machine::{Command, Machine, Reply};
use crate::program::Program;
use crate::quickjs::vm::give_back;
use crate::state::{VuState, Worker};

/// Makes virtual users of a loaded program.
pub struct K6Behaviour(Arc<Program>);

impl K6Behaviour {
    /// The behaviour of a program whose settings were set.
    pub fn new(program: Arc<Program>) -> Arc<Self> {
        Arc::new(Self(program))
    }
}

impl Behaviour for K6Behaviour {
    fn on_worker(self: Arc<Self>, context: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        let settings = self.0.settings().expect("settings are set before a behaviour is made");
        let http = WorkerClient::new(settings.http.clone());
        Rc::new(Factory { program: self.0.clone(), worker: Rc::new(Worker::new(context, http)) })
    }
}

struct Factory {
    program: Arc<Program>,
    worker: Rc<Worker>,
}

/// The virtual users are gone by then: what reads and judges the record next needs the memory.
impl Drop for Factory {
    fn drop(&mut self) {
        give_back();
    }
}

/// The numbers of virtual users that run no iterations.
const TEMPORARY: VuIds = VuIds { in_instance: 0, in_test: 0 };

impl Factory {
    async fn machine(&self, ids: VuIds) -> Result<Machine, ScriptError> {
        let vu = VuState::new(self.program.clone(), Some(self.worker.clone()), ids);
        let mut machine = Machine::new(vu).map_err(|error| {
            ScriptError::new(format!(
                "no memory for another virtual user's stack: {error} (before Linux 6.13 each takes two mappings: raise vm.max_map_count)"
            ))
        })?;
        let control = &self.worker.context.control;
        let reply = tokio::select! {
            biased;
            reply = machine.load(self.program.init_timeout()) => reply,
            // The virtual user of teardown starts after the end of the run.
            _ = control.abortion(), if ids != TEMPORARY => {
                machine.vu.set_interrupted(true);
                machine.reply().await
            }
        };
        match reply {
            Reply::Ready => Ok(machine),
            Reply::Failed(error) => Err(error),
            other => Err(ScriptError::new(format!("the script did not start: {other:?}"))),
        }
    }

    async fn stage(&self, command: Command, stage: &'static str) -> Result<Option<String>, BoxError> {
        let settings = self.program.settings().expect("settings are set before a run");
        let timeout = if stage == "setup" { settings.setup_timeout } else { settings.teardown_timeout };
        let mut machine = self.machine(TEMPORARY).await.map_err(boxed)?;
        machine.vu.set_base_tags(self.run_tags());
        let control = self.worker.context.control.clone();
        // A run that was aborted still has its teardown; what comes while that runs ends it.
        let may_end = !control.is_aborted();
        let reply = tokio::select! {
            biased;
            reply = machine.run(command, Some(timeout)) => reply,
            _ = control.abortion(), if may_end => {
                machine.vu.set_interrupted(true);
                machine.reply().await
            }
        };
        match reply {
            Reply::Done(result) => Ok(result),
            // The script itself asked for the end of the test: what was not set up is not torn down.
            Reply::Interrupted if self.program.aborted().is_some() && stage == "setup" => {
                Err(StageFailure::Interrupted { stage }.into())
            }
            Reply::Interrupted if self.program.aborted().is_some() => Ok(None),
            Reply::Interrupted if may_end && control.is_aborted() => {
                Err(StageFailure::Interrupted { stage }.into())
            }
            Reply::Interrupted => Err(StageFailure::Timeout { stage, after: timeout }.into()),
            Reply::Failed(error) => Err(error.into()),
            other => Err(format!("{stage} ended in an unexpected way: {other:?}").into()),
        }
    }

    fn run_tags(&self) -> TagSet {
        let settings = self.program.settings();
        settings.map(|settings| settings.run_tags.clone()).unwrap_or_default()
    }
}

impl VuFactory for Factory {
    fn init(&self, ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        async move {
            let machine = self.machine(ids).await.map_err(boxed)?;
            if let Some(message) = self.program.aborted() {
                self.worker.context.control.abort(AbortReason::Script(message.to_owned()));
            }
            Ok(Box::new(ScriptVu { machine }) as Box<dyn Vu>)
        }
        .boxed_local()
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async move {
            let data = self.stage(Command::Setup, "setup").await?;
            self.program.take_setup_data(data);
            Ok(())
        }
        .boxed_local()
    }

    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async move { self.stage(Command::Teardown, "teardown").await.map(|_| ()) }.boxed_local()
    }
}

/// The error of a script's top level; that it was interrupted is no error of the script.
fn boxed(error: ScriptError) -> BoxError {
    match error.interrupted {
        true => StageFailure::Interrupted { stage: "the script" }.into(),
        false => error.into(),
    }
}

/// A virtual user as the engine sees it.
struct ScriptVu {
    machine: Machine,
}

impl Vu for ScriptVu {
    fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        let vu = &self.machine.vu;
        *vu.scenario.borrow_mut() = Some(scenario.clone());
        let tags = match vu.settings().system_tags.has("scenario") {
            true => scenario.tags.clone(),
            false => scenario.tags.without("scenario"),
        };
        vu.set_base_tags(tags);
    }

    fn start(&mut self, iteration: Iteration) {
        self.machine.vu.iteration.set(Some(iteration));
        // Not when the iteration begins to run: it may be interrupted before that.
        self.machine.vu.set_interrupted(false);
        self.machine.command(Command::Iterate);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        self.machine.poll(cx).map(|reply| match reply {
            Reply::Interrupted if self.machine.vu.has_aborted.get() => Outcome::Aborted,
            Reply::Interrupted => Outcome::Interrupted,
            Reply::Failed(_) => Outcome::Failed,
            _ => Outcome::Finished,
        })
    }

    fn interrupt(&mut self) {
        self.machine.vu.set_interrupted(true);
    }

    fn tags(&self) -> TagSet {
        self.machine.vu.tags()
    }

    fn back_off(&mut self) -> Duration {
        self.machine.vu.client.as_ref().map(Client::back_off).unwrap_or_default()
    }
}
