//! Questions about all quotes: filters, counts, and the order of pages.

pub mod facets;
