//! What was done here, done once more where its changes cannot be taken as they are.
//!
//! Each step is carried out where it was carried out before: on what its author knew. So what a
//! colleague did meanwhile stands beside it, as if nothing had happened: two corrections of one quote
//! remain two.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Deed, Step};
use crate::conversation::{
    Actor, Command, CommandError, Document, DocumentError, Head, NewConversation, NewQuote,
};
use crate::ids::{QuoteId, UserId};

/// Who carries out the steps again. The session must be one that wrote nothing yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Author {
    pub(super) actor: Actor,
    pub(super) user: UserId,
}

pub(super) struct Redone {
    pub(super) document: Document,
    /// What the server lacks of it.
    pub(super) pending: Vec<u8>,
    pub(super) steps: Vec<Step>,
    /// The others, which it has.
    pub(super) arrived: Vec<Step>,
}

/// The steps as changes of another actor, beside what the server has (`theirs`, where it has the
/// document) and what it once had. A step that the server has is left as it is there.
pub(super) fn redo(
    mine: &Document,
    steps: &[Step],
    theirs: Option<&Document>,
    author: Author,
) -> Result<Redone, CommandError> {
    let has = |head: &Head| theirs.is_some_and(|theirs| theirs.has(head));
    let origins = theirs.map(Document::origins).unwrap_or_default();
    let unsent: BTreeSet<Head> = steps
        .iter()
        .map(|step| step.change)
        .filter(|change| !has(change))
        .collect();
    let receipted = mine.without(&unsent)?;
    let mut document = match theirs {
        Some(theirs) => theirs.clone(),
        None => Document::empty(),
    };
    document.merge(&receipted)?;

    let mut again: BTreeMap<Head, Vec<Head>> = BTreeMap::new();
    let (mut left, mut arrived) = (Vec::new(), Vec::new());
    for step in steps {
        if document.has(&step.change) {
            match has(&step.change) {
                true => arrived.push(step.clone()),
                false => left.push(step.clone()),
            }
            continue;
        }
        // It arrived as it was at first, before it was done again, or as a copy of this tablet did it.
        let first = has(&step.origin()).then(|| step.origin());
        if let Some(there) = first.or_else(|| origins.get(&step.origin()).copied()) {
            again.insert(step.change, vec![there]);
            arrived.push(step.clone());
            continue;
        }
        let written = match &step.deed {
            Deed::Recorded(new) => {
                if document.is_empty() {
                    document = Document::record_again(new, author.actor, step.origin())?;
                    left.push(step.done_again(&document, step.deed.clone()));
                }
                document.heads()
            }
            Deed::Executed(command) => {
                let on = mine.dependencies(&step.change);
                let on = places(&on.ok_or(DocumentError::Unreadable)?, &again);
                let mut then = document.at(&on)?;
                let command = shown_again(command, &again);
                if let Some(done) = repeat(&mut then, &command, None, step, author)? {
                    document.merge(&then)?;
                    left.push(step.done_again(&then, done));
                }
                then.heads()
            }
        };
        again.insert(step.change, written);
    }
    let since = theirs.map(Document::heads).unwrap_or_default();
    Ok(Redone {
        pending: document.changes_since(&since),
        document,
        steps: left,
        arrived,
    })
}

/// Whether the server has one of these in another form than the one here: done again where it could not
/// be known that it had arrived.
pub(super) fn stands_otherwise(steps: &[Step], theirs: &Document) -> bool {
    let origins = theirs.origins();
    let there = |step: &Step| theirs.has(&step.origin()) || origins.contains_key(&step.origin());
    let mut steps = steps.iter();
    steps.any(|step| !theirs.has(&step.change) && there(step))
}

