//! The server over HTTP.

mod areas;
mod aside;
mod bad_input;
mod clocks;
mod desk;
mod erasure;
mod feed;
mod held;
mod lines;
pub(crate) mod live;
mod moves;
mod office;
mod policy;
mod previews;
mod queries;
mod readings;
mod rescues;
mod restore;
mod review;
mod servers;
pub(crate) mod shares;
mod sign_in;
mod sync;
mod together;
