//! What an administrator does with conversations: erases what a resident wants forgotten, and moves
//! what was recorded in the wrong round.

use axum::http::{Method, StatusCode};
use koffiekar_sync_core::ids::{ConversationId, QuoteId};
use koffiekar_sync_core::office::{EraseQuote, Erasure, MoveConversation};
use serde::Serialize;

use super::host::{self, Desk};
use super::model::Part;
use super::world::{Checked, World};
use crate::seed::Numbers;

impl World {
    fn any_stored(&self, dice: &mut Numbers) -> Option<ConversationId> {
        let all: Vec<ConversationId> = self.model.truth.has.keys().copied().collect();
        (!all.is_empty()).then(|| *dice.pick(&all))
    }

    pub(super) async fn erase(&mut self, dice: &mut Numbers) -> Checked {
        let Some(id) = self.any_stored(dice) else {
            return Ok(());
        };
        let name = self.model.name(id);
        self.tell(format!("{name} is erased"));
        let erasure = self
            .erased(&format!("/conversations/{id}/erase"), &())
            .await?;
        if erasure.conversation != id || erasure.replaced_by.is_some() {
            return Err(format!("{name}: another one was erased: {erasure:?}"));
        }
        self.model.erase(id);
        Ok(())
    }

    /// One quote, also one that its recorder took away: its words stand in the history.
    pub(super) async fn erase_quote(&mut self, dice: &mut Numbers) -> Checked {
        let Some(id) = self.any_stored(dice) else {
            return Ok(());
        };
        let edits = self.model.truth.has[&id].iter();
        let parts = edits.flat_map(|edit| &self.model.edits[*edit].parts);
        let quotes = parts.filter_map(|part| match part {
            Part::Quote(quote, _) => Some(*quote),
            _ => None,
        });
        let left_out = self.model.left_out(id);
        let quotes: Vec<QuoteId> = quotes.filter(|quote| !left_out.contains(quote)).collect();
        if quotes.is_empty() {
            return Ok(());
        }
        let quote = *dice.pick(&quotes);
        let name = self.model.name(id);
        let asked = EraseQuote { conversation: id };
        let erasure = self
            .erased(&format!("/quotes/{quote}/erase"), &asked)
            .await?;
        let (true, Some(by)) = (erasure.conversation == id, erasure.replaced_by) else {
            return Err(format!("{name}: something else was erased: {erasure:?}"));
        };
        self.model.replace(id, by, quote);
        let by = self.model.name(by);
        self.tell(format!("{quote:?} is erased from {name}: it is {by} now"));
        Ok(())
    }

    async fn erased(&mut self, path: &str, asked: &impl Serialize) -> Checked<Erasure> {
        let desk = Desk::Administrator;
        let (status, answer) = self.host.office(desk, Method::POST, path, asked).await;
        if status != StatusCode::OK {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("the administrator's {path}: {status} {answer}"));
        }
        serde_json::from_slice(&answer).map_err(|error| error.to_string())
    }

    pub(super) async fn move_to(&mut self, dice: &mut Numbers) -> Checked {
        let Some(id) = self.any_stored(dice) else {
            return Ok(());
        };
        let at = dice.below(self.rounds);
        let round = host::round(at);
        let name = self.model.name(id);
        self.tell(format!("{name} is moved to R{at}"));
        let path = format!("/conversations/{id}/move");
        self.manage(Method::POST, &path, &MoveConversation { round })
            .await?;
        self.model.truth.round_of.insert(id, round);
        self.model.let_know();
        Ok(())
    }
}
