//! Writes the app's files to `app/dist`, compressed beside themselves, and lists them in
//! `assets.json` for the server: content type, whether the file may be kept for ever, encodings.
//!
//! A file whose content is there already stays untouched, with its compressed forms: compressing
//! takes seconds, and a new time stamp would make cargo compile the server again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::Path,
};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::{app::Build, bundle::File};

pub(crate) fn write(dist: &Path, files: &[File], which: Build) -> Result<()> {
    let mut wanted = BTreeSet::from(["assets.json".to_owned()]);
    let mut assets = BTreeMap::new();
    for file in files {
        let (content_type, text) = content_type(&file.name)?;
        let encodings: &[&str] = if which != Build::Dev && text {
            &["br", "gz"]
        } else {
            &[]
        };
        write_one(dist, file, encodings, which)?;
        wanted.insert(file.name.clone());
        wanted.extend(
            encodings
                .iter()
                .map(|encoding| format!("{}.{encoding}", file.name)),
        );
        assets.insert(
            &file.name,
            json!({ "content_type": content_type, "immutable": file.hashed, "encodings": encodings }),
        );
    }
    replace(
        &dist.join("assets.json"),
        serde_json::to_string_pretty(&assets)?.as_bytes(),
    )?;
    remove_others(dist, &wanted)?;
    report(dist, files)
}

/// The compressed forms come first: should this stop half-way, the plain file still has its old
/// content, and the next time all are written again.
fn write_one(dist: &Path, file: &File, encodings: &[&str], which: Build) -> Result<()> {
    let plain = dist.join(&file.name);
    let same = fs::read(&plain).is_ok_and(|old| old == file.bytes);
    // The other files are the same in every build, and small.
    let quality = match which {
        Build::Tested if file.name.ends_with(".wasm") => 5,
        _ => 11,
    };
    for encoding in encodings {
        let path = dist.join(format!("{}.{encoding}", file.name));
        if !(same && path.exists()) {
            let packed = match *encoding {
                "br" => brotli(&file.bytes, quality)?,
                _ => gzip(&file.bytes)?,
            };
            replace(&path, &packed)?;
        }
    }
    if same {
        Ok(())
    } else {
        replace(&plain, &file.bytes)
    }
}

/// All of the new content or all of the old one; nothing at all where they are equal.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let half = path.with_extension("half-written");
    fs::write(&half, bytes).with_context(|| format!("cannot write {}", half.display()))?;
    fs::rename(&half, path).with_context(|| format!("cannot write {}", path.display()))
}

fn remove_others(dist: &Path, wanted: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(dist)? {
        let entry = entry?;
        if wanted.contains(&*entry.file_name().to_string_lossy()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            bail!(
                "app/dist holds a folder that no build of the app made: {}",
                entry.path().display()
            );
        }
        fs::remove_file(entry.path())?;
    }
    Ok(())
}

/// The content type, and whether compressing helps.
fn content_type(name: &str) -> Result<(&'static str, bool)> {
    let extension = Path::new(name)
        .extension()
        .unwrap_or_default()
        .to_string_lossy();
    Ok(match &*extension {
        "css" => ("text/css; charset=utf-8", true),
        "html" => ("text/html; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "json" => ("application/json", true),
        "png" => ("image/png", false),
        "svg" => ("image/svg+xml", true),
        "wasm" => ("application/wasm", true),
        "webmanifest" => ("application/manifest+json", true),
        _ => bail!(
            "{name}: no content type is known for this kind of file; add it to xtask/src/dist.rs"
        ),
    })
}

fn brotli(bytes: &[u8], quality: i32) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality,
        lgwin: 22,
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params)?;
    Ok(packed)
}

/// For browsers that accept no brotli, as some do over plain http.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn report(dist: &Path, files: &[File]) -> Result<()> {
    let size = |name: String| {
        fs::metadata(dist.join(name))
            .ok()
            .map(|metadata| metadata.len())
    };
    let column = |size: Option<u64>| {
        size.map_or("-".to_owned(), |bytes| {
            format!("{:.1}", bytes as f64 / 1000.0)
        })
    };
    let mut first_load = 0;
    eprintln!(
        "    {:40} {:>9} {:>9} {:>9}",
        "kB", "plain", "gzip", "brotli"
    );
    for file in files {
        let plain = size(file.name.clone());
        let (gzip, brotli) = (
            size(format!("{}.gz", file.name)),
            size(format!("{}.br", file.name)),
        );
        eprintln!(
            "    {:40} {:>9} {:>9} {:>9}",
            file.name,
            column(plain),
            column(gzip),
            column(brotli)
        );
        if file.hashed || file.name == "index.html" {
            first_load += brotli.or(plain).unwrap_or_default();
        }
    }
    eprintln!(
        "    {:40} {:>29}",
        "before the first screen",
        column(Some(first_load))
    );
    Ok(())
}
