//! What must hold after every step, and what when everything has come to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use axum::http::{Method, StatusCode};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::conversation::{Conversation, Document};
use koffiekar_sync_core::ids::{ConversationId, QuoteId};
use koffiekar_sync_core::office::QuotePage;
use koffiekar_sync_core::replica::Standing;

use super::host::{self, Desk};
use super::model::{EditId, Reading, has_all};
use super::world::{Checked, World};
use crate::seed::Numbers;

/// Whether a conversation says what its edits come to: each once, and nothing else.
pub fn compare(should: &Reading, is: &Conversation) -> Checked {
    if !should.languages.contains(&is.language) {
        return Err(format!(
            "the language is {}, of {:?}",
            is.language, should.languages
        ));
    }
    match &is.area {
        Some(area) if should.areas.contains(area) => {}
        None if should.areas.is_empty() => {}
        other => return Err(format!("the area is {other:?}, of {:?}", should.areas)),
    }
    let mut quotes = BTreeSet::new();
    for quote in &is.quotes {
        let words: BTreeSet<String> = quote.wording.all().iter().cloned().collect();
        if !quotes.insert(quote.id) {
            return Err(format!("a quote stands twice: {words:?}"));
        }
        match should.quotes.get(&quote.id) {
            Some(known)
                if should.fits(known, &words) && words.len() == quote.wording.all().len() => {}
            known => return Err(format!("a quote says {words:?} and not {known:?}")),
        }
    }
    if quotes.len() != should.quotes.len() {
        let missing = should.quotes.iter().find(|(id, _)| !quotes.contains(*id));
        return Err(format!("a quote is missing: {missing:?}"));
    }
    compare_notes(should, &is.notes)?;
    compare_tags(should, is)?;
    if *is.consent.statements() != should.answers {
        return Err("the answers about consent are not those that were given".to_owned());
    }
    for purpose in Purpose::ALL {
        let (should, is) = (should.allows(purpose), is.consent.allows(purpose));
        if should != is {
            return Err(format!("{purpose:?} is allowed: {is}, and not {should}"));
        }
    }
    Ok(())
}

fn compare_notes(should: &Reading, notes: &str) -> Checked {
    let mut paragraphs = BTreeSet::new();
    let found = match should.exact {
        true => notes.split_inclusive('\n').map(str::to_owned).collect(),
        // Where it was carried over, what surrounds a paragraph is another.
        false => paragraphs_of(notes),
    };
    for text in found {
        if !paragraphs.insert(text.clone()) && !should.perhaps_twice {
            return Err(format!("a paragraph stands twice: {text}"));
        }
    }
    if !should.exact {
        // What was taken out may have been written again; whole paragraphs they are all the same.
        paragraphs.retain(|text| !should.gone.contains(text));
    }
    if paragraphs == should.paragraphs {
        Ok(())
    } else {
        let should = &should.paragraphs;
        Err(format!("the notes hold {paragraphs:?} and not {should:?}"))
    }
}

fn compare_tags(should: &Reading, is: &Conversation) -> Checked {
    let statements = is.tags.statements();
    for (key, said) in statements {
        let known = should.tags.get(&(key.quote, key.line.clone(), key.by));
        if !known.is_some_and(|stances| stances.contains(said.stance.as_str())) {
            return Err(format!("a tag says {said} and not one of {known:?}"));
        }
    }
    let missing = should.tags.keys().find(|(quote, line, by)| {
        let said = statements.keys();
        let mut said = said.filter(|key| key.quote == *quote && key.line == *line);
        let there = said.any(|key| key.by == *by);
        !there && (!should.without_tags || should.quotes.contains_key(quote))
    });
    match missing {
        None => Ok(()),
        Some(tag) => Err(format!("a tag is missing: {tag:?}")),
    }
}

