//! What servers on one PostgreSQL tell each other, over a connection of its own. SQLite has one server.
//!
//! A notice is told behind the commit that it is about, in a transaction of its own. PostgreSQL lets those
//! that hold a notice commit one by one, each until its word is on the disk; one that holds nothing else
//! writes nothing there. So a notice may get lost, with a server that is killed or a connection: whoever
//! listens looks at the database itself besides.

use std::io::{self, ErrorKind};

use koffiekar_sync_core::ids::RoundId;
use sqlx::postgres::PgListener;

use super::{Engine, Result, Store};

const CHANNEL: &str = "koffiekar";

/// Ids and numbers alone: whoever may connect to the database can read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The feed of a round is at this place.
    Moved(RoundId, u64),
    /// Another model of the tagger came into use.
    Learnt,
}

impl Notice {
    fn to_text(self) -> String {
        match self {
            Self::Moved(round, place) => format!("moved {round} {place}"),
            Self::Learnt => "learnt".to_owned(),
        }
    }

    /// A server of another version may tell what is not known here.
    fn from_text(text: &str) -> Option<Notice> {
        let mut words = text.split(' ');
        match words.next()? {
            "moved" => Some(Self::Moved(
                words.next()?.parse().ok()?,
                words.next()?.parse().ok()?,
            )),
            "learnt" => Some(Self::Learnt),
            _ => None,
        }
    }
}

/// Hears what is told from now on.
#[derive(Debug)]
pub struct Notices(PgListener);

impl Notices {
    /// An error where the connection was lost: what was told meanwhile is lost too.
    pub async fn next(&mut self) -> Result<Notice> {
        loop {
            let notice = self.0.try_recv().await?;
            let notice = notice.ok_or_else(|| io::Error::from(ErrorKind::ConnectionAborted));
            let notice = notice.map_err(sqlx::Error::Io)?;
            if let Some(notice) = Notice::from_text(notice.payload()) {
                return Ok(notice);
            }
        }
    }
}

impl Store {
    /// Tells all servers on this database, this one among them.
    pub async fn tell(&self, notices: &[Notice]) -> Result<()> {
        let Engine::Postgres(postgres) = &self.engine else {
            return Ok(());
        };
        let texts: Vec<String> = notices.iter().map(|notice| notice.to_text()).collect();
        let mut tx = postgres.begin("begin").await?;
        sqlx::query("select pg_notify($1, text) from unnest($2::text[]) as text")
            .bind(CHANNEL)
            .bind(texts)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// `None` where nobody else can be: with SQLite.
    pub async fn listen(&self) -> Result<Option<Notices>> {
        let Engine::Postgres(postgres) = &self.engine else {
            return Ok(None);
        };
        let mut listener = PgListener::connect_with(&postgres.listening).await?;
        // Whoever listens must look at the database after that, so it does not connect by itself.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Some(Notices(listener)))
    }
}
