//! Work that may not be stored now, kept until an administrator decides.
//!
//! It is well-formed and its author may make these changes; only the moment is wrong: the device's
//! access was ended, its person is no member of the round, the round is closed. It is kept sealed,
//! so that who reads the database reads none of it, and the tablet gets a receipt that says so. What
//! is accepted is taken in on behalf of its author, by the same gatekeeper and the same policy.

use koffiekar_sync_core::admission::{Admission, Refusal, admit};
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::{HeldId, Millis, UserId};
use koffiekar_sync_core::policy::{Author, Violation};
use koffiekar_sync_core::sealed::OpenKey;
use koffiekar_sync_core::wire::{Push, ReasonCode};
use minicbor::{Decode, Encode};

use crate::Koffiekar;
use crate::problem::ApiError;
use crate::projection::Surroundings;
use crate::store::audit::{self, DONE, Entry};
use crate::store::quarantine::{self, Held, Holding};
use crate::store::{StoreError, catalogue, devices, documents};
use crate::sync::intake::{NO_SUCH_ROUND, New, borrowing};

/// What a tablet is told for which there is no room.
pub(crate) const FULL: &str =
    "as much of this device is held as may be; an administrator has to decide first";

/// How often an acceptance starts over because others wrote the same conversation meanwhile.
const TRIES: usize = 10;

/// What is held of one conversation, before sealing.
pub(crate) struct Sealed {
    pub(crate) heads: Vec<Head>,
    /// Chunks, in an order in which they can be taken in.
    pub(crate) changes: Vec<u8>,
    /// Heads that this server once signed for: changes of others up to them came on its word.
    pub(crate) vouched: Vec<Head>,
    pub(crate) why: ReasonCode,
}

/// What is sealed of it.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Words {
    #[cbor(n(0), with = "minicbor::bytes")]
    changes: Vec<u8>,
    #[cbor(n(1), default, skip_if = "Vec::is_empty")]
    vouched: Vec<Head>,
}

impl Sealed {
    pub(crate) fn open(held: &Held, key: &OpenKey) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("held work {}", held.id));
        let words = key.open(&held.sealed).map_err(|_| corrupt())?;
        let Words { changes, vouched } = minicbor::decode(&words).map_err(|_| corrupt())?;
        Ok(Self {
            heads: held.heads.clone(),
            changes,
            vouched,
            why: held.why,
        })
    }

    /// Sealed, as it is kept; in the place of what was held of the conversation earlier.
    pub(crate) fn holding(
        self,
        koffiekar: &Koffiekar,
        item: &Push,
        author: &Author,
        earlier: Option<&Held>,
        now: Millis,
    ) -> Holding {
        let Self {
            heads,
            changes,
            vouched,
            why,
        } = self;
        let bytes = changes.len();
        let random = &koffiekar.random;
        // Writing to a vector cannot fail.
        let words = minicbor::to_vec(Words { changes, vouched }).unwrap_or_default();
        let id = match earlier {
            Some(earlier) => earlier.id,
            None => HeldId::new(now, random.bytes()),
        };
        Holding {
            held: Held {
                id,
                device: author.device,
                edits: author.edits,
                document: item.document,
                round: item.round,
                why,
                heads,
                sealed: koffiekar.key.seal_key().seal(&words, random.bytes()),
                bytes,
                received_at: now,
                turned_down: None,
            },
            instead_of: earlier.map(|earlier| earlier.heads.clone()),
        }
    }
}

