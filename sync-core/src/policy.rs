//! May this author make this change? Judged on its operations, each resolved to a path.
//!
//! Not on patches: a patch shows only what won, and so hides writes into an object that lost.
//! The rule is narrow: everything that is not named here is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use automerge::{ActorId, Automerge, ObjId, ReadDoc};

use crate::admission::Refusal;
use crate::characters::Characters;
use crate::codes::{is_code, is_language};
use crate::consent::Statement;
use crate::conversation::{Head, Parts, SCHEMA, Stance, TagKey, TagStatement};
use crate::gatekeeper::RawChange;
use crate::ids::{DeviceNumber, Millis, QuoteId, StatementId, UserId};
use crate::limits;
use crate::operations::{Action, Key, Operation, OperationId, Value};
use crate::visible::{self, NULL};

/// On whose behalf a tablet pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    pub device: DeviceNumber,
    pub user: UserId,
    /// May say what concerns which line with an editor's weight.
    pub edits: bool,
}

/// What a change does that its author may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("a first change must make the whole conversation: {0}")]
    FirstChange(&'static str),
    #[error("only the first change makes containers, and only quotes are made later")]
    NewObject,
    #[error("`{0}` is not a part of a conversation")]
    UnknownPath(String),
    #[error("`{0}` holds a value of the wrong type or length")]
    WrongValue(&'static str),
    #[error("a statement in somebody else's name")]
    NotYours,
    #[error("only an editor confirms or rejects a tag")]
    NotAnEditor,
    #[error("statements about consent are never changed or taken away, only answered by new ones")]
    ConsentRewritten,
    #[error("nothing is deleted from a conversation but characters of its notes")]
    Deletion,
    #[error("a quote may hold at most {} characters", limits::QUOTE_CHARS)]
    QuoteTooLong,
    #[error("a quote must hold words that can be seen")]
    BlankQuote,
    #[error("the conversation holds too much: {0}")]
    TooMuch(&'static str),
}

/// What an object of the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Meta,
    Notes,
    Quotes,
    Quote(QuoteId),
    Tags,
    Consent,
}

type Name = (u64, ActorId);

/// The objects of a document by the operation that made them, so that an operation finds its path.
pub(crate) struct Shape {
    places: BTreeMap<Name, Place>,
    quotes: BTreeSet<QuoteId>,
    statements: BTreeSet<StatementId>,
    tags: usize,
    /// Characters.
    notes: usize,
    /// Operations that are not about characters.
    puts: usize,
    /// Characters that do not follow the one before.
    jumps: usize,
    /// Those that there are, where operations on others are to be found out.
    characters: Option<Characters>,
}

impl Shape {
    /// Of a conversation that does not exist yet.
    pub(crate) fn empty() -> Self {
        Self {
            places: BTreeMap::new(),
            quotes: BTreeSet::new(),
            statements: BTreeSet::new(),
            tags: 0,
            notes: 0,
            puts: 0,
            jumps: 0,
            characters: None,
        }
    }

    /// Statements about consent that are known.
    pub(crate) fn answers(&self) -> u64 {
        self.statements.len() as u64
    }

    /// From now on an operation on a character must be about one of these, or about a new one.
    pub(crate) fn know_characters(&mut self, characters: Option<Characters>) {
        self.characters = characters;
    }

    pub(crate) fn of(doc: &Automerge, parts: &Parts) -> Self {
        let mut shape = Self::empty();
        shape.learn(&parts.meta, Place::Meta);
        shape.learn(&parts.notes, Place::Notes);
        shape.learn(&parts.quotes, Place::Quotes);
        shape.learn(&parts.tags, Place::Tags);
        shape.learn(&parts.consent, Place::Consent);
        for item in doc.map_range(&parts.quotes, ..) {
            if let Ok(quote) = QuoteId::from_key(&item.key) {
                shape.learn(&item.id(), Place::Quote(quote));
                shape.quotes.insert(quote);
            }
        }
        shape.tags = doc.length(&parts.tags);
        shape.notes = doc.length(&parts.notes);
        let statements = doc.keys(&parts.consent);
        shape.statements = statements.filter_map(|key| key.parse().ok()).collect();
        shape
    }

    fn learn(&mut self, object: &ObjId, place: Place) {
        if let ObjId::Id(counter, actor, _) = object {
            self.places.insert((*counter, actor.clone()), place);
        }
    }

    /// Judges one change; what it makes is known to the next. Returns how many operations it has.
    pub(crate) fn judge(
        &mut self,
        change: &RawChange<'_>,
        author: &Author,
    ) -> Result<u64, Refusal> {
        check_commit(change)?;
        let first = self.places.is_empty();
        let mut judge = Judge {
            shape: self,
            change,
            author,
            first,
            seen: Vec::new(),
            blank: BTreeSet::new(),
            count: 0,
            typed: false,
        };
        let mut operations = change.operations();
        while let Some(operation) = operations.next()? {
            judge.operation(&operation)?;
            judge.count += 1;
        }
        if first {
            judge.complete()?;
        }
        if !judge.blank.is_empty() {
            return Err(Violation::BlankQuote.into());
        }
        Ok(judge.count)
    }
}

struct Judge<'a, 'b> {
    shape: &'a mut Shape,
    change: &'a RawChange<'b>,
    author: &'a Author,
    first: bool,
    /// Keys of the root and of `meta` that the first change wrote.
    seen: Vec<&'static str>,
    /// Quotes of which the change leaves nothing that can be seen. Judged when all of it is read: a
    /// wording that is put over two others is put over a blank first.
    blank: BTreeSet<QuoteId>,
    /// Operations that were judged already.
    count: u64,
    /// The last of them wrote a character.
    typed: bool,
}

/// Of a quote in its conversation.
const POSITIONS: RangeInclusive<i64> = 0..=limits::QUOTES as i64;
/// Of a commit, in seconds.
const COMMIT_TIMES: RangeInclusive<i64> = 0..=Millis::LATEST.0 / Millis::SECOND;

const ROOT_KEYS: [&str; 6] = ["schema", "meta", "notes", "quotes", "tags", "consent"];
/// The first three are asked of each conversation.
const META_KEYS: [&str; 5] = [
    "recorded_at",
    "recorded_by",
    "language",
    "area",
    "clock_doubtful",
];

impl Judge<'_, '_> {
    fn operation(&mut self, op: &Operation<'_>) -> Result<(), Violation> {
        let typed = std::mem::replace(&mut self.typed, false);
        let place = match op.object {
            None => {
                self.put()?;
                return self.root(op);
            }
            Some(id) => {
                let name = (id.counter, self.change.actor(id).clone());
                let known = self.shape.places.get(&name);
                *known.ok_or_else(|| Violation::UnknownPath("?".to_owned()))?
            }
        };
        if place == Place::Notes {
            return self.notes(op, typed);
        }
        self.put()?;
        let key = property(op)?;
        if op.action == Action::Delete {
            return Err(match place {
                Place::Consent => Violation::ConsentRewritten,
                _ => Violation::Deletion,
            });
        }
        match place {
            Place::Meta => self.meta(key, op),
            Place::Quotes => self.new_quote(key, op),
            Place::Quote(quote) => self.quote(quote, key, op),
            Place::Tags => self.tag(key, op),
            Place::Consent => self.consent(key, op),
            Place::Notes => Ok(()),
        }
    }

    fn root(&mut self, op: &Operation<'_>) -> Result<(), Violation> {
        let key = property(op)?;
        let known = ROOT_KEYS.into_iter().find(|k| *k == key);
        let key = known.ok_or_else(|| Violation::UnknownPath(cut(key)))?;
        if !self.first {
            return Err(Violation::NewObject);
        }
        if self.seen.contains(&key) {
            return Err(Violation::FirstChange("a part stands twice"));
        }
        self.seen.push(key);
        let place = match (key, op.action) {
            ("schema", Action::Put(Value::Int(SCHEMA))) => return Ok(()),
            ("meta", Action::MakeMap) => Place::Meta,
            ("notes", Action::MakeText) => Place::Notes,
            ("quotes", Action::MakeMap) => Place::Quotes,
            ("tags", Action::MakeMap) => Place::Tags,
            ("consent", Action::MakeMap) => Place::Consent,
            _ => return Err(Violation::WrongValue(key)),
        };
        self.make(place);
        Ok(())
    }

    fn meta(&mut self, key: &str, op: &Operation<'_>) -> Result<(), Violation> {
        let known = META_KEYS.into_iter().find(|k| *k == key);
        let key = known.ok_or_else(|| Violation::UnknownPath(format!("meta/{}", cut(key))))?;
        if self.first {
            if self.seen.contains(&key) {
                return Err(Violation::FirstChange("a part stands twice"));
            }
            self.seen.push(key);
        }
        match (key, op.action) {
            ("recorded_at", Action::Put(Value::Int(at)))
                if self.first && Millis(at).is_recordable() =>
            {
                Ok(())
            }
            ("recorded_by", Action::Put(Value::Text(by))) if self.first => self.in_own_name(
                UserId::from_key(by).map_err(|_| Violation::WrongValue("recorded_by"))?,
            ),
            ("clock_doubtful", Action::Put(Value::Boolean(true))) if self.first => Ok(()),
            ("language", Action::Put(Value::Text(code))) if is_language(code) => Ok(()),
            // Earlier tablets settle a conflict by writing nothing first, then what was chosen.
            ("language", Action::Put(Value::Text(""))) if !self.first => Ok(()),
            ("area", Action::Put(Value::Text(code))) if code.is_empty() || is_code(code) => Ok(()),
            _ => Err(Violation::WrongValue(key)),
        }
    }

    fn put(&mut self) -> Result<(), Violation> {
        self.shape.puts += 1;
        within(self.shape.puts, limits::ITEM_PUTS, "values")
    }

    /// `typed`: the operation before wrote a character too.
    fn notes(&mut self, op: &Operation<'_>, typed: bool) -> Result<(), Violation> {
        self.is_there(op.key)?;
        match op.action {
            Action::Put(Value::Text(text))
                if op.insert && op.predecessors.is_empty() && is_character(text) =>
            {
                let number = self.change.start_op + self.count;
                let before = OperationId {
                    counter: number - 1,
                    actor: 0,
                };
                if !typed || op.key != Key::Element(before) {
                    self.shape.jumps += 1;
                    within(self.shape.jumps, limits::ITEM_JUMPS, "places in the notes")?;
                }
                self.typed = true;
                if let Some(characters) = &mut self.shape.characters {
                    characters.learn(&self.change.author, number);
                }
                self.shape.notes += 1;
                // Two people may each have filled them; one person may not.
                let people = if self.first { 1 } else { 2 };
                within(self.shape.notes, limits::NOTES_CHARS * people, "notes")
            }
            // Nobody writes over a character: there is none but the one that was written.
            Action::Delete if !op.insert => match (op.key, &op.predecessors[..]) {
                (Key::Element(element), [one]) if *one == element => Ok(()),
                _ => Err(Violation::WrongValue("notes")),
            },
            _ => Err(Violation::WrongValue("notes")),
        }
    }

    fn is_there(&self, key: Key<'_>) -> Result<(), Violation> {
        let (Some(characters), Key::Element(id)) = (&self.shape.characters, key) else {
            return Ok(());
        };
        if characters.have(self.change.actor(id), id.counter) {
            Ok(())
        } else {
            Err(Violation::UnknownPath("notes/?".to_owned()))
        }
    }

    fn new_quote(&mut self, key: &str, op: &Operation<'_>) -> Result<(), Violation> {
        // One spelling of an id, or one quote would stand under two keys.
        let quote = QuoteId::from_key(key).map_err(|_| Violation::WrongValue("quotes"))?;
        let fresh = op.predecessors.is_empty() && !self.shape.quotes.contains(&quote);
        if op.action != Action::MakeMap || !fresh {
            return Err(Violation::WrongValue("quotes"));
        }
        self.make(Place::Quote(quote));
        self.blank.insert(quote);
        self.shape.quotes.insert(quote);
        within(self.shape.quotes.len(), limits::QUOTES, "quotes")
    }

    fn quote(&mut self, quote: QuoteId, key: &str, op: &Operation<'_>) -> Result<(), Violation> {
        match (key, op.action) {
            ("verbatim", Action::Put(Value::Text(words))) if !words.contains(NULL) => {
                if words.chars().count() > limits::QUOTE_CHARS {
                    return Err(Violation::QuoteTooLong);
                }
                if visible::is_blank(words) {
                    self.blank.insert(quote);
                } else {
                    self.blank.remove(&quote);
                }
                Ok(())
            }
            ("position", Action::Put(Value::Int(at))) if POSITIONS.contains(&at) => Ok(()),
            ("removed", Action::Put(Value::Boolean(_))) => Ok(()),
            ("language", Action::Put(Value::Text(code))) if is_language(code) => Ok(()),
            ("verbatim", _) => Err(Violation::WrongValue("verbatim")),
            ("position" | "removed" | "language", _) => Err(Violation::WrongValue("quote")),
            _ => Err(Violation::UnknownPath(format!("quotes/*/{}", cut(key)))),
        }
    }

    fn tag(&mut self, key: &str, op: &Operation<'_>) -> Result<(), Violation> {
        let wrong = Violation::WrongValue("tags");
        let tag: TagKey = key.parse().map_err(|_| wrong.clone())?;
        if key != tag.to_string() || !self.shape.quotes.contains(&tag.quote) {
            return Err(wrong);
        }
        self.in_own_name(tag.by)?;
        let Action::Put(Value::Text(value)) = op.action else {
            return Err(wrong);
        };
        let said: TagStatement = value.parse().map_err(|_| wrong.clone())?;
        if value != said.to_string() || !said.at.is_recordable() {
            return Err(wrong);
        }
        match said.stance {
            Stance::Proposed | Stance::Retracted => {}
            Stance::Confirmed | Stance::Rejected if self.author.edits => {}
            Stance::Confirmed | Stance::Rejected => return Err(Violation::NotAnEditor),
        }
        if op.predecessors.is_empty() {
            self.shape.tags += 1;
        }
        within(self.shape.tags, limits::TAGS, "tags")
    }

    fn consent(&mut self, key: &str, op: &Operation<'_>) -> Result<(), Violation> {
        let wrong = Violation::WrongValue("consent");
        let id: StatementId = key.parse().map_err(|_| wrong.clone())?;
        if key != id.to_string() {
            return Err(wrong);
        }
        if !op.predecessors.is_empty() || self.shape.statements.contains(&id) {
            return Err(Violation::ConsentRewritten);
        }
        let Action::Put(Value::Text(json)) = op.action else {
            return Err(wrong);
        };
        let statement = Statement::parse(json).ok_or(wrong)?;
        self.in_own_name(statement.by)?;
        self.shape.statements.insert(id);
        within(self.shape.statements.len(), limits::STATEMENTS, "consent")
    }

    /// The operation that is judged makes this.
    fn make(&mut self, place: Place) {
        let name = (
            self.change.start_op + self.count,
            self.change.author.clone(),
        );
        self.shape.places.insert(name, place);
    }

    fn in_own_name(&self, user: UserId) -> Result<(), Violation> {
        if user == self.author.user {
            Ok(())
        } else {
            Err(Violation::NotYours)
        }
    }

    fn complete(&self) -> Result<(), Violation> {
        let needed = ROOT_KEYS.iter().chain(&META_KEYS[..3]);
        if needed.into_iter().all(|key| self.seen.contains(key)) {
            Ok(())
        } else {
            Err(Violation::FirstChange("a part is missing"))
        }
    }
}

/// What Automerge keeps beside the operations: a time, and a message that is empty or names a change.
fn check_commit(change: &RawChange<'_>) -> Result<(), Violation> {
    let names_a_change = |message| {
        let origin = Head::parse(message);
        origin.is_some_and(|origin| origin.to_string() == *message)
    };
    if !COMMIT_TIMES.contains(&change.time) {
        return Err(Violation::WrongValue("the time of a change"));
    }
    if !change.message.is_empty() && !names_a_change(change.message) {
        return Err(Violation::WrongValue("the message of a change"));
    }
    Ok(())
}

/// The key of a map.
fn property<'a>(op: &Operation<'a>) -> Result<&'a str, Violation> {
    match op.key {
        Key::Property(key) if !op.insert => Ok(key),
        _ => Err(Violation::UnknownPath("[]".to_owned())),
    }
}

fn within(count: usize, most: usize, what: &'static str) -> Result<(), Violation> {
    if count > most {
        Err(Violation::TooMuch(what))
    } else {
        Ok(())
    }
}

fn is_character(text: &str) -> bool {
    text.chars().count() == 1 && !text.contains(NULL)
}

/// Enough of an unknown key to recognise it by, and not somebody's words.
fn cut(key: &str) -> String {
    key.chars()
        .take(20)
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}
