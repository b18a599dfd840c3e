//! The server of Koffiekar: takes what tablets recorded, keeps it, and gives it to the office.
//!
//! A request takes the same way every time. [`router`] is the whole API in one table and names the
//! handler, a function in [`web`] that reads like a sentence: it takes the caller, asks the
//! [`policy`], acts through the core, a room of the server and the [`store`] inside one transaction, and
//! answers. Whatever is refused is an [`problem::ApiError`], which the outermost middleware turns into
//! `application/problem+json` in the caller's language.
//!
//! The rooms, each with a page of its own: [`web`] is HTTP, [`sync`] is for tablets, [`office`] for people at
//! desks, [`tagger`] proposes action lines, [`asking`] filters and counts, [`upkeep`] keeps an installation,
//! [`store`] is the database, [`demo`] fills an empty one. Beside them stands what all of them need.
//!
//! Two kinds of client speak to it. Tablets push and pull conversation documents through
//! `POST /api/v1/sync`, signed with the key they made at enrolment; the documents are the truth.
//! Office screens and other programs use JSON and read the projection: rows that are derived from
//! the documents in the transaction that stores them.
//!
//! What holds everywhere: an answer that something is stored is given after the commit; an
//! administrator never reads residents' words; nothing that a resident said, and no secret, reaches
//! a log. Only [`store`] knows SQL; only [`web`] and [`problem`] know HTTP. Time and randomness come from [`clock`] and [`random`].

