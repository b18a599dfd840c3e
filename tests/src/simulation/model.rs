//! What should be so, kept as simply as possible: sets of edits, and who has which.
//!
//! The model knows no document, no heads and no merging. An edit is what somebody did, and what they
//! had in view when they did it. Having a conversation is having a set of its edits; to merge is to
//! unite two sets. What a set comes to, [`Reading::of`] says.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::consent::{Decision, Purpose, Statement};
use koffiekar_sync_core::conversation::Stance;
use koffiekar_sync_core::ids::{
    ConversationId, DeviceNumber, LineKey, QuoteId, RoundId, StatementId, UserId,
};

/// An index into [`Model::edits`].
pub type EditId = usize;

/// Which edits of which conversations somebody has.
pub type View = BTreeMap<ConversationId, BTreeSet<EditId>>;

/// One thing that one person did at once.
#[derive(Debug, Clone)]
pub struct Edit {
    pub conversation: ConversationId,
    /// What of this conversation was in view then.
    pub knew: BTreeSet<EditId>,
    pub parts: Vec<Part>,
}

/// Words and paragraphs each hold a mark that stands nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Language(String),
    Area(String),
    Quote(QuoteId, String),
    Wording(QuoteId, String),
    Removed(QuoteId),
    Paragraph(String),
    /// A paragraph taken out of the notes.
    Gone(String),
    Tag(QuoteId, LineKey, UserId, Stance),
    Answer(StatementId, Statement),
}

impl Part {
    /// The word in it that stands nowhere else.
    pub fn mark(&self) -> Option<&str> {
        match self {
            Part::Quote(_, text) | Part::Wording(_, text) | Part::Paragraph(text) => {
                text.split(' ').find(|word| word.starts_with("zq"))
            }
            _ => None,
        }
    }

    pub fn quote(&self) -> Option<QuoteId> {
        match self {
            Part::Quote(quote, _)
            | Part::Wording(quote, _)
            | Part::Removed(quote)
            | Part::Tag(quote, ..) => Some(*quote),
            _ => None,
        }
    }

    pub fn is_about(&self, quotes: &BTreeSet<QuoteId>) -> bool {
        self.quote().is_some_and(|quote| quotes.contains(&quote))
    }
}

/// Something of which the last word stands, or the last words, where they knew nothing of each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Register {
    Language,
    Area,
    Wording(QuoteId),
    Tag(QuoteId, LineKey, UserId),
}

/// What a set of edits comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Who knew what is known: of each word that was replaced, by which it was. Otherwise any of the
    /// words that ever stood there may stand.
    pub exact: bool,
    /// What a quote that was taken away was said to concern may be left out.
    pub without_tags: bool,
    /// Two rebuilds from different states came together: each brought its notes.
    pub perhaps_twice: bool,
    pub languages: BTreeSet<String>,
    pub areas: BTreeSet<String>,
    pub quotes: BTreeMap<QuoteId, BTreeSet<String>>,
    pub paragraphs: BTreeSet<String>,
    /// Those that somebody took out.
    pub gone: BTreeSet<String>,
    pub tags: BTreeMap<(QuoteId, LineKey, UserId), BTreeSet<&'static str>>,
    pub answers: BTreeMap<StatementId, Statement>,
}

