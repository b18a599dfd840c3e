//! The bytes of the protocol, pinned: `tests/vectors/*.json`, for whoever writes a client in another
//! language from `docs/sync-protocol.md`.
//!
//! Every file is made anew by each run and must be the one that is kept; then it is read back, and
//! what it says must hold. Where a change moves bytes on purpose, `KOFFIEKAR_WRITE_VECTORS=1` writes
//! the files.

mod admission;
mod cast;
mod consent;
mod documents;
mod keys;
mod live;
mod messages;
mod receipts;
mod replays;
mod sealed;
mod successors;
mod vouchers;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use koffiekar_server::random;
use minicbor::data::Type;
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(name)
}

/// The vectors of this name: as they are made now, which must be as they are kept.
fn pinned(name: &str, made: &Value) -> Value {
    let mut text = serde_json::to_string_pretty(made).unwrap();
    text.push('\n');
    if std::env::var_os("KOFFIEKAR_WRITE_VECTORS").is_some() {
        std::fs::write(path(name), &text).unwrap();
    }
    let kept = std::fs::read_to_string(path(name)).unwrap_or_default();
    if let Some(line) = first_difference(&kept, &text) {
        panic!("tests/vectors/{name} is not what is made now:\n{line}");
    }
    serde_json::from_str(&kept).unwrap()
}

fn first_difference(kept: &str, made: &str) -> Option<String> {
    if kept == made {
        return None;
    }
    let (mut kept, mut made) = (kept.lines(), made.lines());
    for number in 1_usize.. {
        let (one, other) = (kept.next(), made.next());
        if one != other || one.is_none() {
            let (one, other) = (one.unwrap_or(""), other.unwrap_or(""));
            return Some(format!("line {number}\nkept: {one}\nmade: {other}"));
        }
    }
    None
}

fn hex(bytes: impl AsRef<[u8]>) -> Value {
    random::hex(bytes.as_ref()).into()
}

/// The text of a field.
fn text<'a>(from: &'a Value, field: &str) -> &'a str {
    from[field]
        .as_str()
        .unwrap_or_else(|| panic!("`{field}` is no text in {from}"))
}

/// The bytes of a field of hexadecimal digits.
fn bytes(from: &Value, field: &str) -> Vec<u8> {
    let digits = text(from, field);
    assert!(digits.len().is_multiple_of(2), "{digits}");
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn array<const N: usize>(from: &Value, field: &str) -> [u8; N] {
    bytes(from, field).try_into().unwrap()
}

fn list<'a>(from: &'a Value, field: &str) -> &'a Vec<Value> {
    from[field]
        .as_array()
        .unwrap_or_else(|| panic!("`{field}` is no list in {from}"))
}

/// CBOR as people read it: the diagnostic notation of RFC 8949, section 8.
fn diagnostic(cbor: &[u8]) -> String {
    let mut decoder = minicbor::Decoder::new(cbor);
    let mut text = String::new();
    describe(&mut decoder, &mut text);
    assert_eq!(decoder.position(), cbor.len(), "bytes are left over");
    text
}

fn describe(decoder: &mut minicbor::Decoder<'_>, text: &mut String) {
    match decoder.datatype().unwrap() {
        Type::Map => {
            let entries = decoder.map().unwrap().unwrap();
            text.push('{');
            for entry in 0..entries {
                text.push_str(if entry > 0 { ", " } else { "" });
                describe(decoder, text);
                text.push_str(": ");
                describe(decoder, text);
            }
            text.push('}');
        }
        Type::Array => {
            let items = decoder.array().unwrap().unwrap();
            text.push('[');
            for item in 0..items {
                text.push_str(if item > 0 { ", " } else { "" });
                describe(decoder, text);
            }
            text.push(']');
        }
        Type::Bytes => {
            let bytes = decoder.bytes().unwrap();
            write!(text, "h'{}'", random::hex(bytes)).unwrap();
        }
        Type::String => write!(text, "{:?}", decoder.str().unwrap()).unwrap(),
        Type::Bool => write!(text, "{}", decoder.bool().unwrap()).unwrap(),
        _ => write!(text, "{}", decoder.int().unwrap()).unwrap(),
    }
}

/// The worked examples of `docs/sync-protocol.md` are these vectors: each names the file and the place
/// before its block; behind `#` stands what it means.
#[test]
fn the_examples_of_the_document_are_the_vectors() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sync-protocol.md");
    let document = std::fs::read_to_string(document).unwrap();
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    let mut examples = 0;
    for example in document.split("\n<!-- ").skip(1) {
        let (place, rest) = example.split_once(" -->\n```text\n").unwrap();
        let (block, _) = rest.split_once("```").unwrap();
        let told: String = block
            .lines()
            .map(|line| solid(line.split('#').next().unwrap_or("")))
            .collect();
        let (file, pointer) = place.split_once(' ').unwrap();
        let vectors: Value =
            serde_json::from_str(&std::fs::read_to_string(path(file)).unwrap()).unwrap();
        let kept = vectors.pointer(pointer).and_then(Value::as_str);
        assert_eq!(told, solid(kept.unwrap_or_default()), "{place}");
        examples += 1;
    }
    assert!(examples >= 7, "only {examples} examples were found");
}
