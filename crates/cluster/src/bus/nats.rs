//! The NATS bus: messages over core NATS, objects in an object store of JetStream. Every run has subjects and a bucket of its
//! own.

use std::fmt;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::CreateObjectStoreError;
use async_nats::jetstream::object_store::{Config, ObjectStore};
use async_nats::{Client, Subscriber};
use flashcrowd_record::without_secrets;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::access::NatsAccess;
use super::chunks::{Chunks, cut};
use super::error::BusError;
use super::wire::{Bus, Heard, QUEUE, Request, Subject, Wire};

/// How long a connection, and what is asked of JetStream, may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How long the server may be away: less than a lease, so that the bus is named, and not who is silent because of it.
const AWAY: Duration = Duration::from_secs(4);
/// How long objects are kept that nobody removed.
const KEPT: Duration = Duration::from_secs(86_400);
/// How long somebody else may take to make the store of objects.
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// What a message needs besides its content.
const MARGIN: usize = 1024;

/// A NATS server, and the run on it.
#[derive(Clone)]
pub struct NatsBus {
    url: String,
    run: String,
    access: NatsAccess,
}

impl fmt::Debug for NatsBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsBus").field("run", &self.run).finish_non_exhaustive()
    }
}

impl NatsBus {
    /// The run of that name on a server, `nats://` or `tls://`.
    pub fn new(url: &str, run: &str, access: NatsAccess) -> Self {
        Self { url: url.to_owned(), run: run.to_owned(), access }
    }
}

impl Bus for NatsBus {
    fn address(&self) -> String {
        without_secrets(&self.url).into_owned()
    }

    fn connect(&self, listens_to: Subject) -> BoxFuture<'static, Result<Wire, BusError>> {
        let (bus, address) = (self.clone(), self.address());
        Box::pin(async move {
            let wrong = |why: String| BusError::Connect { address: address.clone(), why };
            let opened = timeout(WITHIN * 2, Opened::new(&bus, listens_to)).await;
            let opened = opened.map_err(|_| wrong("no answer".to_owned()))?.map_err(wrong)?;
            let (requests, asked) = mpsc::channel(QUEUE);
            let (tell, heard) = mpsc::channel(QUEUE);
            tokio::spawn(opened.keep(asked, tell));
            Ok(Wire { requests, heard })
        })
    }
}

struct Opened {
    address: String,
    prefix: String,
    client: Client,
    messages: Subscriber,
    objects: ObjectStore,
}

impl Opened {
    async fn new(bus: &NatsBus, listens_to: Subject) -> Result<Self, String> {
        let options = bus.access.options()?;
        let told = |error: &dyn fmt::Display| without_secrets(&error.to_string()).into_owned();
        let options = options.name("flashcrowd").connection_timeout(WITHIN).request_timeout(Some(WITHIN));
        let client = options.connect(&bus.url).await.map_err(|error| told(&error))?;
        let prefix = format!("flashcrowd.{}", bus.run);
        let subject = format!("{prefix}.{}", listens_to.name());
        let messages = client.subscribe(subject).await.map_err(|error| told(&error))?;
        client.flush().await.map_err(|error| told(&error))?;
        let config = Config { bucket: format!("flashcrowd-{}", bus.run), max_age: KEPT, ..Config::default() };
        let objects = made(&async_nats::jetstream::new(client.clone()), config).await;
        let objects = objects.map_err(|error| {
            format!("its JetStream gives no object store, start nats-server with -js: {}", told(&error))
        })?;
        Ok(Self { address: bus.address(), prefix, client, messages, objects })
    }

    async fn keep(self, mut asked: mpsc::Receiver<Request>, tell: mpsc::Sender<Heard>) {
        let Self { address, prefix, client, mut messages, objects } = self;
        let (mut chunks, mut away) = (Chunks::default(), None::<Instant>);
        let mut looks = interval(Duration::from_millis(500));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let failed = |why: String| BusError::Failed { address: address.clone(), why };
        loop {
            tokio::select! {
                request = asked.recv() => match request {
                    None => return,
                    Some(Request::Publish(subject, message)) => {
                        let most = client.server_info().max_payload.saturating_sub(MARGIN);
                        for chunk in cut(fastrand::u64(..), &message, most) {
                            // What does not arrive is told again.
                            let _ = client.publish(format!("{prefix}.{}", subject.name()), chunk.into()).await;
                        }
                    }
                    Some(Request::Put(name, object, answer)) => {
                        let put = timeout(WITHIN, objects.put(name.as_str(), &mut &object[..])).await;
                        // Who asked may be gone.
                        let _ = answer.send(match put {
                            Ok(Ok(_)) => Ok(()),
                            Ok(Err(error)) => Err(failed(error.to_string())),
                            Err(_) => Err(failed("an object was not taken within 10 s".to_owned())),
                        });
                    }
                    Some(Request::Get(name, answer)) => {
                        let got = timeout(WITHIN, get(&objects, &name)).await;
                        let late = || Err("an object did not come within 10 s".to_owned());
                        let _ = answer.send(got.unwrap_or_else(|_| late()).map_err(failed));
                    }
                },
                message = messages.next() => {
                    let Some(message) = message else {
                        let _ = tell.send(Heard::Lost("it was closed".to_owned())).await;
                        return;
                    };
                    if let Some(whole) = chunks.take(&message.payload)
                        && tell.send(Heard::Message(whole)).await.is_err()
                    {
                        return;
                    }
                }
                _ = looks.tick() => {
                    let is_here = client.connection_state() == State::Connected;
                    away = (!is_here).then(|| away.unwrap_or_else(Instant::now));
                    if away.is_some_and(|since| since.elapsed() > AWAY) {
                        let why = format!("{address} was away for {} s", AWAY.as_secs());
                        let _ = tell.send(Heard::Lost(why)).await;
                        return;
                    }
                }
            }
        }
    }
}

/// The store of objects. Who comes while another makes it may be refused, and asks again.
async fn made(context: &Context, config: Config) -> Result<ObjectStore, CreateObjectStoreError> {
    match context.create_object_store(config.clone()).await {
        Err(_) => {
            sleep(AGAIN_AFTER).await;
            context.create_object_store(config).await
        }
        made => made,
    }
}

async fn get(objects: &ObjectStore, name: &str) -> Result<Option<Vec<u8>>, String> {
    use async_nats::jetstream::object_store::GetErrorKind;

    match objects.get(name).await {
        Err(error) if error.kind() == GetErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
        Ok(mut object) => {
            let mut bytes = Vec::new();
            object.read_to_end(&mut bytes).await.map_err(|error| error.to_string())?;
            Ok(Some(bytes))
        }
    }
}
