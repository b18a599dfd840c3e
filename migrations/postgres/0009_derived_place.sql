-- What is derived again while its document stays as it was (suggestions of a new model, `reproject`) is
-- given a place of its own order: who keeps counts of quotes finds by it what to read again.
alter table installation add column derived_place bigint not null default 0;
alter table quotes add column derived_place bigint;
create index quotes_by_derived_place on quotes (derived_place) where derived_place is not null;

-- Filters, counts and the order of pages are answered from what a server holds in memory.
drop index quotes_by_time;
drop index quotes_by_round;
drop index quotes_by_tag_state;
drop index quotes_by_suggestion;
