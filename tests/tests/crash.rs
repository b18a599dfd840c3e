//! The real binary where things end badly: it is killed, its disk is full or fails, its database is
//! held by another program or damaged.

mod damage;
mod ending;
mod kills;
mod servers;
mod storage;
mod watch;
