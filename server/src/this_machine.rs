//! What never leaves the machine needs no encryption.

use std::net::IpAddr;

/// A name or an address as it stands in a URL. Names are not looked up: an answer may be another tomorrow.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
}
