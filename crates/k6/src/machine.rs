//! A machine is one virtual user's script at work: a fiber with a VM that carries out commands.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use flashcrowd_engine::ActiveScenario;
use flashcrowd_http::{Jar, SpanKind};
use flashcrowd_metrics::GroupId;
use rquickjs::{Ctx, Exception, Function, Object, Value};
use tokio::time::Instant;

use crate::error::ScriptError;
use crate::event_loop;
use crate::globals;
use crate::imports::{self, Imports};
use crate::modules::k6::set_random_seed;
use crate::quickjs::convert::{self, Text};
use crate::quickjs::fiber::{self, Fiber};
use crate::quickjs::{memory, throws, vm};
use crate::state::{self, Phase, VuState};
use crate::wall;
use flashcrowd_test::SummaryFiles;
use flashcrowd_test::{Level, Source};

/// How long a script may compute until others on its thread get their turn.
const SLICE: Duration = Duration::from_micros(200);
/// How often a machine that is dropped is polled for its end.
const LAST_POLLS: usize = 1000;

/// How JSON.stringify sees the data of setup: as Go, k6's language, would write it.
const SETUP_DATA: &str = "
(function (key, value) {
  if (value === undefined) return null;
  if (!(this[key] instanceof Date)) return value;
  return value && value.replace(/\\.(\\d*?)0*Z$/, (_, digits) => (digits ? `.${digits}Z` : 'Z'));
})";

/// What a machine can be asked to do.
pub enum Command {
    /// Run the scenario's function once.
    Iterate,
    /// Run `setup` and answer its result as JSON.
    Setup,
    /// Run `teardown` with the data of setup.
    Teardown,
    /// Run `handleSummary` with this JSON.
    Summary(String),
    /// Look at what the script exports.
    Describe,
}

/// What a machine answers.
#[derive(Debug)]
pub enum Reply {
    /// The script's top level ran.
    Ready,
    /// It was done; the text is `setup`'s result as JSON, if there is one.
    Done(Option<String>),
    /// What the script exports.
    Description(Description),
    /// What `handleSummary` wants written, by destination.
    Files(SummaryFiles),
    /// The script threw.
    Failed(ScriptError),
    /// It was interrupted.
    Interrupted,
}

/// What a script exports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// `export const options`, as JSON.
    pub options: serde_json::Value,
    /// The names of exported functions.
    pub functions: Vec<String>,
}

/// The two sides of a fiber.
#[derive(Default)]
struct Mailbox {
    command: RefCell<Option<Command>>,
    reply: RefCell<Option<Reply>>,
    stop: Cell<bool>,
}

impl Mailbox {
    /// Waits for the next command; none once the machine is to stop.
    fn next_command(&self) -> Option<Command> {
        fiber::suspend_until(&mut |_| self.stop.get() || self.command.borrow().is_some());
        self.command.take().filter(|_| !self.stop.get())
    }
}

/// One virtual user's script at work.
pub struct Machine {
    fiber: Fiber,
    mailbox: Rc<Mailbox>,
    /// The virtual user.
    pub vu: Rc<VuState>,
}

impl Machine {
    /// A machine whose first reply tells whether the script's top level ran.
    pub fn new(vu: VuState) -> std::io::Result<Self> {
        let vu = Rc::new(vu);
        let mailbox = Rc::new(Mailbox::default());
        let (inner_vu, inner_box) = (vu.clone(), mailbox.clone());
        let fiber = Fiber::new(move || live(&inner_vu, &inner_box))?;
        Ok(Self { fiber, mailbox, vu })
    }

