//! `koffiekar reproject`

use anyhow::{Result, bail};
use koffiekar_server::config::Place;
use koffiekar_server::upkeep::verify;

use super::open::open;

pub(crate) async fn run(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    let model = koffiekar.suggest.model();
    let mended = verify::mend(&koffiekar.store, &model).await?;
    koffiekar.store.close().await;
    println!(
        "Derived the rows of {} conversations again: wrote those of {}, and removed {} that belonged to nothing.",
        mended.documents, mended.written, mended.removed
    );
    if mended.removed > 0 {
        println!("Start the servers that run anew: until then they count what was removed.");
    }
    for fault in &mended.faults {
        println!("{fault}");
    }
    if !mended.faults.is_empty() {
        bail!(
            "{} documents could not be read; the rows beside them stay as they were",
            mended.faults.len()
        );
    }
    Ok(())
}
