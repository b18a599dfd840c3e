//! After a backup was put back: what makes tablets notice, before they call again.
//!
//! Their cursors are of places that this database may give a second time, and receipts cover work that it
//! does not have any more. With a new epoch every tablet starts its cursors anew and asks about all that
//! it holds, and brings back what is missing here: its own work, and with the server's own word of
//! earlier that of others.

use koffiekar_sync_core::wire::Epoch;

use crate::Koffiekar;
use crate::store::audit::{self, DONE, Entry};
use crate::store::{self, catalogue};

/// Renews the epoch. Servers that run answer with it from their next request on.
pub async fn begin_anew(koffiekar: &Koffiekar, origin: &str) -> store::Result<()> {
    let mut tx = koffiekar.store.write().await?;
    catalogue::set_epoch(&mut tx, Epoch(koffiekar.random.bytes())).await?;
    let entry = Entry {
        at: koffiekar.clock.now(),
        actor: None,
        origin,
        action: "renew epoch",
        object: "database",
        result: DONE,
    };
    audit::write(&mut tx, entry).await?;
    tx.commit().await
}
