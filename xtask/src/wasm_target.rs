//! Makes sure that rustc can compile for the browser.

use std::{path::Path, process::Command, thread::sleep, time::Duration};

use anyhow::{Result, bail};

use crate::workspace::{read, root, run};

pub(crate) const TRIPLE: &str = "wasm32-unknown-unknown";

/// `rust-toolchain.toml` asks rustup for the target, but rustup may have been told not to install
/// anything by itself, and a toolchain from before that line lacks it.
pub(crate) fn ensure() -> Result<()> {
    if installed()? {
        return Ok(());
    }
    let tries = 3;
    for attempt in 1..=tries {
        eprintln!(
            "    the target {TRIPLE} is missing: rustup target add (try {attempt} of {tries})"
        );
        let added = run(Command::new("rustup")
            .args(["target", "add", TRIPLE])
            .current_dir(root()));
        if added.is_ok() && installed()? {
            return Ok(());
        }
        if attempt < tries {
            sleep(Duration::from_secs(2 * attempt));
        }
    }
    bail!(
        "the app needs Rust's target {TRIPLE}, and it could not be installed. Run\n    \
         rustup target add {TRIPLE}\nor, without rustup, install your distribution's Rust for wasm32."
    )
}

fn installed() -> Result<bool> {
    let sysroot = read(
        Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(root()),
    )?;
    Ok(Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TRIPLE)
        .join("lib")
        .is_dir())
}
