//! Who did what, when and from where. Never what was said, and never a secret.

use koffiekar_sync_core::ids::{Millis, QuoteId, UserId};

use super::{Result, Tx, on};

/// One line of the audit log.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub at: Millis,
    /// Missing where nobody was signed in: a refused attempt with an unknown login, or the console.
    pub actor: Option<UserId>,
    /// The network address, `device 0123...`, or `console`.
    pub origin: &'a str,
    /// A verb and its object's kind, for instance `revoke device`.
    pub action: &'a str,
    /// Which one: an id, a login, a key.
    pub object: &'a str,
    /// `done` or `refused`.
    pub result: &'a str,
}

pub const DONE: &str = "done";
pub const REFUSED: &str = "refused";

/// Adds a line. It stands in the same transaction as what it tells of.
pub async fn write(tx: &mut Tx, entry: Entry<'_>) -> Result<()> {
    let statement = "
        insert into audit_log (happened_at, actor, origin, action, object, result)
        values ($1, $2, $3, $4, $5, $6)";
    on!(tx, c => sqlx::query(statement)
        .bind(entry.at.0)
        .bind(entry.actor.map_or_else(|| "nobody".to_owned(), |user| user.to_string()))
        .bind(entry.origin)
        .bind(entry.action)
        .bind(entry.object)
        .bind(entry.result)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Who settled last which wording of this quote stands, until then.
pub async fn who_settled(tx: &mut Tx, quote: QuoteId, until: Millis) -> Result<Option<UserId>> {
    let statement = "
        select actor from audit_log
        where action = 'settle wording' and object = $1 and happened_at <= $2
        order by happened_at desc, place desc limit 1";
    let actor: Option<(String,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(quote.to_string())
        .bind(until.0)
        .fetch_optional(c).await?);
    Ok(actor.and_then(|(actor,)| actor.parse().ok()))
}
