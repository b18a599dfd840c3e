//! `koffiekar disable-demo-accounts`

use anyhow::Result;
use koffiekar_server::config::Place;
use koffiekar_server::demo;

use super::CONSOLE;
use super::open::open;

pub(crate) async fn run(place: &Place) -> Result<()> {
    let koffiekar = open(place).await?;
    let disabled = demo::disable_open_accounts(&koffiekar, CONSOLE).await?;
    koffiekar.store.close().await;
    match &disabled[..] {
        [] => println!("There is no demo account that anybody can sign in with."),
        disabled => println!(
            "Disabled {}: they are signed out, and what their tablets send is held from now on.
`koffiekar add-person` makes an administrator where there is none now.",
            disabled.join(", ")
        ),
    }
    Ok(())
}
