//! `koffiekar new-epoch`

use anyhow::Result;
use koffiekar_server::config::Place;
use koffiekar_server::upkeep::restored;

use super::CONSOLE;
use super::open::open;

/// Of a database that was put back, by whichever command.
pub(crate) const WHAT_HAPPENS_NOW: &str = "\
- Each tablet notices at its next connection. It asks about every conversation that it holds, and sends
  what is missing here: its own work, and that of colleagues of which it has this server's receipt.
  Nobody has to do anything on a tablet, but each has to connect once.
- What no tablet holds any more stays lost. Of the office's work since the backup, tags and wordings come
  back with the conversations of tablets that fetched them; quotes chosen for a text do not.
- People, passwords, rounds, their members and ended tablets are as they were when the backup was made.
  Look at them now: a round that was opened or a tablet that was ended since then is not.
- If `koffiekar new-receipt-key` ran since the backup was made: the new key came back from the file
  koffiekar.remembered beside the key file. Where that file is lost too, somebody has to sign in again on
  each tablet that learnt that key, and what it signed for stays on the tablets that made it.";

pub(crate) async fn run(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    restored::begin_anew(&koffiekar, CONSOLE).await?;
    koffiekar.store.close().await;
    println!("This database has a new epoch. What happens now:\n{WHAT_HAPPENS_NOW}");
    println!("Servers that run need no restart.");
    Ok(())
}
