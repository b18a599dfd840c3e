//! `koffiekar move`

use std::path::Path;

use anyhow::{Context, Result};
use koffiekar_server::config::Move;
use koffiekar_server::upkeep::moving;

use super::open::{make_folder, warn_if_open};

pub(crate) async fn run(Move { from, to }: &Move) -> Result<()> {
    if let Some(folder) = to
        .strip_prefix("sqlite:")
        .and_then(|f| Path::new(f).parent())
    {
        make_folder(folder)?;
        warn_if_open(folder);
    }
    let moved = moving::run(from, to, &mut |what| eprintln!("{what}"))
        .await
        .context("nothing was moved")?;
    let rows: u64 = moved.tables.iter().map(|(_, rows)| rows).sum();
    println!(
        "Moved {} conversations, {rows} rows in {} tables; every row was read again and every document \
         looked at.",
        moved.verified.documents,
        moved.tables.len()
    );
    println!(
        "It is the same installation: the key file, koffiekar.remembered and erasures.log go with it. They stand
beside an SQLite database, and in the data folder for PostgreSQL; --key-file names another place.
Serve the new database from now on, and never the old one again: what either takes in then, the other lacks."
    );
    Ok(())
}
