//! An agent runs a part of a test for a lead: it joins, gets the test, makes its virtual users, begins when all do, and
//! tells every second what it measured.

use std::sync::Arc;

use flashcrowd_engine::{
    AbortReason, Begin, Control, Gate, Observer, RunEvent, RunResult, run_behind, run_here_behind,
};
use flashcrowd_session::{Play, Player};
use flashcrowd_test::{Interrupt, Test};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout};

use crate::bus::{Bus, BusError, Request, Wire};
use crate::clock::Clock;
use crate::line::{AgentLine, Told};
use crate::parts::End;
use crate::protocol::{AgentState, LEASE, Phase, Report, SETUP, TEST};
use crate::second::{Measure, Second};

/// What `setup()` returned, as an object.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SetupObject {
    pub(crate) data: Option<Value>,
}

/// Why an agent runs nothing.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The bus.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The lead is lost.
    #[error("{0}")]
    Lost(String),
    /// The run ended before this agent had a part.
    #[error("the run was over before this agent had a part of it")]
    Over,
    /// A signal.
    #[error("ended by a signal before the run began")]
    Interrupted,
}

/// An agent that has joined a run.
pub struct Agent {
    id: u64,
    line: AgentLine,
    part: usize,
    of: usize,
    /// Whether it runs on the caller's thread and clock.
    is_here: bool,
}

impl Agent {
    /// Joins the run of a bus, and waits for a part of it.
    pub async fn join(bus: Arc<dyn Bus>, name: &str, interrupt: &Interrupt) -> Result<Self, AgentError> {
        let id = fastrand::u64(..);
        let report = Report { agent: name.to_owned(), id, number: 0, state: AgentState::Joined, abort: None };
        let mut line = AgentLine::open(&bus, report)?;
        let part = async {
            loop {
                let told = line.heard.borrow_and_update().clone();
                if let Some(lost) = told.lost {
                    return Err(AgentError::Lost(lost));
                }
                if let Some(orders) = told.orders {
                    match orders.parts.get(name) {
                        _ if orders.phase == Phase::Over => return Err(AgentError::Over),
                        Some((part, owner)) if *owner == id => return Ok((*part, orders.of)),
                        Some(_) | None => {}
                    }
                }
                line.heard.changed().await.map_err(|_| BusError::Lost)?;
            }
        };
        let part = interrupt.or(part).await.unwrap_or(Err(AgentError::Interrupted));
        let (part, of) = part?;
        Ok(Self { id, line, part, of, is_here: bus.is_here() })
    }

    /// Which part it runs, counted from zero, and of how many.
    pub fn part(&self) -> (usize, usize) {
        (self.part, self.of)
    }

    /// What is run, as whoever leads has put it there.
    pub async fn test(&self) -> Result<Vec<u8>, AgentError> {
        let found = Wire::get(&self.line.requests, TEST).await?;
        found.ok_or_else(|| AgentError::Lost("the lead has put no test there".to_owned()))
    }

    /// Tells the lead that it cannot run the test, and waits until that has heard it.
    pub async fn failed(mut self, why: String) {
        self.line.report.send_modify(|report| report.state = AgentState::Failed(why));
        let over = over(&mut self.line.heard);
        // The lead may be gone meanwhile.
        let _ = timeout(LEASE * 2, over).await;
    }

    /// Plays its part of a test.
    pub fn player<'t>(self, test: &'t dyn Test) -> AgentPlayer<'t> {
        AgentPlayer { agent: self, test, measure: None, progress: None, lost: None }
    }
}

/// Plays an agent's part of a test.
pub struct AgentPlayer<'t> {
    agent: Agent,
    test: &'t dyn Test,
    measure: Option<Measure<Take>>,
    progress: Option<Progress>,
    lost: Option<String>,
}

impl AgentPlayer<'_> {
    /// Why the part that was played is missing in the run, if it is: the bus or the lead is lost, or has given this agent up.
    pub fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }
}

type Take = Box<dyn FnMut(Second)>;

impl Player for AgentPlayer<'_> {
    fn play<'a>(&'a mut self, play: Play<'a>) -> LocalBoxFuture<'a, RunResult> {
        Box::pin(async move {
            let Self { agent, test: part, measure, progress, lost } = self;
            let Play { mut test, behaviour, control, watchers } = play;
            // Whoever leads runs setup and teardown, and judges the whole.
            (test.no_setup, test.no_teardown) = (true, true);
            test.thresholds.clear();
            let AgentLine { clock, report, seconds, heard, requests } = &mut agent.line;
            let take = take(seconds.clone(), control.clone());
            let measure = measure.insert(Measure::new(control.clone(), take));
            let progress = progress.insert(Progress(report.clone()));
            let watchers = watchers.observer(measure).observer(progress);
            let gate = gate(*clock, report.clone(), heard.clone(), (requests.clone(), *part));
            let run: LocalBoxFuture<'_, RunResult> = match agent.is_here {
                false => Box::pin(run_behind(test, behaviour, control.clone(), watchers, Some(gate))),
                true => Box::pin(run_here_behind(test, behaviour, control.clone(), watchers, Some(gate))),
            };
            let result = tokio::select! {
                result = run => result,
                () = attend(agent.id, heard.clone(), report.clone(), &control) => unreachable!("it attends for ever"),
            };
            let end = End::of(&result, None);
            report.send_modify(|report| {
                // A part that could not begin has ended before anybody attended to it.
                report.abort = report.abort.take().or(result.abort.clone());
                report.state = AgentState::Done(Box::new(end));
            });
            over(heard).await;
            *lost = own_loss(&heard.borrow(), result.abort.as_ref());
            result
        })
    }

    fn is_part(&self) -> bool {
        true
    }
}

