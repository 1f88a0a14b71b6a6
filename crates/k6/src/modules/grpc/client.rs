//! A client as its script has it: what it knows of services, and its connection.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;

use flashcrowd_grpc::{Connection, Method, ReadFile, Schema, Status, reflect};
use rquickjs::{Array, Ctx, Function, Object, Persistent, Value};

use super::calls::{Outcome, Prepared, thrown};
use super::measure::add_bytes;
use super::params::{Connect, Params};
use super::{schemas, stream};
use crate::event_loop::Completion;
use crate::quickjs::convert::{self, Text};
use crate::quickjs::fiber::on_thread_stack;
use crate::state::{self, VuState};

/// A client.
#[derive(Default)]
pub struct Client {
    schema: RefCell<Schema>,
    connection: RefCell<Option<Rc<Connection>>>,
}

/// The protocol of health checks.
const HEALTH: &str = r#"syntax = "proto3"; package grpc.health.v1;
    service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }
    message HealthCheckRequest { string service = 1; }
    message HealthCheckResponse {
      enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
      ServingStatus status = 1;
    }"#;

/// The schema of health checks, made once.
fn health() -> Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    let make = || {
        let read: ReadFile = Box::new(|_| Some(Ok(HEALTH.as_bytes().into())));
        // The text above is right, which the tests of health checks show.
        Schema::parse(&["health.proto".to_owned()], read).unwrap_or_default()
    };
    SCHEMA.get_or_init(make).clone()
}

/// `make()`: a new client, as an object of the host's functions.
pub fn make<'js>(ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let client = Rc::new(Client::default());
    let object = Object::new(ctx.clone())?;
    let of = client.clone();
    let load = move |ctx: Ctx<'js>, folders: Vec<Text>, names: Vec<Text>| of.load(&ctx, folders, names);
    object.set("load", Function::new(ctx.clone(), load)?)?;
    let of = client.clone();
    let load_set = move |ctx: Ctx<'js>, Text(path): Text| of.load_set(&ctx, &path);
    object.set("loadProtoset", Function::new(ctx.clone(), load_set)?)?;
    let of = client.clone();
    let connect =
        move |ctx: Ctx<'js>, Text(address): Text, params: Value<'js>| of.connect(&ctx, &address, &params);
    object.set("connect", Function::new(ctx.clone(), connect)?)?;
    let of = client.clone();
    let invoke = move |ctx: Ctx<'js>, method: Value<'js>, request: Value<'js>, params: Value<'js>| {
        let prepared = of.prepare(&ctx, &method, &request, &params)?;
        wait_for(&ctx, prepared)
    };
    object.set("invoke", Function::new(ctx.clone(), invoke)?)?;
    let of = client.clone();
    let invoke_async = move |ctx: Ctx<'js>,
                             method: Value<'js>,
                             request: Value<'js>,
                             params: Value<'js>,
                             resolve: Function<'js>,
                             reject: Function<'js>| {
        let prepared = of.prepare(&ctx, &method, &request, &params)?;
        settle_later(&ctx, prepared, resolve, reject);
        Ok::<(), rquickjs::Error>(())
    };
    object.set("asyncInvoke", Function::new(ctx.clone(), invoke_async)?)?;
    let of = client.clone();
    let health = move |ctx: Ctx<'js>, Text(service): Text| of.health_check(&ctx, &service);
    object.set("healthCheck", Function::new(ctx.clone(), health)?)?;
    let of = client.clone();
    let open = move |ctx: Ctx<'js>, method: Value<'js>, params: Value<'js>, tell: Function<'js>| {
        let (vu, connection) = of.connected(&ctx)?;
        let method = of.method(&ctx, &method)?;
        let params = Params::read(&ctx, method, &params, true)?;
        stream::open(
            &ctx,
            &vu,
            stream::Opening { connection, schema: of.schema.borrow().clone(), params },
            tell,
        )
    };
    object.set("stream", Function::new(ctx.clone(), open)?)?;
    object.set("close", Function::new(ctx, move || drop(client.connection.take()))?)?;
    Ok(object)
}

