//! The heart of Koffiekar.

pub mod admission;
pub mod catalogue;
pub mod consent;
pub mod conversation;
mod gatekeeper;
pub mod ids;
pub mod limits;
pub mod office;
pub mod policy;
pub mod receipt;
pub mod replica;
pub mod wire;
