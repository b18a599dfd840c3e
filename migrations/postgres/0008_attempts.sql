-- Attempts to sign in, counted for all servers on this database.
create table attempts (
    -- SHA-256 of a network address, or of one and a login.
    key bytea primary key,
    attempts bigint not null,
    -- When they count no longer.
    ends_at bigint not null
);
create index attempts_by_end on attempts (ends_at);