/// Whether the server's document has these steps, in whatever form, and all else that is here.
pub(super) fn has_arrived(mine: &Document, steps: &[Step], theirs: &Document) -> bool {
    let origins = theirs.origins();
    let there = |step: &Step| {
        let origin = step.origin();
        theirs.has(&step.change) || theirs.has(&origin) || origins.contains_key(&origin)
    };
    let unsent = steps.iter().map(|step| step.change);
    let unsent = unsent.filter(|change| !theirs.has(change)).collect();
    let rest = mine.without(&unsent);
    steps.iter().all(there)
        && rest.is_ok_and(|rest| rest.heads().iter().all(|head| theirs.has(head)))
}

/// What was done, if anything.
fn repeat(
    document: &mut Document,
    command: &Command,
    shown: Option<&Document>,
    step: &Step,
    author: Author,
) -> Result<Option<Deed>, CommandError> {
    let Author { actor, user } = author;
    let done = document.repeat(command, shown, actor, user, step.at, step.origin())?;
    Ok(done.map(Deed::Executed))
}

/// These heads in the new history.
fn places(heads: &[Head], again: &BTreeMap<Head, Vec<Head>>) -> Vec<Head> {
    let places = heads.iter().flat_map(|head| match again.get(head) {
        Some(written) => written.clone(),
        None => vec![*head],
    });
    let places: BTreeSet<Head> = places.collect();
    places.into_iter().collect()
}

fn shown_again(command: &Command, again: &BTreeMap<Head, Vec<Head>>) -> Command {
    let mut command = command.clone();
    if let Command::EditNotes(edit) = &mut command {
        edit.seen = places(&edit.seen, again);
    }
    command
}

#[derive(Default)]
pub(super) struct Carried {
    pub(super) steps: Vec<Step>,
    /// What stands there already. Not the words of a quote that was taken away: they stand nowhere any more.
    pub(super) arrived: Vec<Step>,
}

/// The edits on a successor of the document: another history, in which nothing of the old one is
/// known. Nothing about an erased quote is carried over.
pub(super) fn carry_over<'a>(
    mine: &Document,
    edits: impl Iterator<Item = &'a Step>,
    erased: &[QuoteId],
    successor: &mut Document,
    author: Author,
) -> Result<Carried, CommandError> {
    let origins = successor.origins();
    let read = successor.read()?;
    let stands = |command: &Command| {
        let quote = command.quote();
        quote.is_none_or(|quote| read.quote(quote).is_some())
            || matches!(command, Command::RemoveQuote { .. })
    };
    let mut carried = Carried::default();
    for step in edits.filter(|step| !step.is_about(erased)) {
        // The recording itself is what the successor was made of.
        let Deed::Executed(command) = &step.deed else {
            continue;
        };
        let origin = step.origin();
        if successor.has(&origin) || origins.contains_key(&origin) {
            if stands(command) {
                carried.arrived.push(step.clone());
            }
            continue;
        }
        if let Some(done) = repeat(successor, command, Some(mine), step, author)? {
            carried.steps.push(step.done_again(successor, done));
        }
    }
    Ok(carried)
}

/// The conversation as it reads, without these quotes and without its history: what a tablet shows
/// until the successor comes.
pub(super) fn cleansed(
    mine: &Document,
    erased: &[QuoteId],
    author: Author,
) -> Result<Document, CommandError> {
    let read = mine.read()?;
    let quotes = read
        .quotes
        .iter()
        .filter(|quote| !erased.contains(&quote.id));
    let new = NewConversation {
        recorded_at: read.recorded_at,
        clock_doubtful: read.clock_doubtful,
        recorded_by: read.recorded_by,
        language: read.language.clone(),
        area: read.area.clone(),
        notes: read.notes.clone(),
        quotes: quotes
            .map(|quote| NewQuote {
                id: quote.id,
                verbatim: quote.wording.first().to_owned(),
                language: quote.language.clone(),
                lines: Vec::new(),
            })
            .collect(),
        consent: read
            .consent
            .statements()
            .iter()
            .map(|(id, statement)| (*id, statement.clone()))
            .collect(),
    };
    Document::record(&new, author.actor)
}
