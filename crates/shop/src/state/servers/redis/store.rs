//! The store is stock, balances and orders in Redis: hashes called `flashcrowd:...`, changed by scripts.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};

use crate::config::Seed;
use crate::error::ShopError;
use crate::servers::ServerUrl;
use crate::state::account::{Key, Refused};
use crate::state::servers::ledger::{Item, Ledger, Sale, Sold};

/// How long a connection may take, and an answer.
const LIMIT: Duration = Duration::from_secs(3);

/// Items of one command.
const ROWS: usize = 1_000;

const SEEDED: &str = "flashcrowd:seeded";
const STOCK: &str = "flashcrowd:stock";
const BALANCE: &str = "flashcrowd:balance";
const SOLD: &str = "flashcrowd:sold";
const ORDER_ID: &str = "flashcrowd:order-id";
const ORDERS: &str = "flashcrowd:orders";
const RESERVED: &str = "flashcrowd:reserved";

/// Takes everything away if there is enough of it. The arguments are the opening balance, the order (empty if there is
/// none), and the kind, number and difference of each change.
const TAKE: &str = "
for at = 3, #ARGV, 3 do
  local key = ARGV[at] == 'stock' and KEYS[1] or KEYS[2]
  if key == KEYS[2] then redis.call('HSETNX', key, ARGV[at + 1], ARGV[1]) end
  local there = tonumber(redis.call('HGET', key, ARGV[at + 1]) or '0')
  if there + tonumber(ARGV[at + 2]) < 0 then return {0, (at - 3) / 3, 0} end
end
local value = 0
for at = 3, #ARGV, 3 do
  local key = ARGV[at] == 'stock' and KEYS[1] or KEYS[2]
  value = redis.call('HINCRBY', key, ARGV[at + 1], ARGV[at + 2])
  if key == KEYS[1] then redis.call('HINCRBY', KEYS[3], ARGV[at + 1], -tonumber(ARGV[at + 2])) end
end
local order = 0
if ARGV[2] ~= '' then
  order = redis.call('INCR', KEYS[4])
  redis.call('HSET', KEYS[5], order, ARGV[2])
end
return {1, value, order}
";

/// Writes stock that was read and changed elsewhere, and changes balances if there is enough. The arguments are the opening
/// balance, the order (empty if there is none), and the kind, number, value and difference of each change.
const WRITE: &str = "
local value = 0
for at = 3, #ARGV, 4 do
  if ARGV[at] == 'balance' then
    redis.call('HSETNX', KEYS[2], ARGV[at + 1], ARGV[1])
    value = tonumber(redis.call('HGET', KEYS[2], ARGV[at + 1])) + tonumber(ARGV[at + 3])
    if value < 0 then return {0, (at - 3) / 4, 0} end
  end
end
for at = 3, #ARGV, 4 do
  if ARGV[at] == 'stock' then
    redis.call('HSET', KEYS[1], ARGV[at + 1], ARGV[at + 2])
    redis.call('HINCRBY', KEYS[3], ARGV[at + 1], -tonumber(ARGV[at + 3]))
    value = tonumber(ARGV[at + 2])
  else
    value = redis.call('HINCRBY', KEYS[2], ARGV[at + 1], ARGV[at + 3])
  end
end
if ARGV[2] == '' then return {1, value, 0} end
local order = redis.call('INCR', KEYS[4])
redis.call('HSET', KEYS[5], order, ARGV[2])
return {1, value, order}
";

/// Gives back what an order that could not be accepted had reserved, once.
const GIVE_BACK: &str = "
local order = redis.call('HGET', KEYS[1], ARGV[1])
if not order then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
for _, change in ipairs(cjson.decode(order)) do
  local key = change[1] == 'stock' and KEYS[2] or KEYS[3]
  redis.call('HINCRBY', key, change[2], -change[3])
  if key == KEYS[2] then redis.call('HINCRBY', KEYS[4], change[2], change[3]) end
end
return 1
";

/// Makes a reserved order one that is written, once.
const SETTLE: &str = "
local order = redis.call('HGET', KEYS[1], ARGV[1])
if not order then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], order)
return 1
";

