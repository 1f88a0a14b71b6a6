//! `mysql`: stock, balances and orders in MySQL or MariaDB, changed in transactions that lock their rows.
//!
//! connect, begin, `SELECT ... FOR UPDATE` of each row, `UPDATE`, `INSERT` of the order, commit. Requests wait for a
//! connection of the pool in the order in which they came, and on it for the rows; how long they waited for rows is what
//! the shop tells as `lock_wait_seconds`.
//!
//! Correctness: every sale names its rows in the same order, products by number and then the user, so that two never wait
//! for each other.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlQueryResult};
use sqlx::pool::PoolConnection;
use sqlx::{ConnectOptions as _, Connection as _, MySql as Driver, MySqlConnection, QueryBuilder};
use tokio::time::Instant;

use super::ledger::{Desk, Item, Ledger, Sale, Sold};
use super::schema::{self, EMPTY, TABLES};
use crate::config::Seed;
use crate::error::ShopError;
use crate::state::account::{Key, Refused};
use crate::state::database::PoolUse;

/// Rows of one INSERT.
const ROWS: usize = 1_000;

/// The error of a row that was waited for too long.
const LOCK_WAIT_TIMEOUT: u16 = 1205;

/// How long opening may wait for a connection.
const OPENING: Duration = Duration::from_secs(10);

/// How long metrics may wait for theirs.
const KEEPING: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct MySql {
    pool: MySqlPool,
    /// For metrics and resets, which do not wait behind customers.
    keeper: MySqlPool,
    size: u32,
    pending: AtomicUsize,
    seed: Seed,
}

/// Someone who waits for a connection, until they have one or go away.
struct Pending<'a>(&'a AtomicUsize);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl MySql {
    pub(super) async fn open(ledger: &Ledger) -> Result<Self, ShopError> {
        let url = ledger.servers.mysql.as_ref().expect("the configuration was checked");
        let failed =
            |error: sqlx::Error| ShopError::Server { server: url.to_string(), problem: said(&error) };
        let options: MySqlConnectOptions =
            url.secret().replacen("mariadb:", "mysql:", 1).parse().map_err(failed)?;
        let options = options.disable_statement_logging();
        let lock_wait = ledger.lock_wait.as_secs().max(1);
        // One connection tells what is wrong at once; a pool would try until its time is up.
        let connecting = tokio::time::timeout(OPENING, MySqlConnection::connect_with(&options));
        let mut connection =
            connecting.await.map_err(|_| sqlx::Error::PoolTimedOut).flatten().map_err(failed)?;
        for table in TABLES {
            sqlx::query(table).execute(&mut connection).await.map_err(failed)?;
        }
        seed(&mut connection, &ledger.seed).await.map_err(failed)?;
        let pool = MySqlPoolOptions::new()
            .max_connections(ledger.pool)
            .acquire_timeout(ledger.servers.pool_wait)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    let set = sqlx::query("SET SESSION innodb_lock_wait_timeout = ?");
                    set.bind(lock_wait).execute(&mut *connection).await.map(drop)
                })
            })
            .connect_lazy_with(options.clone());
        let keeper =
            MySqlPoolOptions::new().max_connections(1).acquire_timeout(KEEPING).connect_lazy_with(options);
        Ok(Self {
            pool,
            keeper,
            size: ledger.pool,
            pending: AtomicUsize::default(),
            seed: ledger.seed.clone(),
        })
    }

    pub(super) async fn sell(&self, sale: &Sale, desk: Desk<'_>) -> Result<Sold, Refused> {
        let mut connection = self.connect().await?;
        let mut transaction = connection.begin().await.map_err(refused)?;
        let mut before = Vec::with_capacity(sale.changes.len());
        for (key, _) in &sale.changes {
            let start = Instant::now();
            match value(&mut transaction, *key, true).await {
                Ok(value) => before.push(value),
                Err(refused) => {
                    if refused == Refused::Busy {
                        desk.locks.gave_up(start.elapsed());
                    }
                    return Err(refused);
                }
            }
            desk.locks.acquired(start.elapsed());
        }
        desk.database.write().await;
        let after = sale.after(&before)?;
        for ((key, delta), after) in sale.changes.iter().zip(&after) {
            change(&mut transaction, *key, *delta, *after).await.map_err(refused)?;
        }
        let order = if sale.is_order() { order(&mut transaction, sale).await.map_err(refused)? } else { 0 };
        transaction.commit().await.map_err(refused)?;
        Ok(Sold { value: after.last().copied().unwrap_or_default(), order })
    }

    pub(super) async fn read(&self, key: Key) -> Result<i64, Refused> {
        value(&mut *self.connect().await?, key, false).await
    }

    pub(super) async fn items(&self) -> Result<Vec<Item>, Refused> {
        let mut connection = self.keeper.acquire().await.map_err(refused)?;
        let rows: Vec<(i64, i64, i64, i64)> =
            sqlx::query_as(schema::ITEMS).fetch_all(&mut *connection).await.map_err(refused)?;
        let item = |(id, seeded, stock, sold): (i64, i64, i64, i64)| Item {
            id: id.unsigned_abs(),
            seeded,
            stock,
            sold: u64::try_from(sold).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(item).collect())
    }

    pub(super) async fn reset(&self) -> Result<(), Refused> {
        let mut connection = self.keeper.acquire().await.map_err(refused)?;
        let mut transaction = connection.begin().await.map_err(refused)?;
        for statement in EMPTY {
            sqlx::query(statement).execute(&mut *transaction).await.map_err(refused)?;
        }
        seed(&mut transaction, &self.seed).await.map_err(refused)?;
        transaction.commit().await.map_err(refused)
    }

    pub(super) fn pool_use(&self) -> PoolUse {
        let open = usize::try_from(self.pool.size()).unwrap_or_default();
        let pending = self.pending.load(Relaxed);
        PoolUse { active: open.saturating_sub(self.pool.num_idle()), pending, max: self.size as usize }
    }

    async fn connect(&self) -> Result<PoolConnection<Driver>, Refused> {
        if let Some(connection) = self.pool.try_acquire() {
            return Ok(connection);
        }
        self.pending.fetch_add(1, Relaxed);
        let pending = Pending(&self.pending);
        let connection = self.pool.acquire().await.map_err(refused);
        drop(pending);
        connection
    }
}

