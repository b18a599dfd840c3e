-- One row: which model of the tagger is in use, for all servers on this database.
create table tagger (
    one integer primary key check (one = 1),
    -- Counts the models that came into use.
    number integer not null,
    -- A hash of all its parameters; empty before the first.
    model text not null,
    -- Counts what left quotes with suggestions by another model.
    strayed integer not null,
    -- How far that was put right: every quote has suggestions by this model where the two are the same.
    mended integer not null
) strict;
insert into tagger (one, number, model, strayed, mended) values (1, 0, '', 0, 0);
