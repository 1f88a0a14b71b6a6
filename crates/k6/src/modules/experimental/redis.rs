//! Module `k6/experimental/redis`: a client of Redis, each call of which is a promise.
//!
//! A client connects when it is first asked for something, once for each virtual user, and again where its connection
//! has broken.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use rquickjs::{Array, Ctx, Exception, Function, Object, Persistent, Value};

use crate::event_loop::Completion;
use crate::modules::http::timeout;
use crate::quickjs::convert;
use crate::quickjs::vm;
use crate::state;

/// What the module exports.
pub const EXPORTS: &[&str] = &["Client"];

/// Makes the class from the host's function.
const CLASS: &str = include_str!("redis.js");

/// How long connecting may take, and one answer; the limits of k6's client.
const DIAL: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(3);

/// How deep an answer may be nested, as it is shown to the script.
const DEEPEST: usize = 64;

/// A client's way to its server.
struct Way {
    client: Client,
    config: AsyncConnectionConfig,
    connection: RefCell<Option<MultiplexedConnection>>,
}

/// Makes the module's class.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    ctx.eval::<Function<'js>, _>(CLASS)?.call((Function::new(ctx.clone(), make)?,))
}

/// `make(options)`: a function that asks the server for something: `ask(words, resolve, reject)`.
fn make<'js>(ctx: Ctx<'js>, options: Value<'js>) -> rquickjs::Result<Function<'js>> {
    let way = Rc::new(Way::read(&ctx, &options)?);
    let ask = move |ctx: Ctx<'js>, words: Array<'js>, resolve: Function<'js>, reject: Function<'js>| {
        let vu = state::current();
        if vu.in_init() {
            let text = "using the Redis client in the init context is not supported";
            return Err(Exception::throw_message(&ctx, text));
        }
        let words = words.iter::<Value<'js>>().map(|word| {
            let word = word?;
            match vm::binary(&word) {
                Some(bytes) => Ok(bytes),
                None => convert::text(&word).map(String::into_bytes),
            }
        });
        let words = words.collect::<rquickjs::Result<Vec<Vec<u8>>>>()?;
        let (resolve, reject) = (Persistent::save(&ctx, resolve), Persistent::save(&ctx, reject));
        let way = way.clone();
        vu.events.spawn(async move {
            let answer = way.ask(&words).await;
            let done: Completion = Box::new(move |ctx| match answer {
                Ok(answer) => resolve.restore(ctx)?.call((shown(ctx, answer, 0)?,)),
                Err(error) => {
                    let error = Exception::from_message(ctx.clone(), &explain(&error))?;
                    reject.restore(ctx)?.call((error,))
                }
            });
            Some(done)
        });
        Ok(())
    };
    Function::new(ctx, ask)
}

impl Way {
    fn read<'js>(ctx: &Ctx<'js>, options: &Value<'js>) -> rquickjs::Result<Self> {
        let wrong = |text: &str| Exception::throw_message(ctx, text);
        let (mut dial, mut answer) = (DIAL, ANSWER);
        let url = match options.as_object() {
            None if options.is_string() => convert::text(options)?,
            None => {
                return Err(wrong(
                    "a Redis client takes a URL such as 'redis://localhost:6379', or an object",
                ));
            }
            Some(object) => {
                for name in ["cluster", "masterName", "sentinelUsername"] {
                    if object.contains_key(name)? {
                        return Err(wrong(&format!(
                            "{name}: clusters and sentinels are not supported: name one server"
                        )));
                    }
                }
                let socket: Value<'js> = object.get("socket")?;
                let socket = socket.as_object().ok_or_else(|| {
                    wrong("a Redis client's options have a socket: { socket: { host: 'localhost', port: 6379 } }")
                })?;
                let time = |name: &str, usual: Duration| -> rquickjs::Result<Duration> {
                    let value: Value<'js> = socket.get(name)?;
                    if convert::is_some(&value) { timeout(ctx, &value) } else { Ok(usual) }
                };
                dial = time("dialTimeout", DIAL)?;
                answer = time("readTimeout", ANSWER)?;
                url_of(object, socket)?
            }
        };
        let client = Client::open(url)
            .map_err(|error| wrong(&format!("invalid options of a Redis client: {error}")))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(dial))
            .set_response_timeout(Some(answer));
        Ok(Self { client, config, connection: RefCell::default() })
    }

    async fn ask(&self, words: &[Vec<u8>]) -> Result<redis::Value, RedisError> {
        let kept = self.connection.borrow().clone();
        let mut connection = match kept {
            Some(connection) => connection,
            None => {
                let fresh = self.client.get_multiplexed_async_connection_with_config(&self.config).await?;
                *self.connection.borrow_mut() = Some(fresh.clone());
                fresh
            }
        };
        let mut command = redis::Cmd::new();
        words.iter().for_each(|word| {
            command.arg(word.as_slice());
        });
        let answer = command.query_async::<redis::Value>(&mut connection).await;
        if let Err(error) = &answer
            && (error.is_io_error() || error.is_connection_dropped() || error.is_timeout())
        {
            // A connection on which anything went wrong is not used again.
            self.connection.borrow_mut().take();
        }
        answer
    }
}

