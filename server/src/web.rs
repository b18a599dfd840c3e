//! HTTP: one table of routes, what surrounds every handler, and who is asking.
//!
//! A request comes in by [`connections`], passes [`middleware`], finds its handler in [`routes`], which takes what
//! it needs by [`extract`] and asks [`caller`] for the person. Files of the app are [`assets`]. Nothing here decides
//! what may become of residents' words: a handler parses, calls a room beside this one, and answers.

pub mod assets;
pub(crate) mod attempts;
pub mod bounds;
pub mod caller;
pub(crate) mod connections;
pub mod extract;
pub(crate) mod middleware;
pub mod proxies;
pub(crate) mod readings;
pub mod routes;
pub(crate) mod table_file;
