//! The server over HTTP.

mod bad_input;
mod feed;
mod held;
mod live;
mod office;
mod policy;
mod queries;
mod rescues;
mod restore;
mod sync;
