-- What became of action lines: the acts, a row for each line that ended by one and each that follows it.
-- Acts are taken back, never deleted: an answer as of then stays the same.
create table crosswalk (
    -- Counts the acts.
    act integer not null,
    -- The order within the act.
    place integer not null,
    -- retired | split | merged
    kind text not null,
    line text not null references action_lines (key),
    -- Null where nothing follows. The line may be gone where the act was taken back.
    into_line text,
    -- That line was made with the act.
    made integer not null,
    -- When it takes effect.
    starts_at integer not null,
    note text not null,
    recorded_at integer not null,
    recorded_by blob not null references users (id),
    undone_at integer,
    undone_by blob references users (id),
    primary key (act, place)
) strict;

-- Since when a quote is known, and since when what people say of a line comes to this, by the server's clock.
-- What stood here before is dated by the receipt of its conversation.
alter table quotes add column known_since integer not null default 0;
update quotes set known_since = coalesce(
    (select received_at from documents d where d.id = quotes.conversation), 0);
alter table quote_lines add column since integer not null default 0;
update quote_lines set since = coalesce(
    (select known_since from quotes q where q.id = quote_lines.quote), 0);

-- What people's statements came to before; `until` is not part of it.
create table line_history (
    quote blob not null,
    line text not null,
    standing text not null,
    since integer not null,
    until integer not null,
    primary key (quote, line, since)
) strict;
