-- One row: which model of the tagger is in use, for all servers on this database.
create table tagger (
    one bigint primary key check (one = 1),
    -- Counts the models that came into use.
    number bigint not null,
    -- A hash of all its parameters; empty before the first.
    model text not null,
    -- Counts what left quotes with suggestions by another model.
    strayed bigint not null,
    -- How far that was put right: every quote has suggestions by this model where the two are the same.
    mended bigint not null
);
insert into tagger (one, number, model, strayed, mended) values (1, 0, '', 0, 0);
