//! `koffiekar load-programme`

use anyhow::{Context, Result, bail};
use koffiekar_server::config::LoadProgramme;
use koffiekar_server::office::programme;

use super::open::open;

pub(crate) async fn run(options: LoadProgramme) -> Result<()> {
    let LoadProgramme { place, file } = options;
    let shown = file.display();
    let size = std::fs::metadata(&file)
        .with_context(|| format!("cannot read {shown}"))?
        .len();
    if size > programme::bounds::FILE_BYTES as u64 {
        bail!("{shown}: {}", programme::ProgrammeError::TooLarge);
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {shown}"))?;
    let catalogue = programme::parse(&text).with_context(|| shown.to_string())?;
    let koffiekar = open(&place).await?;
    let mut tx = koffiekar.store.write().await?;
    programme::write(&mut tx, &catalogue)
        .await
        .with_context(|| shown.to_string())?;
    tx.commit().await?;
    koffiekar.suggest.learn_now(&koffiekar.store).await?;
    koffiekar.store.close().await;
    println!(
        "Loaded {}: {} themes, {} action lines, {} areas, {} consent texts.",
        catalogue.programme.name,
        catalogue.themes.len(),
        catalogue.action_lines.len(),
        catalogue.areas.len(),
        catalogue.consent_texts.len(),
    );
    println!("Servers that run propose the new action lines within half a minute.");
    Ok(())
}
