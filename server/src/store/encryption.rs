//! Whether what goes to a PostgreSQL is encrypted on its way.
//!
//! Residents' words and the hashes of passwords never cross a network in the clear in silence. To the same
//! machine nothing is asked for. To any other the certificate is verified, unless the address says otherwise:
//! `sslmode=require` encrypts without it, `verify-ca` takes any name, and `disable` alone goes in the clear.
//! `prefer` and `allow`, which other programs take for "encrypted if it so happens", are `require` here.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{Result, StoreError};
use crate::this_machine::is_this_machine;

/// What becomes of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// On this machine, or said so.
    None,
    /// On this machine, where the database offers it.
    IfOffered,
    /// Without asking whose certificate it is.
    Unverified,
    /// By an authority that is trusted; whatever name it is for.
    Authority,
    /// By an authority that is trusted, for the name in the address.
    Full,
}

impl Encryption {
    fn mode(self) -> PgSslMode {
        match self {
            Self::None => PgSslMode::Disable,
            Self::IfOffered => PgSslMode::Prefer,
            Self::Unverified => PgSslMode::Require,
            Self::Authority => PgSslMode::VerifyCa,
            Self::Full => PgSslMode::VerifyFull,
        }
    }
}

/// How a `postgres://` address is connected to.
pub(super) fn options(address: &str) -> Result<PgConnectOptions> {
    let options = parse(address)?;
    let (encryption, is_local) = encryption_with(address, &options);
    if encryption == Encryption::None && !is_local {
        tracing::warn!(
            "what goes to PostgreSQL goes over the network in the clear, for its address says sslmode=disable"
        );
    }
    Ok(options.ssl_mode(encryption.mode()))
}

/// What becomes of an address.
pub fn encryption(address: &str) -> Result<Encryption> {
    Ok(encryption_with(address, &parse(address)?).0)
}

fn parse(address: &str) -> Result<PgConnectOptions> {
    PgConnectOptions::from_str(address)
        .map_err(|_| StoreError::Address("postgres://...".to_owned()))
}

fn encryption_with(address: &str, options: &PgConnectOptions) -> (Encryption, bool) {
    let has_socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    let is_local = has_socket || is_this_machine(options.get_host());
    let asked = is_said(address, &["sslmode", "ssl-mode"], "PGSSLMODE");
    let has_root = is_said(
        address,
        &["sslrootcert", "ssl-root-cert", "ssl-ca"],
        "PGSSLROOTCERT",
    );
    let encryption = match (asked, options.get_ssl_mode()) {
        (false, _) if has_socket => Encryption::None,
        (false, _) if is_local => Encryption::IfOffered,
        (false, _) => Encryption::Full,
        (true, PgSslMode::Disable) => Encryption::None,
        (true, PgSslMode::VerifyCa) => Encryption::Authority,
        (true, PgSslMode::VerifyFull) => Encryption::Full,
        (true, PgSslMode::Prefer | PgSslMode::Allow) if is_local => Encryption::IfOffered,
        // As PostgreSQL's own programs do it.
        (true, _) if has_root => Encryption::Authority,
        (true, _) => Encryption::Unverified,
    };
    (encryption, is_local)
}

/// Whether the address or the environment says something of this.
fn is_said(address: &str, keys: &[&str], variable: &str) -> bool {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.any(|(key, _)| keys.contains(&key)) || std::env::var_os(variable).is_some()
}
