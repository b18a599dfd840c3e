//! Answers that the server never gave: nobody but its key makes work safe.

use ed25519_dalek::SigningKey;
use koffiekar_sync_core::receipt::{KeyId, Receipt, ReceiptLine, SignedReceipt};
use koffiekar_sync_core::wire::{Answer, Cursor, Epoch, FeedPage, Fingerprint, Outcome, Request};

use super::exchange::opened;
use super::world::{Checked, World};
use crate::seed::Numbers;

impl World {
    /// The request never arrives; somebody answers that all of it is stored.
    pub(super) fn forge(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let (message, _) = self.ask(tablet, dice)?;
        let (device, request) = opened(&message)?;
        let epoch = request.epoch.unwrap_or(Epoch([0; 16]));
        let time = self.clock.now();
        let sign = |asked: &[u8], key: &SigningKey| {
            let lines = request.push.iter().map(|push| ReceiptLine {
                document: push.document,
                pushed: push.heads.clone(),
                stored: Vec::new(),
                held: false,
            });
            let receipt = Receipt {
                epoch,
                key: KeyId::of(&self.host.koffiekar.receipts.last().verifying_key()),
                device,
                request: Fingerprint::of(asked),
                time,
                documents: lines.collect(),
                feed: None,
            };
            SignedReceipt::sign(&receipt, key)
        };
        let (how, receipt) = match dice.below(3) {
            0 => ("without a receipt", None),
            1 => {
                let other = SigningKey::from_bytes(&dice.bytes());
                (
                    "with a receipt of another key",
                    Some(sign(&message, &other)),
                )
            }
            // As if the server had once signed something else.
            _ => {
                let right = &self.host.koffiekar.receipts.last();
                ("with a receipt for another request", Some(sign(b"", right)))
            }
        };
        self.tell(format!("T{tablet} gets a forged answer {how}"));
        let answer = self.forged(tablet, &request, epoch, receipt);
        let now = self.reading_on(tablet);
        let memory = self.awake(tablet, dice)?;
        if let Ok(applied) = memory.replica.apply(&answer.to_bytes(), now) {
            memory.set_back = false;
            memory.unwritten = applied.effects;
        }
        self.check_all_of(tablet)
    }

    fn forged(
        &self,
        tablet: usize,
        request: &Request,
        epoch: Epoch,
        receipt: Option<SignedReceipt>,
    ) -> Answer {
        let memory = self.tablets[tablet].memory.as_ref();
        let rounds = memory.map(|memory| memory.rounds.clone());
        let page = |round| {
            let here = |cursor: &&Cursor| cursor.round == round;
            let place = request.cursors.iter().find(here).map_or(0, |c| c.place);
            FeedPage {
                round,
                place,
                more: false,
                news: Vec::new(),
            }
        };
        Answer {
            epoch,
            time: self.clock.now(),
            outcomes: vec![Outcome::Stored; request.push.len()],
            receipt,
            rounds: rounds.unwrap_or_default().into_iter().map(page).collect(),
            reference: None,
            tagger: None,
            compared: Vec::new(),
            keys: Vec::new(),
            revoked: false,
            erased_quotes: Vec::new(),
            doubtful_times: Vec::new(),
        }
    }
}
