//! How much is done at once, in all and for one caller, so that nobody takes the server from the others.
//!
//! Every bound is a number in [`Bounds`]. [`Shares`] counts what is in use: bytes of request bodies
//! ([`BodyBytes`]) and turns at work ([`Turns`]). Connections are counted where they are accepted
//! ([`crate::web::connections`]). Who comes beyond a bound waits or is told to come later, and holds neither a
//! connection to the database nor a lock meanwhile.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use koffiekar_sync_core::ids::{DeviceNumber, Millis, UserId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::ApiError;

const MIB: usize = 1024 * 1024;

/// The bounds of one server.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections of clients that are open at once.
    pub connections: usize,
    /// Those of them from one network address, where the server sees the clients' own addresses.
    pub connections_of_address: usize,
    /// How long the head of a request may take to arrive, and how long a connection may wait for its next
    /// request.
    pub head_time: Duration,
    /// How long nothing of a body may arrive.
    pub body_pause: Duration,
    /// How long a client may take nothing of its answer.
    pub answer_pause: Duration,
    /// Bytes of request bodies that are held at once.
    pub body_bytes: usize,
    /// Those of them from one network address, beyond the first [`SMALL_BODY`] of each body.
    pub body_bytes_of_address: usize,
    /// Sync requests of one device that are worked on at once.
    pub requests_of_device: usize,
    /// Further ones of it that wait for that.
    pub waiting_of_device: usize,
    /// Requests of one person that are worked on at once: as many as a browser sends.
    pub requests_of_person: usize,
    /// Further ones of them that wait for that.
    pub waiting_of_person: usize,
    /// Of these, at once, those that filter, count or order all quotes.
    pub questions_of_person: usize,
    /// Questions of one person about a moment of the past that wait while one of them is worked on. With that
    /// one they are fewer than the person's requests: the others are not for these to hold up.
    pub moments_waiting: usize,
    /// Long work of one person that waits while some of it is done: what trains a tagger, or reads what it
    /// answered.
    pub long_work_waiting: usize,
    /// Tables that one person fetches at once.
    pub exports_of_person: usize,
    /// Tables that all fetch at once: each holds the ids of its quotes.
    pub exports: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_of_address: 1_024,
            head_time: Duration::from_secs(30),
            body_pause: Duration::from_secs(20),
            answer_pause: Duration::from_secs(30),
            body_bytes: 192 * MIB,
            body_bytes_of_address: 64 * MIB,
            requests_of_device: 2,
            waiting_of_device: 6,
            requests_of_person: 6,
            waiting_of_person: 60,
            questions_of_person: 2,
            moments_waiting: 3,
            long_work_waiting: 3,
            exports_of_person: 2,
            exports: 8,
        }
    }
}

/// What is in use of the bounds. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shares {
    pub bounds: Bounds,
    pub(crate) bodies: BodyBytes,
    /// Large bodies that arrive from a device. Who sends is known for certain when all of it is there: until
    /// then only as far as the network address goes with it.
    pub(crate) receiving: Turns<(DeviceNumber, String)>,
    /// Requests of devices that are known by their signature.
    pub(crate) devices: Turns<DeviceNumber>,
    people: Turns<UserId>,
    questions: Turns<UserId>,
    moments: Turns<UserId>,
    long_work: Turns<UserId>,
    exports_of_person: Turns<UserId>,
    exports: Arc<Semaphore>,
    pieces: Arc<Semaphore>,
}

/// Pieces of tables that are read from the database at once, whoever fetches them.
const PIECES: usize = 2;

/// A person's turn to ask, until it is dropped.
#[derive(Debug)]
pub(crate) struct Asking {
    _moment: Option<Turn<UserId>>,
    _question: Turn<UserId>,
}

/// A table that is fetched, until it is dropped.
#[derive(Debug)]
pub(crate) struct ExportShare {
    _of_person: Turn<UserId>,
    _of_all: OwnedSemaphorePermit,
}

impl Shares {
    pub fn of(bounds: Bounds) -> Shares {
        Shares {
            bounds,
            bodies: BodyBytes::of(&bounds),
            receiving: Turns::new(bounds.requests_of_device, bounds.waiting_of_device),
            devices: Turns::new(bounds.requests_of_device, bounds.waiting_of_device),
            people: Turns::new(bounds.requests_of_person, bounds.waiting_of_person),
            questions: Turns::new(bounds.questions_of_person, usize::MAX / 2),
            moments: Turns::new(1, bounds.moments_waiting),
            long_work: Turns::new(1, bounds.long_work_waiting),
            exports_of_person: Turns::new(bounds.exports_of_person, 0),
            exports: Arc::new(Semaphore::new(bounds.exports)),
            pieces: Arc::new(Semaphore::new(PIECES)),
        }
    }

