//! The servers behind a shop are those that keep its stock, balances and orders instead of its memory.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::lock::Lock;

/// The servers behind a shop, and how it uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    /// Redis, `redis://HOST:PORT/DATABASE`.
    pub redis: Option<ServerUrl>,
    /// MySQL or MariaDB, `mysql://USER:PASSWORD@HOST:PORT/DATABASE`.
    pub mysql: Option<ServerUrl>,
    /// RabbitMQ, `amqp://USER:PASSWORD@HOST:PORT/VHOST`.
    pub amqp: Option<ServerUrl>,
    /// How long a lock in Redis is held if nobody gives it back (Redisson's leaseTime).
    pub lease: Duration,
    /// Whether the lease is renewed while the work under the lock lasts (Redisson's watchdog).
    pub renews: bool,
    /// How long a request waits for a connection of the pool before it is answered 503 (HikariCP's connectionTimeout).
    pub pool_wait: Duration,
}

impl Default for Servers {
    fn default() -> Self {
        Self {
            redis: None,
            mysql: None,
            amqp: None,
            lease: Duration::from_secs(10),
            renews: true,
            pool_wait: Duration::from_secs(30),
        }
    }
}

impl Servers {
    /// What is missing for this lock, too much for it, or wrong.
    pub(crate) fn problems(&self, lock: Lock) -> Vec<String> {
        let rows = [
            ("redis", &self.redis, lock.needs_redis(), "redis://127.0.0.1:6379/0", &["redis", "rediss"][..]),
            (
                "mysql",
                &self.mysql,
                lock == Lock::MySql,
                "mysql://root@127.0.0.1:3306/shop",
                &["mysql", "mariadb"],
            ),
            ("amqp", &self.amqp, lock == Lock::Queue, "amqp://guest:guest@127.0.0.1:5672/", &["amqp"]),
        ];
        let mut problems = Vec::new();
        for (name, url, is_needed, example, schemes) in rows {
            match url {
                None if is_needed => {
                    problems.push(format!("the lock {lock} needs {name}: give its URL, such as {example}"));
                }
                Some(_) if !is_needed => {
                    problems.push(format!("{name} is given, which the lock {lock} does not use"))
                }
                Some(url) if !schemes.contains(&url.scheme()) => {
                    problems.push(format!("{name} is {url}: write a URL such as {example}"));
                }
                _ => {}
            }
        }
        if self.lease < Duration::from_millis(10) {
            problems.push(format!("lease is {:?}: use 10ms or more", self.lease));
        }
        problems
    }
}

/// The URL of a server. Its credentials are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// The whole URL, with its credentials.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }
}

impl FromStr for ServerUrl {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.0.find("://").map_or(0, |at| at + 3);
        let bare = self.0.split(['?', '#']).next().unwrap_or_default();
        match bare[start..].rfind('@') {
            Some(at) => write!(f, "{}****{}", &bare[..start], &bare[start + at..]),
            None => f.write_str(bare),
        }
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn credentials_are_not_shown() {
        for (text, shown) in [
            ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
            ("redis://me:hid@den@host/2?protocol=resp3", "redis://****@host/2"),
            ("redis://host/2?x=hidden", "redis://host/2"),
            ("amqp://me:hidden@host/shop", "amqp://****@host/shop"),
            ("me:hidden@host:1", "****@host:1"),
            ("mysql://me:hid/den@host/shop", "mysql://****@host/shop"),
        ] {
            assert_eq!(
                (url(text).to_string(), format!("{:?}", url(text))),
                (shown.to_owned(), shown.to_owned())
            );
        }
    }

    #[test]
    fn what_a_lock_needs_is_told() {
        let servers = Servers::default();
        assert!(servers.problems(Lock::Atomic).is_empty());
        assert_eq!(servers.problems(Lock::RedisLock).len(), 1);
        assert_eq!(servers.problems(Lock::Queue).len(), 2);
        let servers = Servers { redis: Some(url("http://me:hidden@host")), ..servers };
        assert_eq!(
            servers.problems(Lock::RedisLua),
            ["redis is http://****@host: write a URL such as redis://127.0.0.1:6379/0"]
        );
        assert_eq!(servers.problems(Lock::Mutex), ["redis is given, which the lock mutex does not use"]);
    }
}
