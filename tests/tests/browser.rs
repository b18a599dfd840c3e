//! The product in a real browser, against the real binary.

mod consent;
mod erased;
mod field_day;
mod live;
mod rescue;
mod review;
mod revoked;
mod roles;
mod rounds;
mod steps;
mod storage;
