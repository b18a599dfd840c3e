-- What a tablet pushed itself is left out of the answer to that very push, and of no other.
alter table feed drop column held_by;
