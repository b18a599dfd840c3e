//! Changes out of operations that no honest tablet makes, in columns as Automerge writes them.

use koffiekar_sync_core::conversation::{Actor, Head};

use crate::chunks::{signed, unsigned};
use crate::fuzz::change::{Body, Column, chunk_behind};

/// An operation by whose actor of the change, its author being 0, and by its counter.
pub type Name = (u64, u64);

#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    Property(String),
    Head,
    Element(Name),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub object: Option<Name>,
    pub key: Key,
    pub insert: bool,
    pub action: u64,
    /// The kind of its value, and the bytes.
    pub value: (u64, Vec<u8>),
    pub predecessors: Vec<Name>,
}

pub const MAKE_MAP: u64 = 0;
pub const PUT: u64 = 1;
pub const DELETE: u64 = 3;
pub const MAKE_TEXT: u64 = 4;

impl Operation {
    pub fn make(key: &str, action: u64) -> Self {
        Self {
            object: None,
            key: Key::Property(key.to_owned()),
            insert: false,
            action,
            value: (0, Vec::new()),
            predecessors: Vec::new(),
        }
    }

    pub fn put(object: Option<Name>, key: &str, text: &str) -> Self {
        Self {
            object,
            action: PUT,
            value: (6, text.as_bytes().to_vec()),
            ..Self::make(key, PUT)
        }
    }

    pub fn int(object: Option<Name>, key: &str, value: i64) -> Self {
        Self {
            value: (4, signed(value)),
            ..Self::put(object, key, "")
        }
    }

    pub fn character(notes: Name, behind: Key, character: char) -> Self {
        Self {
            key: behind,
            insert: true,
            ..Self::put(Some(notes), "", &character.to_string())
        }
    }

    pub fn delete(object: Name, element: Name) -> Self {
        Self {
            object: Some(object),
            key: Key::Element(element),
            predecessors: vec![element],
            ..Self::make("", DELETE)
        }
    }
}

/// Who writes a change, and upon what.
#[derive(Debug, Clone)]
pub struct Place {
    pub actor: Actor,
    pub seq: u64,
    pub start_op: u64,
    /// Other actors that the operations name, sorted.
    pub others: Vec<Actor>,
    pub behind: Vec<Head>,
}

pub fn change(place: &Place, operations: &[Operation]) -> Vec<u8> {
    let body = Body {
        actor: actor(place.actor),
        seq: place.seq,
        start_op: place.start_op,
        other_actors: place.others.iter().map(|other| actor(*other)).collect(),
        columns: columns(operations),
        ..Body::default()
    };
    let behind: Vec<[u8; 32]> = place.behind.iter().map(|head| head.0).collect();
    chunk_behind(&behind, &body.write())
}

fn actor(actor: Actor) -> Vec<u8> {
    let mut bytes = actor.device.0.to_be_bytes().to_vec();
    bytes.extend(actor.session);
    bytes
}

fn columns(operations: &[Operation]) -> Vec<Column> {
    let numbers = |of: &dyn Fn(&Operation) -> Option<u64>| {
        let items: Vec<Option<u64>> = operations.iter().map(of).collect();
        runs(&items, |number| unsigned(*number))
    };
    let element = |op: &Operation| match op.key {
        Key::Property(_) => None,
        Key::Head => Some((None, 0)),
        Key::Element((actor, counter)) => Some((Some(actor), counter)),
    };
    let texts: Vec<Option<String>> = operations
        .iter()
        .map(|op| match &op.key {
            Key::Property(key) => Some(key.clone()),
            _ => None,
        })
        .collect();
    let counters: Vec<Option<u64>> = operations
        .iter()
        .map(|op| element(op).map(|(_, counter)| counter))
        .collect();
    let predecessors: Vec<Name> = operations
        .iter()
        .flat_map(|op| op.predecessors.iter().copied())
        .collect();
    let of_predecessors: Vec<Option<u64>> = predecessors.iter().map(|p| Some(p.0)).collect();
    let at_predecessors: Vec<Option<u64>> = predecessors.iter().map(|p| Some(p.1)).collect();
    let kinds = |op: &Operation| Some((op.value.1.len() as u64) << 4 | op.value.0);
    let values = operations
        .iter()
        .flat_map(|op| op.value.1.clone())
        .collect();
    let columns = [
        (0x01, numbers(&|op| op.object.map(|object| object.0))),
        (0x02, numbers(&|op| op.object.map(|object| object.1))),
        (
            0x11,
            numbers(&|op| element(op).and_then(|(actor, _)| actor)),
        ),
        (0x13, differences(&counters)),
        (
            0x15,
            runs(&texts, |text| {
                [unsigned(text.len() as u64), text.as_bytes().to_vec()].concat()
            }),
        ),
        (0x34, booleans(operations.iter().map(|op| op.insert))),
        (0x42, numbers(&|op| Some(op.action))),
        (0x56, numbers(&kinds)),
        (0x57, values),
        (0x70, numbers(&|op| Some(op.predecessors.len() as u64))),
        (0x71, runs(&of_predecessors, |number| unsigned(*number))),
        (0x73, differences(&at_predecessors)),
    ];
    let there = columns.into_iter().filter(|(_, bytes)| !bytes.is_empty());
    there
        .map(|(specification, bytes)| Column {
            specification,
            bytes,
        })
        .collect()
}

fn runs<T: PartialEq>(items: &[Option<T>], write: impl Fn(&T) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    if items.iter().all(Option::is_none) {
        return out;
    }
    let mut literal: Vec<&T> = Vec::new();
    let flush = |out: &mut Vec<u8>, literal: &mut Vec<&T>| {
        if !literal.is_empty() {
            out.extend(signed(-(literal.len() as i64)));
            literal.drain(..).for_each(|value| out.extend(write(value)));
        }
    };
    for run in items.chunk_by(|one, next| one == next) {
        match &run[0] {
            Some(value) if run.len() == 1 => literal.push(value),
            Some(value) => {
                flush(&mut out, &mut literal);
                out.extend(signed(run.len() as i64));
                out.extend(write(value));
            }
            None => {
                flush(&mut out, &mut literal);
                out.push(0);
                out.extend(unsigned(run.len() as u64));
            }
        }
    }
    flush(&mut out, &mut literal);
    out
}

fn differences(numbers: &[Option<u64>]) -> Vec<u8> {
    let mut last = 0;
    let differences: Vec<Option<i64>> = numbers
        .iter()
        .map(|number| {
            number.map(|number| {
                let difference = number as i64 - last;
                last = number as i64;
                difference
            })
        })
        .collect();
    runs(&differences, |difference| signed(*difference))
}

fn booleans(items: impl Iterator<Item = bool>) -> Vec<u8> {
    let items: Vec<bool> = items.collect();
    let mut out = Vec::new();
    if items.first() == Some(&true) {
        out.push(0);
    }
    for run in items.chunk_by(|one, next| one == next) {
        out.extend(unsigned(run.len() as u64));
    }
    out
}
