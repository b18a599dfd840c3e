//! One commit for all that wait: what a commit costs, the disk's word that it is durable, does not grow
//! with what is in it.
//!
//! Whoever gets a turn writes what everybody has put down by then, and answers them after the commit.
//! SQLite has one writer and so one turn; on PostgreSQL several write at once, and leave connections for
//! those who read. Where it cannot be written together, one of them was overtaken by others or the
//! database refuses, each is written alone: nobody is held up by their neighbours. Where PostgreSQL went
//! away meanwhile, for it was started anew, each is tried once more; what had been written then is found
//! as overtaken, and judged as what is there already.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, HeldId, Millis};
use tokio::sync::{Semaphore, oneshot};
use tracing::{Instrument, Span, instrument};

use crate::Koffiekar;
use crate::store::documents::{self, NewVersion};
use crate::store::quarantine::{self, Holding};
use crate::store::{self, Store, StoreError, devices};
use crate::traces::SPANS;

/// Documents that are written with one commit at most: others wait until it is done.
const TOGETHER: usize = 1_000;

/// What somebody has to be done durably, all of it or nothing.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) device: DeviceNumber,
    pub(crate) versions: Vec<NewVersion>,
    /// What is no longer held, in the state that was seen.
    pub(crate) released: Vec<(HeldId, Vec<Head>)>,
    pub(crate) holdings: Vec<Holding>,
    /// When the device called, and how much waited on it then.
    pub(crate) contact: Option<(Millis, u64)>,
}

impl Work {
    /// Nothing yet.
    pub(crate) fn of(device: DeviceNumber) -> Self {
        Self {
            device,
            versions: Vec::new(),
            released: Vec::new(),
            holdings: Vec::new(),
            contact: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
            && self.released.is_empty()
            && self.holdings.is_empty()
            && self.contact.is_none()
    }
}

/// Conversations that there was no room to hold.
type Full = BTreeSet<ConversationId>;

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written {
    /// It is durable, but for the conversations that there was no room to hold.
    Done { full: Full },
    /// Nothing is: it was judged by what has changed since.
    Overtaken,
}

/// What waits to be written.
#[derive(Debug, Clone)]
pub struct Writing {
    waiting: Arc<Mutex<Vec<Waiting>>>,
    turns: Arc<Semaphore>,
    writers: u32,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    work: Work,
    answer: oneshot::Sender<store::Result<Written>>,
}

impl Writing {
    pub(crate) fn of(store: &Store) -> Self {
        let writers = store.writers();
        Self {
            waiting: Arc::default(),
            turns: Arc::new(Semaphore::new(writers as usize)),
            writers,
        }
    }

    /// Returns when it is durable, or cannot be. It is done also where nobody waits for the answer.
    pub(crate) fn write(&self, koffiekar: &Koffiekar, work: Work) -> Answer {
        let (answer, done) = oneshot::channel();
        let koffiekar = koffiekar.clone();
        let since = Instant::now();
        self.lock().push(Waiting {
            since,
            work,
            answer,
        });
        let writing = async move {
            // Nobody closes it.
            let _turn = koffiekar.writing.turns.acquire().await;
            let waiting = koffiekar.writing.take();
            for one in &waiting {
                let waited = one.since.elapsed();
                koffiekar.metrics.writer_wait.observe(waited.as_secs_f64());
            }
            write_waiting(&koffiekar, waiting).await;
        };
        // It may write for others as well; the time is that of whoever got the turn.
        tokio::spawn(writing.in_current_span());
        Answer(done)
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Nothing of what waits is written until this is dropped.
    pub async fn hold(&self) -> impl Sized {
        self.turns.clone().acquire_many_owned(self.writers).await
    }

    /// Those that came first, as many as go into one commit.
    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.lock();
        let mut documents = 0;
        let together = waiting.iter().take_while(|next| {
            documents += next.work.versions.len();
            documents <= TOGETHER
        });
        let count = together.count().max(1).min(waiting.len());
        waiting.drain(..count).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        match self.waiting.lock() {
            Ok(waiting) => waiting,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

/// Comes after the commit.
pub(crate) struct Answer(oneshot::Receiver<store::Result<Written>>);

impl Answer {
    pub(crate) async fn wait(self) -> store::Result<Written> {
        self.0.await.unwrap_or(Err(StoreError::Interrupted))
    }
}

async fn write_waiting(koffiekar: &Koffiekar, waiting: Vec<Waiting>) {
    if waiting.len() > 1 {
        let works: Vec<&Work> = waiting.iter().map(|one| &one.work).collect();
        if let Ok(Some(full)) = write(koffiekar, &works).await {
            for (one, full) in waiting.into_iter().zip(full) {
                // Where nobody listens any more it is stored all the same.
                let _ = one.answer.send(Ok(Written::Done { full }));
            }
            return;
        }
    }
    for Waiting { work, answer, .. } in waiting {
        let mut written = write(koffiekar, &[&work]).await;
        if written.as_ref().is_err_and(StoreError::was_cut_off) {
            written = write(koffiekar, &[&work]).await;
        }
        let written = written.map(|full| match full {
            Some(full) => Written::Done {
                full: full.into_iter().flatten().collect(),
            },
            None => Written::Overtaken,
        });
        let _ = answer.send(written);
    }
}

/// All of it with one commit: for each, what there was no room to hold. Nothing of it where one was
/// overtaken.
async fn write(koffiekar: &Koffiekar, works: &[&Work]) -> store::Result<Option<Vec<Full>>> {
    store::or_start_over(try_to_write(koffiekar, works).await)
}

#[instrument(target = SPANS, name = "write", skip_all, fields(batches = works.len(), conversations))]
async fn try_to_write(koffiekar: &Koffiekar, works: &[&Work]) -> store::Result<Option<Vec<Full>>> {
    let mut tx = koffiekar.store.write().await?;
    let versions: Vec<&NewVersion> = works.iter().flat_map(|work| &work.versions).collect();
    Span::current().record("conversations", versions.len());
    let Some(written) = documents::write(&mut tx, versions.clone()).await? else {
        return Ok(None);
    };
    let mut all_full = Vec::with_capacity(works.len());
    for work in works {
        for (held, seen) in &work.released {
            if !quarantine::release(&mut tx, *held, seen).await? {
                return Ok(None);
            }
        }
        let full = match &work.holdings[..] {
            [] => Full::new(),
            holdings => match quarantine::hold(&mut tx, work.device, holdings).await? {
                Some(full) => full,
                None => return Ok(None),
            },
        };
        if let Some((at, waiting)) = work.contact {
            devices::note_contact(&mut tx, work.device, at, waiting).await?;
        }
        all_full.push(full);
    }
    tx.commit().await?;
    koffiekar.announce(&written);
    let now = koffiekar.clock.now();
    koffiekar.metrics.written(&versions, now);
    Ok(Some(all_full))
}
