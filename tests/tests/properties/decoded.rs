//! Operations are read from the bytes of a change as Automerge reads them, or not at all; and what is
//! read has one spelling, so that Automerge saves it as it came.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key as AutomergeKey, ObjectId, Op, OpId, OpType};
use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, ValueRef};
use koffiekar_sync_core::conversation::Document;
use koffiekar_sync_core::gatekeeper::{self, RawChange};
use koffiekar_sync_core::operations::{Action, Key, Operation, OperationId, Value};
use koffiekar_tests::chunks::{self, CHANGE, chunk};
use proptest::collection::vec;
use proptest::prelude::*;

use super::admitted::{damage, damaged};
use super::history::{World, anything, history};
use super::hold;

/// Whether every operation of these chunks is read as Automerge reads it.
fn read_alike(bytes: &[u8]) -> Result<(), TestCaseError> {
    let changes = gatekeeper::changes(bytes);
    let Ok(changes) = changes else {
        return Err(TestCaseError::fail(format!("{:?}", changes.unwrap_err())));
    };
    for raw in changes {
        let change = Change::from_bytes(raw.bytes.to_vec()).unwrap();
        alike(&raw, &change)?;
    }
    Ok(())
}

fn alike(raw: &RawChange<'_>, change: &Change) -> Result<(), TestCaseError> {
    let expanded = change.decode();
    prop_assert_eq!(&raw.author, change.actor_id());
    prop_assert_eq!(raw.seq, change.seq());
    prop_assert_eq!(raw.start_op, change.start_op().get());
    let mut operations = raw.operations();
    for theirs in &expanded.operations {
        let ours = operations.next().unwrap();
        let Some(ours) = ours else {
            return Err(TestCaseError::fail("operations are missing"));
        };
        prop_assert!(same(raw, &ours, theirs), "{:?} is {:?}", ours, theirs);
    }
    prop_assert_eq!(operations.next(), Ok(None));
    // Automerge spells it as it came.
    let again = Change::from(expanded);
    prop_assert_eq!(again.raw_bytes(), raw.bytes);
    Ok(())
}

fn same(raw: &RawChange<'_>, ours: &Operation<'_>, theirs: &Op) -> bool {
    let id = |id: &OpId| (id.counter(), id.actor().clone());
    let our_id = |id: OperationId| (id.counter, raw.actor(id).clone());
    let object = match &theirs.obj {
        ObjectId::Root => ours.object.is_none(),
        ObjectId::Id(object) => ours.object.map(our_id) == Some(id(object)),
    };
    let key = match (&theirs.key, ours.key) {
        (AutomergeKey::Map(theirs), Key::Property(ours)) => theirs == ours,
        (AutomergeKey::Seq(theirs), Key::Head) => theirs.to_string() == "_head",
        (AutomergeKey::Seq(automerge::legacy::ElementId::Id(theirs)), Key::Element(ours)) => {
            our_id(ours) == id(theirs)
        }
        _ => false,
    };
    let action = match (&theirs.action, ours.action) {
        (OpType::Make(ObjType::Map), Action::MakeMap)
        | (OpType::Make(ObjType::List), Action::MakeList)
        | (OpType::Make(ObjType::Text), Action::MakeText)
        | (OpType::Make(ObjType::Table), Action::MakeTable)
        | (OpType::Delete, Action::Delete)
        | (OpType::Increment(_), Action::Increment)
        | (OpType::MarkBegin(_) | OpType::MarkEnd(_), Action::Mark) => true,
        (OpType::Put(theirs), Action::Put(ours)) => match (theirs, ours) {
            (ScalarValue::Str(theirs), Value::Text(ours)) => theirs == ours,
            (ScalarValue::Int(theirs), Value::Int(ours)) => *theirs == ours,
            (ScalarValue::Uint(theirs), Value::Uint(ours)) => *theirs == ours,
            (ScalarValue::Boolean(theirs), Value::Boolean(ours)) => *theirs == ours,
            (ScalarValue::Null, Value::Null) => true,
            (
                ScalarValue::Str(_)
                | ScalarValue::Int(_)
                | ScalarValue::Uint(_)
                | ScalarValue::Boolean(_)
                | ScalarValue::Null,
                _,
            ) => false,
            (_, ours) => ours == Value::Other,
        },
        _ => false,
    };
    let theirs_over: Vec<(u64, ActorId)> = theirs.pred.iter().map(id).collect();
    let ours_over: Vec<(u64, ActorId)> = ours.predecessors.iter().map(|p| our_id(*p)).collect();
    object && key && action && theirs.insert == ours.insert && theirs_over == ours_over
}

