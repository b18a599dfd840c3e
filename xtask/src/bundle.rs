//! Makes the files of the app from what was bound, `app/index.html`, `app/static` and `app/style`.
//!
//! Two kinds of file leave here. *Hashed* ones carry their content's hash in their name and may be
//! kept for ever; the others keep their name and are asked for again each time. Every reference runs
//! from a file to the hash of another, so that names are found in order: wasm, JavaScript (`start.js`, which
//! works without the wasm, and the rest), style, page, and last the service worker, which lists all of them.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::bind::Bound;

pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// The name holds the content's hash.
    pub(crate) hashed: bool,
}

/// Files of `app/static` that are a source for another file instead of being one themselves.
const SOURCES: [&str; 5] = [
    "boot.js",
    "service-worker.js",
    "start.css",
    "start.js",
    "texts.js",
];

pub(crate) fn bundle(app: &Path, bound: Bound) -> Result<Vec<File>> {
    let statics = app.join("static");

    let wasm = hashed("app", "_bg.wasm", bound.wasm);
    let start = fill(
        &read(&statics.join("start.js"))?,
        &[
            ("wasm", &wasm.name),
            ("wasm_bytes", &wasm.bytes.len().to_string()),
        ],
    )?;
    let start = hashed("start", ".js", start.into_bytes());
    let (texts, boot) = (
        read(&statics.join("texts.js"))?,
        read(&statics.join("boot.js"))?,
    );
    let script = format!("{}\n{texts}\n{boot}", bound.js);
    let script = hashed("app", ".js", script.into_bytes());
    let style = hashed("style", ".css", style(app)?.into_bytes());

    let names = [
        ("wasm", &*wasm.name),
        ("start", &start.name),
        ("script", &script.name),
        ("style", &style.name),
    ];
    let page = fill(&read(&app.join("index.html"))?, &names)?;
    ensure_no_inline_code(&page)?;

    let page = named("index.html", page.into_bytes());
    let mut files = vec![page, start, script, wasm, style];
    for path in sorted(&statics)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !SOURCES.contains(&&*name) {
            files.push(named(&name, fs::read(&path)?));
        }
    }
    let worker = service_worker(&read(&statics.join("service-worker.js"))?, &files)?;
    files.push(named("service-worker.js", worker.into_bytes()));
    Ok(files)
}

/// The style of the page while it loads, then the app's own sheets in the order of their names.
fn style(app: &Path) -> Result<String> {
    let mut style = read(&app.join("static/start.css"))?;
    let sheets = app.join("style");
    if !sheets.is_dir() {
        eprintln!("    app/style is not there: only the loading page has a style");
        return Ok(style);
    }
    for path in sorted(&sheets)? {
        ensure!(
            path.extension().is_some_and(|extension| extension == "css"),
            "{} is no style sheet",
            path.display()
        );
        style.push('\n');
        style.push_str(&read(&path)?);
    }
    Ok(style)
}

/// The worker keeps exactly these files; its version, and so its cache, changes with any of them.
fn service_worker(template: &str, files: &[File]) -> Result<String> {
    let mut version = Sha256::new_with_prefix(template);
    let mut list = Vec::new();
    for file in files {
        let digest = Sha256::digest(&file.bytes);
        version.update(format!("\n{} ", file.name));
        version.update(digest);
        let path = if file.name == "index.html" {
            "/".to_owned()
        } else {
            format!("/{}", file.name)
        };
        let integrity = format!("sha256-{}", STANDARD.encode(digest));
        list.push(json!({ "path": path, "integrity": integrity, "hashed": file.hashed }));
    }
    fill(
        template,
        &[
            ("version", &short(&version.finalize())),
            ("files", &serde_json::to_string_pretty(&list)?),
        ],
    )
}

/// The server's content security policy allows neither, and would stop them only in the browser.
fn ensure_no_inline_code(page: &str) -> Result<()> {
    ensure!(
        !page.contains("<style"),
        "index.html holds a style: it belongs in app/static/start.css"
    );
    ensure!(
        !page.contains("style=\""),
        "index.html holds a style attribute: it belongs in app/static/start.css"
    );
    for tag in page.split("<script").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        ensure!(
            tag.contains("src="),
            "index.html holds a script: it belongs in app/static/start.js or boot.js"
        );
    }
    Ok(())
}

/// Replaces every `{{name}}`; each must occur, and none may be left.
fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut text = template.to_owned();
    for (name, value) in values {
        let mark = format!("{{{{{name}}}}}");
        ensure!(text.contains(&mark), "a template lacks {mark}");
        text = text.replace(&mark, value);
    }
    if let Some((_, rest)) = text.split_once("{{") {
        bail!(
            "a template asks for {{{{{}, which is not known",
            rest.chars().take(20).collect::<String>()
        );
    }
    Ok(text)
}

fn hashed(stem: &str, end: &str, bytes: Vec<u8>) -> File {
    File {
        name: format!("{stem}-{}{end}", short(&Sha256::digest(&bytes))),
        bytes,
        hashed: true,
    }
}

fn named(name: &str, bytes: Vec<u8>) -> File {
    File {
        name: name.to_owned(),
        bytes,
        hashed: false,
    }
}

/// The first 16 hexadecimal digits.
fn short(digest: &[u8]) -> String {
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
