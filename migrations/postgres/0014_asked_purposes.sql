-- Which purposes residents are asked about, separated by spaces. An installation that was there before asks
-- from now on only what it can honour: nothing records a name or a number.
alter table installation add column asks text not null default 'analysis anonymous_publication';
