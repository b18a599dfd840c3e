//! The server over HTTP.

mod bad_input;
mod office;
mod policy;
mod queries;
mod sync;
