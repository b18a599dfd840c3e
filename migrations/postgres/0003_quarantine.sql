-- The public half of the key that stands in the key file: what is sealed here opens with that file alone.
alter table installation add column seal_key bytea;

-- Work that was well-formed and not permitted when it came, sealed until an administrator decides.
create table quarantine (
    id bytea primary key,
    device bigint not null references devices (number),
    -- Its author spoke with an editor's weight when it came.
    edits boolean not null,
    document bytea not null,
    -- As the tablet says it; it need not exist.
    round bytea not null,
    why text not null,
    -- The heads on the tablet, 32 bytes each, sorted.
    heads bytea not null,
    sealed bytea not null,
    -- Of the changes before sealing.
    bytes bigint not null,
    received_at bigint not null,
    turned_down_at bigint,
    turned_down_by bytea references users (id),
    turned_down_text text,
    unique (device, document)
);
create index quarantine_by_document on quarantine (document);
create index quarantine_by_time on quarantine (received_at, id) where turned_down_at is null;