    /// Drives the machine until it replies.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Reply> {
        let done = state::enter(&self.vu, || self.fiber.poll(cx));
        match (self.mailbox.reply.take(), done) {
            (Some(reply), _) => Poll::Ready(reply),
            (None, Poll::Pending) => Poll::Pending,
            (None, Poll::Ready(())) => {
                Poll::Ready(Reply::Failed(ScriptError::new("the script's machine has stopped")))
            }
        }
    }

    /// Waits for the next reply.
    pub async fn reply(&mut self) -> Reply {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Waits for the script's top level, which is ended when the time is over.
    pub async fn load(&mut self, limit: Duration) -> Reply {
        if let Ok(reply) = tokio::time::timeout(limit, self.reply()).await {
            return reply;
        }
        self.vu.set_interrupted(true);
        let reply = match self.reply().await {
            Reply::Failed(error) if error.interrupted => Reply::Failed(error.too_long(limit)),
            reply => reply,
        };
        self.vu.set_interrupted(false);
        reply
    }

    /// Gives the machine something to do; [`Machine::poll`] drives it.
    pub fn command(&self, command: Command) {
        *self.mailbox.command.borrow_mut() = Some(command);
    }

    /// Has something done and waits for the reply. When the time is over the script is interrupted.
    pub async fn run(&mut self, command: Command, timeout: Option<Duration>) -> Reply {
        self.command(command);
        let Some(timeout) = timeout else { return self.reply().await };
        match tokio::time::timeout(timeout, self.reply()).await {
            Ok(reply) => reply,
            Err(_) => {
                self.vu.set_interrupted(true);
                self.reply().await
            }
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.mailbox.stop.set(true);
        self.vu.set_interrupted(true);
        let mut cx = Context::from_waker(futures_util::task::noop_waker_ref());
        for _ in 0..LAST_POLLS {
            if state::enter(&self.vu, || self.fiber.poll(&mut cx)).is_ready() {
                return;
            }
        }
    }
}

/// The life of a virtual user on its fiber.
fn live(vu: &Rc<VuState>, mailbox: &Rc<Mailbox>) {
    let context = match vm::new(vu.program.builtins(), interrupt_handler(vu)) {
        Ok(context) => context,
        Err(error) => {
            *mailbox.reply.borrow_mut() = Some(Reply::Failed(ScriptError::new(error.to_string())));
            return;
        }
    };
    let imports = || Imports(vu.program.clone());
    context.runtime().set_loader(imports(), imports());
    context.runtime().set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
        state::with(|vu| vu.events.rejection(&ctx, promise, &reason, handled));
    })));
    context.with(|ctx| serve(&ctx, vu, mailbox));
    vu.events.clear();
    context.runtime().run_gc();
}

/// Ends interrupted scripts, and lets others on the thread have their turn when a script computes for long.
fn interrupt_handler(vu: &Rc<VuState>) -> impl FnMut() -> bool + 'static {
    let vu = vu.clone();
    let mut slice = (u64::MAX, Instant::now());
    move || {
        if vu.interrupted() {
            return true;
        }
        memory::look_sometimes();
        let resumes = fiber::resumes();
        if slice.0 != resumes {
            slice = (resumes, Instant::now());
        } else if slice.1.elapsed() > SLICE {
            fiber::wait(tokio::task::yield_now());
        }
        vu.interrupted()
    }
}

fn serve(ctx: &Ctx<'_>, vu: &Rc<VuState>, mailbox: &Rc<Mailbox>) {
    let mut script = match Script::load(ctx, vu) {
        Ok(script) => {
            *mailbox.reply.borrow_mut() = Some(Reply::Ready);
            script
        }
        Err(error) => {
            *mailbox.reply.borrow_mut() = Some(Reply::Failed(ScriptError::caught(ctx, error)));
            return;
        }
    };
    while let Some(command) = mailbox.next_command() {
        let reply = script.carry_out(command);
        *mailbox.reply.borrow_mut() = Some(reply);
    }
}

/// A loaded script in its VM.
struct Script<'js> {
    ctx: Ctx<'js>,
    vu: Rc<VuState>,
    exports: Object<'js>,
    /// The function of the scenario that the virtual user works for.
    function: Option<(usize, Function<'js>)>,
    setup_data: Option<Value<'js>>,
    /// The scenario that `__ENV` was last looked at for, and whether it had an environment of its own.
    env_of: Option<usize>,
    own_env: bool,
}

impl<'js> Script<'js> {
    fn load(ctx: &Ctx<'js>, vu: &Rc<VuState>) -> rquickjs::Result<Self> {
        globals::install(ctx)?;
        let module = imports::declare(&vu.program, ctx, &vu.program.entry)?;
        let (module, promise) = module.eval()?;
        event_loop::settle::<Value<'js>>(ctx, &promise)?;
        event_loop::drain(ctx)?;
        let exports = module.namespace()?;
        Ok(Self {
            ctx: ctx.clone(),
            vu: vu.clone(),
            exports,
            function: None,
            setup_data: None,
            env_of: None,
            own_env: false,
        })
    }

