//! The server over HTTP.

mod bad_input;
mod policy;
mod sync;