    /// For any request of a person.
    pub(crate) async fn person(&self, person: UserId) -> Result<Turn<UserId>, ApiError> {
        self.people.take(person).await.ok_or_else(too_much)
    }

    /// For what takes a core for seconds, whoever asks for it.
    pub(crate) async fn long_work(&self, person: UserId) -> Result<Turn<UserId>, ApiError> {
        self.long_work.take(person).await.ok_or_else(too_much)
    }

    /// For a question about all quotes, as they are or as they stood at a moment.
    pub(crate) async fn ask(
        &self,
        person: UserId,
        as_of: Option<Millis>,
    ) -> Result<Asking, ApiError> {
        let busy = || {
            ApiError::too_many_at_once(
                "U hebt al te veel vragen over een eerder moment tegelijk gesteld. Wacht tot die beantwoord zijn en stel deze dan opnieuw.",
                "You asked too many questions about the past at once. Wait until they are answered, then ask this one again.",
            )
        };
        // In this order: what waits for a moment does not keep the same person from asking about now.
        let moment = match as_of {
            Some(_) => Some(self.moments.take(person).await.ok_or_else(busy)?),
            None => None,
        };
        let question = self.questions.take(person).await;
        Ok(Asking {
            _moment: moment,
            _question: question.ok_or_else(busy)?,
        })
    }

    /// For a table of all quotes that match, until the last of it was sent.
    pub(crate) fn export(&self, person: UserId) -> Result<ExportShare, ApiError> {
        let of_person = self.exports_of_person.try_take(person);
        let of_person = of_person.ok_or_else(|| {
            ApiError::too_many_at_once(
                "U haalt al zoveel tabellen tegelijk op als kan. Wacht tot er een klaar is, of breek er een af, en probeer het dan opnieuw.",
                "You fetch as many tables at once as can be. Wait until one is finished, or break one off, then try again.",
            )
        })?;
        let of_all = self.exports.clone().try_acquire_owned();
        Ok(ExportShare {
            _of_person: of_person,
            _of_all: of_all.map_err(|_| ApiError::Busy(None))?,
        })
    }

    /// For reading one piece of a table. `None` never comes: nobody closes it.
    pub(crate) async fn read_piece(&self) -> Option<OwnedSemaphorePermit> {
        self.pieces.clone().acquire_owned().await.ok()
    }
}

fn too_much() -> ApiError {
    ApiError::too_many_at_once(
        "Er lopen al te veel aanvragen van u tegelijk. Wacht tot die beantwoord zijn en probeer het dan opnieuw.",
        "Too many requests of yours run at once. Wait until they are answered, then try again.",
    )
}

/// Turns at some work: so many callers' requests at once, each caller for themselves. Further requests of the
/// same caller wait in the order in which they came, and hold nothing. Cheap to clone.
pub(crate) struct Turns<K: Ord> {
    queues: Arc<Queues<K>>,
}

struct Queues<K> {
    at_once: usize,
    waiting: usize,
    of: Mutex<BTreeMap<K, Queue>>,
}

struct Queue {
    turns: Arc<Semaphore>,
    /// Requests that are worked on or wait.
    requests: usize,
}

/// A turn, until it is dropped.
pub(crate) struct Turn<K: Ord + Clone> {
    _turn: OwnedSemaphorePermit,
    _place: PlaceInQueue<K>,
}

struct PlaceInQueue<K: Ord + Clone> {
    queues: Arc<Queues<K>>,
    caller: K,
}

impl<K: Ord + Clone> Turns<K> {
    pub(crate) fn new(at_once: usize, waiting: usize) -> Self {
        Self {
            queues: Arc::new(Queues {
                at_once,
                waiting,
                of: Mutex::default(),
            }),
        }
    }

    /// Waits for a turn. `None` where too many requests of this caller wait already.
    pub(crate) async fn take(&self, caller: K) -> Option<Turn<K>> {
        let (turns, place) = self.wait_in_line(caller)?;
        let turn = turns.acquire_owned().await.ok()?;
        Some(Turn {
            _turn: turn,
            _place: place,
        })
    }

