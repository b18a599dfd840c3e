//! The server over HTTP.

mod bad_input;
mod feed;
mod held;
mod office;
mod policy;
mod queries;
mod sync;
