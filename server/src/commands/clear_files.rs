//! `koffiekar clear-files`

use anyhow::{Result, bail};
use koffiekar_server::config::Place;

use super::open::open;

pub(crate) async fn run(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    let cleared = koffiekar_server::rewrite_files(&koffiekar).await?;
    koffiekar.store.close().await;
    let Some(cleared) = cleared else {
        bail!("somebody was reading or writing in the database; try again in a minute");
    };
    println!("Cleared the files of the database of what was left of {cleared} erasures.");
    println!("Its own log, and backups from before, keep what they hold until they are gone.");
    Ok(())
}
