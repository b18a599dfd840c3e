//! The tagger at work: what it proposes, what it may decide, and how good it is.
//!
//! [`suggest`] proposes and learns; [`audited`] draws the quotes that it is judged by; [`quality`] tells how it did;
//! [`preview`] tells what another tagger would do. What it can do by itself is the crate `koffiekar-tagging`.

pub mod audited;
pub(crate) mod coarse;
pub(crate) mod preview;
pub(crate) mod quality;
pub mod suggest;
pub(crate) mod terms;
