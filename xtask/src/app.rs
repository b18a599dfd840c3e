//! `cargo xtask app`: compiles the app for the browser and fills `app/dist`, which the server embeds.
//!
//! compile ([`wasm_target`]) -> bind ([`bind`]) -> name, link and list ([`bundle`]) -> write and
//! compress ([`dist`]). What did not change is not written again.

use std::{
    fs,
    path::{Path, PathBuf},
};

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

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// As small as it gets.
    Delivered,
    /// The same, but for what takes minutes: optimised across crates no more, compressed less.
    Tested,
    Dev,
}

impl Build {
    /// The name of the profile, and of its folder in `target`.
    fn profile(self) -> (&'static str, &'static str) {
        match self {
            Build::Delivered => ("wasm", "wasm"),
            Build::Tested => (TESTED_PROFILE, TESTED_PROFILE),
            Build::Dev => ("dev", "debug"),
        }
    }
}

pub(crate) const TESTED_PROFILE: &str = "wasm-tested";

pub(crate) fn command(options: &Options) -> Result<()> {
    let which = if options.dev {
        Build::Dev
    } else {
        Build::Delivered
    };
    build(&mut Steps::default(), which)
}

pub(crate) fn build(steps: &mut Steps, which: Build) -> Result<()> {
    let wasm = compile(steps, which)?;
    bundle(steps, which, &wasm)
}

/// Gives the wasm's path.
pub(crate) fn compile(steps: &mut Steps, which: Build) -> Result<PathBuf> {
    let (profile, folder) = which.profile();
    steps.run("compile the app", || {
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
    })
}

pub(crate) fn bundle(steps: &mut Steps, which: Build, wasm: &Path) -> Result<()> {
    let bound = steps.run("bind the app to JavaScript", || {
        bind::bind(wasm, which == Build::Dev)
            .with_context(|| format!("cannot bind {}", wasm.display()))
    })?;
    steps.run("bundle the app into app/dist", || {
        let app = root().join("app");
        let files = bundle::bundle(&app, bound)?;
        fs::create_dir_all(app.join("dist"))?;
        dist::write(&app.join("dist"), &files, which)
    })
}
