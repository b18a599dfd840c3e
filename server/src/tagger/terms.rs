//! The full-text index follows the rules by which terms are made: where a newer version makes others, it is made anew at
//! the start, before anybody searches. Rows that would come out the same are not touched.

use koffiekar_tagging::text::TERMS_VERSION;

use crate::store::{self, Store, search};

/// Quotes in one transaction.
const PIECE: u32 = 2_000;

/// How many rows were written. Broken off on the way it begins again with the next start.
pub(crate) async fn renew(store: &Store) -> store::Result<u64> {
    let mut tx = store.read().await?;
    let version = search::terms_version(&mut tx).await?;
    drop(tx);
    // A newer version beside this one made them by its own rules.
    if version >= TERMS_VERSION {
        return Ok(0);
    }
    let (mut after, mut written) = (i64::MIN, 0);
    loop {
        let mut tx = store.write().await?;
        let Some(renewed) = search::renew(&mut tx, after, PIECE).await? else {
            search::set_terms_version(&mut tx, TERMS_VERSION).await?;
            tx.commit().await?;
            break;
        };
        tx.commit().await?;
        after = renewed.last;
        written += renewed.written;
    }
    if written > 0 {
        tracing::info!(written, "the words of quotes are found by newer rules now");
    }
    Ok(written)
}
