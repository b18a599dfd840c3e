//! The product in a real browser, against the real binary.

mod field_day;
mod roles;
