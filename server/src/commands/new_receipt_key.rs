//! `koffiekar new-receipt-key`

use anyhow::{Result, bail};
use koffiekar_server::config::Place;
use koffiekar_server::random::hex;
use koffiekar_server::sync::receipt_keys;

use super::CONSOLE;
use super::open::open;

pub(crate) async fn run(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    let renewed = receipt_keys::renew(&koffiekar, CONSOLE).await?;
    koffiekar.store.close().await;
    let Some(renewed) = renewed else {
        bail!("somebody else made a new key for receipts in this very moment; that one signs now");
    };
    println!(
        "Receipts are signed with the new key {} from now on; servers that run need no restart.
The key before, {}, handed over to it, and its secret half is gone. Tablets follow at their next
connection, however long they were away; nobody has to do anything.
Make a backup now, and keep a copy of koffiekar.remembered, beside the key file, with that of the key:
a backup from before knows the old key alone.",
        hex(&renewed.now.0),
        hex(&renewed.before.0)
    );
    Ok(())
}
