//! Keeping an installation: copies, their restoring, moving, proving, and what is kept apart from the database.

pub(crate) mod apart;
pub mod backup;
pub(crate) mod database_watch;
pub(crate) mod erasures;
pub mod moving;
pub(crate) mod remembered;
pub mod restored;
pub(crate) mod serving_lock;
pub mod verify;
