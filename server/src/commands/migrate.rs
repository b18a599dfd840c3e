//! `koffiekar migrate`

use anyhow::Result;
use koffiekar_server::config::Place;
use koffiekar_server::store::schema;

use super::open::{open_to_migrate, warn_if_open};

pub(crate) async fn run(place: &Place) -> Result<()> {
    let store = open_to_migrate(place).await?;
    warn_if_open(&place.folder());
    let done = store.migrate().await?;
    let schema = store.schema().await?;
    store.close().await;
    let now = schema.now.map(|step| step.to_string()).unwrap_or_default();
    match &done[..] {
        [] => println!("Nothing to do: the database is at {now}."),
        done => println!("Brought the database to {now}: {}.", schema::list(done)),
    }
    if !schema.newer.is_empty() {
        println!(
            "A newer version of Koffiekar made {}; this version works beside it.",
            schema::list(&schema.newer)
        );
    }
    Ok(())
}
