-- By which time zone days and months count.
alter table installation add column time_zone text not null default 'Europe/Amsterdam';
-- How the terms in the full-text index were made: a server that makes them in another way makes them anew at its start.
alter table installation add column terms_version bigint not null default 1;