impl Reading {
    pub fn of(
        edits: &[Edit],
        set: &BTreeSet<EditId>,
        exact: bool,
        left_out: &BTreeSet<QuoteId>,
    ) -> Reading {
        let mut registers: BTreeMap<Register, Vec<(EditId, String)>> = BTreeMap::new();
        let mut reading = Reading {
            exact,
            ..Reading::default()
        };
        let mut removed = BTreeSet::new();
        for id in set {
            let parts = edits[*id].parts.iter();
            for part in parts.filter(|part| !part.is_about(left_out)) {
                let (register, value) = match part {
                    Part::Language(code) => (Register::Language, code.clone()),
                    Part::Area(code) => (Register::Area, code.clone()),
                    Part::Quote(quote, words) | Part::Wording(quote, words) => {
                        (Register::Wording(*quote), words.clone())
                    }
                    Part::Tag(quote, line, by, stance) => (
                        Register::Tag(*quote, line.clone(), *by),
                        stance.as_str().to_owned(),
                    ),
                    Part::Removed(quote) => {
                        removed.insert(*quote);
                        continue;
                    }
                    Part::Paragraph(text) => {
                        reading.paragraphs.insert(text.clone());
                        continue;
                    }
                    Part::Gone(text) => {
                        reading.gone.insert(text.clone());
                        continue;
                    }
                    Part::Answer(id, statement) => {
                        reading.answers.insert(*id, statement.clone());
                        continue;
                    }
                };
                registers.entry(register).or_default().push((*id, value));
            }
        }
        for (register, values) in registers {
            let overruled =
                |id: &EditId| exact && values.iter().any(|(by, _)| edits[*by].knew.contains(id));
            let standing = values.iter().filter(|(id, _)| !overruled(id));
            let standing: BTreeSet<String> = standing.map(|(_, value)| value.clone()).collect();
            match register {
                Register::Language => reading.languages = standing,
                Register::Area => reading.areas = standing,
                Register::Wording(quote) => drop(reading.quotes.insert(quote, standing)),
                Register::Tag(quote, line, by) => {
                    let stances = STANCES.into_iter().filter(|s| standing.contains(*s));
                    reading.tags.insert((quote, line, by), stances.collect());
                }
            }
        }
        reading.quotes.retain(|quote, _| !removed.contains(quote));
        let Reading {
            paragraphs, gone, ..
        } = &mut reading;
        paragraphs.retain(|text| !gone.contains(text));
        reading
    }

    /// Whether these words may stand where those are known.
    pub fn fits(&self, known: &BTreeSet<String>, words: &BTreeSet<String>) -> bool {
        match self.exact {
            true => words == known,
            false => !words.is_empty() && words.is_subset(known),
        }
    }

    /// One grant stands that knew every withdrawal: the rule in its own words.
    pub fn allows(&self, purpose: Purpose) -> bool {
        let about = || {
            self.answers
                .iter()
                .filter(move |(_, answer)| answer.purpose == purpose)
        };
        let no: BTreeSet<StatementId> = about()
            .filter(|(_, answer)| answer.decision == Decision::Withdrawn)
            .map(|(id, _)| *id)
            .collect();
        about()
            .filter(|(_, answer)| answer.decision == Decision::Given)
            .any(|(id, _)| no.is_subset(&self.seen_by(*id)))
    }

    fn seen_by(&self, answer: StatementId) -> BTreeSet<StatementId> {
        let mut seen = BTreeSet::new();
        let mut open = vec![answer];
        while let Some(id) = open.pop() {
            for older in self.answers.get(&id).iter().flat_map(|a| &a.supersedes) {
                if seen.insert(*older) {
                    open.push(*older);
                }
            }
        }
        seen
    }
}

const STANCES: [&str; 4] = ["proposed", "confirmed", "rejected", "retracted"];

/// What the server has and knows: goes back with its backup.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    pub has: View,
    pub round_of: BTreeMap<ConversationId, RoundId>,
    /// By person.
    pub members: Vec<BTreeSet<RoundId>>,
    pub closed: BTreeSet<RoundId>,
    /// The person of each device.
    pub devices: BTreeMap<DeviceNumber, usize>,
    pub revoked: BTreeSet<DeviceNumber>,
    pub disabled: BTreeSet<usize>,
    /// By device: what an administrator has to decide about, or turned down.
    pub quarantine: BTreeMap<(DeviceNumber, ConversationId), Sealed>,
}

