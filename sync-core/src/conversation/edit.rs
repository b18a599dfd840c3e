//! Edits are commands on exact paths, applied to the newest document.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc};

use super::notes::place_again;
use super::{
    Actor, Command, Conversation, Document, DocumentError, Head, NewConversation, NewQuote, Parts,
    SCHEMA, Stance, TagKey, TagStatement,
};
use crate::codes::{is_code, is_language};
use crate::consent::Statement;
use crate::ids::{LineKey, Millis, QuoteId, StatementId, UserId};
use crate::limits;
use crate::visible;

/// Why a command was not carried out. The document is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("this quote is not in the conversation")]
    NoSuchQuote,
    #[error("a quote has 1 to {} characters", limits::QUOTE_CHARS)]
    QuoteLength,
    #[error("notes have at most {} characters", limits::NOTES_CHARS)]
    NotesLength,
    #[error(
        "at once at most {} bytes can be kept; write it down in two conversations",
        limits::CHANGE_BYTES
    )]
    TooMuchAtOnce,
    #[error(
        "a conversation was edited so much that it takes no more; write it down in another one"
    )]
    EditedTooMuch,
    #[error("a text holds the null character, which cannot be kept")]
    NullCharacter,
    #[error("a conversation has at most {} quotes", limits::QUOTES)]
    TooManyQuotes,
    #[error("{what} holds what the protocol has no room for")]
    OutOfBounds { what: &'static str },
    #[error("the form showed a state that this document never had")]
    UnknownState,
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl From<automerge::AutomergeError> for CommandError {
    fn from(_: automerge::AutomergeError) -> Self {
        Self::Document(DocumentError::Unreadable)
    }
}

impl Document {
    /// The document that *Klaar* makes: one change that creates every container.
    pub fn record(new: &NewConversation, actor: Actor) -> Result<Document, CommandError> {
        Self::record_as(new, actor, None)
    }

    /// What was recorded before as this change, once more.
    pub(crate) fn record_again(
        new: &NewConversation,
        actor: Actor,
        origin: Head,
    ) -> Result<Document, CommandError> {
        Self::record_as(new, actor, Some(origin))
    }

    fn record_as(
        new: &NewConversation,
        actor: Actor,
        origin: Option<Head>,
    ) -> Result<Document, CommandError> {
        check_new(new)?;
        let mut document = Document::empty();
        document.doc.set_actor(actor.id());
        let when = options(new.recorded_at, origin);
        commit(&mut document.doc, when, |tx| {
            tx.put(ROOT, "schema", SCHEMA)?;
            let meta = tx.put_object(ROOT, "meta", ObjType::Map)?;
            tx.put(&meta, "recorded_at", new.recorded_at.0)?;
            tx.put(&meta, "recorded_by", new.recorded_by.key())?;
            tx.put(&meta, "language", new.language.as_str())?;
            if let Some(area) = &new.area {
                tx.put(&meta, "area", area.as_str())?;
            }
            if new.clock_doubtful {
                tx.put(&meta, "clock_doubtful", true)?;
            }
            let notes = tx.put_object(ROOT, "notes", ObjType::Text)?;
            if !new.notes.is_empty() {
                tx.splice_text(&notes, 0, 0, &new.notes)?;
            }
            let quotes = tx.put_object(ROOT, "quotes", ObjType::Map)?;
            for (position, quote) in new.quotes.iter().enumerate() {
                put_quote(tx, &quotes, quote, position)?;
            }
            let tags = tx.put_object(ROOT, "tags", ObjType::Map)?;
            for quote in &new.quotes {
                put_own_lines(tx, &tags, quote, new.recorded_by, new.recorded_at)?;
            }
            let consent = tx.put_object(ROOT, "consent", ObjType::Map)?;
            put_statements(tx, &consent, &new.consent)
        })?;
        sendable(document.changes_since(&[]))?;
        Ok(document)
    }

    /// Carries out one command as one change by this actor, on behalf of this person.
    /// Returns the new change as a chunk; empty when there was nothing to change.
    pub fn execute(
        &mut self,
        command: &Command,
        actor: Actor,
        by: UserId,
        now: Millis,
    ) -> Result<Vec<u8>, CommandError> {
        self.carry_out(command, actor, by, now, None)
    }

    /// `origin` is the change that it was before, where it is carried out again: it stands in the
    /// change, so that nobody carries it out twice.
    pub(super) fn carry_out(
        &mut self,
        command: &Command,
        actor: Actor,
        by: UserId,
        now: Millis,
        origin: Option<Head>,
    ) -> Result<Vec<u8>, CommandError> {
        within("time", now.is_recordable())?;
        let before = self.doc.get_heads();
        let when = options(now, origin);
        let parts = Parts::of(&self.doc)?;
        let conversation = self.read()?;
        check_command(command, &conversation)?;
        self.doc.set_actor(actor.id());
        match command {
            Command::EditNotes(edit) => {
                let splices = place_again(&self.doc, &parts.notes, edit)?;
                commit(&mut self.doc, when, |tx| {
                    for splice in &splices {
                        let delete = isize::try_from(splice.delete).unwrap_or(0);
                        tx.splice_text(&parts.notes, splice.at, delete, &splice.insert)?;
                    }
                    Ok(())
                })?;
            }
            Command::AddQuote(quote) => {
                let position = self.doc.length(&parts.quotes);
                commit(&mut self.doc, when, |tx| {
                    put_quote(tx, &parts.quotes, quote, position)?;
                    put_own_lines(tx, &parts.tags, quote, by, now)
                })?;
            }
            Command::CorrectWording { quote, verbatim } => {
                let object = quote_object(&self.doc, &parts, *quote)?;
                commit(&mut self.doc, when, |tx| {
                    put_word(tx, &object, "verbatim", verbatim, ["", "-", "--"])
                })?;
            }
            Command::RemoveQuote { quote } => {
                let object = quote_object(&self.doc, &parts, *quote)?;
                commit(&mut self.doc, when, |tx| tx.put(&object, "removed", true))?;
            }
            Command::SetArea { area } => {
                let code = area.as_deref().unwrap_or("");
                commit(&mut self.doc, when, |tx| {
                    put_word(tx, &parts.meta, "area", code, ["", "-", "--"])
                })?;
            }
            Command::SetLanguage { language } => {
                commit(&mut self.doc, when, |tx| {
                    put_word(tx, &parts.meta, "language", language, ["und", "mul", "zxx"])
                })?;
            }
            Command::Tag {
                quote,
                line,
                stance,
            } => {
                commit(&mut self.doc, when, |tx| {
                    put_tag(tx, &parts.tags, *quote, line, by, *stance, now)
                })?;
            }
            Command::Consent(statements) => {
                commit(&mut self.doc, when, |tx| {
                    put_statements(tx, &parts.consent, statements)
                })?;
            }
        }
        // What a resident may do with their words is answered in a full conversation as well.
        if !matches!(command, Command::Consent(_)) {
            self.has_room()?;
        }
        sendable(self.doc.save_after(&before))
    }

    /// What the server would refuse for all that was ever written in it.
    fn has_room(&self) -> Result<(), CommandError> {
        let changes = self.doc.get_changes_meta(&[]);
        let operations = changes
            .iter()
            .map(|c| (c.max_op + 1).saturating_sub(c.start_op));
        if operations.sum::<u64>() > limits::DOCUMENT_OPERATIONS {
            return Err(CommandError::EditedTooMuch);
        }
        Ok(())
    }
}

pub(super) type Edited = Result<(), automerge::AutomergeError>;

pub(super) fn options(now: Millis, origin: Option<Head>) -> CommitOptions {
    // Seconds: what commit times of Automerge are by custom.
    let at = CommitOptions::default().with_time(now.0.div_euclid(Millis::SECOND));
    match origin {
        Some(origin) => at.with_message(origin.to_string()),
        None => at,
    }
}

pub(super) fn commit<F>(doc: &mut Automerge, at: CommitOptions, edit: F) -> Edited
where
    F: FnOnce(&mut automerge::transaction::Transaction<'_>) -> Edited,
{
    doc.transact_with::<_, _, automerge::AutomergeError, _>(|()| at, edit)
        .map(|_| ())
        .map_err(|failure| failure.error)
}

/// Writes a word over all that stand there.
///
/// Where several stand and this is the one that Automerge shows, it would only delete the others: no
/// word of whoever chose it, that another choice made meanwhile could stand beside. So the place is
/// first written otherwise, in the same change: as neither of the two, for the same reason. `others` are
/// what may stand there.
fn put_word<T: Transactable>(
    tx: &mut T,
    object: &ObjId,
    key: &str,
    word: &str,
    others: [&str; 3],
) -> Edited {
    if tx.get_all(object, key)?.len() > 1 {
        let shown = tx.get(object, key)?;
        let shown = shown.as_ref().and_then(|(value, _)| value.as_str());
        let free = |one: &&str| *one != word && Some(*one) != shown;
        if let Some(otherwise) = others.into_iter().find(free) {
            tx.put(object, key, otherwise)?;
        }
    }
    tx.put(object, key, word)
}

fn put_quote<T: Transactable>(
    tx: &mut T,
    quotes: &ObjId,
    quote: &NewQuote,
    position: usize,
) -> Edited {
    let object = tx.put_object(quotes, quote.id.key(), ObjType::Map)?;
    tx.put(&object, "verbatim", quote.verbatim.as_str())?;
    tx.put(
        &object,
        "position",
        i64::try_from(position).unwrap_or(i64::MAX),
    )?;
    if let Some(language) = &quote.language {
        tx.put(&object, "language", language.as_str())?;
    }
    Ok(())
}

fn put_own_lines<T: Transactable>(
    tx: &mut T,
    tags: &ObjId,
    quote: &NewQuote,
    by: UserId,
    at: Millis,
) -> Edited {
    for line in &quote.lines {
        put_tag(tx, tags, quote.id, line, by, Stance::Proposed, at)?;
    }
    Ok(())
}

fn put_tag<T: Transactable>(
    tx: &mut T,
    tags: &ObjId,
    quote: QuoteId,
    line: &LineKey,
    by: UserId,
    stance: Stance,
    at: Millis,
) -> Edited {
    let key = TagKey {
        quote,
        line: line.clone(),
        by,
    };
    tx.put(
        tags,
        key.to_string(),
        TagStatement { stance, at }.to_string(),
    )
}

fn put_statements<T: Transactable>(
    tx: &mut T,
    consent: &ObjId,
    statements: &[(StatementId, Statement)],
) -> Edited {
    for (id, statement) in statements {
        tx.put(consent, id.to_string(), statement.to_json())?;
    }
    Ok(())
}

fn quote_object(doc: &Automerge, parts: &Parts, quote: QuoteId) -> Result<ObjId, CommandError> {
    match doc.get(&parts.quotes, quote.key()) {
        Ok(Some((value, id))) if value.is_object() => Ok(id),
        _ => Err(CommandError::NoSuchQuote),
    }
}

/// What the server would refuse for its size is refused here, where somebody can still act.
fn sendable(change: Vec<u8>) -> Result<Vec<u8>, CommandError> {
    if change.len() > limits::CHANGE_BYTES {
        Err(CommandError::TooMuchAtOnce)
    } else {
        Ok(change)
    }
}

fn check_new(new: &NewConversation) -> Result<(), CommandError> {
    if new.notes.chars().count() > limits::NOTES_CHARS {
        return Err(CommandError::NotesLength);
    }
    if new.quotes.len() > limits::QUOTES {
        return Err(CommandError::TooManyQuotes);
    }
    check_characters(&new.notes)?;
    within("recorded_at", new.recorded_at.is_recordable())?;
    check_language(&new.language)?;
    check_area(new.area.as_deref())?;
    check_statements(&new.consent)?;
    new.quotes.iter().try_for_each(check_quote)
}

fn check_command(command: &Command, conversation: &Conversation) -> Result<(), CommandError> {
    let exists = |quote: &QuoteId| match conversation.quote(*quote) {
        Some(_) => Ok(()),
        None => Err(CommandError::NoSuchQuote),
    };
    match command {
        Command::AddQuote(quote) => {
            if conversation.quotes.len() >= limits::QUOTES {
                return Err(CommandError::TooManyQuotes);
            }
            check_quote(quote)
        }
        Command::CorrectWording { quote, verbatim } => {
            exists(quote)?;
            check_words(verbatim)
        }
        Command::RemoveQuote { quote } | Command::Tag { quote, .. } => exists(quote),
        Command::EditNotes(edit) => {
            let added: usize = edit.splices.iter().map(|s| s.insert.chars().count()).sum();
            let removed: usize = edit.splices.iter().map(|s| s.delete).sum();
            let before = conversation.notes.chars().count();
            if (before + added).saturating_sub(removed) > limits::NOTES_CHARS {
                return Err(CommandError::NotesLength);
            }
            edit.splices
                .iter()
                .try_for_each(|splice| check_characters(&splice.insert))
        }
        Command::SetArea { area } => check_area(area.as_deref()),
        Command::SetLanguage { language } => check_language(language),
        Command::Consent(statements) => check_statements(statements),
    }
}

fn check_words(words: &str) -> Result<(), CommandError> {
    let long = words.chars().count() > limits::QUOTE_CHARS;
    if long || visible::is_blank(words) {
        Err(CommandError::QuoteLength)
    } else {
        check_characters(words)
    }
}

fn check_quote(quote: &NewQuote) -> Result<(), CommandError> {
    quote.language.as_deref().map_or(Ok(()), check_language)?;
    check_words(&quote.verbatim)
}

fn check_language(code: &str) -> Result<(), CommandError> {
    within("language", is_language(code))
}

/// None where it is empty.
fn check_area(code: Option<&str>) -> Result<(), CommandError> {
    within(
        "area",
        code.is_none_or(|code| code.is_empty() || is_code(code)),
    )
}

fn check_statements(statements: &[(StatementId, Statement)]) -> Result<(), CommandError> {
    let mut statements = statements.iter();
    within("consent", statements.all(|(_, one)| one.is_bounded()))
}

fn within(what: &'static str, bounds: bool) -> Result<(), CommandError> {
    if bounds {
        Ok(())
    } else {
        Err(CommandError::OutOfBounds { what })
    }
}

/// PostgreSQL keeps every character but this one.
fn check_characters(text: &str) -> Result<(), CommandError> {
    if text.contains(visible::NULL) {
        Err(CommandError::NullCharacter)
    } else {
        Ok(())
    }
}
