//! The client as scripts see it: one virtual user's way to DynamoDB.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use flashcrowd_dynamodb::{Call, Client as ServiceClient, KeyRates, Operation, Reply};
use rquickjs::class::Trace;
use rquickjs::function::{Constructor, Opt, This};
use rquickjs::{Class, Ctx, Exception, Function, JsLifetime, Value};

use super::config::Settings;
use super::failure::Failure;
use super::read;
use super::shared::SharedService;
use super::watch::Counting;
use super::write::{self, Written};
use crate::quickjs::convert;
use crate::quickjs::convert::Text;
use crate::state::{self, VuState, Worker};
use crate::tags;

/// What scripts can ask for.
const METHODS: [(&str, Operation); 10] = [
    ("batchGet", Operation::BatchGetItem),
    ("batchWrite", Operation::BatchWriteItem),
    ("deleteItem", Operation::DeleteItem),
    ("getItem", Operation::GetItem),
    ("putItem", Operation::PutItem),
    ("query", Operation::Query),
    ("scan", Operation::Scan),
    ("transactGet", Operation::TransactGetItems),
    ("transactWrite", Operation::TransactWriteItems),
    ("updateItem", Operation::UpdateItem),
];

/// How many names of calls a client remembers; others are put together anew.
const KEPT: usize = 64;

/// `Client`
#[derive(JsLifetime, Trace)]
#[rquickjs::class(rename = "Client", frozen)]
pub struct Client {
    #[qjs(skip_trace)]
    service: Arc<SharedService>,
    /// The connections, and in which iteration they were opened.
    #[qjs(skip_trace)]
    session: RefCell<Option<(u64, Rc<ServiceClient>)>>,
    #[qjs(skip_trace)]
    names: RefCell<Vec<Name>>,
    /// Tables that were described before this client's next call.
    #[qjs(skip_trace)]
    described: RefCell<Vec<Arc<str>>>,
}

/// What calls of one kind have in common.
struct Name {
    operation: Operation,
    table: Arc<str>,
    index: Option<String>,
    name: Rc<str>,
}

#[rquickjs::methods]
impl Client {
    #[qjs(constructor)]
    pub fn new<'js>(ctx: Ctx<'js>, options: Opt<Value<'js>>) -> rquickjs::Result<Self> {
        let vu = state::current();
        let settings = Settings::read(&ctx, options.0, &vu.program.env)?;
        let service = vu.program.dynamodb.shared(settings);
        Ok(Self {
            service,
            session: RefCell::default(),
            names: RefCell::default(),
            described: RefCell::default(),
        })
    }
}

/// The class, for `new Client({ region: 'us-east-1' })`.
pub fn class<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Option<Constructor<'js>>> {
    let constructor = Class::<Client>::create_constructor(ctx)?;
    if let Some(prototype) = Class::<Client>::prototype(ctx)? {
        for (name, operation) in METHODS {
            prototype.set(name, method(ctx, name, operation)?)?;
        }
    }
    Ok(constructor)
}

fn method<'js>(ctx: &Ctx<'js>, name: &'static str, operation: Operation) -> rquickjs::Result<Function<'js>> {
    let ask = move |ctx: Ctx<'js>,
                    client: This<Class<'js, Client>>,
                    request: Opt<Value<'js>>,
                    params: Opt<Value<'js>>| {
        let client = client.0.borrow();
        ask(&ctx, &client, (name, operation), request.0, params.0)
    };
    Function::new(ctx.clone(), ask)?.with_name(name)
}

fn ask<'js>(
    ctx: &Ctx<'js>,
    client: &Client,
    (method, operation): (&'static str, Operation),
    request: Option<Value<'js>>,
    params: Option<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let vu = state::current();
    let worker = match &vu.worker {
        Some(worker) if !vu.in_init() => worker,
        _ => {
            let text = "making DynamoDB requests in the init context is not supported";
            return Err(Exception::throw_message(ctx, text));
        }
    };
    let Some(request) = request.as_ref().and_then(Value::as_object) else {
        let text = format!("{method} takes an object such as {{ TableName: 'Products' }}");
        return Err(Exception::throw_type(ctx, &text));
    };
    let written = write::request(ctx, method, request, operation == Operation::TransactWriteItems)?;
    let extra = extra_tags(ctx, method, params)?;
    let name = extra.as_ref().and_then(|tags| tags.get("name")).map(Rc::from);
    let call = client.call(operation, written, name);
    let base = extra.map_or_else(|| vu.tags(), |extra| vu.tags().merged(&extra));
    let Some(measures) = vu.program.dynamodb.measures() else {
        return Err(Exception::throw_message(ctx, "the metrics of DynamoDB are not defined"));
    };
    let system = &vu.settings().system_tags;
    let counted = (measures, vu.program.dynamodb.keys());
    let watch = Counting::new(worker.meters.of(base, &worker.context, counted, system));
    let outcome = vu.wait(ctx, pin!(client.send(&vu, worker, &call, &watch)))?;
    let outcome = outcome.and_then(|reply| read::answer(ctx, &reply.body));
    watch.wanted(method, outcome.as_ref().map_or_else(Failure::is_answer, |_| true));
    outcome.map_err(|failure| failure.throw(ctx, watch.attempts()))
}

