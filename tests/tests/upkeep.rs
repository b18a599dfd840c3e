//! What somebody needs who runs it for years: schemas of several versions, backups, looking whether all
//! holds together, and moving to another engine.

mod backups;
mod damage;
mod encryption;
mod house;
mod moving;
mod schemas;