impl World {
    /// After a step on a tablet: these conversations read as they should, and nothing is called
    /// stored that the server never said it has.
    pub(super) fn check(&self, tablet: usize, touched: &[ConversationId]) -> Checked {
        let Some(memory) = &self.tablets[tablet].memory else {
            return Ok(());
        };
        let fail = |id: ConversationId, wrong: String| {
            Err(format!("T{tablet} {}: {wrong}", self.model.name(id)))
        };
        for id in touched {
            let Some(set) = memory.view.get(id) else {
                return fail(*id, "is held, and nobody gave it".to_owned());
            };
            let Some(held) = memory.replica.held(*id) else {
                return fail(*id, "is gone".to_owned());
            };
            if let Some(erased) = memory.replaced.get(id) {
                // It waits for its successor, and shows what is left of it. What was erased since, it
                // cannot know of.
                if let Some(found) = find_mark(&held.to_bytes(), erased) {
                    return fail(*id, format!("holds `{found}`, which was erased"));
                }
                continue;
            }
            let same = memory.read(*id);
            let same = same.and_then(|is| compare(&self.model.reading(*id, set), &is));
            if let Err(wrong) = same {
                return fail(*id, wrong);
            }
        }
        for (id, held) in memory.replica.conversations() {
            let Some(set) = memory.view.get(&id) else {
                return fail(id, "is held, and nobody gave it".to_owned());
            };
            let stored = matches!(held.standing(), Standing::Stored(_));
            if stored && memory.replaced.contains_key(&id) {
                return fail(
                    id,
                    "is called stored, and waits for its successor".to_owned(),
                );
            }
            if stored && !has_all(&self.model.receipted, id, set) {
                return fail(
                    id,
                    "is called stored, and the server never said so".to_owned(),
                );
            }
            if !self.model.may_know[self.tablets[tablet].person].contains(&id) {
                return fail(id, "is held by somebody who may never know it".to_owned());
            }
        }
        let held = memory.replica.conversations().count();
        if held == memory.view.len() {
            Ok(())
        } else {
            Err(format!("T{tablet} holds {held} of {}", memory.view.len()))
        }
    }

    pub(super) fn check_all_of(&self, tablet: usize) -> Checked {
        let memory = self.tablets[tablet].memory.as_ref();
        let all: Vec<ConversationId> = memory
            .map(|memory| memory.view.keys().copied().collect())
            .unwrap_or_default();
        self.check(tablet, &all)
    }

    /// What stands on the disk is enough to go on from.
    pub(super) fn check_disk(&mut self, tablet: usize, dice: &mut Numbers) -> Checked {
        self.awake(tablet, dice)?;
        self.check_all_of(tablet)
    }

    /// All trouble ends: everybody syncs until nothing moves any more, and then everything is held
    /// against the model.
    pub async fn come_to_rest(&mut self) -> Checked {
        /// As often as all may need to hear of each other's last words.
        const PASSES: usize = 12;
        self.tell("all trouble ends".to_owned());
        let mut dice = Numbers(0x4e57);
        self.network.lose_all();
        for tablet in 0..self.tablets.len() {
            self.tablets[tablet].budget = Default::default();
            self.awake(tablet, &mut dice)?.replica.retry_refused();
        }
        for _ in 0..PASSES {
            let mut moved = false;
            for tablet in 0..self.tablets.len() {
                moved |= self.sync(tablet, &mut dice).await?;
                let ended = &self.model.truth.disabled;
                if self.must_sign_in(tablet) && !ended.contains(&self.tablets[tablet].person) {
                    self.enrol_again(tablet, &mut dice).await?;
                    moved = true;
                }
            }
            if !moved {
                for tablet in &mut self.tablets {
                    tablet.write();
                }
                return self.check_everything().await;
            }
        }
        Err(format!("no rest after {PASSES} passes"))
    }

