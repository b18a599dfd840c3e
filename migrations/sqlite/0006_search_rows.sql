-- Rows of the full-text index are numbered in the order in which they are written, by the store. FTS5
-- writes out all that it gathered in memory as soon as a row comes before the last one, so that with
-- numbers by chance every second row made a piece of the index of its own, to be merged later; and
-- rows by chance touch a page each of a large table.
create table numbered (search_row integer primary key, was integer not null) strict;
insert into numbered (was) select search_row from quotes order by recorded_at, id;
create index numbered_by_was on numbered (was);

-- Without the length of each row, which only a ranking needs that is not used.
create virtual table quote_terms using fts5 (terms, tokenize = 'ascii', columnsize = 0);
insert into quote_terms (quote_terms, rank) values ('secure-delete', 1);
insert into quote_terms (rowid, terms)
select numbered.search_row, quote_search.terms
from numbered join quote_search on quote_search.rowid = numbered.was
order by numbered.search_row;
drop table quote_search;
alter table quote_terms rename to quote_search;

update quotes set search_row = (select search_row from numbered where was = quotes.search_row);
drop table numbered;
