//! `koffiekar verify`

use anyhow::{Result, bail};
use koffiekar_server::config::Place;
use koffiekar_server::upkeep::verify;

use super::open::store_as_it_is;

pub(crate) async fn run(place: &Place) -> Result<()> {
    let store = store_as_it_is(place).await?;
    store.require_schema().await?;
    let verified = verify::verify(&store).await?;
    store.close().await;
    for fault in &verified.faults {
        println!("{fault}");
    }
    println!(
        "Looked at {} conversations with {} quotes.",
        verified.documents, verified.quotes
    );
    let faults = verified.faults.len();
    if faults == 0 {
        println!("All of it holds together.");
        return Ok(());
    }
    if verified.faults.iter().all(|fault| fault.derived) {
        bail!(
            "{faults} faults, all in what follows from documents: `koffiekar reproject` puts them right"
        );
    }
    bail!(
        "{faults} faults, and not all of them can be put right from the documents: keep a copy of the \
         database as it is, and read about damage in docs/operations.md"
    )
}
