//! RabbitMQ tells of its queues by its management API, under the names that its Prometheus plugin gives them.

use std::cmp::Reverse;

use serde_json::Value;

use crate::source::{ReadFuture, Reading, Source, SourceError, SourceKind};
use crate::web::Web;

/// RabbitMQ as a kind of source.
pub(crate) const RABBITMQ: SourceKind = SourceKind {
    name: "rabbitmq",
    schemes: &["rabbitmq", "rabbitmqs"],
    help: "RabbitMQ's queues, by the management plugin: messages ready and unacknowledged, consumers, rates",
    example: "rabbitmq://guest:guest@localhost:15672",
    open: |url, http| {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| SourceError::of_url(url, NO_HOST))?;
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if place.is_empty() {
            return Err(SourceError::of_url(url, NO_HOST));
        }
        let secure = if scheme.eq_ignore_ascii_case("rabbitmqs") { "s" } else { "" };
        let address =
            format!("http{secure}://{place}/api/queues?disable_stats=false&enable_queue_totals=true");
        let web = Web::open(url, &[address], http, TOO_LONG)?;
        let name = SourceError::of_url(&format!("{scheme}://{place}"), "").name;
        Ok(Box::new(RabbitMq { name, web }))
    },
};

const NO_HOST: &str = "it has no host: write one such as rabbitmq://guest:guest@localhost:15672";

/// A longer list of queues is not read.
const TOO_LONG: usize = 16 << 20;

/// How many queues are kept apart, the longest first; of more, all of them together are kept as well.
const FEW: usize = 20;

/// Fields of a queue, and the series they become.
const FIELDS: [(&str, &str); 7] = [
    ("/messages_ready", "rabbitmq_queue_messages_ready"),
    ("/messages_unacknowledged", "rabbitmq_queue_messages_unacked"),
    ("/messages", "rabbitmq_queue_messages"),
    ("/consumers", "rabbitmq_queue_consumers"),
    ("/message_stats/publish", "rabbitmq_queue_messages_published_total"),
    ("/message_stats/deliver_get", "rabbitmq_queue_messages_delivered_total"),
    ("/message_stats/ack", "rabbitmq_queue_messages_acked_total"),
];

struct RabbitMq {
    name: String,
    web: Web,
}

impl Source for RabbitMq {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self) -> ReadFuture<'_> {
        Box::pin(async {
            let wrong = |problem: String| SourceError::new(&self.name, problem);
            let answer = self.web.json(&self.web.pages[0], "reason").await.map_err(wrong)?;
            let queues = answer.as_array().ok_or_else(|| wrong("it is no list of queues".to_owned()))?;
            Ok(series(queues))
        })
    }
}

/// The series of the longest queues; of the others, their sums.
fn series(queues: &[Value]) -> Reading {
    let mut queues: Vec<&Value> = queues.iter().collect();
    queues.sort_by_cached_key(|queue| Reverse(queue.pointer("/messages").and_then(Value::as_u64)));
    let mut reading = Reading::new();
    for (at, queue) in queues.iter().enumerate() {
        let text = |field: &str| queue.get(field).and_then(Value::as_str).unwrap_or_default();
        let labels = match at < FEW {
            true => format!("{{queue=\"{}\",vhost=\"{}\"}}", escaped(text("name")), escaped(text("vhost"))),
            false => "{queue=\"others\"}".to_owned(),
        };
        for (field, name) in FIELDS {
            // A queue to which nothing was ever published has no statistics.
            let value = queue.pointer(field).and_then(Value::as_f64).unwrap_or_default();
            *reading.entry(format!("{name}{labels}")).or_default() += value;
        }
    }
    reading
}

/// A value of a label as the text format writes it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queues_become_series_and_many_are_added_up() {
        let queues: Vec<Value> = (0..23)
            .map(|at| json!({"name": format!("q{at}"), "vhost": "/", "messages": 10 * at, "messages_ready": at}))
            .collect();
        let reading = series(&queues);
        assert_eq!(reading["rabbitmq_queue_messages_ready{queue=\"q22\",vhost=\"/\"}"], 22.0);
        assert_eq!(reading["rabbitmq_queue_messages_ready{queue=\"others\"}"], 3.0);
        assert_eq!(reading.len(), 21 * FIELDS.len());
        let published = json!({"name": "a\"b", "vhost": "x", "message_stats": {"publish": 7}});
        assert_eq!(
            series(&[published])["rabbitmq_queue_messages_published_total{queue=\"a\\\"b\",vhost=\"x\"}"],
            7.0
        );
    }
}
