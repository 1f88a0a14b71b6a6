//! Redis tells of itself by INFO, under the names that redis_exporter gives its fields. Keys are counted by patterns.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};

use crate::source::{ReadFuture, Reading, Source, SourceError, SourceKind};

/// Redis as a kind of source.
pub(crate) const REDIS: SourceKind = SourceKind {
    name: "redis",
    schemes: &["redis", "rediss"],
    help: "Redis' INFO: clients, operations, memory, evictions; and the number of keys, by ?keys=PATTERN",
    example: "redis://localhost:6379/0?keys=lock:*",
    open: |url, _| Ok(Box::new(Redis::new(url)?)),
};

/// How long a connection may take, and an answer; the watch gives up earlier.
const LIMIT: Duration = Duration::from_secs(2);

/// How many keys are looked at in one reading, so that a large store is not searched every second.
const SCANNED: usize = 20_000;
const AT_ONCE: usize = 1_000;

/// Fields of INFO, and the series they become.
const FIELDS: [(&str, &str); 18] = [
    ("connected_clients", "redis_connected_clients"),
    ("blocked_clients", "redis_blocked_clients"),
    ("maxclients", "redis_config_maxclients"),
    ("total_connections_received", "redis_connections_received_total"),
    ("rejected_connections", "redis_rejected_connections_total"),
    ("total_commands_processed", "redis_commands_processed_total"),
    ("instantaneous_ops_per_sec", "redis_instantaneous_ops_per_sec"),
    ("used_memory", "redis_memory_used_bytes"),
    ("maxmemory", "redis_memory_max_bytes"),
    ("mem_fragmentation_ratio", "redis_mem_fragmentation_ratio"),
    ("evicted_keys", "redis_evicted_keys_total"),
    ("expired_keys", "redis_expired_keys_total"),
    ("keyspace_hits", "redis_keyspace_hits_total"),
    ("keyspace_misses", "redis_keyspace_misses_total"),
    ("used_cpu_user", "redis_cpu_user_seconds_total"),
    ("used_cpu_sys", "redis_cpu_sys_seconds_total"),
    ("total_net_input_bytes", "redis_net_input_bytes_total"),
    ("total_net_output_bytes", "redis_net_output_bytes_total"),
];

struct Redis {
    name: String,
    client: Client,
    /// Patterns of keys that are counted.
    patterns: Vec<String>,
    connection: Option<MultiplexedConnection>,
}

impl Redis {
    fn new(url: &str) -> Result<Self, SourceError> {
        let wrong = |problem: String| SourceError::of_url(url, problem);
        let (bare, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut patterns, mut others) = (Vec::new(), Vec::new());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.strip_prefix("keys=") {
                Some(pattern) => patterns.push(pattern.replace("%3A", ":").replace("%2A", "*")),
                None => others.push(part),
            }
        }
        let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
        let client = Client::open(format!("{bare}{query}")).map_err(|error| wrong(problem(&error)))?;
        let name = SourceError::of_url(bare, "").name;
        Ok(Self { name, client, patterns, connection: None })
    }

    async fn answer(&mut self) -> Result<Reading, RedisError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(LIMIT))
                    .set_response_timeout(Some(LIMIT));
                self.client.get_multiplexed_async_connection_with_config(&config).await?
            }
        };
        let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
        let mut reading = fields(&info);
        let database = self.client.get_connection_info().redis_settings().db();
        for pattern in &self.patterns {
            // A store with more keys than are looked at has no number, rather than a wrong one.
            if let Some(count) = count(&mut connection, pattern).await? {
                let series = format!("redis_keys_count{{db=\"db{database}\",key=\"{pattern}\"}}");
                reading.insert(series, count as f64);
            }
        }
        // A connection on which anything went wrong is not used again.
        self.connection = Some(connection);
        Ok(reading)
    }
}

impl Source for Redis {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self) -> ReadFuture<'_> {
        Box::pin(async {
            let answer = self.answer().await;
            answer.map_err(|error| SourceError::new(&self.name, problem(&error)))
        })
    }
}

/// How many keys match; none where there are too many keys to look at.
async fn count(connection: &mut MultiplexedConnection, pattern: &str) -> Result<Option<usize>, RedisError> {
    let (mut cursor, mut found, mut looked_at) = (0_u64, 0, 0);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(AT_ONCE);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(connection).await?;
        (found, looked_at) = (found + keys.len(), looked_at + AT_ONCE);
        if next == 0 {
            return Ok(Some(found));
        }
        if looked_at >= SCANNED {
            return Ok(None);
        }
        cursor = next;
    }
}

/// The series of an INFO, the keys of each database among them.
fn fields(info: &str) -> Reading {
    let mut reading = Reading::new();
    for (field, value) in info.lines().filter_map(|line| line.trim_end().split_once(':')) {
        let series = FIELDS.iter().find(|(name, _)| *name == field).map(|(_, series)| (*series).to_owned());
        if let Some((series, value)) = series.zip(value.parse::<f64>().ok()) {
            reading.insert(series, value);
        }
        let keys = value.strip_prefix("keys=").and_then(|rest| rest.split(',').next()?.parse::<f64>().ok());
        if let Some(keys) = keys.filter(|_| field.starts_with("db")) {
            reading.insert(format!("redis_db_keys{{db=\"{field}\"}}"), keys);
        }
    }
    // No limit is no size.
    reading.retain(|series, value| *value > 0.0 || series != "redis_memory_max_bytes");
    reading
}

/// What went wrong, without the address and its credentials.
fn problem(error: &RedisError) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_becomes_series() {
        let info = "# Clients\r\nconnected_clients:7\r\nmaxclients:100\r\nredis_version:7.0.15\r\nmaxmemory:0\r\n\
                    # Keyspace\r\ndb0:keys=12,expires=3,avg_ttl=0\r\n";
        let expected = [
            ("redis_connected_clients", 7.0),
            ("redis_config_maxclients", 100.0),
            ("redis_db_keys{db=\"db0\"}", 12.0),
        ];
        assert_eq!(fields(info), expected.map(|(name, value)| (name.to_owned(), value)).into());
    }

    #[test]
    fn names_have_no_credentials_and_patterns_are_taken_out() {
        let redis =
            Redis::new("redis://me:s3cret@shop:6379/2?keys=lock:*&protocol=resp3&keys=cart:%2A").unwrap();
        assert_eq!(redis.name(), "redis://****:****@shop:6379/2");
        assert_eq!(redis.patterns, ["lock:*", "cart:*"]);
        let error = Redis::new("redis://me:s3cret@shop:port").err().unwrap().to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
}
