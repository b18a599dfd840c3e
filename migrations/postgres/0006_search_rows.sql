-- Rows of the full-text index are numbered in the order in which they are written, by the store. Those
-- that are there keep their numbers: 63 bits of a hash.
create sequence quote_search_rows;
