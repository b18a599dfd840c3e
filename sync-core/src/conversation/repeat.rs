//! A command that was carried out once, carried out again on another history of the conversation.

use std::collections::BTreeMap;

use automerge::{ChangeHash, ReadDoc};

use super::{
    Actor, Command, CommandError, Conversation, Document, Head, NewQuote, NotesEdit, Parts, Splice,
};
use crate::ids::{Millis, QuoteId, UserId};

/// Begins a paragraph of the notes that found no place in the text that is there now.
const ADDED_LATER: &str = "[Later toegevoegd] ";

impl Document {
    /// Carries out once more what was carried out before, as the change `origin`, and returns what was
    /// done in this history; nothing where this document has it, or has nothing left that it was about.
    /// `shown` is the document that it was carried out on, where that is another history than this one.
    pub(crate) fn repeat(
        &mut self,
        command: &Command,
        shown: Option<&Document>,
        actor: Actor,
        by: UserId,
        at: Millis,
        origin: Head,
    ) -> Result<Option<Command>, CommandError> {
        let parts = Parts::of(&self.doc)?;
        let now = self.read()?;
        let has_quote = |quote: &QuoteId| {
            let key = quote.key();
            matches!(self.doc.get(&parts.quotes, key), Ok(Some((value, _))) if value.is_object())
        };
        let command = match command {
            Command::AddQuote(NewQuote { id, .. }) if has_quote(id) => return Ok(None),
            Command::CorrectWording { quote, .. }
            | Command::RemoveQuote { quote }
            | Command::Tag { quote, .. }
                if now.quote(*quote).is_none() =>
            {
                // Erased, or taken away by whoever recorded it.
                return Ok(None);
            }
            Command::Consent(statements) => {
                let known = now.consent.statements();
                let mut fresh = statements.clone();
                fresh.retain(|(id, _)| !known.contains_key(id));
                if fresh.is_empty() {
                    return Ok(None);
                }
                Command::Consent(fresh)
            }
            Command::EditNotes(edit) => match self.placed(edit, shown, &now) {
                Some(edit) => Command::EditNotes(edit),
                None => return Ok(None),
            },
            other => other.clone(),
        };
        let change = self.carry_out(&command, actor, by, at, Some(origin))?;
        Ok((!change.is_empty()).then_some(command))
    }

    /// The command for the conversation as it is here. A form may have shown notes that were done again
    /// since, in another history: what was typed in it is still taken.
    pub(crate) fn placed_here(&self, command: &Command) -> Result<Command, CommandError> {
        let edit = match command {
            Command::EditNotes(edit) if !edit.seen.iter().all(|head| self.has(head)) => edit,
            _ => return Ok(command.clone()),
        };
        let placed = self.placed(edit, None, &self.read()?);
        placed
            .map(Command::EditNotes)
            .ok_or(CommandError::UnknownState)
    }

    /// Of the changes that were carried out again: what they were first.
    pub(crate) fn origins(&self) -> BTreeMap<Head, Head> {
        let changes = self.doc.get_changes_meta(&[]);
        let origins = changes.iter().filter_map(|change| {
            let first = Head::parse(change.message.as_deref()?)?;
            Some((first, Head(change.hash.0)))
        });
        origins.collect()
    }

    /// The edit for the notes that are here: as it was made, where its text is in this history or is
    /// the text that stands here; else what was typed, as a paragraph at the end.
    fn placed(
        &self,
        edit: &NotesEdit,
        shown: Option<&Document>,
        now: &Conversation,
    ) -> Option<NotesEdit> {
        if edit.seen.iter().all(|head| self.has(head)) {
            return Some(edit.clone());
        }
        let mut here = edit.clone();
        here.seen = self.heads();
        let before = shown.and_then(|shown| shown.notes_at(&edit.seen));
        if before.as_ref() == Some(&now.notes) {
            return Some(here);
        }
        let typed = edit.splices.iter().map(|splice| splice.insert.trim());
        let typed: Vec<&str> = typed.filter(|words| !words.is_empty()).collect();
        if typed.is_empty() {
            return None;
        }
        let gap = if now.notes.is_empty() { "" } else { "\n\n" };
        here.splices = vec![Splice {
            at: now.notes.chars().count(),
            delete: 0,
            insert: format!("{gap}{ADDED_LATER}{}", typed.join("\n")),
        }];
        Some(here)
    }

    /// The notes as they stood at these heads.
    fn notes_at(&self, heads: &[Head]) -> Option<String> {
        if !heads.iter().all(|head| self.has(head)) {
            return None;
        }
        let heads: Vec<ChangeHash> = heads.iter().map(|head| ChangeHash(head.0)).collect();
        let parts = Parts::of(&self.doc).ok()?;
        self.doc.text_at(&parts.notes, &heads).ok()
    }
}
