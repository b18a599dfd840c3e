//! `cargo xtask run`: app and server in release, then the server with the demo programme.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    app::{self, Build},
    steps::Steps,
    workspace::{cargo, root, run, target_dir},
};

#[derive(Args)]
pub(crate) struct Options {
    /// The port to listen on
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// The folder of the database and the keys [default: data in the workspace]
    #[arg(long)]
    data: Option<PathBuf>,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut steps = Steps::default();
    app::build(&mut steps, Build::Delivered)?;
    let server = steps.run("compile the server", || {
        run(&mut cargo([
            "build",
            "--release",
            "--package",
            "koffiekar-server",
        ]))?;
        Ok(target_dir()?.join("release/koffiekar"))
    })?;
    let data = match &options.data {
        Some(data) => std::path::absolute(data)?,
        None => root().join("data"),
    };
    let mut server = std::process::Command::new(server);
    server
        .arg("serve")
        .arg("--data")
        .arg(data)
        .arg("--port")
        .arg(options.port.to_string())
        .arg("--demo");
    eprintln!("==> start the server");
    become_it(&mut server)
}

/// The server takes this program's place, so that signals, output and exit code are its own.
#[cfg(unix)]
fn become_it(server: &mut std::process::Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = server.exec();
    bail!("cannot start the server: {error}")
}

#[cfg(not(unix))]
fn become_it(server: &mut std::process::Command) -> Result<()> {
    let status = server.status()?;
    match status.code() {
        Some(code) => std::process::exit(code),
        None => bail!("the server ended: {status}"),
    }
}