/// Inserts the products and users that are not there.
async fn seed(connection: &mut MySqlConnection, seed: &Seed) -> Result<(), sqlx::Error> {
    let products: Vec<u64> = (1..=seed.products).collect();
    for ids in products.chunks(ROWS) {
        let mut insert = QueryBuilder::new("INSERT IGNORE INTO flashcrowd_products (id, seeded, stock) ");
        insert.push_values(ids, |mut row, id| {
            row.push_bind(*id).push_bind(seed.stock_of(*id)).push_bind(seed.stock_of(*id));
        });
        insert.build().execute(&mut *connection).await?;
    }
    let users: Vec<u64> = (1..=seed.users).collect();
    for ids in users.chunks(ROWS) {
        let mut insert = QueryBuilder::new("INSERT IGNORE INTO flashcrowd_users (id, balance) ");
        insert.push_values(ids, |mut row, id| {
            row.push_bind(*id).push_bind(seed.balance);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn value(connection: &mut MySqlConnection, key: Key, for_update: bool) -> Result<i64, Refused> {
    let statement = match (key, for_update) {
        (Key::Stock(_), true) => schema::STOCK_FOR_UPDATE,
        (Key::Stock(_), false) => schema::STOCK,
        (Key::Balance(_), true) => schema::BALANCE_FOR_UPDATE,
        (Key::Balance(_), false) => schema::BALANCE,
    };
    sqlx::query_scalar(statement).bind(key.id()).fetch_one(connection).await.map_err(refused)
}

async fn change(
    connection: &mut MySqlConnection,
    key: Key,
    delta: i64,
    after: i64,
) -> Result<(), sqlx::Error> {
    let changed: MySqlQueryResult = match key {
        Key::Stock(id) => {
            sqlx::query(schema::TAKE).bind(after).bind(delta).bind(id).execute(connection).await?
        }
        Key::Balance(id) => sqlx::query(schema::PAY).bind(after).bind(id).execute(connection).await?,
    };
    // An amount of 0 changes nothing, and MySQL counts what was changed.
    if changed.rows_affected() == 0 && delta != 0 { Err(sqlx::Error::RowNotFound) } else { Ok(()) }
}

/// Writes the order, and tells its number.
async fn order(connection: &mut MySqlConnection, sale: &Sale) -> Result<u64, sqlx::Error> {
    let payer = sale.changes.iter().find(|(key, _)| matches!(key, Key::Balance(_)));
    let insert = sqlx::query(schema::ORDER);
    let insert = insert.bind(payer.map(|(key, _)| key.id())).bind(payer.map(|(_, delta)| -delta));
    let order = insert.execute(&mut *connection).await?.last_insert_id();
    for (key, delta) in &sale.changes {
        if let Key::Stock(id) = key {
            sqlx::query(schema::LINE).bind(order).bind(*id).bind(-delta).execute(&mut *connection).await?;
        }
    }
    Ok(order)
}

fn refused(error: sqlx::Error) -> Refused {
    match &error {
        sqlx::Error::PoolTimedOut => Refused::NoConnection,
        sqlx::Error::Database(said)
            if said
                .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
                .is_some_and(|said| said.number() == LOCK_WAIT_TIMEOUT) =>
        {
            Refused::Busy
        }
        _ => Refused::Failed(format!("mysql: {}", said(&error))),
    }
}

/// What went wrong; of a database's answer, its message alone.
fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no connection in time".to_owned(),
        error => error.to_string(),
    }
}
