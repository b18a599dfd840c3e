//! After a backup was put back: what makes tablets notice, before they call again.
//!
//! Their cursors are of places that this database may give a second time, and receipts cover work that it
//! does not have any more. With a new epoch every tablet starts its cursors anew and asks about all that
//! it holds, and brings back what is missing here: its own work, and with the server's own word of
//! earlier that of others.

use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::wire::Epoch;

use crate::Koffiekar;
use crate::store::audit::{self, DONE, Entry};
use crate::store::{self, Tx, catalogue};

/// To be called whenever a backup was put back, by whoever did it: tablets find another database from
/// their next request on, also at servers that run. Opening the database has done the rest already: the
/// keys for receipts that it lost are there again.
pub async fn begin_anew(koffiekar: &Koffiekar, origin: &str) -> store::Result<()> {
    let epoch = Epoch(koffiekar.random.bytes());
    let mut tx = koffiekar.store.write().await?;
    renew_epoch(&mut tx, epoch, origin, koffiekar.clock.now()).await?;
    tx.commit().await?;
    koffiekar.remembered.note(&koffiekar.store).await;
    Ok(())
}

pub(crate) async fn renew_epoch(
    tx: &mut Tx,
    epoch: Epoch,
    origin: &str,
    at: Millis,
) -> store::Result<()> {
    catalogue::set_epoch(tx, epoch).await?;
    let entry = Entry {
        at,
        actor: None,
        origin,
        action: "renew epoch",
        object: "database",
        result: DONE,
    };
    audit::write(tx, entry).await
}
