//! What can be set, as a flag or in the environment. `koffiekar help serve` shows all that a server takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::builder::{FalseyValueParser, RangedU64ValueParser};
use clap::{Args, Parser, Subcommand};
use koffiekar_sync_core::office::Role;

use crate::store;
use crate::upkeep::apart::Apart;
use crate::web::proxies::Network;

/// Koffiekar: what residents say, brought together, tagged and published
#[derive(Debug, Parser)]
#[command(name = "koffiekar", version)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub log: Log,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(Serve),
    /// Add a person, for instance the first administrator; the password is read from standard input
    AddPerson(AddPerson),
    /// Load a programme: themes, action lines, areas and consent texts
    LoadProgramme(LoadProgramme),
    /// Bring the schema of the database up to date; `serve` does it by itself as well
    Migrate(Place),
    /// Copy an SQLite database to a file, beside a server that runs
    Backup(Backup),
    /// Put such a copy in the place of the database
    Restore(Restore),
    /// Look whether all that is stored holds together; the exit code tells
    Verify(Place),
    /// Derive all that screens and queries read from the documents again, beside a server that runs
    Reproject(Place),
    /// End the demo's accounts, whose password everybody knows
    DisableDemoAccounts(Place),
    /// Move an installation from SQLite to PostgreSQL or back, or to another place
    Move(Move),
    /// After a backup was put back otherwise than by `restore`: let every tablet bring what is missing here
    NewEpoch(Place),
    /// Sign receipts with a new key from now on; servers that run follow by themselves
    NewReceiptKey(Place),
    /// Rewrite the database's files, so that no remains of what was erased are in them. An SQLite
    /// database does that by itself; PostgreSQL locks its tables meanwhile
    ClearFiles(Place),
}

/// Where the data is
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The folder of the database; it is made when it is missing
    #[arg(long, env = "KOFFIEKAR_DATA", default_value = "data")]
    pub data: PathBuf,
    /// The database: sqlite:PATH or postgres://... [default: sqlite, in the data folder]
    #[arg(long, env = "KOFFIEKAR_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Connections to PostgreSQL, at most; half of them write. One more hears what other servers do
    #[arg(long, env = "KOFFIEKAR_DATABASE_CONNECTIONS", default_value_t = store::CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub database_connections: u32,
    /// The same PostgreSQL past a pooler that --database-url goes through, for what needs a connection
    /// to itself: changes of the schema, and hearing other servers
    #[arg(long, env = "KOFFIEKAR_DATABASE_DIRECT_URL", hide_env_values = true)]
    pub database_direct_url: Option<String>,
    /// The file with the key that opens what is sealed in the database; made at the first start. Keep
    /// a copy apart from the database's [default: koffiekar.key, beside an SQLite database or in the
    /// data folder]
    #[arg(long, env = "KOFFIEKAR_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// Go on where an older database was put back and no copy of erasures.log is left: what was erased since
    /// is there again. To be said once, and never to be set for good
    #[arg(long)]
    pub erasures_lost: bool,
}

impl Place {
    pub fn address(&self) -> String {
        match &self.database_url {
            Some(address) => address.clone(),
            None => format!("sqlite:{}", self.data.join("koffiekar.sqlite").display()),
        }
    }

    /// Where the files are that stand beside the database.
    pub fn folder(&self) -> PathBuf {
        match self.sqlite_file() {
            Some(file) => file.parent().unwrap_or(Path::new("")).to_owned(),
            None => self.data.clone(),
        }
    }

    /// The database, to be shown: without a password.
    pub fn shown(&self) -> String {
        match self.sqlite_file() {
            Some(file) => file.display().to_string(),
            None => "of PostgreSQL that --database-url names".to_owned(),
        }
    }

