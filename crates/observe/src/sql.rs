//! MySQL, MariaDB and PostgreSQL tell of their connections, locks and queries, under the names that mysqld_exporter and
//! postgres_exporter give them.

use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Row};

use crate::source::{ReadFuture, Reading, Source, SourceError, SourceKind};

/// MySQL and MariaDB as a kind of source.
pub(crate) const MYSQL: SourceKind = SourceKind {
    name: "mysql",
    schemes: &["mysql", "mariadb"],
    help: "MySQL's or MariaDB's status: connections, running threads, row-lock waits, queries",
    example: "mysql://user:password@localhost:3306",
    open: |url, _| {
        let options = url.replacen("mariadb:", "mysql:", 1).parse::<MySqlConnectOptions>();
        let options = options.map_err(|error| SourceError::of_url(url, problem(&error)))?;
        Ok(Box::new(Sql::<MySqlConnection>::new(url, options.disable_statement_logging())))
    },
};

/// PostgreSQL as a kind of source.
pub(crate) const POSTGRES: SourceKind = SourceKind {
    name: "postgres",
    schemes: &["postgres", "postgresql"],
    help: "PostgreSQL's activity: connections by state, waits for locks, transactions, deadlocks",
    example: "postgres://user:password@localhost:5432/shop",
    open: |url, _| {
        let options = url.parse::<PgConnectOptions>();
        let options = options.map_err(|error| SourceError::of_url(url, problem(&error)))?;
        Ok(Box::new(Sql::<PgConnection>::new(url, options.disable_statement_logging())))
    },
};

/// How long a connection may take; the watch gives up earlier.
const LIMIT: Duration = Duration::from_secs(2);

/// What of MySQL's status is kept.
const STATUS: [&str; 16] = [
    "Threads_connected",
    "Threads_running",
    "Max_used_connections",
    "Connections",
    "Aborted_connects",
    "Connection_errors_max_connections",
    "Questions",
    "Slow_queries",
    "Com_commit",
    "Com_rollback",
    "Innodb_row_lock_waits",
    "Innodb_row_lock_time",
    "Innodb_row_lock_current_waits",
    "Innodb_deadlocks",
    "Innodb_buffer_pool_reads",
    "Innodb_buffer_pool_read_requests",
];

/// PostgreSQL's figures, each a name and a number.
const ACTIVITY: &str = "\
SELECT 'pg_stat_activity_count{state=\"' || replace(coalesce(state, 'none'), '\"', '') || '\"}', count(*)::float8
  FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY state
UNION ALL SELECT 'pg_stat_activity_lock_waits', count(*)::float8 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
UNION ALL SELECT 'pg_settings_max_connections', setting::float8 FROM pg_settings WHERE name = 'max_connections'
UNION ALL SELECT 'pg_stat_database_xact_commit_total', sum(xact_commit)::float8 FROM pg_stat_database
UNION ALL SELECT 'pg_stat_database_xact_rollback_total', sum(xact_rollback)::float8 FROM pg_stat_database
UNION ALL SELECT 'pg_stat_database_deadlocks_total', sum(deadlocks)::float8 FROM pg_stat_database
UNION ALL SELECT 'pg_stat_database_blks_read_total', sum(blks_read)::float8 FROM pg_stat_database
UNION ALL SELECT 'pg_stat_database_blks_hit_total', sum(blks_hit)::float8 FROM pg_stat_database";

/// A database that can be asked for its figures.
trait Database: Connection {
    async fn figures(&mut self) -> Result<Reading, sqlx::Error>;
}

impl Database for MySqlConnection {
    async fn figures(&mut self) -> Result<Reading, sqlx::Error> {
        let mut reading = Reading::new();
        for (statement, kind) in [
            ("SHOW GLOBAL STATUS", "status"),
            ("SHOW GLOBAL VARIABLES WHERE Variable_name = 'max_connections'", "variables"),
        ] {
            for row in sqlx::raw_sql(statement).fetch_all(&mut *self).await? {
                let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                let is_kept = kind == "variables" || STATUS.contains(&name.as_str());
                if let Some(value) = value.parse::<f64>().ok().filter(|_| is_kept) {
                    reading.insert(format!("mysql_global_{kind}_{}", name.to_lowercase()), value);
                }
            }
        }
        Ok(reading)
    }
}

impl Database for PgConnection {
    async fn figures(&mut self) -> Result<Reading, sqlx::Error> {
        let rows = sqlx::raw_sql(ACTIVITY).fetch_all(&mut *self).await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get::<Option<f64>, _>(1)?.unwrap_or_default())))
            .collect()
    }
}

struct Sql<C: Database> {
    name: String,
    options: C::Options,
    connection: Option<C>,
}

impl<C: Database> Sql<C> {
    fn new(url: &str, options: C::Options) -> Self {
        let bare = url.split('?').next().unwrap_or(url);
        Self { name: SourceError::of_url(bare, "").name, options, connection: None }
    }

    async fn answer(&mut self) -> Result<Reading, String> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connecting = tokio::time::timeout(LIMIT, C::connect_with(&self.options));
                let connected = connecting.await.map_err(|_| format!("no connection within {LIMIT:?}"))?;
                connected.map_err(|error| problem(&error))?
            }
        };
        let reading = connection.figures().await.map_err(|error| problem(&error))?;
        // A connection on which anything went wrong is not used again.
        self.connection = Some(connection);
        Ok(reading)
    }
}

impl<C: Database> Source for Sql<C> {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self) -> ReadFuture<'_> {
        Box::pin(async {
            let answer = self.answer().await;
            answer.map_err(|problem| SourceError::new(&self.name, problem))
        })
    }
}

/// What went wrong; of a database's answer, its message alone.
fn problem(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Configuration(error) => error.to_string(),
        error => error.to_string(),
    }
}
