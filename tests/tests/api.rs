//! The server over HTTP.

mod sync;
