-- A key for receipts outlives its secret: what it signed is verified for ever, and tablets that trusted it
-- are shown how the next one follows from it.
create table receipt_keys_now (
    -- The first eight bytes of the SHA-256 of the public half.
    id blob primary key,
    -- Counts up; the last one signs.
    place integer not null unique,
    -- Of a key older than this column it is written when the server starts.
    public_key blob,
    -- Gone once the key is retired.
    secret blob,
    -- The signature of the key before over this one; none of the first.
    handed_over blob,
    created_at integer not null,
    retired_at integer
) strict;
insert into receipt_keys_now (id, place, secret, created_at, retired_at)
select id, row_number() over (order by created_at, id desc), secret, created_at, retired_at
from receipt_keys;
drop table receipt_keys;
alter table receipt_keys_now rename to receipt_keys;
