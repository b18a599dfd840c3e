//! The operations of a change, read from its columns one by one.
//!
//! Automerge's own reading builds every operation with its texts and predecessors before anybody may
//! look at the first. Here each is judged as it is read, and what is refused costs no more than was
//! read until then. What this reader does not understand it refuses; what it understands it reads as
//! Automerge does.
//!
//! The format is the one of <https://automerge.org/automerge-binary-format-spec/>.

use crate::columns::{Booleans, Differences, Runs};
use crate::gatekeeper::Unreadable;
use crate::reader::Reader;

/// Which operation, of which of the change's actors: its author is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationId {
    pub counter: u64,
    pub actor: usize,
}

/// One operation, with its texts where they stand in the change.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation<'a> {
    /// The object it changes; the root where there is none.
    pub object: Option<OperationId>,
    pub key: Key<'a>,
    /// Makes a new element behind the one that the key names.
    pub insert: bool,
    pub action: Action<'a>,
    /// What it writes over.
    pub predecessors: Vec<OperationId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    Property(&'a str),
    /// Before the first element.
    Head,
    Element(OperationId),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action<'a> {
    MakeMap,
    MakeList,
    MakeText,
    MakeTable,
    Put(Value<'a>),
    Delete,
    Increment,
    Mark,
}

/// What is put; of what no conversation holds only that it is something else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Boolean(bool),
    Int(i64),
    Uint(u64),
    Text(&'a str),
    Other,
}

/// Reads operations from the columns of a change.
#[derive(Debug, Clone)]
pub struct Operations<'a> {
    /// The place of its author among the others in the order of actors.
    author: usize,
    /// Which of the others were named already.
    named: Vec<bool>,
    object_actor: Runs<'a, u64>,
    object_counter: Runs<'a, u64>,
    key_actor: Runs<'a, u64>,
    key_counter: Differences<'a>,
    key_text: Runs<'a, &'a str>,
    insert: Booleans<'a>,
    action: Runs<'a, u64>,
    value_kind: Runs<'a, u64>,
    value: Reader<'a>,
    predecessors: Runs<'a, u64>,
    predecessor_actor: Runs<'a, u64>,
    predecessor_counter: Differences<'a>,
    expand: Booleans<'a>,
    mark: Runs<'a, &'a str>,
}

/// The columns of a change by their specification, in the order in which they stand.
const COLUMNS: [u64; 14] = [
    0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5,
];

