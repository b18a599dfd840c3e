//! What each function of the store promises, held on both engines, and that both give the same.

mod accounts;
mod answers;
mod attempts;
mod catalogue;
mod conversations;
mod crosswalk;
mod devices;
mod documents;
mod erasing;
mod feed;
mod forgotten;
mod opened;
mod publications;
mod quarantine;
mod quotes;
mod receipt_keys;
mod rounds;
mod schema;
mod search;
mod sessions;
mod tagger;
mod tombstones;
mod trouble;
mod upkeep;
mod world;
