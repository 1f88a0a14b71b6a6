//! The lead plays a run in the order in which every run goes: virtual users, setup, load, teardown.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{
    AbortReason, Behaviour, Control, Ended, RunEvent, RunResult, StageError, Stages, TestConfig, Whole,
};
use flashcrowd_record::LostAgent;
use flashcrowd_session::{Cost, Play, Player};
use futures_util::future::LocalBoxFuture;
use tokio::time::Instant;

use super::loading::NOTICE;
use super::state::{Event, Lead};
use crate::agent::SetupObject;
use crate::bus::Wire;
use crate::protocol::{BEAT, Phase, SETUP, TEST};

/// How long agents may take to end once the run is over.
const OVER_WITHIN: Duration = Duration::from_secs(5);

impl Lead<'_> {
    async fn run(&mut self, play: Play<'_>) -> RunResult {
        let Play { test, behaviour, control, watchers } = play;
        self.stand(&control);
        let mut whole = Whole::new(test.clone(), &control, watchers);
        self.gather((&mut whole, &control)).await;
        // Without setup the run starts with its load.
        let started = control.mark_started(test.no_setup.then(|| Instant::now() + NOTICE));
        whole.tell(&RunEvent::Started(started));
        let mut ended = Ended::default();
        if !control.is_aborted() {
            let staged = self.staged(&test, behaviour, (&mut whole, &control), started).await;
            (ended.load, ended.errors) = staged;
        }
        control.mark_ended();
        self.order(Phase::Over);
        self.see_off(&control).await;
        for end in self.roster.ends() {
            ended.lost_workers += end.lost_workers;
            ended.errors.extend(end.errors.iter().cloned().map(|wrong| wrong.error()));
            if let Some(failure) = &end.failure {
                control.mark_failed(failure.clone());
            }
        }
        // The last interval is that since the last second that was shown.
        ended.elapsed = control.elapsed().max(whole.shown() + Duration::from_millis(1));
        whole.finish(ended)
    }

    /// Setup, load and teardown. When the load was, and what went wrong.
    async fn staged(
        &mut self,
        test: &TestConfig,
        behaviour: Arc<dyn Behaviour>,
        (whole, control): (&mut Whole<'_>, &Arc<Control>),
        started: Instant,
    ) -> (Option<Range<Duration>>, Vec<StageError>) {
        let (mut load, mut errors) = (None, Vec::new());
        if test.no_setup && test.no_teardown {
            return (self.load_behind_setup((whole, control), started).await, errors);
        }
        let mut stages = Stages::start(test, behaviour, control);
        let mut is_set_up = true;
        if !test.no_setup {
            whole.tell(&RunEvent::Setup);
            let done = self.beside((whole, control), stages.setup(control)).await;
            if let Err(error) = done {
                control.abort(AbortReason::Error(error.to_string()));
                errors.push(error);
                is_set_up = false;
            }
        }
        stages.take().into_iter().for_each(|measured| whole.absorb_stage(measured));
        if is_set_up {
            load = self.load_behind_setup((whole, control), started).await;
            if !test.no_teardown {
                whole.tell(&RunEvent::Teardown);
                errors.extend(self.beside((whole, control), stages.teardown()).await.err());
            }
        }
        stages.finish().await;
        stages.take().into_iter().for_each(|measured| whole.absorb_stage(measured));
        stages.take_warnings().into_iter().for_each(|warning| whole.warn(warning));
        (load, errors)
    }

    /// The load, once agents can have what setup returned. When it was.
    async fn load_behind_setup(
        &mut self,
        (whole, control): (&mut Whole<'_>, &Control),
        started: Instant,
    ) -> Option<Range<Duration>> {
        let is_ready = !control.is_aborted() && self.hand_over_setup(control).await;
        if is_ready { Some(self.load((whole, control), started).await) } else { None }
    }

    /// Puts what setup returned where agents find it.
    async fn hand_over_setup(&self, control: &Control) -> bool {
        let setup = SetupObject { data: self.test.setup_data() };
        let object = serde_json::to_vec(&setup).expect("a JSON value is written as JSON");
        match Wire::put(&self.line.requests, SETUP, object).await {
            Ok(()) => true,
            Err(error) => {
                control.abort(AbortReason::Lost(error.to_string()));
                false
            }
        }
    }

    /// Waits for a stage; agents are heard meanwhile, and seconds pass.
    async fn beside<T>(
        &mut self,
        (whole, control): (&mut Whole<'_>, &Control),
        stage: impl Future<Output = T>,
    ) -> T {
        let mut stage = Box::pin(stage);
        loop {
            let event = tokio::select! {
                done = &mut stage => return done,
                event = self.event(control, false) => event,
            };
            self.handle(event, (whole, control));
            let elapsed = control.elapsed();
            if elapsed >= whole.shown() + Duration::from_secs(1) {
                whole.sample_vus();
                whole.tick(elapsed, false);
            }
        }
    }

    /// Waits until agents of this machine have ended, and ends those that have not.
    async fn see_off(&mut self, control: &Control) {
        let last = Instant::now() + OVER_WITHIN;
        if self.settings.placement.is_empty() {
            // So that agents of others hear of it.
            tokio::time::sleep(BEAT * 2).await;
        }
        while !self.settings.placement.is_empty() && Instant::now() < last {
            // What they still tell is not of the run.
            if let Event::Look = self.event(control, false).await {}
        }
        self.settings.placement.end();
        // Nothing of a run stays where others may read it; a bus that is lost keeps it no longer than a day.
        for object in [TEST, SETUP] {
            let _ = Wire::put(&self.line.requests, object, Vec::new()).await;
        }
    }
}

impl Player for Lead<'_> {
    fn play<'a>(&'a mut self, play: Play<'a>) -> LocalBoxFuture<'a, RunResult> {
        Box::pin(self.run(play))
    }

    fn cost(&self) -> Option<Cost> {
        Some(self.cost.clone())
    }

    fn lost(&self) -> Vec<LostAgent> {
        self.lost.clone()
    }
}