impl<'a> Operations<'a> {
    /// Of a change with so many other actors, so many of them before its author, and these columns:
    /// specification and bytes.
    pub(crate) fn of(
        others: usize,
        author: usize,
        columns: &[(u64, Reader<'a>)],
    ) -> Result<Self, Unreadable> {
        let mut found = [Reader::default(); COLUMNS.len()];
        let mut from = 0;
        for (specification, bytes) in columns {
            let place = COLUMNS[from..].iter().position(|c| c == specification);
            let place = from + place.ok_or(Unreadable::NotAChange)?;
            found[place] = *bytes;
            from = place + 1;
        }
        let [
            object_actor,
            object_counter,
            key_actor,
            key_counter,
            key_text,
            insert,
            action,
            value_kind,
            value,
            predecessors,
            predecessor_actor,
            predecessor_counter,
            expand,
            mark,
        ] = found;
        Ok(Self {
            author,
            named: vec![false; others],
            object_actor: Runs::of(object_actor),
            object_counter: Runs::of(object_counter),
            key_actor: Runs::of(key_actor),
            key_counter: Differences::of(key_counter),
            key_text: Runs::of(key_text),
            insert: Booleans::of(insert),
            action: Runs::of(action),
            value_kind: Runs::of(value_kind),
            value,
            predecessors: Runs::of(predecessors),
            predecessor_actor: Runs::of(predecessor_actor),
            predecessor_counter: Differences::of(predecessor_counter),
            expand: Booleans::of(expand),
            mark: Runs::of(mark),
        })
    }

    /// The next operation; none behind the last, when every column must have come to its end.
    #[expect(
        clippy::should_implement_trait,
        reason = "an error ends it: `?` after each step says so better than an iterator of results"
    )]
    pub fn next(&mut self) -> Result<Option<Operation<'a>>, Unreadable> {
        if self.action.is_done() {
            return if self.is_done() {
                Ok(None)
            } else {
                Err(Unreadable::NotAChange)
            };
        }
        let object = match (self.object_actor.next()?, self.object_counter.next()?) {
            (None, None) => None,
            (Some(actor), Some(counter)) => Some(self.id(actor, counter)?),
            _ => return Err(Unreadable::NotAChange),
        };
        let key = (
            self.key_text.next()?,
            self.key_actor.next()?,
            self.key_counter.next()?,
        );
        let key = match key {
            (Some(text), None, None) => Key::Property(text),
            (None, None, Some(0)) => Key::Head,
            (None, Some(actor), Some(counter)) => Key::Element(self.id(actor, counter)?),
            _ => return Err(Unreadable::NotAChange),
        };
        let insert = self.insert.next()?;
        let (action, value) = (self.action.one()?, self.value()?);
        let action = match (action, value) {
            (0, Value::Null) => Action::MakeMap,
            (1, value) => Action::Put(value),
            (2, Value::Null) => Action::MakeList,
            (3, Value::Null) => Action::Delete,
            (4, Value::Null) => Action::MakeText,
            (5, Value::Int(_)) => Action::Increment,
            (6, Value::Null) => Action::MakeTable,
            (7, _) => Action::Mark,
            _ => return Err(Unreadable::NotAChange),
        };
        let predecessors = self.predecessors()?;
        let marks = (self.expand.next()?, self.mark.next()?);
        // The end of a mark has no name and no value.
        let fits = match (action, marks) {
            (Action::Mark, (_, None)) => value == Value::Null,
            (Action::Mark, (_, Some(_))) => true,
            _ => marks == (false, None),
        };
        if !fits {
            return Err(Unreadable::NotAChange);
        }
        Ok(Some(Operation {
            object,
            key,
            insert,
            action,
            predecessors,
        }))
    }

    /// In the order of operations, each once.
    fn predecessors(&mut self) -> Result<Vec<OperationId>, Unreadable> {
        let count = self.predecessors.one()?;
        let mut found: Vec<OperationId> = Vec::new();
        for _ in 0..count {
            let actor = self.predecessor_actor.one()?;
            let counter = self.predecessor_counter.one()?;
            let id = self.id(actor, counter)?;
            if found
                .last()
                .is_some_and(|last| self.rank(*last) >= self.rank(id))
            {
                return Err(Unreadable::NotAChange);
            }
            found.push(id);
        }
        Ok(found)
    }

    /// By counter, then by actor. Others stand in their order, the author before those that come
    /// behind.
    fn rank(&self, id: OperationId) -> (u64, usize, bool) {
        match id.actor.checked_sub(1) {
            None => (id.counter, self.author, false),
            Some(other) => (id.counter, other, true),
        }
    }

    fn id(&mut self, actor: u64, counter: u64) -> Result<OperationId, Unreadable> {
        let actor = usize::try_from(actor).map_err(|_| Unreadable::NotAChange)?;
        if let Some(other) = actor.checked_sub(1) {
            *self.named.get_mut(other).ok_or(Unreadable::NotAChange)? = true;
        }
        if counter == 0 {
            return Err(Unreadable::NotAChange);
        }
        Ok(OperationId { counter, actor })
    }

    /// Its kind stands in four bits, its length in the rest.
    fn value(&mut self) -> Result<Value<'a>, Unreadable> {
        let kind = self.value_kind.one()?;
        let length = usize::try_from(kind >> 4).map_err(|_| Unreadable::NotAChange)?;
        let mut bytes = Reader {
            bytes: self.value.take(length)?,
        };
        let value = match kind & 15 {
            0 => Value::Null,
            1 => Value::Boolean(false),
            2 => Value::Boolean(true),
            3 => Value::Uint(bytes.unsigned()?),
            4 => Value::Int(bytes.signed()?),
            6 => {
                let text = std::str::from_utf8(bytes.take(length)?);
                Value::Text(text.map_err(|_| Unreadable::NotAChange)?)
            }
            // A number with a fraction, bytes.
            5 if length == 8 => return Ok(Value::Other),
            7 => return Ok(Value::Other),
            // A counter, a time.
            8 | 9 => {
                bytes.signed()?;
                Value::Other
            }
            _ => return Err(Unreadable::NotAChange),
        };
        if bytes.is_empty() {
            Ok(value)
        } else {
            Err(Unreadable::NotAChange)
        }
    }

    fn is_done(&self) -> bool {
        self.named.iter().all(|named| *named)
            && self.object_actor.is_done()
            && self.object_counter.is_done()
            && self.key_actor.is_done()
            && self.key_counter.is_done()
            && self.key_text.is_done()
            && self.insert.is_done()
            && self.value_kind.is_done()
            && self.value.is_empty()
            && self.predecessors.is_done()
            && self.predecessor_actor.is_done()
            && self.predecessor_counter.is_done()
            && self.expand.is_done()
            && self.mark.is_done()
    }
}