/// Work that was not permitted when it came.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub edits: BTreeSet<EditId>,
    pub round: RoundId,
    pub turned_down: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    pub edits: Vec<Edit>,
    pub truth: Truth,
    /// All that the server ever said it has: what a tablet may call stored.
    pub receipted: View,
    /// By person: conversations that stood in a round of theirs at some time, or are their own.
    pub may_know: Vec<BTreeSet<ConversationId>>,
    /// Work on these was carried out a second time, on what others had written meanwhile: what knew
    /// what cannot be told any more.
    pub done_again: BTreeSet<ConversationId>,
    /// In the order in which they were recorded, or took the place of another.
    pub conversations: Vec<ConversationId>,
    /// For good, whatever is put back.
    pub erased: BTreeSet<ConversationId>,
    /// What goes on under another id, without the quotes that were erased.
    pub replaced: BTreeMap<ConversationId, ConversationId>,
    /// The quotes that were left out on the way to this conversation.
    pub left_out: BTreeMap<ConversationId, BTreeSet<QuoteId>>,
    /// Erased from again after a backup was put back: what is here came from two states.
    pub rebuilt_twice: BTreeSet<ConversationId>,
    /// Paragraphs that somebody took out, of which it cannot be told whether that was carried over.
    pub perhaps_gone: BTreeSet<String>,
}

impl Model {
    pub fn reading(&self, id: ConversationId, set: &BTreeSet<EditId>) -> Reading {
        let exact = !self.done_again.contains(&id);
        let mut reading = Reading::of(&self.edits, set, exact, self.left_out(id));
        if !exact {
            let gone = &self.perhaps_gone;
            reading.paragraphs.retain(|text| !gone.contains(text));
            reading.gone.extend(gone.iter().cloned());
        }
        reading.without_tags = !exact || self.left_out.contains_key(&id);
        reading.perhaps_twice = self.rebuilt_twice.contains(&id);
        reading
    }

    /// What this device sends is held, and it gets nothing.
    pub fn is_revoked(&self, device: DeviceNumber) -> bool {
        let truth = &self.truth;
        let person = truth.devices.get(&device);
        truth.revoked.contains(&device) || person.is_some_and(|p| truth.disabled.contains(p))
    }

    /// Whether this device is told what is news.
    pub fn hears(&self, device: DeviceNumber) -> bool {
        self.truth.devices.contains_key(&device) && !self.is_revoked(device)
    }

    /// The server says that it has these edits now.
    pub fn stored(&mut self, id: ConversationId, round: RoundId, edits: &BTreeSet<EditId>) {
        self.truth.round_of.entry(id).or_insert(round);
        for view in [&mut self.truth.has, &mut self.receipted] {
            view.entry(id).or_default().extend(edits);
        }
        self.let_know();
    }

    pub fn is_member(&self, person: usize, round: RoundId) -> bool {
        self.truth.members[person].contains(&round)
    }

    /// Whoever is a member of a conversation's round may know it from now on.
    pub fn let_know(&mut self) {
        for (person, known) in self.may_know.iter_mut().enumerate() {
            let rounds = &self.truth.members[person];
            let here = self.truth.round_of.iter();
            known.extend(here.filter(|(_, r)| rounds.contains(r)).map(|(id, _)| *id));
            // What goes on in what they may know. An heir was made later than what it replaced.
            for id in self.conversations.iter().rev() {
                if self.replaced.get(id).is_some_and(|by| known.contains(by)) {
                    known.insert(*id);
                }
            }
        }
    }

    /// The marks of all words and paragraphs that anybody wrote in a conversation.
    pub fn marks(&self, id: ConversationId) -> Vec<String> {
        let edits = self.edits.iter().filter(|edit| edit.conversation == id);
        let parts = edits.flat_map(|edit| &edit.parts);
        parts.filter_map(Part::mark).map(str::to_owned).collect()
    }

    /// `c3`: short, and the same in every run.
    pub fn name(&self, id: ConversationId) -> String {
        let at = self.conversations.iter().position(|known| *known == id);
        at.map_or_else(|| "c?".to_owned(), |at| format!("c{at}"))
    }

    pub fn names<'a>(&self, ids: impl IntoIterator<Item = &'a ConversationId>) -> String {
        let names: Vec<String> = ids.into_iter().map(|id| self.name(*id)).collect();
        names.join(" ")
    }
}

pub fn unite(into: &mut View, from: &View) {
    for (id, edits) in from {
        into.entry(*id).or_default().extend(edits);
    }
}

/// Whether all these edits of this conversation are in the view.
pub fn has_all(view: &View, id: ConversationId, edits: &BTreeSet<EditId>) -> bool {
    edits.is_empty() || view.get(&id).is_some_and(|known| edits.is_subset(known))
}
