-- What was here and was erased: that it was, and when. Nothing of what it said, and not whose it was.
create table tombstones (
    document bytea primary key,
    -- The document that was made of it without the erased quotes; null where all of it was erased.
    replaced_by bytea,
    erased_at bigint not null,
    -- Null where it was erased again from the log, after a backup was put back.
    erased_by bytea references users (id),
    -- When the files of the database held nothing of it any more; null until then.
    gone_at bigint
);
create index tombstones_by_successor on tombstones (replaced_by);
create index tombstones_by_time on tombstones (erased_at, document);

-- Ids that are never taken again.
create table erased_quotes (
    quote bytea primary key,
    -- The conversation that it was erased from, under the id of then.
    document bytea not null references tombstones (document)
);
create index erased_quotes_by_document on erased_quotes (document);
