-- A key for receipts outlives its secret: what it signed is verified for ever, and tablets that trusted it
-- are shown how the next one follows from it.
alter table receipt_keys
    -- Gone once the key is retired.
    alter column secret drop not null,
    -- Counts up; the last one signs.
    add column place bigint,
    -- Of a key older than this column it is written when the server starts.
    add column public_key bytea,
    -- The signature of the key before over this one; none of the first.
    add column handed_over bytea;
update receipt_keys set place = numbered.place
from (select id, row_number() over (order by created_at, id desc) as place from receipt_keys) numbered
where numbered.id = receipt_keys.id;
alter table receipt_keys alter column place set not null;
alter table receipt_keys add unique (place);
