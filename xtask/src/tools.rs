//! What the tests need besides Rust: found, installed, or named in the line that installs it.
//!
//! On Debian, as root, a missing program is installed from Debian's packages. Anywhere else the
//! command stops and prints the line to run: a test that needs a program is never left out.
//! Programs in unusual places are named by the same variables that the tests read.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::workspace::{read, root, run};

/// A program that the tests start, and the variable in which they find its path.
pub(crate) struct Tool {
    name: &'static str,
    pub(crate) variable: &'static str,
    packages: &'static [&'static str],
    find: fn() -> Option<PathBuf>,
}

/// `KOFFIEKAR_PG_BIN` is the folder with initdb and pg_ctl, the others are programs.
pub(crate) const POSTGRES: Tool = Tool {
    name: "PostgreSQL's server programs (initdb, pg_ctl)",
    variable: "KOFFIEKAR_PG_BIN",
    packages: &["postgresql"],
    find: newest_postgres,
};
pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium",
    variable: "KOFFIEKAR_CHROMIUM",
    packages: &["chromium"],
    find: || on_path("chromium"),
};
pub(crate) const CHROMEDRIVER: Tool = Tool {
    name: "Chromium's driver (chromedriver)",
    variable: "KOFFIEKAR_CHROMEDRIVER",
    packages: &["chromium-driver"],
    find: || on_path("chromedriver"),
};
pub(crate) const NODE: Tool = Tool {
    name: "Node",
    variable: "KOFFIEKAR_NODE",
    packages: &["nodejs"],
    find: || on_path("node"),
};
pub(crate) const NPM: Tool = Tool {
    name: "npm",
    variable: "KOFFIEKAR_NPM",
    packages: &["npm"],
    find: || on_path("npm"),
};

impl Tool {
    fn path(&self) -> Option<PathBuf> {
        match env::var_os(self.variable) {
            Some(path) => Some(PathBuf::from(path)).filter(|path| path.exists()),
            None => (self.find)(),
        }
    }
}

/// Finds all of these, after installing what is missing, as variables for the tests.
pub(crate) fn ensure(tools: &[&Tool]) -> Result<Vec<(&'static str, PathBuf)>> {
    let missing: Vec<_> = tools.iter().filter(|tool| tool.path().is_none()).collect();
    for tool in &missing {
        if let Some(path) = env::var_os(tool.variable) {
            bail!(
                "{} names {}, and nothing is there",
                tool.variable,
                path.display()
            );
        }
        eprintln!("    {} is not here", tool.name);
    }
    if !missing.is_empty() {
        install(
            &missing
                .iter()
                .flat_map(|tool| tool.packages)
                .copied()
                .collect::<Vec<_>>(),
        )?;
    }
    let found = tools.iter().map(|tool| {
        let path = tool.path().with_context(|| {
            format!(
                "{} is still not here; if it is elsewhere, let {} name it",
                tool.name, tool.variable
            )
        })?;
        eprintln!("    {}: {}", tool.variable, path.display());
        Ok((tool.variable, path))
    });
    found.collect()
}

/// Debian's packages, if this is Debian and we may install them.
fn install(packages: &[&str]) -> Result<()> {
    let line = format!(
        "apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    if !Path::new("/etc/debian_version").exists() {
        bail!("the tests need programs that are not here; on Debian they come with\n    {line}");
    }
    if !root_user() {
        bail!(
            "the tests need programs that are not here. Run\n    sudo apt-get update && sudo {line}\nand try again."
        );
    }
    let apt = |args: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(std::process::Stdio::null());
        run(&mut apt)
            .with_context(|| format!("cannot install what the tests need. By hand:\n    {line}"))
    };
    apt(&["update", "--quiet"])?;
    apt(&[
        &["install", "--quiet", "-y", "--no-install-recommends"],
        packages,
    ]
    .concat())
}

/// The owner of our own process.
#[cfg(unix)]
fn root_user() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(unix))]
fn root_user() -> bool {
    false
}

/// Debian keeps them out of the path, one folder for each version.
fn newest_postgres() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let folders = versions.filter_map(|version| {
        let bin = version.path().join("bin");
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        (bin.join("initdb").exists() && bin.join("pg_ctl").exists()).then_some((number, bin))
    });
    let newest = folders.max().map(|(_, bin)| bin);
    newest.or_else(|| Some(on_path("initdb")?.parent()?.to_path_buf()))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// rustfmt and clippy: rustup brings them with the toolchain unless told not to.
pub(crate) fn ensure_lints() -> Result<()> {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if read(&mut crate::workspace::cargo([command, "--version"])).is_err() {
            eprintln!("    {component} is not here: rustup component add {component}");
            run(Command::new("rustup")
                .args(["component", "add", component])
                .current_dir(root()))
            .with_context(|| {
                format!("the lints need it. By hand:\n    rustup component add {component}")
            })?;
        }
    }
    Ok(())
}

/// axe-core, the accessibility checker that the browser tests load into each page.
pub(crate) fn ensure_axe(npm: &Path) -> Result<PathBuf> {
    let (folder, version) = ensure_package(npm, "tests", "axe-core")?;
    let axe = folder.join("axe.min.js");
    if !axe.is_file() {
        bail!("axe-core {version} has no {}", axe.display());
    }
    eprintln!("    KOFFIEKAR_AXE: {} (version {version})", axe.display());
    Ok(axe)
}

/// The client in JavaScript that the tests hold against the server, with Automerge from npm.
pub(crate) fn ensure_interop(npm: &Path) -> Result<PathBuf> {
    let (_, version) = ensure_package(npm, "tests/interop", "@automerge/automerge")?;
    let folder = root().join("tests/interop");
    eprintln!(
        "    KOFFIEKAR_INTEROP: {} (Automerge {version})",
        folder.display()
    );
    Ok(folder)
}

/// The folder of a package from npm, in exactly the version that the lock file beside it names.
fn ensure_package(npm: &Path, project: &str, package: &str) -> Result<(PathBuf, String)> {
    let folder = root().join(project).join("node_modules").join(package);
    let lock = json(&root().join(project).join("package-lock.json"))?;
    let wanted = &lock["packages"][format!("node_modules/{package}")]["version"];
    let installed =
        || json(&folder.join("package.json")).is_ok_and(|package| &package["version"] == wanted);
    if !installed() {
        let mut ci = Command::new(npm);
        ci.args(["ci", "--prefix", project, "--no-audit", "--no-fund"])
            .current_dir(root());
        run(ci.stdin(std::process::Stdio::null()))
            .with_context(|| format!("cannot install {package} from npm"))?;
    }
    if !installed() {
        bail!(
            "npm has run, and {} is still not version {wanted}",
            folder.display()
        );
    }
    Ok((folder, wanted.as_str().unwrap_or_default().to_owned()))
}

fn json(path: &Path) -> Result<serde_json::Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}
