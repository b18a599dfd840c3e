//! `cargo xtask app`: compiles the app for the browser and fills `app/dist`, which the server embeds.
//!
//! compile ([`wasm_target`]) -> bind ([`bind`]) -> name, link and list ([`bundle`]) -> write and
//! compress ([`dist`]). What did not change is not written again.

use std::fs;

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    bind, bundle, dist,
    steps::Steps,
    wasm_target,
    workspace::{cargo, root, run, target_dir},
};

#[derive(Args)]
pub(crate) struct Options {
    /// Compile quickly, keep the functions' names, compress nothing
    #[arg(long)]
    dev: bool,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    build(&mut Steps::default(), options.dev)
}

pub(crate) fn build(steps: &mut Steps, dev: bool) -> Result<()> {
    let (profile, folder) = if dev {
        ("dev", "debug")
    } else {
        ("wasm", "wasm")
    };
    let wasm = steps.run("compile the app", || {
        wasm_target::ensure()?;
        run(&mut cargo([
            "build",
            "--package",
            "koffiekar-app",
            "--target",
            wasm_target::TRIPLE,
            "--profile",
            profile,
        ]))?;
        Ok(target_dir()?
            .join(wasm_target::TRIPLE)
            .join(folder)
            .join("koffiekar_app.wasm"))
    })?;
    let bound = steps.run("bind the app to JavaScript", || {
        bind::bind(&wasm, dev).with_context(|| format!("cannot bind {}", wasm.display()))
    })?;
    steps.run("bundle the app into app/dist", || {
        let app = root().join("app");
        let files = bundle::bundle(&app, bound)?;
        fs::create_dir_all(app.join("dist"))?;
        dist::write(&app.join("dist"), &files, !dev)
    })
}
