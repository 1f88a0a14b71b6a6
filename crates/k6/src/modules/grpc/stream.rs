//! Streams: messages that a script writes, and events that it is told of.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::UNIX_EPOCH;

use flashcrowd_grpc::{
    Code, Connection, DynamicMessage, Event, MessageDescriptor, Receiver, Schema, Sender, Status, from_json,
    to_json,
};
use rquickjs::{Ctx, Function, Object, Persistent, Value};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::calls::thrown;
use super::client::as_json;
use super::measure::Measure;
use super::params::Params;
use crate::event_loop::Completion;
use crate::state::VuState;
use crate::wall;

/// What a stream is opened with.
pub struct Opening {
    /// The way to the server.
    pub connection: Rc<Connection>,
    /// What is known of its messages.
    pub schema: Schema,
    /// What the call has beside its messages.
    pub params: Params,
}

/// The script's side of a stream.
struct Link {
    measure: Measure,
    schema: Schema,
    discard: bool,
    deadline: Option<Instant>,
    queue: RefCell<VecDeque<DynamicMessage>>,
    queued: Notify,
    /// Whether the script has no more messages.
    is_finished: Cell<bool>,
    /// Whether the call has ended.
    is_over: Cell<bool>,
    over: Notify,
}

/// What a script is told next.
enum Told {
    Message(Option<String>),
    End(Status),
}

/// Opens a stream; the script writes to the object that it gets, and `tell` is called with what happens.
pub fn open<'js>(
    ctx: &Ctx<'js>,
    vu: &Rc<VuState>,
    opening: Opening,
    tell: Function<'js>,
) -> rquickjs::Result<Object<'js>> {
    let Opening { connection, schema, params: Params { call, tags, discard } } = opening;
    let measure = Measure::begin(vu, &connection, &call.method, tags.as_ref());
    measure.stream();
    let link = Rc::new(Link {
        measure,
        schema,
        discard,
        deadline: call.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        queue: RefCell::default(),
        queued: Notify::new(),
        is_finished: Cell::new(false),
        is_over: Cell::new(false),
        over: Notify::new(),
    });
    let input = call.method.input();
    let object = object(ctx, &link, input)?;
    let tell = Persistent::save(ctx, tell);
    let owner = vu.clone();
    vu.events.spawn(async move {
        let client = owner.client.as_ref()?;
        let opened = connection.stream(client, &call).await;
        let done: Completion = Box::new(move |ctx| match opened {
            Ok((sender, receiver)) => {
                owner.events.spawn(write_all(link.clone(), sender));
                listen(&owner, link, receiver, tell);
                Ok(())
            }
            Err(status) => link.end(ctx, status, tell),
        });
        Some(done)
    });
    Ok(object)
}

/// The stream as an object of the script.
fn object<'js>(ctx: &Ctx<'js>, link: &Rc<Link>, input: MessageDescriptor) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let to = link.clone();
    let write = move |ctx: Ctx<'js>, message: Value<'js>| -> rquickjs::Result<bool> {
        if to.is_finished.get() || to.is_over.get() {
            return Ok(false);
        }
        let text = as_json(&ctx, &message)?;
        let input = input.clone();
        let message = crate::quickjs::fiber::on_thread_stack(move || from_json(input, &text));
        let message = message.map_err(|error| {
            thrown(&ctx, &format!("can't serialise request object to protocol buffer: {error}"))
        })?;
        to.queue.borrow_mut().push_back(message);
        to.queued.notify_one();
        Ok(true)
    };
    object.set("write", Function::new(ctx.clone(), write)?)?;
    let to = link.clone();
    let end = move || {
        to.is_finished.set(true);
        to.queued.notify_one();
    };
    object.set("end", Function::new(ctx.clone(), end)?)?;
    Ok(object)
}

/// Writes what the script has for the server, until there is no more of it or the call is over.
async fn write_all(link: Rc<Link>, mut sender: Sender) -> Option<Completion> {
    let write = async {
        loop {
            let next = link.queue.borrow_mut().pop_front();
            match next {
                // Why a message cannot be sent comes as the end of the call.
                Some(message) => {
                    sender.send(&message).await.ok()?;
                    link.measure.sent();
                }
                None if link.is_finished.get() => {
                    sender.end().await.ok()?;
                    return Some(());
                }
                None => link.queued.notified().await,
            }
        }
    };
    tokio::select! {
        _ = write => {}
        () = link.over.notified() => return None,
    }
    // The other side may go on until it has ended as well; dropping the sender would end it here.
    if !link.is_over.get() {
        link.over.notified().await;
    }
    None
}

/// Waits for what the server sends next, tells it to the script, and goes on until the end.
fn listen(vu: &Rc<VuState>, link: Rc<Link>, mut receiver: Receiver, tell: Persistent<Function<'static>>) {
    let owner = vu.clone();
    vu.events.spawn(async move {
        let told = link.next(&mut receiver).await;
        let ts =
            wall::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1e3).floor();
        let done: Completion = Box::new(move |ctx| match told {
            Told::Message(text) => {
                let call = tell.clone().restore(ctx)?;
                let message = match text {
                    Some(text) => ctx.json_parse(text)?,
                    None => Value::new_undefined(ctx.clone()),
                };
                listen(&owner, link, receiver, tell);
                call.call(("data", message, ts))
            }
            Told::End(status) => {
                drop(receiver);
                link.end(ctx, status, tell)
            }
        });
        Some(done)
    });
}

impl Link {
    async fn next(&self, receiver: &mut Receiver) -> Told {
        let event = match self.deadline {
            None => receiver.next().await,
            Some(deadline) => match tokio::time::timeout_at(deadline, receiver.next()).await {
                Ok(event) => event,
                Err(_) => {
                    return Told::End(Status::new(Code::DeadlineExceeded, "context deadline exceeded"));
                }
            },
        };
        match event {
            Event::End(status) => Told::End(status),
            Event::Message(message) => {
                self.measure.received();
                if self.discard {
                    return Told::Message(None);
                }
                match to_json(&message, &self.schema) {
                    Ok(text) => Told::Message(Some(text)),
                    Err(error) => Told::End(Status::new(
                        Code::Internal,
                        format!("cannot show a message as JSON: {error}"),
                    )),
                }
            }
        }
    }

    /// Tells the script that the call has ended: what went wrong, if anything did, then the end.
    fn end<'js>(
        &self,
        ctx: &Ctx<'js>,
        status: Status,
        tell: Persistent<Function<'static>>,
    ) -> rquickjs::Result<()> {
        self.is_over.set(true);
        self.over.notify_one();
        self.measure.end(&status);
        let tell = tell.restore(ctx)?;
        let ts =
            wall::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1e3).floor();
        let shown: Value<'js> = ctx.json_parse(status.to_json(&self.schema))?;
        if !status.is_ok() {
            tell.call::<_, ()>(("error", shown.clone(), ts))?;
        }
        tell.call::<_, ()>(("status", shown, ts))?;
        tell.call(("end", Value::new_undefined(ctx.clone()), ts))
    }
}