    async fn check_everything(&mut self) -> Checked {
        self.check_server().await?;
        for tablet in 0..self.tablets.len() {
            self.check_all_of(tablet)?;
            self.check_at_rest(tablet)?;
            self.check_bytes_of(tablet)?;
        }
        for editor in (0..self.people).filter(|person| host::is_editor(*person)) {
            self.check_desk(editor).await?;
        }
        Ok(())
    }

    /// The server has the edits that it said it has, and no others.
    async fn check_server(&self) -> Checked {
        let documents = self.host.documents().await;
        let truth = &self.model.truth;
        let known: BTreeSet<ConversationId> = truth.has.keys().copied().collect();
        let there: BTreeSet<ConversationId> = documents.keys().copied().collect();
        if known != there {
            return Err(format!(
                "the server has [{}] and not [{}]",
                self.model.names(&there),
                self.model.names(&known)
            ));
        }
        for (id, (round, bytes)) in &documents {
            let name = self.model.name(*id);
            if truth.round_of.get(id) != Some(round) {
                return Err(format!("{name} stands in another round"));
            }
            let document = Document::load(bytes).map_err(|error| error.to_string())?;
            let read = document.read().map_err(|error| error.to_string())?;
            compare(&self.model.reading(*id, &truth.has[id]), &read)
                .map_err(|wrong| format!("{name} at the server: {wrong}"))?;
        }
        for (id, set) in &self.model.receipted {
            let (id, set) = self.model.left_of(*id, set);
            if !self.put_back && !has_all(&truth.has, id, &set) {
                let name = self.model.name(id);
                return Err(format!(
                    "{name}: the server lost what it gave a receipt for"
                ));
            }
        }
        Ok(())
    }

    /// A tablet that may sync holds what its rounds hold, and besides only its own refused work.
    fn check_at_rest(&self, tablet: usize) -> Checked {
        let Some(memory) = &self.tablets[tablet].memory else {
            return Ok(());
        };
        let truth = &self.model.truth;
        let identity = memory.replica.identity();
        if !self.model.hears(identity.device) {
            return Ok(());
        }
        let person = self.tablets[tablet].person;
        let here = |id: &ConversationId| {
            let round = truth.round_of.get(id);
            round.is_some_and(|round| self.model.is_member(person, *round))
        };
        for (id, set) in truth.has.iter().filter(|(id, _)| here(id)) {
            let mine = memory.view.get(id).cloned().unwrap_or_default();
            if mine != *set {
                let name = self.model.name(*id);
                return Err(format!("T{tablet} {name}: {}", difference(&mine, set)));
            }
        }
        for (id, held) in memory.replica.conversations() {
            let name = self.model.name(id);
            let closed = truth.closed.contains(&held.round()) && !truth.has.contains_key(&id);
            if self.model.erased.contains(&id) {
                return Err(format!("T{tablet} {name}: is held, and was erased"));
            }
            if self.model.replaced.contains_key(&id) {
                let heirs = self.model.heirs(id);
                if heirs.last().is_some_and(here) {
                    return Err(format!(
                        "T{tablet} {name}: waits for a successor in the end"
                    ));
                }
                continue;
            }
            match held.standing() {
                Standing::Stored(_) if here(&id) => {}
                // Work of others that was lost, and is held: nobody here is called for it.
                Standing::Waiting if truth.quarantine.contains_key(&(identity.device, id)) => {}
                Standing::Stored(_) | Standing::Waiting => {
                    let standing = held.standing();
                    return Err(format!("T{tablet} {name}: is {standing:?} in the end"));
                }
                _ if !here(&id) || closed => {}
                other => return Err(format!("T{tablet} {name}: is {other:?} in the end")),
            }
        }
        Ok(())
    }

