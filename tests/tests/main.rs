//! One test binary for all that is tested from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod api;
mod browser;
mod contract;
mod crash;
mod fuzzed;
mod interop;
mod migrations;
mod plans;
mod properties;
mod rules;
mod simulation;
mod upkeep;
mod vectors;
mod watching;
