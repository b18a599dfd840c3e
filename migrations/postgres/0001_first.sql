-- Ids and hashes are bytes, times integer milliseconds since 1970 (UTC), JSON is text.
-- The SQLite schema has the same names; it differs in type names and in the full-text index only.

-- One row: what this database is.
create table installation (
    one bigint primary key check (one = 1),
    -- Renewed when a backup is restored; part of every cursor and receipt.
    epoch bytea not null,
    programme_name text not null default '',
    programme_cycle text not null default '',
    provisional boolean not null default false,
    note text not null default '',
    -- Counts every change of themes, lines, areas, consent texts and rounds.
    catalogue_version bigint not null default 0
);

-- Keys that sign receipts; the newest that is not retired signs.
create table receipt_keys (
    id bytea primary key,
    secret bytea not null,
    created_at bigint not null,
    retired_at bigint
);

create table themes (
    key text primary key,
    title text not null,
    position bigint not null
);

create table action_lines (
    key text primary key,
    theme text not null references themes (key),
    title text not null,
    description text not null,
    synonyms text not null,
    position bigint not null
);

create table areas (
    code text primary key,
    level text not null,
    part_of text not null,
    -- The wijk that holds it: the code itself for a wijk, null for the district.
    wijk text,
    name text
);

create table consent_texts (
    version text not null,
    language text not null,
    purpose text not null,
    question text not null,
    primary key (version, language, purpose)
);

create table rounds (
    id bytea primary key,
    name text not null,
    kind text not null,
    starts_on text not null,
    ends_on text not null,
    closed boolean not null default false,
    -- The last place given in this round's feed; taken inside the writing transaction.
    feed_place bigint not null default 0
);

create table users (
    id bytea primary key,
    login text not null unique,
    name text not null,
    role text not null,
    password_hash text not null,
    disabled boolean not null default false,
    demo boolean not null default false,
    created_at bigint not null
);

create table round_members (
    round bytea not null references rounds (id),
    member bytea not null references users (id),
    primary key (round, member)
);
create index round_members_by_member on round_members (member);

create table sessions (
    -- SHA-256 of the cookie's token.
    token_hash bytea primary key,
    account bytea not null references users (id),
    created_at bigint not null,
    expires_at bigint not null
);
create index sessions_by_account on sessions (account);

create table devices (
    number bigint primary key,
    account bytea not null references users (id),
    public_key bytea not null,
    label text not null,
    enrolled_at bigint not null,
    last_contact bigint,
    waiting bigint not null default 0,
    revoked_at bigint
);

-- The conversation documents themselves: the truth. All below `feed` is derived from them.
create table documents (
    id bytea primary key,
    round bytea not null references rounds (id),
    -- Counts merges; a re-merge is due where it changed.
    version bigint not null,
    -- The heads, 32 bytes each, sorted.
    heads bytea not null,
    bytes bytea not null,
    received_at bigint not null,
    -- The device whose first push made it.
    device bigint not null
);

-- One row per round and document; a change moves it forward.
create table feed (
    round bytea not null references rounds (id),
    place bigint not null,
    document bytea not null,
    -- changed | erased | replaced | moved
    kind text not null,
    -- The device that already holds these heads, because its own push made them.
    held_by bigint,
    primary key (round, document)
);
create unique index feed_by_place on feed (round, place);

create table conversations (
    id bytea primary key references documents (id),
    round bytea not null,
    area text,
    language text not null,
    recorded_at bigint not null,
    -- The tablet's clock was impossible: `recorded_at` is the time of receipt.
    clock_doubtful boolean not null,
    recorded_by bytea not null,
    notes text not null,
    -- JSON list of the statements about consent.
    consents text not null
);
create index conversations_by_round on conversations (round);

-- Facets stand on each quote, so that a filter touches one table.
create table quotes (
    id bytea primary key,
    conversation bytea not null references conversations (id),
    -- The order within the conversation.
    position bigint not null,
    round bytea not null,
    kind text not null,
    area text,
    wijk text,
    language text not null,
    recorded_at bigint not null,
    -- 2026-01
    month text not null,
    verbatim text not null,
    -- JSON list of wordings, null where all agree.
    wordings text,
    tag_state text not null,
    -- JSON list: who said what about which line.
    said text not null,
    for_analysis boolean not null,
    for_anonymous_publication boolean not null,
    for_named_publication boolean not null,
    for_follow_up_contact boolean not null,
    -- JSON list of what the tagger proposes, and the best of it for a quote that nobody tagged yet.
    suggestions text not null,
    best_suggestion text,
    -- The number of its row in the full-text index: 63 bits of the hash of its id.
    search_row bigint not null
);
create index quotes_by_time on quotes (recorded_at, id);
create index quotes_by_conversation on quotes (conversation);
create index quotes_by_round on quotes (round, recorded_at, id);
create index quotes_by_tag_state on quotes (tag_state, recorded_at, id);
create index quotes_by_suggestion on quotes (best_suggestion, recorded_at, id);
create index quotes_by_search_row on quotes (search_row);

-- What people's statements come to, a row per quote and line.
create table quote_lines (
    quote bytea not null references quotes (id),
    line text not null,
    standing text not null,
    primary key (quote, line)
);
create index quote_lines_by_line on quote_lines (line, standing, quote);

-- Terms are folded and stemmed in Rust to [a-z0-9]; the row is `search_row` of quotes.
create table quote_search (
    search_row bigint primary key,
    terms tsvector not null
);
create index quote_search_terms on quote_search using gin (terms);

create table publications (
    id bytea primary key,
    title text not null,
    form text not null,
    state text not null,
    position bigint not null
);

create table sections (
    id bytea primary key,
    publication bytea not null references publications (id),
    title text not null,
    theme text,
    action_line text,
    position bigint not null
);
create index sections_by_publication on sections (publication, position);

create table selections (
    section bytea not null references sections (id),
    quote bytea not null,
    chosen_by bytea not null references users (id),
    chosen_at bigint not null,
    position bigint not null,
    primary key (section, quote)
);
create index selections_by_quote on selections (quote);

create table audit_log (
    place bigint primary key generated always as identity,
    happened_at bigint not null,
    actor text not null,
    origin text not null,
    action text not null,
    object text not null,
    result text not null
);
