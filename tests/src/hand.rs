//! A device that sends exactly what a test wants, past the app's replica: requests by hand.

use ed25519_dalek::VerifyingKey;
use koffiekar_server::random;
use koffiekar_sync_core::conversation::{Actor, Command, Document, Head, NewConversation};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, Millis, RoundId, UserId};
use koffiekar_sync_core::receipt::{Receipt, ReceiptLine};
use koffiekar_sync_core::replica::Identity;
use koffiekar_sync_core::wire::{
    Answer, Envelope, FeedPage, Fingerprint, News, Outcome, Push, Request,
};

use crate::tablet::{SyncError, enrol, now, post};

pub struct Hand {
    pub url: String,
    pub identity: Identity,
    pub session: [u8; 8],
}

/// An answer, and the receipt in it if its signature holds.
#[derive(Debug)]
pub struct Answered {
    pub answer: Answer,
    pub receipt: Option<Receipt>,
}

/// A conversation as this device has it.
#[derive(Debug, Clone)]
pub struct Copy {
    pub id: ConversationId,
    pub round: RoundId,
    pub document: Document,
    /// What the server has of it, as far as the device knows.
    pub known: Vec<Head>,
}

impl Hand {
    pub async fn enrol(url: &str, login: &str) -> Hand {
        let seed = random::bytes();
        let enrolment = enrol(url, login, &seed).await.unwrap();
        Hand {
            url: url.to_owned(),
            identity: Identity {
                device: enrolment.device,
                user: enrolment.user,
                seed,
                receipt_key: random::from_hex(&enrolment.receipt_key).unwrap(),
            },
            session: random::bytes(),
        }
    }

    pub fn user(&self) -> UserId {
        self.identity.user
    }

    pub fn device(&self) -> DeviceNumber {
        self.identity.device
    }

    pub fn actor(&self) -> Actor {
        Actor {
            device: self.identity.device,
            session: self.session,
        }
    }

    pub fn record(&self, round: RoundId, new: &NewConversation) -> Copy {
        Copy {
            id: ConversationId::new(now(), random::bytes()),
            round,
            document: Document::record(new, self.actor()).unwrap(),
            known: Vec::new(),
        }
    }

    pub fn execute(&self, copy: &mut Copy, command: &Command) {
        let made = copy
            .document
            .execute(command, self.actor(), self.user(), now());
        assert!(!made.unwrap().is_empty(), "{command:?} changed nothing");
    }

    pub fn seal(&self, request: &Request) -> Envelope {
        self.seal_at(request, now())
    }

    pub fn seal_at(&self, request: &Request, time: Millis) -> Envelope {
        let key = self.identity.signing_key();
        Envelope::seal(request, self.identity.device, &key, time, random::bytes())
    }

    pub async fn try_ask(&self, request: &Request) -> Result<Answered, SyncError> {
        let message = self.seal(request).to_bytes();
        let sent = Fingerprint::of(&message);
        let answer = Answer::from_bytes(&post(&self.url, message).await?).unwrap();
        let key = VerifyingKey::from_bytes(&self.identity.receipt_key).unwrap();
        let receipt = answer.receipt.as_ref().map(|signed| {
            let receipt = signed.verify(&key).unwrap();
            assert_eq!((receipt.request, receipt.epoch), (sent, answer.epoch));
            assert_eq!(receipt.device, self.identity.device);
            receipt
        });
        Ok(Answered { answer, receipt })
    }

    pub async fn ask(&self, request: &Request) -> Answered {
        self.try_ask(request).await.unwrap()
    }

    pub async fn push(&self, copies: &[&Copy]) -> Answered {
        self.ask(&pushing(copies)).await
    }

    /// What becomes of one conversation that is pushed alone.
    pub async fn outcome(&self, copy: &Copy) -> Outcome {
        let mut answered = self.push(&[copy]).await;
        answered.answer.outcomes.remove(0)
    }

    /// All that this device may see, from the beginning.
    pub async fn fetch(&self) -> Answered {
        self.ask(&fetching()).await
    }
}

impl Copy {
    /// Its changes behind what the server has.
    pub fn push(&self) -> Push {
        Push {
            document: self.id,
            round: self.round,
            heads: self.document.heads(),
            changes: self.document.changes_since(&self.known),
            voucher: None,
        }
    }
}

pub fn pushing(copies: &[&Copy]) -> Request {
    Request {
        push: copies.iter().map(|copy| copy.push()).collect(),
        ..Request::default()
    }
}

pub fn fetching() -> Request {
    Request {
        feed_bytes: 1024 * 1024,
        ..Request::default()
    }
}

impl Answered {
    pub fn page(&self, round: RoundId) -> &FeedPage {
        let mut pages = self.answer.rounds.iter();
        pages.find(|page| page.round == round).unwrap()
    }

    /// The documents that came with it.
    pub fn changed(&self) -> Vec<(ConversationId, Document)> {
        self.news()
            .filter_map(|news| match news {
                News::Changed(id, bytes) => Some((*id, Document::load(bytes).unwrap())),
                _ => None,
            })
            .collect()
    }

    pub fn news(&self) -> impl Iterator<Item = &News> {
        self.answer.rounds.iter().flat_map(|page| &page.news)
    }

    /// What the receipt says of this conversation.
    pub fn line(&self, id: ConversationId) -> Option<&ReceiptLine> {
        let mut lines = self.receipt.iter().flat_map(|receipt| &receipt.documents);
        lines.find(|line| line.document == id)
    }
}
