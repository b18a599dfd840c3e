//! Tablets: what they push becomes stored, and what they have not seen goes to them.
//!
//! [`intake`] judges, merges and writes; [`feed`] gives what is new; [`compare`] tells a tablet how the server has
//! what it asks about. What may not be stored now waits in [`quarantine`]. [`receipt_keys`] sign, [`vouchers`] bring
//! back what was signed, and [`live`] tells listeners of news, on [`others`] as well.

pub(crate) mod compare;
pub(crate) mod feed;
pub mod intake;
pub(crate) mod live;
pub(crate) mod nonces;
pub(crate) mod others;
pub(crate) mod quarantine;
pub mod receipt_keys;
pub(crate) mod reference;
pub(crate) mod vouchers;
