//! What the tests, the benchmarks and the load generator share: servers that are started for one
//! test and gone after it, tablets that speak to them over real HTTP, and the office's JSON client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must stop"
)]

pub mod browser;
pub mod certified;
pub mod chunks;
pub mod days;
pub mod disk;
pub mod fuzz;
pub mod hand;
pub mod interop;
pub mod messages;
pub mod office;
pub mod operations;
pub mod postgres;
pub mod programs;
pub mod rows;
pub mod seed;
pub mod server;
pub mod simulation;
pub mod stranger;
pub mod tablet;
