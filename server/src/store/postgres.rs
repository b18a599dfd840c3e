//! A PostgreSQL as one server uses it: connections for requests, and one for what needs it to itself.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, SqlSafeStr, Transaction};
use tokio::sync::Mutex;

use super::{PATIENCE, PROGRAM, Result, encryption, trouble};

/// Connections of one server, where nothing else was set.
pub const CONNECTIONS: u32 = 16;
/// When it is looked whether there is a database at all.
const SOON: Duration = Duration::from_secs(3);

/// How it is used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// At most so many for requests; one more hears notices.
    pub connections: u32,
    /// The same database past a pooler that gives a connection for a transaction only.
    pub direct: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            direct: None,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Postgres {
    pub(super) pool: PgPool,
    /// One connection, which brings the schema up to date and hears notices.
    pub(super) listening: PgPool,
    /// Asks beside the pool whether the database is there; one at a time.
    asking: Arc<Mutex<PgConnectOptions>>,
}

impl Postgres {
    pub(super) async fn open(address: &str, settings: &Settings) -> Result<Postgres> {
        // PgBouncer refuses the parameter, and nothing here depends on it: numbers go as bytes.
        let options = |address| {
            encryption::options(address)
                .map(|options| options.application_name(PROGRAM).extra_float_digits(None))
        };
        let direct = options(settings.direct.as_deref().unwrap_or(address))?;
        let options = options(address)?;
        let listening = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(direct)
            .await?;
        let pool = PgPoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(PATIENCE)
            .connect_with(options.clone())
            .await?;
        Ok(Postgres {
            pool,
            listening,
            asking: Arc::new(Mutex::new(options)),
        })
    }

    pub(super) fn connections(&self) -> u32 {
        self.pool.options().get_max_connections()
    }

    /// Whoever asked may go away at any moment. The statement is carried to its end all the same: sqlx counts a
    /// transaction when it has begun, so one that was left before that would stay open on its connection, and
    /// the next one there would be inside it.
    pub(super) async fn begin(
        &self,
        statement: &'static str,
    ) -> Result<Transaction<'static, sqlx::Postgres>> {
        let connection = self.acquire().await?;
        let statement = Some(statement.into_sql_str());
        let begun = tokio::spawn(Transaction::begin(connection, statement)).await;
        Ok(begun.map_err(|error| sqlx::Error::Io(io::Error::other(error)))??)
    }

    /// Who waits for a connection is not told by the pool whether too many do, or there is no database to
    /// connect to. Asked soon, the database itself tells.
    async fn acquire(&self) -> Result<PoolConnection<sqlx::Postgres>> {
        let mut turn = std::pin::pin!(self.pool.acquire());
        let asked = async {
            tokio::time::sleep(SOON).await;
            trouble::is_there(&*self.asking.lock().await).await
        };
        tokio::select! {
            connection = &mut turn => return Ok(connection?),
            there = asked => there?,
        }
        Ok(turn.await?)
    }

    pub(super) async fn close(&self) {
        self.listening.close().await;
        self.pool.close().await;
    }
}