/// Waits for what comes of a call.
fn wait_for<'js>(ctx: &Ctx<'js>, prepared: Prepared) -> rquickjs::Result<Object<'js>> {
    let vu = prepared.vu.clone();
    let outcome = vu.wait(ctx, prepared.perform())?;
    outcome.map_err(|text| thrown(ctx, &text))?.response(ctx)
}

/// Settles a promise when the call has ended.
fn settle_later<'js>(ctx: &Ctx<'js>, prepared: Prepared, resolve: Function<'js>, reject: Function<'js>) {
    let (resolve, reject) = (Persistent::save(ctx, resolve), Persistent::save(ctx, reject));
    let vu = prepared.vu.clone();
    vu.events.spawn(async move {
        let outcome = prepared.perform().await;
        let done: Completion =
            Box::new(move |ctx| match outcome.map(|outcome: Outcome| outcome.response(ctx)) {
                Ok(response) => resolve.restore(ctx)?.call((response?,)),
                Err(text) => {
                    let error = rquickjs::Exception::from_message(ctx.clone(), &text)?;
                    reject.restore(ctx)?.call((error,))
                }
            });
        Some(done)
    });
}

impl Client {
    fn load<'js>(
        &self,
        ctx: &Ctx<'js>,
        folders: Vec<Text>,
        names: Vec<Text>,
    ) -> rquickjs::Result<Array<'js>> {
        let vu = in_init(ctx, "load")?;
        let texts = |list: Vec<Text>| list.into_iter().map(|Text(text)| text).collect::<Vec<_>>();
        let (folders, names, program) = (texts(folders), texts(names), vu.program.clone());
        let found = on_thread_stack(move || schemas::parse(&program, &folders, &names));
        self.learn(ctx, found)
    }

    fn load_set<'js>(&self, ctx: &Ctx<'js>, path: &str) -> rquickjs::Result<Array<'js>> {
        let vu = in_init(ctx, "loadProtoset")?;
        let program = vu.program.clone();
        let found = on_thread_stack(move || schemas::decode(&program, path));
        self.learn(ctx, found)
    }

    /// Adds a schema; its methods are what the script is told.
    fn learn<'js>(
        &self,
        ctx: &Ctx<'js>,
        found: Result<Schema, flashcrowd_grpc::SchemaError>,
    ) -> rquickjs::Result<Array<'js>> {
        let schema = found.map_err(|error| thrown(ctx, &error.to_string()))?;
        let list = Array::new(ctx.clone())?;
        for (index, method) in schema.methods().iter().enumerate() {
            let object = Object::new(ctx.clone())?;
            object.set("package", method.package())?;
            object.set("service", method.service())?;
            object.set("full_method", method.path())?;
            list.set(index, object)?;
        }
        self.schema.borrow_mut().add(&schema);
        Ok(list)
    }

    fn connect<'js>(&self, ctx: &Ctx<'js>, address: &str, params: &Value<'js>) -> rquickjs::Result<bool> {
        let vu = state::current();
        if vu.in_init() || vu.client.is_none() {
            return Err(thrown(ctx, "connecting to a gRPC server in the init context is not supported"));
        }
        let Connect { endpoint, reflect: wants, metadata } = Connect::read(ctx, address, params)?;
        let timeout = endpoint.channel.timeout;
        let owner = vu.clone();
        let work = async move {
            let client = owner.client.as_ref().ok_or_else(|| "no connections".to_owned())?;
            let (opened, bytes) = Connection::open(client, endpoint).await;
            add_bytes(&owner, bytes);
            let connection = opened.map_err(|error| format!("connection error: {error}"))?;
            if !wants {
                return Ok((connection, None));
            }
            let found = tokio::time::timeout(timeout, reflect(&connection, client, &metadata)).await;
            add_bytes(&owner, connection.take_bytes());
            let found =
                found.map_err(|_| "error invoking reflect API: context deadline exceeded".to_owned())?;
            let schema = found.map_err(|status: Status| {
                format!(
                    "error invoking reflect API: rpc error: code = {:?} desc = {}",
                    status.code, status.message
                )
            })?;
            Ok::<_, String>((connection, Some(schema)))
        };
        let (connection, schema) = vu.wait(ctx, work)?.map_err(|text| thrown(ctx, &text))?;
        if let Some(schema) = schema {
            let schema = vu.program.schemas.of_server(address, schema);
            self.schema.borrow_mut().add(&schema);
        }
        *self.connection.borrow_mut() = Some(Rc::new(connection));
        Ok(true)
    }

    /// The virtual user and the connection; throws where there is none.
    fn connected(&self, ctx: &Ctx<'_>) -> rquickjs::Result<(Rc<VuState>, Rc<Connection>)> {
        let vu = state::current();
        if vu.in_init() || vu.client.is_none() {
            return Err(thrown(ctx, "invoking RPC methods in the init context is not supported"));
        }
        match &*self.connection.borrow() {
            Some(connection) => Ok((vu, connection.clone())),
            None => Err(thrown(ctx, "no gRPC connection, you must call connect first")),
        }
    }

    fn method<'js>(&self, ctx: &Ctx<'js>, method: &Value<'js>) -> rquickjs::Result<Method> {
        let name = if convert::is_some(method) { convert::text(method)? } else { String::new() };
        if name.is_empty() {
            return Err(thrown(ctx, "method name cannot be empty: write 'package.Service/Method'"));
        }
        let path = if name.starts_with('/') { name } else { format!("/{name}") };
        self.schema
            .borrow()
            .method(&path)
            .ok_or_else(|| thrown(ctx, &format!("method {path:?} not found in file descriptors")))
    }

    fn prepare<'js>(
        &self,
        ctx: &Ctx<'js>,
        method: &Value<'js>,
        request: &Value<'js>,
        params: &Value<'js>,
    ) -> rquickjs::Result<Prepared> {
        let (vu, connection) = self.connected(ctx)?;
        let method = self.method(ctx, method)?;
        if method.is_streaming() {
            let text = format!("{} is a stream: use new grpc.Stream(client, ...)", method.path());
            return Err(thrown(ctx, &text));
        }
        let request = as_json(ctx, request)?;
        let params = Params::read(ctx, method, params, false)?;
        Ok(Prepared { vu, connection, schema: self.schema.borrow().clone(), params, request })
    }

    fn health_check<'js>(&self, ctx: &Ctx<'js>, service: &str) -> rquickjs::Result<Object<'js>> {
        let (vu, connection) = self.connected(ctx)?;
        let schema = on_thread_stack(health);
        let Some(method) = schema.method("/grpc.health.v1.Health/Check") else {
            return Err(thrown(ctx, "health checks are not known"));
        };
        let request = serde_json::json!({ "service": service }).to_string();
        wait_for(ctx, Prepared { vu, connection, schema, params: Params::plain(method, false), request })
    }
}

/// A message of the script as JSON.
pub fn as_json<'js>(ctx: &Ctx<'js>, message: &Value<'js>) -> rquickjs::Result<String> {
    if !convert::is_some(message) {
        return Err(thrown(ctx, "request cannot be nil: give an object, such as {}"));
    }
    let text = ctx.json_stringify(message.clone())?;
    match text {
        Some(text) => convert::utf8(&text),
        None => Err(thrown(ctx, "the request is no object that JSON can show")),
    }
}

fn in_init(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<Rc<VuState>> {
    let vu = state::current();
    match vu.in_init() {
        true => Ok(vu),
        false => Err(thrown(ctx, &format!("{name} must be called in the init context"))),
    }
}
