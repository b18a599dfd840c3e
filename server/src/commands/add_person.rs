//! `koffiekar add-person`

use std::io::Read;

use anyhow::{Context, Result};
use koffiekar_server::config::AddPerson;
use koffiekar_server::web::routes::people;
use koffiekar_sync_core::office::NewPerson;

use super::CONSOLE;
use super::open::open;

pub(crate) async fn run(options: AddPerson) -> Result<()> {
    let AddPerson {
        place,
        login,
        name,
        role,
    } = options;
    let mut password = String::new();
    std::io::stdin()
        .take(10_000)
        .read_to_string(&mut password)
        .context("the password cannot be read from standard input")?;
    let password = typed(&password);
    let koffiekar = open(&place).await?;
    let new = NewPerson {
        login,
        name,
        role,
        password,
        rounds: Vec::new(),
    };
    let person = people::insert(&koffiekar, new, None, CONSOLE).await?;
    koffiekar.store.close().await;
    println!("Added {} ({}).", person.login, person.role.as_str());
    Ok(())
}

/// Without what a file has around its text: the line break at its end, and the mark before it that tells its
/// encoding.
fn typed(input: &str) -> String {
    let text = input.strip_prefix('\u{feff}').unwrap_or(input);
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text).to_owned()
}
