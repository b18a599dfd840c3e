-- The public half of the key that stands in the key file: what is sealed here opens with that file alone.
alter table installation add column seal_key blob;

-- Work that was well-formed and not permitted when it came, sealed until an administrator decides.
create table quarantine (
    id blob primary key,
    device integer not null references devices (number),
    -- Its author spoke with an editor's weight when it came.
    edits integer not null,
    document blob not null,
    -- As the tablet says it; it need not exist.
    round blob not null,
    why text not null,
    -- The heads on the tablet, 32 bytes each, sorted.
    heads blob not null,
    sealed blob not null,
    -- Of the changes before sealing.
    bytes integer not null,
    received_at integer not null,
    turned_down_at integer,
    turned_down_by blob references users (id),
    turned_down_text text,
    unique (device, document)
) strict;
create index quarantine_by_document on quarantine (document);
create index quarantine_by_time on quarantine (received_at, id) where turned_down_at is null;