    /// No words of a round that this person was never in, and none that were erased, stand anywhere on
    /// the tablet.
    fn check_bytes_of(&self, tablet: usize) -> Checked {
        let known = &self.model.may_know[self.tablets[tablet].person];
        let foreign = |id: &&ConversationId| !known.contains(*id);
        let marks: Vec<String> = self
            .model
            .conversations
            .iter()
            .filter(foreign)
            .flat_map(|id| self.model.marks(*id))
            .collect();
        let device = self.tablets[tablet].disk.identity.device;
        let erased = match self.model.hears(device) {
            true => self.model.erased_marks(),
            // Nothing is told to a device that was ended.
            false => Vec::new(),
        };
        let in_memory = self.tablets[tablet].memory.iter();
        let in_memory = in_memory.flat_map(|memory| memory.replica.conversations());
        let in_memory: Vec<Vec<u8>> = in_memory.map(|(_, held)| held.to_bytes()).collect();
        let disk = self.tablets[tablet].disk.bytes();
        for bytes in disk.chain(in_memory.iter().map(Vec::as_slice)) {
            if let Some(found) = find_mark(bytes, &marks) {
                return Err(format!("T{tablet} holds `{found}` of a foreign round"));
            }
            if let Some(found) = find_mark(bytes, &erased) {
                return Err(format!("T{tablet} holds `{found}`, which was erased"));
            }
        }
        Ok(())
    }

    /// The desk shows the quotes that consent allows in the editor's rounds, and no others.
    async fn check_desk(&self, editor: usize) -> Checked {
        let desk = Desk::Editor(editor);
        let path = "/quotes?limit=200";
        let (status, body) = self.host.office(desk, Method::GET, path, &()).await;
        if status != StatusCode::OK {
            return Err(format!("P{editor} at the desk: {status}"));
        }
        let page: QuotePage = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let shown = page.quotes.into_iter().map(|row| {
            let words = match row.wordings {
                none if none.is_empty() => vec![row.verbatim],
                wordings => wordings,
            };
            (row.id, BTreeSet::from_iter(words))
        });
        let mut shown: BTreeMap<QuoteId, BTreeSet<String>> = shown.collect();
        let seen = self.model.truth.has.iter();
        for (id, set) in seen.filter(|(id, _)| self.sees(editor, **id)) {
            let reading = self.model.reading(*id, set);
            for (quote, words) in &reading.quotes {
                match shown.remove(quote) {
                    Some(shown) if reading.fits(words, &shown) => {}
                    shown => {
                        return Err(format!(
                            "P{editor}'s desk shows {shown:?} and not {words:?}"
                        ));
                    }
                }
            }
        }
        match shown.first_key_value() {
            None => Ok(()),
            Some((_, words)) => Err(format!("P{editor}'s desk shows {words:?}")),
        }
    }
}

fn difference(mine: &BTreeSet<EditId>, all: &BTreeSet<EditId>) -> String {
    let missing: Vec<_> = all.difference(mine).collect();
    let more: Vec<_> = mine.difference(all).collect();
    format!("lacks the edits {missing:?} in the end, and has {more:?} alone")
}

/// The paragraphs in the notes, without what may stand around them.
pub(super) fn paragraphs_of(notes: &str) -> Vec<String> {
    const END: &str = "bij de kar.";
    let pieces = notes.split_inclusive(END).map(str::trim);
    let pieces = pieces.filter(|piece| !piece.is_empty());
    let pieces = pieces.map(|piece| piece.trim_start_matches("[Later toegevoegd] "));
    pieces.map(|piece| format!("{piece}\n")).collect()
}

/// The first of these marks that stands in the bytes.
pub fn find_mark<'a>(bytes: &[u8], marks: &'a [String]) -> Option<&'a String> {
    if marks.is_empty() {
        return None;
    }
    // All marks begin alike; the library looks for that faster than a test is compiled to.
    let mut rest = bytes;
    while rest.skip_until(b'z').ok()? > 0 {
        if rest.first() == Some(&b'q') {
            let found = marks.iter().find(|m| rest.starts_with(&m.as_bytes()[1..]));
            if found.is_some() {
                return found;
            }
        }
    }
    None
}
