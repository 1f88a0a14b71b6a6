//! The behaviour of a duet: its virtual users are pairs of virtual users, one of each variant.

use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_engine::{Behaviour, BoxError, Vu, VuFactory, VuIds, WorkerContext};
use futures_util::future::LocalBoxFuture;

use crate::pair_vu::{PairContext, PairVu};
use crate::recording::RequestNames;
use crate::shared_trial::SharedTrial;

/// The behaviours of both variants as one.
pub(crate) struct PairBehaviour {
    pub(crate) variants: [Arc<dyn Behaviour>; 2],
    pub(crate) trial: Arc<SharedTrial>,
}

struct PairFactory {
    variants: [Rc<dyn VuFactory>; 2],
    context: Rc<PairContext>,
}

impl Behaviour for PairBehaviour {
    fn on_worker(self: Arc<Self>, worker: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        worker.shard.borrow_mut().keep_recent();
        let variants = self.variants.clone().map(|variant| variant.on_worker(worker.clone()));
        let (outbox, names) = (self.trial.outbox(), RequestNames::default());
        let context = PairContext { worker, trial: self.trial.clone(), outbox, names };
        Rc::new(PairFactory { variants, context: Rc::new(context) })
    }
}

impl VuFactory for PairFactory {
    fn init(&self, ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        Box::pin(async move {
            let [a, b] = &self.variants;
            let (a, b) = (a.init(ids).await?, b.init(ids).await?);
            Ok(Box::new(PairVu::new(self.context.clone(), [a, b])) as Box<dyn Vu>)
        })
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async move {
            for variant in &self.variants {
                variant.setup().await?;
            }
            Ok(())
        })
    }

    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async move {
            let [a, b] = &self.variants;
            let (a, b) = (a.teardown().await, b.teardown().await);
            a.and(b)
        })
    }
}
