//! Which proxies are believed, and who a request comes from behind them.
//!
//! Anybody may write `X-Forwarded-For`. What counts is the last entry of it that no trusted proxy stands
//! for: each proxy adds whom it was called by.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address, or all that begin with the same bits: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNetwork(String);

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no address and no network; write for instance 127.0.0.1 or 10.0.0.0/8",
            self.0
        )
    }
}

impl std::error::Error for InvalidNetwork {}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let wrong = || InvalidNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().map_err(|_| wrong())?,
            None => all,
        };
        match bits <= all {
            true => Ok(Self { address, bits }),
            false => Err(wrong()),
        }
    }
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        let same = |ours: u128, other: u128, all: u32| {
            let free = all - u32::from(self.bits);
            ours.checked_shr(free) == other.checked_shr(free)
        };
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                same(u128::from(ours.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => same(ours.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

/// The proxies that stand in front of this server.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    trusted: Vec<Network>,
}

impl Proxies {
    pub fn trusted(trusted: Vec<Network>) -> Self {
        Self { trusted }
    }

    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.holds(address))
    }

    /// Who asks, where `peer` is connected and says this in `X-Forwarded-For`, all of its lines in order.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut client = peer.to_canonical();
        let mut entries = forwarded.rev().flat_map(|line| line.rsplit(','));
        while self.trusts(client) {
            // What is no address says nothing, and hides what stands before it.
            match entries.next().map(entry) {
                Some(Some(before)) => client = before.to_canonical(),
                Some(None) | None => break,
            }
        }
        client
    }
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`.
fn entry(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0.parse().ok(),
        None => text.rsplit_once(':')?.0.parse().ok(),
    }
}