/// The tags of one call.
fn extra_tags<'js>(
    ctx: &Ctx<'js>,
    method: &str,
    params: Option<Value<'js>>,
) -> rquickjs::Result<Option<flashcrowd_metrics::TagSet>> {
    let Some(params) = params.filter(convert::is_some) else { return Ok(None) };
    let Some(params) = params.as_object() else {
        let text = format!("the params of {method} are an object such as {{ tags: {{ page: 'home' }} }}");
        return Err(Exception::throw_type(ctx, &text));
    };
    for key in params.keys::<Text>() {
        let Text(key) = key?;
        if key != "tags" {
            let text = format!("{method} does not know the param '{key}': it takes tags");
            return Err(Exception::throw_type(ctx, &text));
        }
    }
    tags::optional(ctx, params.get("tags")?)
}

impl Client {
    /// Sends a call; who signs is found with the first one of all virtual users.
    async fn send(
        &self,
        vu: &VuState,
        worker: &Worker,
        call: &Call,
        watch: &Counting,
    ) -> Result<Reply, Failure> {
        if let Some(limit) = vu.program.limiter() {
            limit.wait().await;
        }
        let session = self.session(vu, worker).await?;
        let keys = vu.program.dynamodb.keys();
        self.describe(&session, &call.table, keys).await;
        let reply = session.call(call, watch).await.map_err(Failure::Fault)?;
        // A batch or a transaction names the tables it used with what it consumed of them.
        for part in &reply.consumed {
            if !self.is_described(&part.table) {
                self.describe(&session, &part.table.as_str().into(), keys).await;
            }
        }
        Ok(reply)
    }

    fn is_described(&self, table: &str) -> bool {
        self.described.borrow().iter().any(|known| **known == *table)
    }

    /// Has a table described that this client has not asked for before.
    async fn describe(&self, session: &ServiceClient, table: &Arc<str>, keys: &KeyRates) {
        if self.is_described(table) {
            return;
        }
        self.service.tables.describe(session, table, keys).await;
        let mut described = self.described.borrow_mut();
        if described.len() < KEPT {
            described.push(table.clone());
        }
    }

    async fn session(&self, vu: &VuState, worker: &Worker) -> Result<Rc<ServiceClient>, Failure> {
        let begun = vu.begun.get();
        if let Some((at, session)) = &*self.session.borrow()
            && (*at == begun || !vu.settings().no_vu_connection_reuse)
        {
            return Ok(session.clone());
        }
        let service = self.service.find().await.map_err(Failure::Credentials)?;
        let session = Rc::new(ServiceClient::new(service, worker.http.clone(), vu.ids.in_instance));
        vu.keep(&session);
        *self.session.borrow_mut() = Some((begun, session.clone()));
        Ok(session)
    }

    /// The call that a request is; its samples go under the name given, or under what is asked of which table.
    fn call(&self, operation: Operation, written: Written, name: Option<Rc<str>>) -> Call {
        let Written { body, table, index } = written;
        let mut names = self.names.borrow_mut();
        let known = names
            .iter()
            .find(|known| known.operation == operation && *known.table == *table && known.index == index);
        let (table, usual) = match known {
            Some(known) => (known.table.clone(), known.name.clone()),
            None => {
                let on = index.as_ref().map(|index| format!("/{index}")).unwrap_or_default();
                let usual: Rc<str> = format!("{} {table}{on}", operation.name()).into();
                let table: Arc<str> = table.into();
                if names.len() < KEPT {
                    names.push(Name { operation, table: table.clone(), index, name: usual.clone() });
                }
                (table, usual)
            }
        };
        Call { operation, table, name: name.unwrap_or(usual), body }
    }
}
