//! Tablets that are ended and sign in anew, and what an administrator decides about their work.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use koffiekar_sync_core::ids::{ConversationId, DeviceNumber, HeldId};
use koffiekar_sync_core::office::{HeldPage, TurnDown};
use koffiekar_sync_core::replica::{Identity, Standing};

use super::host::{self, Desk};
use super::world::{Checked, World};
use crate::seed::Numbers;

impl World {
    pub(super) async fn revoke(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let device = self.tablets[tablet].disk.identity.device;
        if !self.model.truth.devices.contains_key(&device) {
            return Ok(());
        }
        self.tell(format!("the device of T{tablet} is revoked"));
        self.manage(Method::POST, &format!("/devices/{device}/revoke"), &())
            .await?;
        self.model.truth.revoked.insert(device);
        Ok(())
    }

    pub(super) async fn sign_in_again(&mut self, dice: &mut Numbers) -> Checked {
        let ended = |tablet: &usize| {
            let device = self.tablets[*tablet].disk.identity.device;
            self.model.is_revoked(device)
        };
        let ended: Vec<usize> = (0..self.tablets.len()).filter(ended).collect();
        let tablet = match ended.is_empty() {
            true => self.any_tablet(dice),
            false => *dice.pick(&ended),
        };
        let person = self.tablets[tablet].person;
        if self.model.truth.disabled.contains(&person) {
            return Ok(());
        }
        self.enrol_again(tablet, dice).await
    }

    /// The tablet's person signs in on it: it is another device from now on.
    pub(super) async fn enrol_again(&mut self, tablet: usize, dice: &mut Numbers) -> Checked {
        let person = self.tablets[tablet].person;
        let device = DeviceNumber(u64::from_be_bytes(self.host.koffiekar.random.bytes()));
        let mut tx = self.host.koffiekar.store.write().await.unwrap();
        host::enrol(&mut tx, device, person).await;
        tx.commit().await.unwrap();
        self.model.truth.devices.insert(device, person);
        let identity = Identity {
            device,
            user: host::person(person),
            seed: host::device_seed(device),
            receipt_key: self.host.receipt_key().await,
        };
        self.tell(format!("P{person} signs in on T{tablet} again"));
        let memory = self.awake(tablet, dice)?;
        let effects = memory.replica.enrolled_again(identity);
        memory.unwritten = effects.map_err(|error| error.to_string())?;
        memory.asked = None;
        // Work that was not sent is done again, on what the server has by then.
        let unsent: Vec<ConversationId> = memory
            .replica
            .conversations()
            .filter(|(_, held)| !matches!(held.standing(), Standing::Stored(_)))
            .map(|(id, _)| id)
            .collect();
        self.model.done_again.extend(unsent);
        Ok(())
    }

    /// The administrator looks at what is held, and decides about one.
    pub(super) async fn decide_held(&mut self, dice: &mut Numbers, accept: bool) -> Checked {
        let page = self.held_page().await?;
        if page.held.is_empty() {
            return Ok(());
        }
        let work = dice.pick(&page.held);
        let key = (work.device, work.conversation);
        let name = self.model.name(work.conversation);
        if accept {
            self.accept(work.id, key, &name).await
        } else {
            self.turn_down(work.id, key, &name).await
        }
    }

    async fn accept(
        &mut self,
        id: HeldId,
        key: (DeviceNumber, ConversationId),
        name: &str,
    ) -> Checked {
        let path = format!("/held/{id}/accept");
        let desk = Desk::Administrator;
        let (status, answer) = self.host.office(desk, Method::POST, &path, &()).await;
        self.tell(format!("what is held of {name} is accepted: {status}"));
        if status != StatusCode::NO_CONTENT {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("{name}: held work cannot be accepted: {answer}"));
        }
        if let Some(sealed) = self.model.truth.quarantine.remove(&key) {
            self.model.stored(key.1, sealed.round, &sealed.edits);
        }
        Ok(())
    }

    async fn turn_down(
        &mut self,
        id: HeldId,
        key: (DeviceNumber, ConversationId),
        name: &str,
    ) -> Checked {
        self.tell(format!("what is held of {name} is turned down"));
        let text = "Dit gesprek hoort in een andere ronde.".to_owned();
        let path = format!("/held/{id}/turn-down");
        self.manage(Method::POST, &path, &TurnDown { text }).await?;
        if let Some(sealed) = self.model.truth.quarantine.get_mut(&key) {
            sealed.turned_down = true;
        }
        Ok(())
    }

    /// What waits for a decision: exactly what the model knows.
    pub(super) async fn held_page(&self) -> Checked<HeldPage> {
        let desk = Desk::Administrator;
        let (status, body) = self.host.office(desk, Method::GET, "/held", &()).await;
        if status != StatusCode::OK {
            return Err(format!("the list of held work: {status}"));
        }
        let page: HeldPage = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let listed = page
            .held
            .iter()
            .map(|work| (work.device, work.conversation));
        let listed: BTreeSet<_> = listed.collect();
        let open = self.model.truth.quarantine.iter();
        let open = open.filter(|(_, sealed)| !sealed.turned_down);
        let known: BTreeSet<_> = open.map(|(key, _)| *key).collect();
        if listed == known {
            Ok(page)
        } else {
            Err(format!("held are {listed:?}, and should be {known:?}"))
        }
    }
}
