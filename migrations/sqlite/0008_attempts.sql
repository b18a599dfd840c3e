-- Attempts to sign in, counted for all servers on this database.
create table attempts (
    -- SHA-256 of a network address, or of one and a login.
    key blob primary key,
    attempts integer not null,
    -- When they count no longer.
    ends_at integer not null
) strict;
create index attempts_by_end on attempts (ends_at);
