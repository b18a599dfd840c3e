//! The product in a real browser, against the real binary.

mod consent;
mod emptied;
mod erased;
mod failure;
mod field_day;
mod live;
mod loading;
mod locking;
mod rescue;
mod review;
mod revoked;
mod roles;
mod rounds;
mod steps;
mod storage;
mod translated;
mod truth;
mod update;
mod words;