/// The URL of a server whose parts are given.
fn url_of<'js>(object: &Object<'js>, socket: &Object<'js>) -> rquickjs::Result<String> {
    let text = |of: &Object<'js>, name: &str| -> rquickjs::Result<String> {
        let value: Value<'js> = of.get(name)?;
        if convert::is_some(&value) { convert::text(&value) } else { Ok(String::new()) }
    };
    let or = |text: String, usual: &str| if text.is_empty() { usual.to_owned() } else { text };
    let (host, port) = (or(text(socket, "host")?, "localhost"), or(text(socket, "port")?, "6379"));
    let tls: Value<'js> = socket.get("tls")?;
    let mut user = (text(object, "username")?, text(object, "password")?);
    let credentials: Value<'js> = object.get("credentials")?;
    if let Some(credentials) = credentials.as_object() {
        user = (text(credentials, "username")?, text(credentials, "password")?);
    }
    let scheme = if convert::truthy(&tls) { "rediss" } else { "redis" };
    let encoded = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
    };
    let at = match (user.0.as_str(), user.1.as_str()) {
        ("", "") => String::new(),
        (name, password) => format!("{}:{}@", encoded(name), encoded(password)),
    };
    let database = or(text(object, "database")?, "0");
    Ok(format!("{scheme}://{at}{host}:{port}/{database}"))
}

/// An error in the words of its server, where it has any.
fn explain(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => format!("redis: {error}"),
    }
}

/// An answer as a value of the script.
fn shown<'js>(ctx: &Ctx<'js>, answer: redis::Value, depth: usize) -> rquickjs::Result<Value<'js>> {
    if depth > DEEPEST {
        return Err(Exception::throw_message(ctx, "redis: the answer is nested too deep"));
    }
    let text = |bytes: &[u8]| {
        rquickjs::String::from_str(ctx.clone(), &String::from_utf8_lossy(bytes))
            .map(rquickjs::String::into_value)
    };
    let list = |values: Vec<redis::Value>| {
        let array = Array::new(ctx.clone())?;
        for (index, value) in values.into_iter().enumerate() {
            array.set(index, shown(ctx, value, depth + 1)?)?;
        }
        Ok(array.into_value())
    };
    match answer {
        redis::Value::Nil => Ok(Value::new_null(ctx.clone())),
        redis::Value::Int(number) => Ok(Value::new_number(ctx.clone(), number as f64)),
        redis::Value::Double(number) => Ok(Value::new_number(ctx.clone(), number)),
        redis::Value::Boolean(flag) => Ok(Value::new_bool(ctx.clone(), flag)),
        redis::Value::BulkString(bytes) => text(&bytes),
        redis::Value::SimpleString(words) => text(words.as_bytes()),
        redis::Value::Okay => text(b"OK"),
        redis::Value::Array(values) | redis::Value::Set(values) => list(values),
        redis::Value::Map(entries) => {
            list(entries.into_iter().flat_map(|(key, value)| [key, value]).collect())
        }
        redis::Value::VerbatimString { text: words, .. } => text(words.as_bytes()),
        other => text(format!("{other:?}").as_bytes()),
    }
}
