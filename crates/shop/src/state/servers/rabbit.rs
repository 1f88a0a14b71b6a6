//! RabbitMQ carries the numbers of orders from those who accept them to those who write them.
//!
//! One task owns the connection: it publishes and waits for the server's confirmations, and reads the same queue. When the
//! connection breaks it makes a new one; meanwhile nothing is accepted. Orders that were accepted and not written are
//! published again with every new connection, since writing one twice has no effect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amqprs::callbacks::ChannelCallback;
use amqprs::channel::{
    BasicAckArguments, BasicConsumeArguments, BasicNackArguments, BasicPublishArguments, BasicQosArguments,
    Channel, ConfirmSelectArguments, ConsumerMessage, QueueDeclareArguments,
};
use amqprs::connection::{Connection, OpenConnectionArguments};
use amqprs::error::Error;
use amqprs::{Ack, BasicProperties, Cancel, CloseChannel, DELIVERY_MODE_PERSISTENT, Nack, Return};
use percent_encoding::percent_decode_str;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval, sleep, timeout};
use url::Url;

use super::orders::Writer;

/// The queue: durable, as are its messages.
const QUEUE: &str = "flashcrowd.orders";

/// Orders that are being written at a time.
const AT_ONCE: u16 = 100;

/// How long a connection may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How long to wait before the next attempt, and with an order that could not be written.
const PAUSE: Duration = Duration::from_millis(200);

/// An order to publish, and who is told that the server has it. Dropped if it may not have it.
pub(super) type Publication = (u64, oneshot::Sender<()>);

/// A connection to RabbitMQ with its two channels.
struct Session {
    connection: Connection,
    publisher: Channel,
    consumer: Channel,
    messages: mpsc::UnboundedReceiver<ConsumerMessage>,
    confirms: Confirms,
    published: u64,
}

/// Who waits for the server's confirmation, by the number of the message.
#[derive(Clone, Default)]
struct Confirms(Arc<Mutex<BTreeMap<u64, oneshot::Sender<()>>>>);

impl Confirms {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, oneshot::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out one, or all up to that number.
    fn take(&self, number: u64, up_to: bool) -> Vec<oneshot::Sender<()>> {
        let mut waiting = self.waiting();
        if !up_to {
            return waiting.remove(&number).into_iter().collect();
        }
        let later = waiting.split_off(&(number + 1));
        std::mem::replace(&mut *waiting, later).into_values().collect()
    }
}

#[async_trait::async_trait]
impl ChannelCallback for Confirms {
    async fn close(&mut self, _: &Channel, _: CloseChannel) -> Result<(), Error> {
        self.waiting().clear();
        Ok(())
    }

    async fn cancel(&mut self, _: &Channel, _: Cancel) -> Result<(), Error> {
        Ok(())
    }

    async fn flow(&mut self, _: &Channel, active: bool) -> Result<bool, Error> {
        Ok(active)
    }

    async fn publish_ack(&mut self, _: &Channel, ack: Ack) {
        for waiting in self.take(ack.delivery_tag(), ack.mutiple()) {
            // Who does not wait any more has given the order back.
            let _ = waiting.send(());
        }
    }

    async fn publish_nack(&mut self, _: &Channel, nack: Nack) {
        drop(self.take(nack.delivery_tag(), nack.multiple()));
    }

    async fn publish_return(&mut self, _: &Channel, _: Return, _: BasicProperties, _: Vec<u8>) {}
}

/// Where RabbitMQ is, from its URL.
pub(super) fn address(url: &str) -> Result<OpenConnectionArguments, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("the URL has no host")?;
    let text = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let user = if url.username().is_empty() { "guest".to_owned() } else { text(url.username()) };
    let password = url.password().map_or_else(|| "guest".to_owned(), text);
    let vhost = match text(url.path().trim_start_matches('/')) {
        vhost if vhost.is_empty() => "/".to_owned(),
        vhost => vhost,
    };
    let port = url.port().unwrap_or(5672);
    Ok(OpenConnectionArguments::new(host, port, &user, &password).virtual_host(&vhost).finish())
}

/// Tells whether the server can be used.
pub(super) async fn probe(address: &OpenConnectionArguments) -> Result<(), String> {
    let session = Session::open(address).await?;
    session.connection.close().await.map_err(|error| error.to_string())
}

/// Publishes and reads for ever; the publications end when the shop closes.
pub(super) async fn carry(
    address: OpenConnectionArguments,
    mut publications: mpsc::Receiver<Publication>,
    writer: Arc<Writer>,
) {
    loop {
        if let Ok(session) = Session::open(&address).await
            && session.serve(&mut publications, &writer).await.is_none()
        {
            return;
        }
        // Nothing is accepted meanwhile: whoever asks is told at once.
        let refusing = async { while publications.recv().await.is_some() {} };
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = refusing => return,
        }
    }
}

