//! What somebody needs who runs it for years: schemas of several versions, backups, looking whether all
//! holds together, and moving to another engine.

mod backups;
mod damage;
mod encryption;
mod erasures;
mod house;
mod lost;
mod moving;
mod permissions;
mod schemas;