pub mod asking;
pub mod background;
pub mod calendar;
pub mod clock;
pub mod config;
pub mod crosswalk;
pub mod demo;
pub mod each;
pub mod metrics;
pub mod office;
pub mod policy;
pub mod private_files;
pub mod problem;
pub mod projection;
pub mod random;
mod secret;
pub mod store;
pub mod sync;
pub mod tagger;
mod this_machine;
pub mod traces;
pub mod upkeep;
pub mod web;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use background::Background;
use koffiekar_sync_core::conversation::Actor;
use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::receipt::KeyId;
use koffiekar_sync_core::sealed::OpenKey;
use koffiekar_sync_core::wire::Epoch;
use tokio::runtime::{self, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use upkeep::database_watch::{DatabaseWatch, Marks};
use upkeep::erasures::Erasures;
use web::bounds::Shares;
use web::connections::Answers;

use asking::facets::Facets;
pub use clock::Clock;
use metrics::Metrics;
use office::erasing::Clearing;
pub use office::erasing::{EraseError, rewrite_files};
pub use office::passwords::Passwords;
use problem::ApiError;
pub use random::Random;
use store::documents::Written;
use store::{Store, StoreError, catalogue};
pub use sync::live::Live;
use sync::receipt_keys::ReceiptKeys;
pub use sync::reference::References;
pub use upkeep::apart::{Apart, ApartError};
pub use upkeep::remembered::Remembered;
pub use upkeep::serving_lock::{ServingLock, ServingLockError};
pub use web::bounds::Bounds;
pub use web::middleware::API_VERSION;
use web::proxies::Proxies;
pub use web::routes::router;
pub use web::routes::watched::watched;

/// Threads for long work beyond one a core: some of it waits for a disk.
const MORE_THREADS: usize = 4;

/// How often the database is held against the one that was opened, beside every request of a tablet.
const DATABASE_WATCH: Duration = Duration::from_secs(20);

/// What the server runs on. More threads for long work would only hold more memory, each its own, while
/// they wait for a core.
pub fn runtime() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    runtime::Builder::new_multi_thread()
        .max_blocking_threads(cores + MORE_THREADS)
        .enable_all()
        .build()
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Apart(#[from] ApartError),
    #[error("what was erased before cannot be erased again: {0}")]
    Erasing(#[from] EraseError),
}

/// What every handler holds. Cheap to clone.
#[derive(Clone)]
pub struct Koffiekar {
    pub store: Store,
    pub clock: Clock,
    /// Everything random is drawn from here.
    pub random: Random,
    /// Sign receipts.
    pub receipts: ReceiptKeys,
    /// Proposes action lines.
    pub suggest: tagger::suggest::Suggest,
    previews: tagger::preview::Previews,
    /// Signed messages that came of late.
    nonces: sync::nonces::Nonces,
    /// What was written down of who read what.
    readings: web::readings::Readings,
    /// The server's own author of changes, fresh for each process.
    pub actor: Actor,
    /// Turns for tablets that sync.
    syncing: Arc<Semaphore>,
    /// Gathers what waits to be written.
    pub writing: sync::intake::writing::Writing,
    /// Tells listening tablets of news.
    pub live: Live,
    pub references: References,
    /// Answers filters and counts.
    facets: Facets,
    /// Opens what is sealed for this installation.
    pub key: Arc<OpenKey>,
    /// Stands apart from the database.
    pub remembered: Remembered,
    /// What was erased, kept apart from the database.
    erasures: Arc<Erasures>,
    clearing: Arc<Clearing>,
    pub passwords: Passwords,
    /// Whether the database is still the one that was opened.
    database: DatabaseWatch,
    /// Loops that run beside requests.
    pub background: Background,
    /// The storage failed a request, and has not been tried since.
    pub storage_failed: Arc<AtomicBool>,
    /// How late is made up for what other servers did and this one did not hear of.
    pub look_every: Duration,
    /// The server was told to end.
    pub ending: Arc<AtomicBool>,
    pub metrics: Arc<Metrics>,
    /// What is in use of the bounds on this server's work.
    pub shares: Shares,
    /// The proxies in front of the server that tell whom they ask for.
    pub proxies: Arc<Proxies>,
}

impl Koffiekar {
    /// Takes an open database into use: the first time, it gets its epoch, the key that signs
    /// receipts, and the file with the key that opens what is sealed in it. Where an older copy of it
    /// was put back, it is erased again what was erased since.
    pub async fn new(store: Store, clock: Clock, apart: &Apart) -> Result<Koffiekar, StartError> {
        Koffiekar::with_random(store, clock, apart, Random::System).await
    }

    /// After the commit: tablets that listen hear of it, and the tagger learns from it.
    pub(crate) fn announce(&self, written: &Written) {
        self.live.announce(&written.places);
        if written.teaches {
            self.suggest.learn_soon();
        }
    }

    /// The same, with randomness that can be had a second time.
    pub async fn with_random(
        store: Store,
        clock: Clock,
        apart: &Apart,
        random: Random,
    ) -> Result<Koffiekar, StartError> {
        apart.close_to_others();
        let erasures = Arc::new(Erasures::at(apart.erasures()));
        let remembered = Remembered::beside(apart, erasures.clone());
        let (memory, logged) = (remembered.read()?, erasures.read()?.len() as u64);
        let mut tx = store.write().await?;
        if (memory.is_some() || logged > 0) && !catalogue::is_founded(&mut tx).await? {
            apart.ensure_none_is_lost("that was opened")?;
        }
        catalogue::found(&mut tx, Epoch(random.bytes())).await?;
        if catalogue::secret(&mut tx).await?.is_none() {
            catalogue::set_secret(&mut tx, &random.bytes()).await?;
        }
        let recorded = catalogue::installation(&mut tx).await?.seal_key;
        let key = apart.key(recorded, &random)?;
        if recorded.is_none() {
            catalogue::set_seal_key(&mut tx, key.seal_key()).await?;
        }
        let keys = memory
            .as_ref()
            .map_or(&[][..], |memory| &memory.receipt_keys);
        if !sync::receipt_keys::are_of_this_database(&mut tx, keys).await? {
            return Err(ApartError::OtherMemory(apart.remembered()).into());
        }
        if let Some(memory) = memory.as_ref().filter(|_| !apart.erasures_lost)
            && let Some(known) = memory.erasures_missing(&mut tx, logged).await?
        {
            let log = apart.erasures();
            return Err(ApartError::ErasuresMissing { known, log }.into());
        }
        let receipts = sync::receipt_keys::found(&mut tx, keys, &random, &clock).await?;
        let installation = catalogue::installation(&mut tx).await?;
        if let Some(memory) = memory
            && memory.is_ahead(&mut tx, &installation).await?
        {
            tracing::warn!("an older copy of this database was put back: it gets a new epoch");
            let epoch = Epoch(random.bytes());
            upkeep::restored::renew_epoch(&mut tx, epoch, "start", clock.now()).await?;
        }
        tx.commit().await?;
        remembered.note(&store).await;
        tagger::terms::renew(&store).await?;
        let metrics = Arc::new(Metrics::default());
        let suggest = tagger::suggest::Suggest::new(metrics.clone(), clock.clone());
        suggest.learn_now(&store).await?;
        let actor = Actor {
            device: DeviceNumber::SERVER,
            session: random.bytes(),
        };
        let writing = sync::intake::writing::Writing::of(&store);
        let nonces = sync::nonces::Nonces::of(&store, clock.now());
        let passwords = Passwords::new(random.clone());
        let koffiekar = Koffiekar {
            store,
            clock,
            random,
            receipts,
            suggest,
            previews: tagger::preview::Previews::default(),
            nonces,
            readings: web::readings::Readings::default(),
            actor,
            syncing: Arc::new(Semaphore::new(web::routes::sync::AT_ONCE)),
            writing,
            live: Live::default(),
            references: References::default(),
            facets: Facets::default(),
            key: Arc::new(key),
            remembered,
            erasures,
            clearing: Arc::default(),
            passwords,
            database: DatabaseWatch::default(),
            background: Background::default(),
            storage_failed: Arc::default(),
            look_every: sync::others::LOOK_EVERY,
            ending: Arc::default(),
            metrics,
            shares: Shares::of(Bounds::default()),
            proxies: Arc::default(),
        };
        office::erasing::again(&koffiekar).await?;
        koffiekar.remembered.note(&koffiekar.store).await;
        Ok(koffiekar)
    }

    /// By what its database is known now.
    fn marks(&self) -> Marks {
        let receipt_key = KeyId::of(&self.receipts.last().verifying_key());
        self.database.marks(self.key.seal_key(), receipt_key)
    }

    /// Holds the database against what is known of it; whoever asks then is told. An error where it cannot be
    /// read.
    async fn look_at_database(&self) -> store::Result<()> {
        let marks = self.marks();
        let mut tx = self.store.read().await?;
        let installation = catalogue::installation(&mut tx).await?;
        self.database.look(&mut tx, marks, &installation).await?;
        tx.commit().await
    }

    /// Runs until the server stops: also where nobody asks it is noticed that the database was replaced, or
    /// that its new epoch makes it good again.
    async fn watch_database(self) {
        loop {
            tokio::time::sleep(DATABASE_WATCH).await;
            if let Err(error) = self.look_at_database().await {
                tracing::warn!(%error, "the database could not be looked at");
            }
            // It says so in the log.
            let _ = self.database.ensure_same(&self.store);
        }
    }

    /// What is written beside the thing that was asked for: where the database takes nothing now,
    /// whoever asked is answered all the same. Whether it was written.
    fn besides(&self, written: store::Result<()>) -> Result<bool, ApiError> {
        match written.map_err(ApiError::from) {
            Ok(()) => Ok(true),
            Err(error) if error.is_of_storage() || matches!(error, ApiError::Busy(_)) => {
                self.storage_failed
                    .fetch_or(error.is_of_storage(), Ordering::Relaxed);
                tracing::warn!(%error, "not written beside an answer");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// Answers on this listener, learns from what editors decide, and clears the files of what was erased,
/// until `ended`; then finishes what it was answering.
pub async fn serve(
    koffiekar: Koffiekar,
    listener: tokio::net::TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let Koffiekar {
        store,
        live,
        remembered,
        ending,
        ..
    } = koffiekar.clone();
    let loops = start_loops(&koffiekar);
    let answers = Answers {
        bounds: koffiekar.shares.bounds,
        refusal: web::routes::crowded(koffiekar.clone()),
        is_client: clients_of(&koffiekar),
        service: router(koffiekar),
    };
    let ended = async move {
        ended.await;
        ending.store(true, Ordering::Relaxed);
        live.end();
    };
    answers.serve(listener, ended).await;
    loops.iter().for_each(JoinHandle::abort);
    remembered.note(&store).await;
    Ok(())
}

/// What goes on beside requests.
fn start_loops(koffiekar: &Koffiekar) -> Vec<JoinHandle<()>> {
    /// A loop that is begun with its own clone of what it works on.
    macro_rules! run {
        ($name:literal, $koffiekar:ident => $work:expr) => {{
            let $koffiekar = koffiekar.clone();
            koffiekar.background.run($name, move || {
                let $koffiekar = $koffiekar.clone();
                $work
            })
        }};
    }
    let mut loops = vec![
        run!("reading ahead", k => k.facets.read_ahead(k.store)),
        run!("learning", k => k.suggest.learn_in_background(k.store, k.look_every)),
        run!("noting", k => k.remembered.note_every_minute(k.store)),
        run!("watching the database", k => k.watch_database()),
    ];
    match koffiekar.store.engine() {
        "sqlite" => {
            loops.push(run!("clearing files", k => office::erasing::clear_in_background(k)))
        }
        _ => loops.extend([
            run!("hearing others", k => sync::others::hear(k)),
            run!("looking at rounds", k => sync::others::look_every_now_and_then(k)),
            run!("telling others", k => sync::others::tell(k)),
        ]),
    }
    loops
}

/// Whether an address is that of a client.
fn clients_of(koffiekar: &Koffiekar) -> Box<dyn Fn(IpAddr) -> bool + Send + Sync> {
    let proxies = koffiekar.proxies.clone();
    Box::new(move |address| !proxies.trusts(address))
}

/// Connections of whoever watches the server.
const WATCHING: usize = 64;

/// Answers whoever watches the server, on an address of its own, until it is dropped.
pub async fn serve_watched(
    koffiekar: Koffiekar,
    listener: tokio::net::TcpListener,
) -> std::io::Result<()> {
    let answers = Answers {
        bounds: Bounds {
            connections: WATCHING.min(koffiekar.shares.bounds.connections),
            ..koffiekar.shares.bounds
        },
        refusal: web::routes::crowded(koffiekar.clone()),
        is_client: Box::new(|_| false),
        service: watched(koffiekar),
    };
    answers.serve(listener, std::future::pending()).await;
    Ok(())
}
