-- From which keys of this installation alone are made: 32 random bytes, drawn at the first start after this.
alter table installation add column secret blob;

-- Browsers in which somebody signed in: their attempts are counted apart, so that nobody can lock them out.
create table known_browsers (
    -- SHA-256 of the cookie's token.
    token_hash blob not null,
    account blob not null references users (id),
    seen_at integer not null,
    primary key (account, token_hash)
) strict;

-- JSON object: what was asked and how much of it was read, never what was said.
alter table audit_log add column details text;
create index audit_log_by_time on audit_log (happened_at, place);
create index audit_log_by_actor on audit_log (actor, happened_at, place);
create index audit_log_by_action on audit_log (action, happened_at, place);

-- The round that the quote stands in, so that it is known where the quote is gone; null where it was gone before.
alter table selections add column round blob;
update selections set round = (select round from quotes q where q.id = selections.quote);

-- Numbers of signed messages, each of which is taken once.
create table nonces (
    -- SHA-256 of the device's number and the nonce.
    key blob primary key,
    -- When a message with it would be too old anyway.
    ends_at integer not null
) strict;
create index nonces_by_end on nonces (ends_at);
