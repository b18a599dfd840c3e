//! That no function of the store is left out of this contract.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// All Rust files of a folder and those below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What stands behind `pub fn` and `pub async fn`, up to the body.
fn public_functions(source: &str) -> Vec<&str> {
    let starts = ["pub fn ", "pub async fn "];
    let found = starts.iter().flat_map(|start| {
        let pieces = source.split(start).skip(1);
        pieces.map(|rest| rest.split(" {\n").next().unwrap_or(rest))
    });
    found.collect()
}

/// How a test calls each of them: `accounts::find(`, `.read(`.
fn calls() -> BTreeSet<String> {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src");
    let mut calls = BTreeSet::new();
    for path in files(&server.join("store")) {
        let inside = path.strip_prefix(server.join("store")).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap();
        let module = match module.trim_end_matches(".rs") {
            "trouble" => "store",
            module => module,
        };
        for signature in public_functions(&std::fs::read_to_string(&path).unwrap()) {
            if signature.contains("&mut Tx") || signature.contains("&Store") {
                let name = signature.split(['(', '<']).next().unwrap();
                calls.insert(match signature.contains("&self") {
                    true => format!(".{name}("),
                    false => format!("{module}::{name}("),
                });
            }
        }
    }
    let store = std::fs::read_to_string(server.join("store.rs")).unwrap();
    for signature in public_functions(&store) {
        let name = signature.split(['(', '<']).next().unwrap();
        calls.insert(match signature.contains("self") {
            true => format!(".{name}("),
            false => format!("Store::{name}("),
        });
    }
    calls
}

#[test]
fn every_public_function_of_the_store_is_called_here() {
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let tests: String = files(&contract)
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let calls = calls();
    assert!(
        calls.len() > 100,
        "only {} functions were found",
        calls.len()
    );
    let forgotten: Vec<&String> = calls.iter().filter(|call| !tests.contains(*call)).collect();
    assert!(forgotten.is_empty(), "no test calls {forgotten:?}");
}
