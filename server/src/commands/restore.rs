//! `koffiekar restore`

use anyhow::{Context, Result, bail};
use koffiekar_server::Clock;
use koffiekar_server::config::Restore;
use koffiekar_server::upkeep::backup;

use super::CONSOLE;
use super::new_epoch::WHAT_HAPPENS_NOW;
use super::open::{make_folder, warn_if_open};

pub(crate) async fn run(options: &Restore) -> Result<()> {
    let Restore {
        place,
        from,
        replace,
    } = options;
    let Some(database) = place.sqlite_file() else {
        bail!(
            "PostgreSQL puts its own backups back; docs/operations.md tells how. Run `koffiekar new-epoch` \
             then, before the server starts"
        );
    };
    make_folder(&place.folder())?;
    warn_if_open(&place.folder());
    let apart = place.apart();
    let clock = Clock::System;
    let restored = backup::put_back(from, &database, &apart, &clock, *replace, CONSOLE)
        .await
        .context("nothing was put back")?;
    println!(
        "{} is the database now: {} conversations.",
        database.display(),
        restored.conversations
    );
    if let Some(kept) = restored.kept {
        println!(
            "What was there before is {}; it holds residents' words: destroy it when you need it no more.",
            kept.display()
        );
    }
    let log = apart.erasures();
    match (log.exists(), restored.erased) {
        (false, _) => println!(
            "There is no {}: what was erased since the backup was made is there again. Put the newest \
             copy of that file there before you start the server.",
            log.display()
        ),
        (true, erased) => println!(
            "Erased again, as {} says: {erased} conversations.",
            log.display()
        ),
    }
    println!("It has a new epoch. What happens when the server runs:\n{WHAT_HAPPENS_NOW}");
    Ok(())
}
