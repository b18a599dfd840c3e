//! What fuzzing found worth keeping, once more: the corpus, and all that ever was a finding.

use std::panic::catch_unwind;
use std::path::Path;

use koffiekar_tests::fuzz::change::{Body, bodies};
use koffiekar_tests::fuzz::{TARGETS, Target, Unweighed, seeds};

fn replay(target: &Target) {
    let mut inputs: Vec<(String, Vec<u8>)> = (target.seeds)()
        .into_iter()
        .enumerate()
        .map(|(number, seed)| (format!("seed {number}"), seed))
        .collect();
    for kind in ["corpus", "findings"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fuzz")
            .join(kind)
            .join(target.name);
        for file in std::fs::read_dir(folder).into_iter().flatten() {
            let path = file.unwrap().path();
            inputs.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    let failed: Vec<&str> = inputs
        .iter()
        .filter(|(_, input)| catch_unwind(|| (target.run)(input, &Unweighed)).is_err())
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(failed.is_empty(), "{}: {failed:#?}", target.name);
}

#[test]
fn what_was_found_stays_mended() {
    for target in &TARGETS {
        replay(target);
    }
}

#[test]
fn a_change_taken_apart_and_put_together_is_the_same() {
    for document in [seeds::small(), seeds::contested(), seeds::long()] {
        for body in bodies(&document.changes_since(&[])) {
            assert_eq!(Body::read(&body).unwrap().write(), body);
        }
    }
}
