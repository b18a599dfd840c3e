//! The product in a real browser, against the real binary.

mod consent;
mod emptied;
mod erased;
mod failure;
mod field_day;
mod focus;
mod hands;
mod live;
mod loading;
mod locking;
mod narrow;
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