/// Takes in what is held, as if it had been permitted when it came.
pub(crate) async fn accept(
    koffiekar: &Koffiekar,
    by: UserId,
    origin: &str,
    id: HeldId,
) -> Result<(), ApiError> {
    for attempt in 0..TRIES {
        let mut tx = koffiekar.store.read().await?;
        let held = quarantine::find(&mut tx, id)
            .await?
            .ok_or_else(ApiError::not_found)?;
        let stored = documents::find(&mut tx, &[held.document]).await?.pop();
        let device = devices::find(&mut tx, held.device).await?;
        let device = device.ok_or_else(ApiError::not_found)?;
        let user = device.user.id;
        let surroundings = Surroundings::of(&catalogue::read(&mut tx).await?);
        drop(tx);

        let sealed = Sealed::open(&held, &koffiekar.key)?;
        let author = Author {
            device: held.device,
            user,
            edits: held.edits,
        };
        let existing = stored.as_ref().map(|stored| stored.bytes.as_slice());
        let admission = admit(
            existing,
            &sealed.changes,
            &sealed.heads,
            &author,
            &sealed.vouched,
        );
        let version = match admission {
            // It came in by another way meanwhile.
            Ok(Admission::Unchanged { .. }) | Err(Refusal::StandsOtherwise) => None,
            Err(refusal) => return Err(refused(&refusal)),
            Ok(Admission::Merged(merged)) => {
                let round = stored.as_ref().map_or(held.round, |stored| stored.round);
                let new = New {
                    id: held.document,
                    round,
                    device: held.device,
                    enrolled_at: Some(device.enrolled_at),
                    received_at: held.received_at,
                    now: koffiekar.clock.now(),
                };
                let model = koffiekar.suggest.model();
                let version = new.version(*merged, stored.as_ref(), &surroundings, &model);
                Some(version.ok_or_else(no_round)?)
            }
        };
        let versions: Vec<_> = version.into_iter().collect();
        if attempt > 0 {
            let versions: Vec<_> = versions.iter().collect();
            let borrowing = borrowing(&koffiekar.store, &versions).await?;
            if let Some(why) = borrowing.into_values().next() {
                return Err(no_longer(IN_ANOTHER, why));
            }
        }

        let mut tx = koffiekar.store.write().await?;
        let Some(written) = documents::write(&mut tx, versions.iter().collect()).await? else {
            continue;
        };
        if !quarantine::release(&mut tx, id, &held.heads).await? {
            continue;
        }
        let entry = Entry {
            at: koffiekar.clock.now(),
            actor: Some(by),
            origin,
            action: "accept held work",
            object: &format!("{id} of conversation {}", held.document),
            result: DONE,
        };
        audit::write(&mut tx, entry).await?;
        tx.commit().await?;
        koffiekar.announce(&written);
        return Ok(());
    }
    Err(ApiError::Busy(None))
}

const IN_ANOTHER: &str = "een citaat ervan staat in een ander gesprek, of is gewist";

fn no_longer(dutch: &str, english: &str) -> ApiError {
    ApiError::conflict(
        format!(
            "Dit werk kan niet meer worden opgenomen: {dutch}. Wijs het af, en zeg de maker wat er kan."
        ),
        format!(
            "This work can no longer be taken in: {english}. Turn it down, and tell its author what can be done."
        ),
    )
}

fn refused(refusal: &Refusal) -> ApiError {
    let dutch = match refusal {
        Refusal::MissingDependencies => "er ontbreken eerdere wijzigingen van het gesprek",
        Refusal::ActorReused | Refusal::StandsOtherwise => {
            "een andere wijziging van deze tablet is het voor geweest"
        }
        Refusal::NotAllowed(Violation::FirstChange(_)) => {
            "het gesprek is intussen op een andere manier binnengekomen"
        }
        Refusal::NotAllowed(Violation::QuoteTooLong | Violation::TooMuch(_))
        | Refusal::TooLarge => "het is te groot",
        Refusal::ForeignActor | Refusal::NotAllowed(_) => "de maker mag deze wijziging niet maken",
        Refusal::NotAConversation => "het is geen gesprek",
        Refusal::Unreadable(_) | Refusal::Numbering | Refusal::Unmergeable => {
            "de wijzigingen zijn niet te lezen"
        }
    };
    no_longer(dutch, &refusal.to_string())
}

fn no_round() -> ApiError {
    no_longer("de ronde bestaat niet", NO_SUCH_ROUND)
}