    /// `None` where the database is no file.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        self.address().strip_prefix("sqlite:").map(PathBuf::from)
    }

    pub fn settings(&self) -> store::Settings {
        store::Settings {
            connections: self.database_connections,
            direct: self.database_direct_url.clone(),
        }
    }

    pub fn apart(&self) -> Apart {
        let mut apart = Apart::beside(&self.folder());
        if let Some(file) = &self.key_file {
            apart.key_file.clone_from(file);
        }
        apart.erasures_lost = self.erasures_lost;
        apart
    }
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub place: Place,
    /// The port to listen on; 0 takes a free one
    #[arg(long, env = "KOFFIEKAR_PORT", default_value_t = 8000)]
    pub port: u16,
    /// The address to listen on; 0.0.0.0 for every network
    #[arg(long, env = "KOFFIEKAR_ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub address: IpAddr,
    /// Do not bring the schema up to date: where it is behind, do not start. For several servers that are
    /// renewed one by one; run `koffiekar migrate` first
    #[arg(long, env = "KOFFIEKAR_NO_MIGRATE", value_parser = FalseyValueParser::new())]
    pub no_migrate: bool,
    /// Serve metrics for Prometheus, and readiness, on this address and port; keep it where only those
    /// come who watch the server, for instance 127.0.0.1:9464
    #[arg(long, env = "KOFFIEKAR_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Connections of clients that are open at once, at most
    #[arg(long, env = "KOFFIEKAR_CONNECTIONS", default_value_t = 4096,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub connections: usize,
    /// Those of them from one network address, where no proxy stands between
    #[arg(long, env = "KOFFIEKAR_CONNECTIONS_PER_ADDRESS", default_value_t = 1024,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub connections_per_address: usize,
    /// Seconds that requests may still take when the server was told to end; what goes on after that is broken
    /// off
    #[arg(long, env = "KOFFIEKAR_GRACE", default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    pub grace: u64,
    /// Fill an empty installation with the demo, and show the demo accounts
    #[arg(long, env = "KOFFIEKAR_DEMO", value_parser = FalseyValueParser::new())]
    pub demo: bool,
    /// The proxies in front of this server, as addresses or networks: 127.0.0.1,10.0.0.0/8. They tell in
    /// X-Forwarded-For whom they ask for and in X-Forwarded-Proto whether by https; nobody else is believed
    #[arg(long, env = "KOFFIEKAR_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,
    /// What it was before; it trusted everybody.
    #[arg(long, env = "KOFFIEKAR_TRUST_PROXY", hide = true, value_parser = FalseyValueParser::new())]
    pub trust_proxy: bool,
}

#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    pub place: Place,
    /// The file that is made; it must not be there yet
    pub to: PathBuf,
}

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    pub place: Place,
    /// What `koffiekar backup` made, or another copy of the database's file
    pub from: PathBuf,
    /// Keep the database that is there beside, under another name
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Args)]
pub struct Move {
    /// The database that is moved: sqlite:PATH or postgres://... Nothing is changed in it
    #[arg(long, env = "KOFFIEKAR_MOVE_FROM", hide_env_values = true)]
    pub from: String,
    /// Where it goes: a database that nothing was ever written to
    #[arg(long, env = "KOFFIEKAR_MOVE_TO", hide_env_values = true)]
    pub to: String,
}

#[derive(Debug, Args)]
pub struct AddPerson {
    #[command(flatten)]
    pub place: Place,
    /// 3 to 40 of a-z, 0-9, dot and hyphen
    #[arg(long)]
    pub login: String,
    /// As colleagues know them
    #[arg(long)]
    pub name: String,
    /// field, editor, analyst or administrator
    #[arg(long, value_parser = role)]
    pub role: Role,
}

#[derive(Debug, Args)]
pub struct LoadProgramme {
    #[command(flatten)]
    pub place: Place,
    /// A TOML file; server/demo/programme.toml is an example
    pub file: PathBuf,
}

/// What is logged, to standard error
#[derive(Debug, Clone, Args)]
pub struct Log {
    /// What to log: error, warn, info, debug, trace, or per module
    #[arg(long, env = "KOFFIEKAR_LOG", default_value = "info", global = true)]
    pub log: String,
    /// One JSON object a line
    #[arg(long, env = "KOFFIEKAR_LOG_JSON", global = true, value_parser = FalseyValueParser::new())]
    pub log_json: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "one of field, editor, analyst, administrator".to_owned())
}