/// The shop's data in a Redis, over one connection that is renewed when it breaks.
pub(in crate::state::servers) struct Store {
    connection: ConnectionManager,
    seed: Seed,
    take: Script,
    write: Script,
    give_back: Script,
    settle: Script,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Connects, and seeds what is not there yet.
    pub(in crate::state::servers) async fn open(ledger: &Ledger) -> Result<Self, ShopError> {
        let failed = |error: &RedisError| failed(ledger, error);
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(LIMIT))
            .set_response_timeout(Some(LIMIT))
            // A request is refused while Redis is away, and the next one tries again.
            .set_number_of_retries(1);
        let connection = client(ledger)?.get_connection_manager_with_config(config).await;
        let store = Self {
            connection: connection.map_err(|error| failed(&error))?,
            seed: ledger.seed.clone(),
            take: Script::new(TAKE),
            write: Script::new(WRITE),
            give_back: Script::new(GIVE_BACK),
            settle: Script::new(SETTLE),
        };
        store.plant().await.map_err(|error| failed(&error))?;
        Ok(store)
    }

    pub(in crate::state::servers) fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    /// Seeds the products that are not there. Balances are seeded when they are first used.
    async fn plant(&self) -> Result<(), RedisError> {
        let ids: Vec<u64> = (1..=self.seed.products).collect();
        for ids in ids.chunks(ROWS) {
            let mut pipe = redis::pipe();
            for id in ids {
                let stock = self.seed.stock_of(*id);
                pipe.hset_nx(SEEDED, id, stock).ignore().hset_nx(STOCK, id, stock).ignore();
            }
            pipe.query_async::<()>(&mut self.connection()).await?;
        }
        Ok(())
    }

    pub(in crate::state::servers) async fn reset(&self) -> Result<(), Refused> {
        let mut delete = redis::cmd("DEL");
        delete.arg(&[SEEDED, STOCK, BALANCE, SOLD, ORDER_ID, ORDERS, RESERVED]);
        delete.query_async::<()>(&mut self.connection()).await.map_err(|error| refused(&error))?;
        self.plant().await.map_err(|error| refused(&error))
    }

    pub(in crate::state::servers) async fn read(&self, key: Key) -> Result<i64, Refused> {
        let mut get = redis::cmd("HGET");
        get.arg(hash(key)).arg(key.id());
        let value: Option<i64> =
            get.query_async(&mut self.connection()).await.map_err(|error| refused(&error))?;
        Ok(value.unwrap_or_else(|| self.opening(key)))
    }

    /// The values of these accounts, read at once.
    pub(in crate::state::servers) async fn read_all(&self, sale: &Sale) -> Result<Vec<i64>, Refused> {
        let mut pipe = redis::pipe();
        for (key, _) in &sale.changes {
            pipe.hget(hash(*key), key.id());
        }
        let values: Vec<Option<i64>> =
            pipe.query_async(&mut self.connection()).await.map_err(|error| refused(&error))?;
        let each = values.into_iter().zip(&sale.changes);
        Ok(each.map(|(value, (key, _))| value.unwrap_or_else(|| self.opening(*key))).collect())
    }

    pub(in crate::state::servers) async fn items(&self) -> Result<Vec<Item>, Refused> {
        let mut pipe = redis::pipe();
        pipe.hgetall(SEEDED).hgetall(STOCK).hgetall(SOLD);
        type Rows = std::collections::BTreeMap<u64, i64>;
        let (seeded, stock, sold): (Rows, Rows, Rows) =
            pipe.query_async(&mut self.connection()).await.map_err(|error| refused(&error))?;
        let of = |rows: &Rows, id: &u64| rows.get(id).copied().unwrap_or_default();
        let item = |(id, seeded): (&u64, &i64)| Item {
            id: *id,
            seeded: *seeded,
            stock: of(&stock, id),
            sold: u64::try_from(of(&sold, id)).unwrap_or_default(),
        };
        Ok(seeded.iter().map(item).collect())
    }

    /// Takes everything away in one step if there is enough, and writes the order.
    pub(in crate::state::servers) async fn take(&self, sale: &Sale) -> Result<Sold, Refused> {
        self.take_into(sale, ORDERS).await
    }

    /// Takes everything away in one step if there is enough, for an order that is written later.
    pub(in crate::state::servers) async fn reserve(&self, sale: &Sale) -> Result<Sold, Refused> {
        self.take_into(sale, RESERVED).await
    }

    async fn take_into(&self, sale: &Sale, orders: &str) -> Result<Sold, Refused> {
        let mut call = self.take.key(STOCK);
        call.key(BALANCE).key(SOLD).key(ORDER_ID).key(orders).arg(self.seed.balance).arg(order(sale));
        for (key, delta) in &sale.changes {
            call.arg(key.kind()).arg(key.id()).arg(delta);
        }
        let done = call.invoke_async(&mut self.connection()).await.map_err(|error| refused(&error))?;
        sold(done)
    }

    /// Writes stock that was read before, and changes balances if there is enough.
    pub(in crate::state::servers) async fn write(&self, sale: &Sale, after: &[i64]) -> Result<Sold, Refused> {
        let mut call = self.write.key(STOCK);
        call.key(BALANCE).key(SOLD).key(ORDER_ID).key(ORDERS).arg(self.seed.balance).arg(order(sale));
        for ((key, delta), after) in sale.changes.iter().zip(after) {
            call.arg(key.kind()).arg(key.id()).arg(after).arg(delta);
        }
        let done = call.invoke_async(&mut self.connection()).await.map_err(|error| refused(&error))?;
        sold(done)
    }

    /// Gives back what was reserved; false if it was given back or written before.
    pub(in crate::state::servers) async fn give_back(&self, order: u64) -> Result<bool, RedisError> {
        let mut call = self.give_back.key(RESERVED);
        call.key(STOCK).key(BALANCE).key(SOLD).arg(order);
        call.invoke_async::<bool>(&mut self.connection()).await
    }

    /// Writes a reserved order; false if it was given back or written before.
    pub(in crate::state::servers) async fn settle(&self, order: u64) -> Result<bool, RedisError> {
        let mut call = self.settle.key(RESERVED);
        call.key(ORDERS).arg(order);
        call.invoke_async::<bool>(&mut self.connection()).await
    }

    /// The orders that are reserved and not written.
    pub(in crate::state::servers) async fn reserved(&self) -> Result<Vec<u64>, RedisError> {
        redis::cmd("HKEYS").arg(RESERVED).query_async(&mut self.connection()).await
    }

    fn opening(&self, key: Key) -> i64 {
        let units = match key {
            Key::Stock(id) => self.seed.stock_of(id),
            Key::Balance(_) => self.seed.balance,
        };
        i64::try_from(units).unwrap_or(i64::MAX)
    }
}