impl Session {
    async fn open(address: &OpenConnectionArguments) -> Result<Self, String> {
        let opening = timeout(LIMIT, Self::connect(address)).await;
        opening.map_err(|_| format!("no connection within {LIMIT:?}"))?.map_err(|error| error.to_string())
    }

    async fn connect(address: &OpenConnectionArguments) -> Result<Self, Error> {
        let connection = Connection::open(address).await?;
        let (publisher, consumer) =
            (connection.open_channel(None).await?, connection.open_channel(None).await?);
        publisher.queue_declare(QueueDeclareArguments::durable_client_named(QUEUE)).await?;
        let confirms = Confirms::default();
        publisher.register_callback(confirms.clone()).await?;
        publisher.confirm_select(ConfirmSelectArguments::default()).await?;
        consumer.basic_qos(BasicQosArguments::new(0, AT_ONCE, false)).await?;
        let (_, messages) = consumer.basic_consume_rx(BasicConsumeArguments::new(QUEUE, "")).await?;
        Ok(Self { connection, publisher, consumer, messages, confirms, published: 0 })
    }

    /// Serves until the connection breaks; none when the shop closes.
    async fn serve(
        mut self,
        publications: &mut mpsc::Receiver<Publication>,
        writer: &Arc<Writer>,
    ) -> Option<()> {
        for order in writer.unwritten().await {
            self.publish(order, oneshot::channel().0).await.ok();
        }
        let broken = self.connection.clone();
        let broken = async move { broken.listen_network_io_failure().await };
        tokio::pin!(broken);
        let mut looks = interval(PAUSE);
        loop {
            tokio::select! {
                _ = &mut broken => return Some(()),
                _ = looks.tick() => if !self.connection.is_open() || !self.publisher.is_open() { return Some(()) },
                publication = publications.recv() => {
                    let Some((order, told)) = publication else {
                        self.connection.close().await.ok();
                        return None;
                    };
                    if self.publish(order, told).await.is_err() {
                        return Some(());
                    }
                }
                message = self.messages.recv() => {
                    let message = message?;
                    tokio::spawn(written(message, self.consumer.clone(), Arc::clone(writer)));
                }
            }
        }
    }

    async fn publish(&mut self, order: u64, told: oneshot::Sender<()>) -> Result<(), Error> {
        self.published += 1;
        self.confirms.waiting().insert(self.published, told);
        let properties = BasicProperties::default().with_delivery_mode(DELIVERY_MODE_PERSISTENT).finish();
        let arguments = BasicPublishArguments::new("", QUEUE);
        self.publisher.basic_publish(properties, order.to_string().into_bytes(), arguments).await
    }
}

/// Writes the order of a message and acknowledges it, or leaves it to another attempt.
async fn written(message: ConsumerMessage, channel: Channel, writer: Arc<Writer>) {
    let Some(tag) = message.deliver.map(|deliver| deliver.delivery_tag()) else { return };
    let order = message.content.and_then(|content| String::from_utf8(content).ok()?.parse().ok());
    let is_done = match order {
        Some(order) => writer.write(order).await,
        // Not one of ours: nobody could ever write it.
        None => true,
    };
    // If it fails the connection is gone, and the message comes again.
    if is_done {
        channel.basic_ack(BasicAckArguments::new(tag, false)).await.ok();
    } else {
        sleep(PAUSE).await;
        channel.basic_nack(BasicNackArguments::new(tag, false, true)).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_defaults_and_may_be_encoded() {
        let read = |text: &str| {
            let arguments = address(text).unwrap();
            format!("{} {} {}", arguments.get_host(), arguments.get_port(), arguments.get_virtual_host())
        };
        assert_eq!(read("amqp://host"), "host 5672 /");
        assert_eq!(read("amqp://me:p%40ss@127.0.0.1:5673/%2f"), "127.0.0.1 5673 /");
        assert_eq!(read("amqp://host:1/shop"), "host 1 shop");
        assert!(address("amqp://").is_err() && address("host:1").is_err());
    }

    #[test]
    fn confirmations_are_of_one_or_of_all_before_it() {
        let confirms = Confirms::default();
        for number in 1..=5 {
            confirms.waiting().insert(number, oneshot::channel().0);
        }
        assert_eq!(confirms.take(2, false).len(), 1);
        assert_eq!(confirms.take(4, true).len(), 3);
        assert_eq!(confirms.waiting().keys().copied().collect::<Vec<_>>(), [5]);
    }
}