/// Why this agent is lost, if it is; that another one was, which the lead tells, is no loss of this one.
fn own_loss(told: &Told, abort: Option<&AbortReason>) -> Option<String> {
    let is_told = told.orders.as_ref().is_some_and(|orders| matches!(orders.phase, Phase::Abort(_)));
    match abort {
        _ if told.lost.is_some() => told.lost.clone(),
        Some(AbortReason::Lost(why)) if !is_told => Some(why.clone()),
        _ => None,
    }
}

/// Hands seconds to the line. Where that takes no more the lead is lost, and the load ends.
fn take(seconds: mpsc::Sender<Second>, control: Arc<Control>) -> Take {
    Box::new(move |second| {
        if seconds.try_send(second).is_err() {
            control.abort(AbortReason::Lost("the lead takes no more of what is measured".to_owned()));
        }
    })
}

/// Waits until all begin; none where nobody does.
fn gate<'a>(
    clock: Clock,
    report: watch::Sender<Report>,
    mut heard: watch::Receiver<Told>,
    (requests, test): (mpsc::Sender<Request>, &'a dyn Test),
) -> Gate<'a> {
    Box::pin(async move {
        report.send_modify(|report| report.state = AgentState::Ready);
        let (offset, started, base) = loop {
            let told = heard.borrow_and_update().clone();
            match (told.orders.map(|orders| orders.phase), told.offset) {
                (Some(Phase::Go(started, base)), Some(offset)) => break (offset, started, base),
                (Some(Phase::Abort(_) | Phase::Over), _) => return None,
                _ => heard.changed().await.ok()?,
            }
        };
        let object = Wire::get(&requests, SETUP).await.ok()??;
        let setup: SetupObject = serde_json::from_slice(&object).ok()?;
        test.take_setup_data(setup.data);
        let begin = Begin { started: clock.at(offset.here(started)), base: clock.at(offset.here(base)) };
        tokio::task::spawn_local(async move {
            sleep_until(begin.base).await;
            let late = begin.base.elapsed();
            report.send_modify(|report| report.state = AgentState::Running(late, offset.uncertain));
        });
        Some(begin)
    })
}

/// Does what the lead orders while the test runs, and tells it when the test ends before its time.
async fn attend(id: u64, mut heard: watch::Receiver<Told>, report: watch::Sender<Report>, control: &Control) {
    let orders = async {
        loop {
            let told = heard.borrow_and_update().clone();
            let reason = match (told.lost, told.orders) {
                (Some(why), _) => Some(AbortReason::Lost(why)),
                (None, Some(orders)) => match orders.phase {
                    Phase::Abort(reason) => Some(reason),
                    _ if !orders.parts.values().any(|(_, owner)| *owner == id) => {
                        Some(AbortReason::Lost("the lead has given this agent up".to_owned()))
                    }
                    _ => None,
                },
                (None, None) => None,
            };
            if let Some(reason) = reason {
                control.abort(reason);
            }
            if heard.changed().await.is_err() {
                control.abort(AbortReason::Lost("the line to the lead is lost".to_owned()));
                return std::future::pending().await;
            }
        }
    };
    let own = async {
        let reason = control.abortion().await;
        report.send_modify(|report| report.abort = Some(reason));
        std::future::pending::<()>().await
    };
    tokio::join!(orders, own);
}

/// Waits until the run is over, or the lead lost.
async fn over(heard: &mut watch::Receiver<Told>) {
    loop {
        let told = heard.borrow_and_update().clone();
        let is_over = told.orders.is_some_and(|orders| orders.phase == Phase::Over);
        if is_over || told.lost.is_some() || heard.changed().await.is_err() {
            return;
        }
    }
}

/// Reports how many virtual users are ready.
struct Progress(watch::Sender<Report>);

impl Observer for Progress {
    fn on_event(&mut self, event: &RunEvent) {
        if let RunEvent::Initializing { done, total } = event {
            self.0.send_modify(|report| report.state = AgentState::Initializing(*done, *total));
        }
    }
}
