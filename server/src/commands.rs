//! What the program can be asked to do, each in a file of its own.

pub(crate) mod add_person;
pub(crate) mod backup;
pub(crate) mod clear_files;
pub(crate) mod disable_demo_accounts;
pub(crate) mod load_programme;
pub(crate) mod migrate;
pub(crate) mod move_all;
pub(crate) mod new_epoch;
pub(crate) mod new_receipt_key;
mod open;
pub(crate) mod reproject;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod verify;

/// Where the audit log says that a command came from.
const CONSOLE: &str = "console";