    fn carry_out(&mut self, command: Command) -> Reply {
        let result = match command {
            Command::Iterate => return self.iterate(),
            Command::Describe => self.describe().map(Reply::Description),
            Command::Setup => self.stage(Phase::Setup, "setup").map(Reply::Done),
            Command::Teardown => self.stage(Phase::Teardown, "teardown").map(|_| Reply::Done(None)),
            Command::Summary(data) => self.summary(&data).map(Reply::Files),
        };
        result.unwrap_or_else(|error| self.failed(error))
    }

    fn failed(&self, error: rquickjs::Error) -> Reply {
        let error = ScriptError::caught(&self.ctx, error);
        if error.interrupted || self.vu.interrupted() { Reply::Interrupted } else { Reply::Failed(error) }
    }

    fn iterate(&mut self) -> Reply {
        self.vu.phase.set(Phase::Iteration);
        if memory::is_short() {
            // What another iteration left behind may be enough for this one.
            self.ctx.run_gc();
            memory::look_now();
        }
        if let Some(client) = &self.vu.client {
            client.begin_iteration();
        }
        let result = self.one_iteration();
        self.end_span(result.is_err());
        self.vu.set_group(GroupId::ROOT);
        if result.is_err() {
            self.vu.events.clear();
        }
        self.vu.flush_bytes();
        self.tidy();
        match result.map_err(|error| self.failed(error)) {
            Ok(()) => Reply::Done(None),
            Err(reply) => {
                if let Reply::Failed(error) = &reply {
                    self.vu.log(Level::Error, Source::StackTrace, &error.text);
                    throws::forget(&self.ctx);
                }
                reply
            }
        }
    }

    /// Tells of the iteration, where traces are asked for.
    fn end_span(&self, failed: bool) {
        let Some(client) = &self.vu.client else { return };
        client.end_iteration(|| {
            let scenario = self.vu.scenario.borrow();
            let iteration = self.vu.iteration.get();
            SpanKind::Iteration {
                scenario: scenario.as_ref().map(|scenario| scenario.name.clone()).unwrap_or_default(),
                vu: self.vu.ids.in_test,
                number: iteration.map_or(0, |iteration| iteration.in_test),
                failed,
            }
        });
    }

    fn one_iteration(&mut self) -> rquickjs::Result<()> {
        let Some(scenario) = self.vu.scenario.borrow().clone() else { return Ok(()) };
        if self.env_of != Some(scenario.index) {
            // A scenario without an environment of its own keeps what the script may have changed, but not what the
            // virtual user's last scenario had.
            if self.own_env || !scenario.env.is_empty() {
                globals::set_env(&self.ctx, &self.vu.program.env, &scenario.env)?;
            }
            self.own_env = !scenario.env.is_empty();
            self.env_of = Some(scenario.index);
        }
        self.vu.begun.set(self.vu.begun.get() + 1);
        if let Some(seed) = self.vu.iteration.get().and_then(|iteration| iteration.seed) {
            set_random_seed(&self.ctx, seed)?;
        }
        let function = self.function(&scenario)?;
        let data = self.setup_data()?;
        let value: Value<'js> = function.call((data,))?;
        self.finish(value)?;
        event_loop::drain(&self.ctx)
    }

    /// Waits for the value if it is a promise.
    fn finish(&self, value: Value<'js>) -> rquickjs::Result<Value<'js>> {
        match value.as_promise() {
            None => Ok(value),
            Some(promise) => event_loop::settle(&self.ctx, promise).map_err(|error| self.in_promise(error)),
        }
    }

    fn in_promise(&self, error: rquickjs::Error) -> rquickjs::Error {
        let thrown = ScriptError::caught(&self.ctx, error);
        if thrown.interrupted {
            return vm::uncatchable(&self.ctx, "interrupted");
        }
        Exception::throw_message(&self.ctx, &format!("Uncaught (in promise) {}", thrown.text))
    }

    fn function(&mut self, scenario: &ActiveScenario) -> rquickjs::Result<Function<'js>> {
        if let Some((index, function)) = &self.function
            && *index == scenario.index
        {
            return Ok(function.clone());
        }
        let Some(function) = self.exported(&scenario.exec) else {
            let text = format!("function '{}' not found in exports", scenario.exec);
            return Err(Exception::throw_message(&self.ctx, &text));
        };
        self.function = Some((scenario.index, function.clone()));
        Ok(function)
    }

