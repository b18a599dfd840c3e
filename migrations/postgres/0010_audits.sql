-- How sure the tagger is of its first answer, in thousandths, and whether that answer stands without a
-- person until one says otherwise. Derived, as the suggestions are.
alter table quotes add column certainty bigint;
alter table quotes add column accepted boolean not null default false;

-- What the tagger had answered of a quote just before people first decided about it. What they decided
-- stands with the quote.
create table answers (
    quote bytea primary key,
    answered_at bigint not null,
    -- Whether it was judged as one of those that are drawn by chance, without the answer in sight.
    drawn boolean not null,
    model text not null,
    -- `none`: no action line.
    line text not null,
    -- The tagger's own probability, in millionths.
    probability bigint not null
);
create index answers_by_time on answers (answered_at);

-- The taggers that came into use, each by what it was trained from: the lines as they were described then,
-- and the decisions until then. The model itself is nowhere: what it learnt from words would outlive them.
create table tagger_versions (
    number bigint primary key,
    model text not null,
    used_from bigint not null,
    -- JSON list of what the lines said of themselves.
    lines text not null,
    -- The last decision that it learnt from.
    decided_until bigint not null,
    labels bigint not null
);

-- The share of right answers that must be proven before answers stand by themselves, in thousandths;
-- null where none do.
alter table installation add column wanted_precision bigint;
-- The version whose lines and decisions are learnt from, where learning was stopped there.
alter table installation add column learning_held_at bigint;
