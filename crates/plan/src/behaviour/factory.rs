//! A factory makes the virtual users of one worker thread for the engine.

use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_engine::{AsyncVuAdapter, Behaviour, BoxError, Vu, VuFactory, VuIds, WorkerContext};
use futures_util::future::{FutureExt, LocalBoxFuture};

use super::plan_behaviour::PlanBehaviour;
use super::user::User;
use super::worker::Worker;

impl Behaviour for PlanBehaviour {
    fn on_worker(self: Arc<Self>, context: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new(Factory(Worker::new(self, context)))
    }
}

struct Factory(Rc<Worker>);

impl VuFactory for Factory {
    fn init(&self, ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        async move { Ok(Box::new(AsyncVuAdapter::new(User::new(self.0.clone(), ids))) as Box<dyn Vu>) }
            .boxed_local()
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed_local()
    }

    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed_local()
    }
}
