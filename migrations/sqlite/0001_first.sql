-- Ids and hashes are bytes, times integer milliseconds since 1970 (UTC), JSON is text.
-- The PostgreSQL schema has the same names; it differs in type names and in the full-text index only.

-- One row: what this database is.
create table installation (
    one integer primary key check (one = 1),
    -- Renewed when a backup is restored; part of every cursor and receipt.
    epoch blob not null,
    programme_name text not null default '',
    programme_cycle text not null default '',
    provisional integer not null default false,
    note text not null default '',
    -- Counts every change of themes, lines, areas, consent texts and rounds.
    catalogue_version integer not null default 0
) strict;

-- Keys that sign receipts; the newest that is not retired signs.
create table receipt_keys (
    id blob primary key,
    secret blob not null,
    created_at integer not null,
    retired_at integer
) strict;

create table themes (
    key text primary key,
    title text not null,
    position integer not null
) strict;

create table action_lines (
    key text primary key,
    theme text not null references themes (key),
    title text not null,
    description text not null,
    synonyms text not null,
    position integer not null
) strict;

create table areas (
    code text primary key,
    level text not null,
    part_of text not null,
    -- The wijk that holds it: the code itself for a wijk, null for the district.
    wijk text,
    name text
) strict;

create table consent_texts (
    version text not null,
    language text not null,
    purpose text not null,
    question text not null,
    primary key (version, language, purpose)
) strict;

create table rounds (
    id blob primary key,
    name text not null,
    kind text not null,
    starts_on text not null,
    ends_on text not null,
    closed integer not null default false,
    -- The last place given in this round's feed; taken inside the writing transaction.
    feed_place integer not null default 0
) strict;

create table users (
    id blob primary key,
    login text not null unique,
    name text not null,
    role text not null,
    password_hash text not null,
    disabled integer not null default false,
    demo integer not null default false,
    created_at integer not null
) strict;

create table round_members (
    round blob not null references rounds (id),
    member blob not null references users (id),
    primary key (round, member)
) strict;
create index round_members_by_member on round_members (member);

create table sessions (
    -- SHA-256 of the cookie's token.
    token_hash blob primary key,
    account blob not null references users (id),
    created_at integer not null,
    expires_at integer not null
) strict;
create index sessions_by_account on sessions (account);

create table devices (
    number integer primary key,
    account blob not null references users (id),
    public_key blob not null,
    label text not null,
    enrolled_at integer not null,
    last_contact integer,
    waiting integer not null default 0,
    revoked_at integer
) strict;

-- The conversation documents themselves: the truth. All below `feed` is derived from them.
create table documents (
    id blob primary key,
    round blob not null references rounds (id),
    -- Counts merges; a re-merge is due where it changed.
    version integer not null,
    -- The heads, 32 bytes each, sorted.
    heads blob not null,
    bytes blob not null,
    received_at integer not null,
    -- The device whose first push made it.
    device integer not null
) strict;

-- One row per round and document; a change moves it forward.
create table feed (
    round blob not null references rounds (id),
    place integer not null,
    document blob not null,
    -- changed | erased | replaced | moved
    kind text not null,
    -- The device that already holds these heads, because its own push made them.
    held_by integer,
    primary key (round, document)
) strict;
create unique index feed_by_place on feed (round, place);

create table conversations (
    id blob primary key references documents (id),
    round blob not null,
    area text,
    language text not null,
    recorded_at integer not null,
    -- The tablet's clock was impossible: `recorded_at` is the time of receipt.
    clock_doubtful integer not null,
    recorded_by blob not null,
    notes text not null,
    -- JSON list of the statements about consent.
    consents text not null
) strict;
create index conversations_by_round on conversations (round);

-- Facets stand on each quote, so that a filter touches one table.
create table quotes (
    id blob primary key,
    conversation blob not null references conversations (id),
    -- The order within the conversation.
    position integer not null,
    round blob not null,
    kind text not null,
    area text,
    wijk text,
    language text not null,
    recorded_at integer not null,
    -- 2026-01
    month text not null,
    verbatim text not null,
    -- JSON list of wordings, null where all agree.
    wordings text,
    tag_state text not null,
    -- JSON list: who said what about which line.
    said text not null,
    for_analysis integer not null,
    for_anonymous_publication integer not null,
    for_named_publication integer not null,
    for_follow_up_contact integer not null,
    -- JSON list of what the tagger proposes, and the best of it for a quote that nobody tagged yet.
    suggestions text not null,
    best_suggestion text,
    -- The number of its row in the full-text index: 63 bits of the hash of its id.
    search_row integer not null
) strict;
create index quotes_by_time on quotes (recorded_at, id);
create index quotes_by_conversation on quotes (conversation);
create index quotes_by_round on quotes (round, recorded_at, id);
create index quotes_by_tag_state on quotes (tag_state, recorded_at, id);
create index quotes_by_suggestion on quotes (best_suggestion, recorded_at, id);
create index quotes_by_search_row on quotes (search_row);

-- What people's statements come to, a row per quote and line.
create table quote_lines (
    quote blob not null references quotes (id),
    line text not null,
    standing text not null,
    primary key (quote, line)
) strict;
create index quote_lines_by_line on quote_lines (line, standing, quote);

-- Terms are folded and stemmed in Rust to [a-z0-9]; the row is `search_row` of quotes.
create virtual table quote_search using fts5 (terms, tokenize = 'ascii');
insert into quote_search (quote_search, rank) values ('secure-delete', 1);

create table publications (
    id blob primary key,
    title text not null,
    form text not null,
    state text not null,
    position integer not null
) strict;

create table sections (
    id blob primary key,
    publication blob not null references publications (id),
    title text not null,
    theme text,
    action_line text,
    position integer not null
) strict;
create index sections_by_publication on sections (publication, position);

create table selections (
    section blob not null references sections (id),
    quote blob not null,
    chosen_by blob not null references users (id),
    chosen_at integer not null,
    position integer not null,
    primary key (section, quote)
) strict;
create index selections_by_quote on selections (quote);

create table audit_log (
    place integer primary key,
    happened_at integer not null,
    actor text not null,
    origin text not null,
    action text not null,
    object text not null,
    result text not null
) strict;