    /// A turn that is free now.
    pub(crate) fn try_take(&self, caller: K) -> Option<Turn<K>> {
        let (turns, place) = self.wait_in_line(caller)?;
        let turn = turns.try_acquire_owned().ok()?;
        Some(Turn {
            _turn: turn,
            _place: place,
        })
    }

    fn wait_in_line(&self, caller: K) -> Option<(Arc<Semaphore>, PlaceInQueue<K>)> {
        let queues = &self.queues;
        let mut of = lock(&queues.of);
        let queue = of.entry(caller.clone()).or_insert_with(|| Queue {
            turns: Arc::new(Semaphore::new(queues.at_once)),
            requests: 0,
        });
        if queue.requests >= queues.at_once + queues.waiting {
            return None;
        }
        queue.requests += 1;
        let place = PlaceInQueue {
            queues: queues.clone(),
            caller,
        };
        Some((queue.turns.clone(), place))
    }
}

impl<K: Ord + Clone> Drop for PlaceInQueue<K> {
    fn drop(&mut self) {
        let mut of = lock(&self.queues.of);
        if let Some(queue) = of.get_mut(&self.caller) {
            queue.requests -= 1;
            if queue.requests == 0 {
                of.remove(&self.caller);
            }
        }
    }
}

impl<K: Ord> Clone for Turns<K> {
    fn clone(&self) -> Self {
        Self {
            queues: self.queues.clone(),
        }
    }
}

impl<K: Ord> fmt::Debug for Turns<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at_once, waiting) = (self.queues.at_once, self.queues.waiting);
        write!(f, "Turns({at_once} at once, {waiting} wait)")
    }
}

impl<K: Ord + Clone> fmt::Debug for Turn<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turn")
    }
}

/// Of a body, so many bytes do not count against the share of its network address: a small request is
/// answered where somebody at the same address sends large ones.
pub const SMALL_BODY: usize = 64 * 1024;

/// Bytes of request bodies that are held in memory. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct BodyBytes {
    budget: Arc<BodyBudget>,
}

#[derive(Debug)]
struct BodyBudget {
    all: usize,
    of_address: usize,
    held: Mutex<HeldBytes>,
}

#[derive(Debug, Default)]
struct HeldBytes {
    all: usize,
    /// Beyond [`SMALL_BODY`].
    by_address: BTreeMap<String, usize>,
}

/// The bytes of one body, until it is dropped.
#[derive(Debug)]
pub(crate) struct BodyClaim {
    budget: Arc<BodyBudget>,
    /// `None` where it is not known: only the bound for all applies then.
    address: Option<String>,
    bytes: AtomicUsize,
}

/// There is no room for more bytes of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl BodyBytes {
    fn of(bounds: &Bounds) -> Self {
        Self {
            budget: Arc::new(BodyBudget {
                all: bounds.body_bytes,
                of_address: bounds.body_bytes_of_address,
                held: Mutex::default(),
            }),
        }
    }

    pub(crate) fn claim(&self, address: Option<String>) -> BodyClaim {
        BodyClaim {
            budget: self.budget.clone(),
            address,
            bytes: AtomicUsize::new(0),
        }
    }
}

impl BodyClaim {
    /// Call for each piece that arrived, before it is kept.
    pub(crate) fn take(&self, piece: usize) -> Result<(), NoRoom> {
        let budget = &self.budget;
        let mut held = lock(&budget.held);
        let before = self.bytes.load(Ordering::Relaxed);
        let after = before + piece;
        if held.all + piece > budget.all {
            return Err(NoRoom);
        }
        let more = beyond_small(after) - beyond_small(before);
        if let Some(address) = self.address.as_ref().filter(|_| more > 0) {
            let of_address = held.by_address.get(address).copied().unwrap_or(0) + more;
            if of_address > budget.of_address {
                return Err(NoRoom);
            }
            held.by_address.insert(address.clone(), of_address);
        }
        held.all += piece;
        self.bytes.store(after, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for BodyClaim {
    fn drop(&mut self) {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let mut held = lock(&self.budget.held);
        held.all -= bytes;
        let large = beyond_small(bytes);
        if let Some(address) = self.address.as_ref().filter(|_| large > 0)
            && let Some(of_address) = held.by_address.get_mut(address)
        {
            *of_address -= large;
            if *of_address == 0 {
                held.by_address.remove(address);
            }
        }
    }
}

fn beyond_small(bytes: usize) -> usize {
    bytes.saturating_sub(SMALL_BODY)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