    fn exported(&self, name: &str) -> Option<Function<'js>> {
        let value: Value<'js> = self.exports.get(name).ok()?;
        if let Some(function) = value.clone().into_function() {
            return Some(function);
        }
        self.commonjs_exports()?.get(name).ok()
    }

    /// A CommonJS script's `module.exports` is the module's default export.
    fn commonjs_exports(&self) -> Option<Object<'js>> {
        let value: Value<'js> = self.exports.get("default").ok()?;
        if value.is_function() { None } else { value.into_object() }
    }

    fn setup_data(&mut self) -> rquickjs::Result<Value<'js>> {
        if let Some(data) = &self.setup_data {
            return Ok(data.clone());
        }
        let data = self.fresh_setup_data()?;
        self.setup_data = Some(data.clone());
        Ok(data)
    }

    fn fresh_setup_data(&self) -> rquickjs::Result<Value<'js>> {
        match self.vu.program.setup_data.get() {
            Some(Some(json)) => self.ctx.json_parse(json.as_str()),
            _ => Ok(Value::new_undefined(self.ctx.clone())),
        }
    }

    /// Cookies and connections do not outlive the iteration, unless they are to.
    fn tidy(&self) {
        let settings = self.vu.settings();
        if !settings.no_cookies_reset && !self.vu.jar.borrow().borrow().is_empty() {
            *self.vu.jar.borrow_mut() = Rc::new(RefCell::new(Jar::new(wall::now())));
        }
        if settings.no_vu_connection_reuse
            && let Some(client) = &self.vu.client
        {
            client.close_idle();
        }
    }

    fn stage(&mut self, phase: Phase, name: &str) -> rquickjs::Result<Option<String>> {
        let Some(function) = self.exported(name) else { return Ok(None) };
        self.vu.phase.set(phase);
        if let Some(worker) = &self.vu.worker {
            let tree = worker.context.shard.borrow().plan().tree.clone();
            self.vu.set_group(tree.stage(name));
        }
        let data = self.fresh_setup_data()?;
        let value: Value<'js> = function.call((data,))?;
        let value = self.finish(value)?;
        event_loop::drain(&self.ctx)?;
        self.vu.flush_bytes();
        if value.is_undefined() {
            return Ok(None);
        }
        let replacer: Function<'js> = self.ctx.eval(SETUP_DATA)?;
        let json = self.ctx.json_stringify_replacer(value, replacer)?;
        json.map(|text| text.to_string()).transpose()
    }

    fn summary(&mut self, data: &str) -> rquickjs::Result<SummaryFiles> {
        let Some(function) = self.exported("handleSummary") else { return Ok(None) };
        self.vu.phase.set(Phase::Summary);
        let data: Value<'js> = self.ctx.json_parse(data)?;
        let value: Value<'js> = function.call((data,))?;
        let value = self.finish(value)?;
        let Some(object) = value.as_object() else { return Ok(None) };
        let mut files = Vec::new();
        for entry in object.props::<Text, Value<'js>>() {
            let (Text(path), content) = entry?;
            let bytes = match (vm::binary(&content), content.as_string()) {
                (Some(bytes), _) => bytes,
                (None, Some(text)) => convert::utf8(text)?.into_bytes(),
                (None, None) => content.get::<String>()?.into_bytes(),
            };
            files.push((path, bytes));
        }
        Ok(Some(files))
    }

    fn describe(&self) -> rquickjs::Result<Description> {
        let mut objects = vec![self.exports.clone()];
        objects.extend(self.commonjs_exports());
        let mut description = Description::default();
        for object in objects {
            for entry in object.props::<Text, Value<'js>>() {
                let (Text(name), value) = entry?;
                if value.is_function() && !description.functions.contains(&name) {
                    description.functions.push(name);
                } else if name == "options" && value.is_object() {
                    let json = self.ctx.json_stringify(value)?.map(|text| text.to_string()).transpose()?;
                    description.options =
                        json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
                }
            }
        }
        Ok(description)
    }
}