#[test]
fn what_people_do_is_read_as_automerge_reads_it() {
    hold(100, history(anything(), 40), |(people, deeds)| {
        let world = World::after(people, &deeds);
        let mut all = world.copies[0].document.clone();
        for copy in &world.copies {
            all.merge(&copy.document).unwrap();
        }
        read_alike(&all.changes_since(&[]))
    });
}

/// Something that no conversation holds, done with Automerge itself.
#[derive(Debug, Clone)]
enum Step {
    Put(usize, String, Thing),
    Insert(usize, usize, Thing),
    Delete(usize, usize),
    Text(usize, usize, usize, String),
    Increment(usize),
    Mark(usize, bool),
    Commit,
    /// Another actor goes on, in a copy or in the same document.
    Fork(u8),
    Merge(usize),
}

#[derive(Debug, Clone)]
enum Thing {
    Scalar(ScalarValue),
    Object(ObjType),
}

fn thing() -> impl Strategy<Value = Thing> {
    let scalar = prop_oneof![
        Just(ScalarValue::Null),
        any::<bool>().prop_map(ScalarValue::Boolean),
        any::<i64>().prop_map(ScalarValue::Int),
        any::<u64>().prop_map(ScalarValue::Uint),
        any::<f64>().prop_map(ScalarValue::F64),
        any::<i64>().prop_map(ScalarValue::counter),
        any::<i64>().prop_map(ScalarValue::Timestamp),
        "[a-zé😀]{0,20}".prop_map(|text| ScalarValue::Str(text.into())),
        vec(any::<u8>(), 0..20).prop_map(ScalarValue::Bytes),
    ];
    prop_oneof![
        4 => scalar.prop_map(Thing::Scalar),
        1 => prop_oneof![
            Just(ObjType::Map),
            Just(ObjType::List),
            Just(ObjType::Text),
            Just(ObjType::Table),
        ].prop_map(Thing::Object),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = any::<usize>;
    let step = prop_oneof![
        4 => (at(), "[a-c]", thing()).prop_map(|(o, k, t)| Step::Put(o, k, t)),
        4 => (at(), at(), thing()).prop_map(|(o, i, t)| Step::Insert(o, i, t)),
        3 => (at(), at()).prop_map(|(o, i)| Step::Delete(o, i)),
        3 => (at(), at(), 0..4_usize, "[a-zé😀]{0,12}")
            .prop_map(|(o, i, d, t)| Step::Text(o, i, d, t)),
        1 => at().prop_map(Step::Increment),
        1 => (at(), any::<bool>()).prop_map(|(o, e)| Step::Mark(o, e)),
        4 => Just(Step::Commit),
        2 => any::<u8>().prop_map(Step::Fork),
        2 => at().prop_map(Step::Merge),
    ];
    vec(step, 1..60)
}

fn kind_of(value: &ValueRef<'_>) -> Option<ObjType> {
    match value {
        ValueRef::Object(kind) => Some(*kind),
        ValueRef::Scalar(_) => None,
    }
}

/// All objects of a document that can be reached.
fn objects(doc: &impl ReadDoc) -> Vec<(ObjId, ObjType)> {
    let mut found = vec![(ROOT, ObjType::Map)];
    let mut at = 0;
    while at < found.len() {
        let (object, kind) = found[at].clone();
        let children: Vec<(ObjId, ObjType)> = match kind {
            ObjType::Map | ObjType::Table => doc
                .map_range(&object, ..)
                .filter_map(|item| Some((item.id(), kind_of(&item.value)?)))
                .collect(),
            ObjType::List => doc
                .list_range(&object, ..)
                .filter_map(|item| Some((item.id(), kind_of(&item.value)?)))
                .collect(),
            ObjType::Text => Vec::new(),
        };
        found.extend(children);
        at += 1;
    }
    found
}

fn take(doc: &mut automerge::AutoCommit, step: &Step) {
    let objects = objects(doc);
    let pick = |index: &usize| objects[index % objects.len()].clone();
    // What does not fit the object is left out.
    let _ = match step {
        Step::Put(object, key, thing) => {
            let (object, kind) = pick(object);
            match (kind, thing) {
                (ObjType::Map | ObjType::Table, Thing::Scalar(value)) => {
                    doc.put(&object, key, value.clone())
                }
                (ObjType::Map | ObjType::Table, Thing::Object(kind)) => {
                    doc.put_object(&object, key, *kind).map(drop)
                }
                _ => Ok(()),
            }
        }
        Step::Insert(object, at, thing) => {
            let (object, kind) = pick(object);
            let at = at % (doc.length(&object) + 1);
            match (kind, thing) {
                (ObjType::List, Thing::Scalar(value)) => doc.insert(&object, at, value.clone()),
                (ObjType::List, Thing::Object(kind)) => {
                    doc.insert_object(&object, at, *kind).map(drop)
                }
                _ => Ok(()),
            }
        }
        Step::Delete(object, at) => {
            let (object, kind) = pick(object);
            let length = doc.length(&object);
            match kind {
                ObjType::Map | ObjType::Table => {
                    let keys: Vec<String> = doc.keys(&object).collect();
                    match keys.get(at % keys.len().max(1)) {
                        Some(key) => doc.delete(&object, key.as_str()),
                        None => Ok(()),
                    }
                }
                _ if length > 0 => doc.delete(&object, at % length),
                _ => Ok(()),
            }
        }
        Step::Text(object, at, delete, text) => {
            let (object, kind) = pick(object);
            let length = doc.length(&object);
            let at = at % (length + 1);
            let delete = (*delete).min(length - at);
            match kind {
                ObjType::Text => {
                    doc.splice_text(&object, at, isize::try_from(delete).unwrap(), text)
                }
                _ => Ok(()),
            }
        }
        Step::Increment(object) => doc.increment(pick(object).0, "a", 3),
        Step::Mark(object, expand) => {
            let (object, kind) = pick(object);
            let length = doc.length(&object);
            let expand = if *expand {
                ExpandMark::Both
            } else {
                ExpandMark::None
            };
            match kind {
                ObjType::Text if length > 1 => {
                    doc.mark(&object, Mark::new("bold".into(), true, 0, length), expand)
                }
                _ => Ok(()),
            }
        }
        Step::Commit | Step::Fork(_) | Step::Merge(_) => {
            doc.commit();
            Ok(())
        }
    };
}

/// Several documents that fork from each other and merge; all changes of all of them.
fn documents(steps: &[Step]) -> Vec<u8> {
    let mut docs = vec![automerge::AutoCommit::new().with_actor(ActorId::from([1; 16]))];
    let mut current = 0;
    for step in steps {
        take(&mut docs[current], step);
        match step {
            Step::Fork(actor) => {
                let mut fork = docs[current].fork();
                let mut id = [*actor; 16];
                id[0] = docs.len().to_le_bytes()[0] ^ actor.rotate_left(4);
                id[1] = docs.len().to_le_bytes()[0];
                fork.set_actor(ActorId::from(id));
                docs.push(fork);
                current = docs.len() - 1;
            }
            Step::Merge(other) => {
                let other = other % docs.len();
                let mut other = docs[other].fork();
                docs[current].merge(&mut other).unwrap();
                current = (current + 1) % docs.len();
            }
            _ => {}
        }
    }
    let mut whole = docs.remove(0);
    for mut doc in docs {
        whole.merge(&mut doc).unwrap();
    }
    whole
        .get_changes(&[])
        .iter()
        .flat_map(|change| change.raw_bytes().to_vec())
        .collect()
}

#[test]
fn what_automerge_writes_is_read_as_automerge_reads_it() {
    hold(400, steps(), |steps| read_alike(&documents(&steps)));
}

#[test]
fn long_texts_are_read_as_automerge_reads_them() {
    let mut doc = Automerge::new();
    let mut tx = doc.transaction();
    let text = tx.put_object(ROOT, "notes", ObjType::Text).unwrap();
    let words = "Bij ons in de straat 😀 is het donker. ".repeat(500);
    tx.splice_text(&text, 0, 0, &words).unwrap();
    tx.commit();
    let mut tx = doc.transaction();
    tx.splice_text(&text, 100, 12_000, "anders").unwrap();
    tx.commit();
    read_alike(&doc.save_after(&[])).unwrap();
}

#[test]
fn what_is_read_of_damaged_changes_automerge_reads_alike() {
    let values = (
        prop_oneof![
            history(anything(), 12).prop_map(|(people, deeds)| {
                let world = World::after(people, &deeds);
                let mut all: Document = world.copies[0].document.clone();
                for copy in &world.copies {
                    all.merge(&copy.document).unwrap();
                }
                all.changes_since(&[])
            }),
            steps().prop_map(|steps| documents(&steps)),
        ],
        any::<usize>(),
        vec(damage(), 1..3),
    );
    hold(1_000, values, |(bytes, which, damages)| {
        let changes = gatekeeper::changes(&bytes).unwrap();
        if changes.is_empty() {
            return Ok(());
        }
        let change = changes[which % changes.len()].bytes;
        let bytes = chunk(CHANGE, &damaged(chunks::body(change), &damages));
        let Ok(read) = gatekeeper::changes(&bytes) else {
            return Ok(());
        };
        for raw in read {
            let mut operations = raw.operations();
            let whole = loop {
                match operations.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            if whole {
                let change =
                    catch_unwind(AssertUnwindSafe(|| Change::from_bytes(raw.bytes.to_vec())));
                let Ok(Ok(change)) = change else {
                    return Err(TestCaseError::fail("Automerge does not read it"));
                };
                alike(&raw, &change)?;
            }
        }
        Ok(())
    });
}
