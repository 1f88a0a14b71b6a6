//! The event loop of one virtual user: promise jobs, timers and requests that run while the script goes on.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, Stream};
use rquickjs::function::{Args, Opt, Rest};
use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Exception, FromJs, Function, Persistent, Promise, Value};

use crate::quickjs::{convert, vm};
use crate::state::{self, VuState};

/// What is done, on the virtual user's own fiber, when an operation has ended.
pub type Completion = Box<dyn for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<()>>;

type Operation = Pin<Box<dyn Future<Output = Option<Completion>>>>;
type Callback = Persistent<Function<'static>>;

/// Operations that are under way, and promises that were rejected with nobody listening.
#[derive(Default)]
pub struct EventLoop {
    operations: RefCell<FuturesUnordered<Operation>>,
    timers: RefCell<HashMap<u32, tokio::sync::oneshot::Sender<()>>>,
    last_timer: Cell<u32>,
    rejected: RefCell<Vec<(Persistent<Value<'static>>, String)>>,
}

impl EventLoop {
    /// Adds an operation; the iteration goes on until it has ended.
    pub fn spawn(&self, operation: impl Future<Output = Option<Completion>> + 'static) {
        self.operations.borrow().push(Box::pin(operation));
    }

    /// Notes that a promise was rejected, or that its rejection was handled after all.
    pub fn rejection<'js>(&self, ctx: &Ctx<'js>, promise: Value<'js>, reason: &Value<'js>, handled: bool) {
        if handled {
            self.rejected
                .borrow_mut()
                .retain(|(known, _)| known.clone().restore(ctx).is_ok_and(|known| known != promise));
        } else {
            // What was thrown is asked for its name and message, which may run the script, which may reject another.
            let text = crate::error::ScriptError::thrown(reason).text;
            self.rejected.borrow_mut().push((Persistent::save(ctx, promise), text));
        }
    }

    /// Drops everything that is under way.
    pub fn clear(&self) {
        self.operations.borrow_mut().clear();
        self.timers.borrow_mut().clear();
        self.rejected.borrow_mut().clear();
    }

    fn is_idle(&self) -> bool {
        self.operations.borrow().is_empty()
    }

    fn first_rejection(&self) -> Option<String> {
        let mut rejected = self.rejected.borrow_mut();
        let first = rejected.first().map(|(_, text)| text.clone());
        rejected.clear();
        first
    }

    fn start_timer(
        &self,
        after: Duration,
        callback: Callback,
        args: Vec<Persistent<Value<'static>>>,
        repeat: bool,
    ) -> u32 {
        let id = self.last_timer.get() + 1;
        self.last_timer.set(id);
        self.schedule(id, after, callback, args, repeat);
        id
    }

    fn schedule(
        &self,
        id: u32,
        after: Duration,
        callback: Callback,
        args: Vec<Persistent<Value<'static>>>,
        repeat: bool,
    ) {
        let (cancel, cancelled) = tokio::sync::oneshot::channel();
        self.timers.borrow_mut().insert(id, cancel);
        self.spawn(async move {
            tokio::select! {
                // A dropped sender cancels just as one that sends.
                _ = cancelled => None,
                () = tokio::time::sleep(after) => Some(fire(id, after, callback, args, repeat)),
            }
        });
    }
}

fn fire(
    id: u32,
    after: Duration,
    callback: Callback,
    args: Vec<Persistent<Value<'static>>>,
    repeat: bool,
) -> Completion {
    Box::new(move |ctx| {
        let vu = state::current();
        vu.events.timers.borrow_mut().remove(&id);
        if repeat {
            vu.events.schedule(id, after, callback.clone(), args.clone(), true);
        }
        let mut list = Args::new(ctx.clone(), args.len());
        for arg in args {
            list.push_arg(arg.restore(ctx)?)?;
        }
        callback.restore(ctx)?.call_arg::<()>(list)
    })
}

/// Runs promise jobs until there are none, or until the virtual user is interrupted: a job may always make the next one.
fn run_jobs(ctx: &Ctx<'_>, vu: &VuState) -> rquickjs::Result<()> {
    while ctx.execute_pending_job() {
        if vu.interrupted() {
            return Err(vm::uncatchable(ctx, "interrupted"));
        }
    }
    Ok(())
}

/// Runs jobs and operations until the promise has an outcome.
pub fn settle<'js, T: FromJs<'js>>(ctx: &Ctx<'js>, promise: &Promise<'js>) -> rquickjs::Result<T> {
    let vu = state::current();
    loop {
        run_jobs(ctx, &vu)?;
        if promise.state() != PromiseState::Pending {
            // Whoever awaits the promise has seen its rejection.
            vu.events.rejected.borrow_mut().retain(|(known, _)| {
                known.clone().restore(ctx).is_ok_and(|known| known != *promise.as_value())
            });
            return promise.result().unwrap_or_else(|| Err(rquickjs::Error::Unknown));
        }
        if vu.events.is_idle() {
            return Err(Exception::throw_message(ctx, "a promise that is awaited can never be settled"));
        }
        step(ctx, &vu)?;
    }
}

/// Runs everything that is under way to its end.
pub fn drain(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let vu = state::current();
    loop {
        run_jobs(ctx, &vu)?;
        if let Some(text) = vu.events.first_rejection() {
            vu.events.clear();
            return Err(Exception::throw_message(ctx, &format!("Uncaught (in promise) {text}")));
        }
        if vu.events.is_idle() {
            return Ok(());
        }
        step(ctx, &vu)?;
    }
}

/// Waits for one operation and does what it asks for.
fn step(ctx: &Ctx<'_>, vu: &VuState) -> rquickjs::Result<()> {
    let next = poll_fn(|cx| Pin::new(&mut *vu.events.operations.borrow_mut()).poll_next(cx));
    match vu.wait(ctx, next)? {
        Some(Some(completion)) => completion(ctx),
        _ => Ok(()),
    }
}

/// The timer functions, by name.
pub fn timers<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<[(&'static str, Function<'js>); 4]> {
    let function = |name, repeat| {
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, callback: Opt<Value<'js>>, rest: Rest<Value<'js>>| {
                start(&ctx, name, callback.0, rest.0, repeat)
            },
        )?
        .with_name(name)
    };
    let clear = |name| Function::new(ctx.clone(), stop)?.with_name(name);
    Ok([
        ("setTimeout", function("setTimeout", false)?),
        ("setInterval", function("setInterval", true)?),
        ("clearTimeout", clear("clearTimeout")?),
        ("clearInterval", clear("clearInterval")?),
    ])
}

fn start<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    callback: Option<Value<'js>>,
    mut rest: Vec<Value<'js>>,
    repeat: bool,
) -> rquickjs::Result<u32> {
    let Some(callback) = callback.and_then(Value::into_function) else {
        return Err(Exception::throw_type(ctx, &format!("{name}'s callback isn't a function")));
    };
    let millis = convert::number_of(Opt((!rest.is_empty()).then(|| rest.remove(0))))?;
    let after = Duration::try_from_secs_f64(millis.max(0.0) / 1000.0).unwrap_or(Duration::MAX);
    let args = rest.into_iter().map(|arg| Persistent::save(ctx, arg)).collect();
    let callback = Persistent::save(ctx, callback);
    Ok(state::with(|vu| vu.events.start_timer(after, callback, args, repeat)))
}

fn stop(id: Opt<Value<'_>>) -> rquickjs::Result<()> {
    let id = convert::number_of(id)?;
    if id >= 1.0 {
        state::with(|vu| vu.events.timers.borrow_mut().remove(&(id as u32)));
    }
    Ok(())
}