/// A client of the Redis that is configured.
pub(in crate::state::servers) fn client(ledger: &Ledger) -> Result<Client, ShopError> {
    Client::open(url(ledger).secret()).map_err(|error| failed(ledger, &error))
}

fn url(ledger: &Ledger) -> &ServerUrl {
    ledger.servers.redis.as_ref().expect("the configuration was checked")
}

pub(in crate::state::servers) fn failed(ledger: &Ledger, error: &RedisError) -> ShopError {
    ShopError::Server { server: url(ledger).to_string(), problem: said(error) }
}

/// What a script says: whether it was done, the last value or the place of what there is too little of, and the order.
fn sold((is_done, value, order): (i64, i64, u64)) -> Result<Sold, Refused> {
    match is_done {
        0 => Err(Refused::Short(usize::try_from(value).unwrap_or_default())),
        _ => Ok(Sold { value, order }),
    }
}

fn hash(key: Key) -> &'static str {
    match key {
        Key::Stock(_) => STOCK,
        Key::Balance(_) => BALANCE,
    }
}

fn order(sale: &Sale) -> String {
    if sale.is_order() { sale.json() } else { String::new() }
}

pub(in crate::state::servers) fn refused(error: &RedisError) -> Refused {
    Refused::Failed(format!("redis: {}", said(error)))
}

/// What went wrong, without the address and its credentials.
pub(in crate::state::servers) fn said(error: &RedisError) -> String {
    error.detail().map_or_else(|| error.to_string(), str::to_owned)
}
