//! Where the programs are that tests drive. `cargo xtask test` installs them and tells where.

use std::path::PathBuf;

fn told(variable: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => PathBuf::from(path),
        None => panic!("{variable} is not set: start the tests with `cargo xtask test`"),
    }
}

/// The server's binary.
pub fn koffiekar() -> PathBuf {
    told("KOFFIEKAR_BIN")
}

/// The folder of `initdb` and `postgres`.
pub fn postgres() -> PathBuf {
    told("KOFFIEKAR_PG_BIN")
}

pub fn chromium() -> PathBuf {
    told("KOFFIEKAR_CHROMIUM")
}

pub fn chromedriver() -> PathBuf {
    told("KOFFIEKAR_CHROMEDRIVER")
}

/// The text of axe-core.
pub fn axe() -> PathBuf {
    told("KOFFIEKAR_AXE")
}

pub fn node() -> PathBuf {
    told("KOFFIEKAR_NODE")
}

/// The folder of the client in JavaScript, with what it takes from npm.
pub fn interop() -> PathBuf {
    told("KOFFIEKAR_INTEROP")
}
