//! The product in a real browser, against the real binary.

mod erased;
mod field_day;
mod live;
mod rescue;
mod review;
mod revoked;
mod roles;
mod steps;
mod storage;
