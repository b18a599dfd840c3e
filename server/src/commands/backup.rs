//! `koffiekar backup`

use anyhow::{Result, bail};
use koffiekar_server::config::{Backup, Place};
use koffiekar_server::upkeep::backup;

pub(crate) async fn run(Backup { place, to }: &Backup) -> Result<()> {
    let Some(database) = place.sqlite_file() else {
        bail!(
            "PostgreSQL makes its own backups: take base backups with its log (pg_basebackup), or pg_dump; \
             docs/operations.md tells how, and what to keep beside"
        );
    };
    let made = backup::make(&database, to).await?;
    println!(
        "Copied {} conversations, {} bytes, to {}.",
        made.conversations,
        made.bytes,
        to.display()
    );
    println!(
        "It opens nothing that is sealed, and knows nothing of later erasures. Keep copies of these as well,
in another place than the backups:"
    );
    apart(place);
    Ok(())
}

/// What is in no backup, and whether it is there.
fn apart(place: &Place) {
    let apart = place.apart();
    for (file, what) in [
        (
            apart.key_file.clone(),
            "the key; without it held work and rescue files stay shut",
        ),
        (
            apart.remembered(),
            "the keys for receipts; replace the copy after each backup",
        ),
        (
            apart.erasures(),
            "what was erased; always the newest one, never an older copy",
        ),
    ] {
        let none = if file.exists() { "" } else { " (none yet)" };
        println!("- {}{none}: {what}", file.display());
    }
}
