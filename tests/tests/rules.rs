//! The rules of the map, held against the sources: which part knows what, and how files look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the project: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines that are not comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().zip(1..);
        lines
            .map(|(line, number)| (number, line.split("//").next().unwrap_or("")))
            .filter(|(_, line)| !line.trim().is_empty())
    }

    fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

/// What is made by tools or fetched by them is no source.
const NOT_OURS: [&str; 5] = ["target", "node_modules", "dist", "data", ".git"];

/// All files that are text.
fn sources() -> Vec<Source> {
    let mut folders = vec![root()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).unwrap();
                let path = path.to_string_lossy().replace('\\', "/");
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(
        sources.len() > 100,
        "only {} files were found",
        sources.len()
    );
    sources
}

fn rust() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| source.path.ends_with(".rs"));
    sources
}

/// Whether a line names this: not as a part of a longer name.
fn names(line: &str, name: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(in_name) && !after.is_some_and(in_name)
    })
}

/// Every place outside these folders and files where one of these names stands.
fn named_outside(forbidden: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in rust() {
        // This file names what it looks for.
        if source.is_under(allowed) || source.path == "tests/tests/rules.rs" {
            continue;
        }
        for (number, line) in source.code() {
            for name in forbidden {
                if names(line, name) {
                    found.push(format!("{}:{number} names {name}", source.path));
                }
            }
        }
    }
    found
}

const NOTHING: [String; 0] = [];

#[test]
fn only_the_store_knows_sql() {
    let allowed = ["server/src/store.rs", "server/src/store/", "tests/"];
    assert_eq!(named_outside(&["sqlx"], &allowed), NOTHING);
    for source in sources() {
        let manifest = source.path.ends_with("/Cargo.toml");
        if manifest && !source.is_under(&["server/", "tests/"]) {
            assert!(!source.text.contains("sqlx"), "{}", source.path);
        }
    }
}

#[test]
fn only_the_app_knows_the_browser() {
    let browser = ["wasm_bindgen", "web_sys", "js_sys", "leptos", "gloo"];
    assert_eq!(named_outside(&browser, &["app/"]), NOTHING);
}

#[test]
fn only_the_edge_of_the_server_knows_http() {
    let edge = [
        "server/src/lib.rs",
        "server/src/problem.rs",
        "server/src/web/",
        // Bring conversations in as tablets do: through the API, without a socket.
        "server/src/demo/conversations.rs",
        "tests/src/simulation/",
        // Asks without a socket, so that nothing of an answer is taken.
        "tests/tests/api/shares/exports.rs",
        // Asks without a socket, and is a collector of spans.
        "tests/tests/watching.rs",
        "tests/tests/watching/",
        // Gives out one build of the app after another.
        "tests/tests/browser/update.rs",
    ];
    assert_eq!(
        named_outside(&["axum", "tower", "tower_http", "hyper"], &edge),
        NOTHING
    );
}

/// So that a whole run of the server can be repeated.
#[test]
fn the_server_takes_time_and_chance_from_one_place_each() {
    let others = ["tests/", "xtask/", "app/"];
    let clock = [&others[..], &["server/src/clock.rs"]].concat();
    let chance = [&others[..], &["server/src/random.rs"]].concat();
    assert_eq!(named_outside(&["SystemTime"], &clock), NOTHING);
    let system = ["getrandom", "random::bytes"];
    assert_eq!(named_outside(&system, &chance), NOTHING);
}

const PURE: [&str; 2] = ["sync-core/", "tagging/"];

#[test]
fn pure_crates_know_no_clock_no_chance_and_no_world() {
    let forbidden = [
        "SystemTime",
        "Instant",
        "getrandom",
        "rand",
        "thread_rng",
        "RandomState",
        "HashMap",
        "HashSet",
        "fs",
        "net",
        "process",
        "env",
        "thread",
        "tokio",
        "async",
        "println",
        "eprintln",
    ];
    let mut found = Vec::new();
    for source in rust() {
        let in_pure = PURE
            .iter()
            .any(|krate| source.path.starts_with(&format!("{krate}src/")));
        if !in_pure || source.path.ends_with("tests.rs") {
            continue;
        }
        for (number, line) in source.code() {
            // A panic inside Automerge is caught where its bytes are judged.
            let line = line.replace("std::panic", "");
            for name in forbidden {
                if names(&line, name) {
                    found.push(format!("{}:{number} names {name}", source.path));
                }
            }
        }
    }
    assert_eq!(found, NOTHING);
}

#[test]
fn pure_crates_depend_on_nothing_that_does() {
    for krate in PURE {
        let manifest = std::fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
        let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap();
        for line in dependencies.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            let worldly = [
                "getrandom",
                "rand",
                "tokio",
                "sqlx",
                "axum",
                "reqwest",
                "koffiekar-server",
            ];
            assert!(!worldly.contains(&name), "{krate} depends on {name}");
        }
        let clippy = std::fs::read_to_string(root().join(krate).join("clippy.toml")).unwrap();
        for clock in ["Instant::now", "SystemTime::now", "RandomState"] {
            assert!(
                clippy.contains(clock),
                "{krate}clippy.toml does not ban {clock}"
            );
        }
        assert!(manifest.contains("[lints]\nworkspace = true"), "{krate}");
    }
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("iter_over_hash_type = \"warn\""));
    assert!(workspace.contains("unsafe_code = \"forbid\""));
}

/// `app -> sync-core, tagging <- server <- tests`; nothing else.
#[test]
fn crates_look_one_way() {
    let sees: [(&str, &[&str]); 6] = [
        ("sync-core", &[]),
        ("tagging", &[]),
        ("server", &["sync-core", "tagging"]),
        ("app", &["sync-core", "tagging"]),
        ("tests", &["server", "sync-core", "tagging"]),
        ("xtask", &[]),
    ];
    for (krate, allowed) in sees {
        let manifest = std::fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
        let named = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("koffiekar-"));
        let named: BTreeSet<&str> = named
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let beyond: Vec<&&str> = named.difference(&allowed).collect();
        assert!(beyond.is_empty(), "{krate} depends on {beyond:?}");
    }
}

/// The rooms of the server, folders and single files, look one way. `lib.rs` puts them together, and each may name
/// what it holds.
#[test]
fn rooms_of_the_server_make_no_circle() {
    let sources: Vec<_> = rust()
        .into_iter()
        .filter_map(|source| {
            let path = source.path.strip_prefix("server/src/")?.to_owned();
            let room = path.split(['/', '.']).next()?.to_owned();
            (!["lib", "main", "commands"].contains(&&*room)).then_some((room, source))
        })
        .collect();
    let rooms: BTreeSet<&str> = sources.iter().map(|(room, _)| &**room).collect();
    let mut sees: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (room, source) in &sources {
        for (_, line) in source.code() {
            for named in line.split("crate::").skip(1) {
                let named = named.split(|c: char| !c.is_ascii_lowercase() && c != '_');
                let named = named.into_iter().next().unwrap_or_default();
                if let Some(other) = rooms.get(named).filter(|other| *other != room) {
                    sees.entry(room).or_default().insert(other);
                }
            }
        }
    }
    assert!(sees["web"].contains("sync"), "{sees:?}");
    // Whatever sees nothing that is left cannot be in a circle.
    let mut left = rooms;
    loop {
        let free: Vec<&str> = left
            .iter()
            .copied()
            .filter(|room| {
                sees.get(room)
                    .is_none_or(|others| others.is_disjoint(&left))
            })
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|room| !free.contains(room));
    }
    assert!(left.is_empty(), "a circle is among {left:?}: {sees:?}");
}

/// A file has one idea.
#[test]
fn no_file_is_longer_than_600_lines() {
    const LONGEST: usize = 600;
    const EXCEPTIONS: [&str; 0] = [];
    let mut long = Vec::new();
    for source in sources() {
        let is_code = [".rs", ".sql", ".js", ".sh"]
            .iter()
            .any(|end| source.path.ends_with(end));
        let lines = source.text.lines().count();
        if is_code && lines > LONGEST && !EXCEPTIONS.contains(&source.path.as_str()) {
            long.push(format!("{}: {lines}", source.path));
        }
    }
    assert_eq!(long, NOTHING);
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(engine);
        let files = std::fs::read_dir(folder).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert_eq!(sqlite, postgres);
    assert!(!sqlite.is_empty());
    let store = std::fs::read_to_string(root().join("server/src/store.rs")).unwrap();
    for (name, number) in sqlite.iter().zip(1..) {
        assert!(
            name.starts_with(&format!("{number:04}_")),
            "{name} is not number {number}"
        );
        // `scripts!("sqlite": 1 "first", 2 "feed")`
        let listed = format!("{number} \"{}\"", &name[5..name.len() - ".sql".len()]);
        let lists = store.matches(&listed).count();
        assert_eq!(lists, 2, "{name} is not run on both engines");
    }
}

/// Whoever builds this elsewhere has other folders and perhaps another registry.
#[test]
fn no_file_names_a_machine() {
    // Put together here, so that this file does not name one either.
    let homes = ["root", "home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let registries = [
        "registry",
        "mirror",
        "artifactory",
        "nexus",
        "npmjs",
        "pypi",
        "crates",
    ];
    let mut found = Vec::new();
    for source in sources() {
        for (line, number) in source.text.lines().zip(1..) {
            let starts = |path: &String| {
                line.match_indices(path.as_str()).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || ".-_~/}".contains(c))
                })
            };
            if homes.iter().any(starts) {
                found.push(format!(
                    "{}:{number} names a folder of one machine",
                    source.path
                ));
            }
            for scheme in ["http://", "https://"] {
                for (at, _) in line.match_indices(scheme) {
                    let host = line[at + scheme.len()..]
                        .split(['/', '"', ' ', ')', '>'])
                        .next();
                    let host = host.unwrap_or("").to_lowercase();
                    if registries.iter().any(|registry| host.contains(registry)) {
                        found.push(format!(
                            "{}:{number} names the registry {host}",
                            source.path
                        ));
                    }
                }
            }
        }
    }
    assert_eq!(found, NOTHING);
}

/// The folders of crates whose manifest says this.
fn crates_that_say(what: &str) -> Vec<String> {
    let manifests = sources().into_iter().filter(|source| {
        let is_manifest = source.path.ends_with("/Cargo.toml");
        is_manifest && source.text.lines().any(|line| line.trim() == what)
    });
    let folder = |source: Source| source.path.trim_end_matches("Cargo.toml").to_owned();
    manifests.map(folder).collect()
}

/// What looks like a test and never runs proves nothing, and nobody sees it.
#[test]
fn no_test_is_hidden() {
    let untested = crates_that_say("test = false");
    let undocumented = crates_that_say("doctest = false");
    assert!(
        untested.len() >= 4 && undocumented.len() >= 4,
        "{untested:?} {undocumented:?}"
    );
    let mut hidden = Vec::new();
    for source in rust() {
        let is_in = |crates: &[String]| {
            crates
                .iter()
                .any(|krate| source.path.starts_with(&format!("{krate}src/")))
        };
        let tests = ["#[cfg(test)]", "#[test]", "#[tokio::test]", "proptest!"];
        let begins = |line: &str| tests.iter().any(|test| line.trim_start().starts_with(test));
        if is_in(&untested) && source.code().any(|(_, line)| begins(line)) {
            hidden.push(format!("{}: its crate says test = false", source.path));
        }
        if source
            .code()
            .any(|(_, line)| line.trim_start().starts_with("#[ignore"))
        {
            hidden.push(format!("{}: ignored", source.path));
        }
        if is_in(&undocumented) && has_example(&source.text) {
            hidden.push(format!(
                "{}: an example in a comment does not run",
                source.path
            ));
        }
        hidden.extend(orphan(&source.path));
    }
    assert_eq!(hidden, NOTHING);
}

/// A block of Rust in the documentation; one of another language says which.
fn has_example(text: &str) -> bool {
    let mut is_open = false;
    text.lines().any(|line| {
        let line = line.trim_start();
        let comment = line.strip_prefix("///").or(line.strip_prefix("//!"));
        let Some(language) = comment.and_then(|comment| comment.trim().strip_prefix("```")) else {
            return false;
        };
        is_open = !is_open;
        let is_rust = ["", "rust", "no_run", "should_panic", "ignore"].contains(&language);
        is_open && is_rust
    })
}

/// A file of tests that no other names as its module is not compiled.
fn orphan(path: &str) -> Option<String> {
    let inside = path.strip_prefix("tests/tests/")?.strip_suffix(".rs")?;
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("main", inside));
    if inside == "main" {
        return None;
    }
    let parent = root().join(format!("tests/tests/{folder}.rs"));
    let text = std::fs::read_to_string(parent).unwrap_or_default();
    let line = format!("mod {name};");
    let is_named = text.lines().any(|other| other.trim().ends_with(&line));
    (!is_named).then(|| format!("{path}: no file names it as its module"))
}

/// `1 citaten` is no Dutch, and `1 quotes` no English.
#[test]
fn a_noun_behind_a_number_has_both_its_forms() {
    const MANY: [&str; 20] = [
        "citaten",
        "gesprekken",
        "tekens",
        "records",
        "minuten",
        "dagen",
        "rondes",
        "tablets",
        "mensen",
        "passen",
        "blijven",
        "quotes",
        "conversations",
        "characters",
        "minutes",
        "days",
        "rounds",
        "people",
        "come",
        "stay",
    ];
    // A bound is never one; a clock tells its own minutes, and a lock waits for several.
    const BOUNDS: [&str; 6] = [
        "hoogste {}",
        "most {}",
        "tot {}",
        "to {}",
        "minste {}",
        "least {}",
    ];
    const APART: [&str; 2] = ["clock_off", "locked_itself"];
    let mut found = Vec::new();
    for source in rust() {
        if !source.path.starts_with("app/src/words") && source.path != "app/src/field/words.rs" {
            continue;
        }
        let mut key = "";
        for (number, line) in source.code() {
            if let Some((name, _)) = line.trim().split_once(": \"") {
                key = name;
            }
            for (at, _) in line.match_indices("{} ") {
                let word = line[at + 3..].split(|c: char| !c.is_alphabetic()).next();
                let bound = BOUNDS.iter().any(|bound| line[..at + 2].ends_with(bound));
                let told = key.ends_with("_many") || APART.contains(&key) || bound;
                if word.is_some_and(|word| MANY.contains(&word)) && !told {
                    found.push(format!("{}:{number} `{key}`", source.path));
                }
            }
        }
    }
    assert_eq!(found, NOTHING);
}

/// An act that stands in the audit log can be asked for, and has a name on the screen.
#[test]
fn every_act_of_the_audit_log_is_in_the_list_of_acts() {
    let acts = koffiekar_sync_core::office::ACTS;
    assert!(acts.is_sorted());
    let mut unknown = Vec::new();
    for source in rust() {
        if !source.is_under(&["server/src/"]) {
            continue;
        }
        let lines: Vec<&str> = source.code().map(|(_, line)| line).collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((_, rest)) = line.split_once(" action: ") else {
                continue;
            };
            if !["\"", "match", "if"]
                .iter()
                .any(|begin| rest.starts_with(begin))
            {
                continue;
            }
            // A plain text, or the arms of a choice.
            let ends = lines[at..].iter().position(|line| line.contains("object:"));
            let until = at + ends.unwrap_or(0).max(1);
            let texts = [rest]
                .into_iter()
                .chain(lines[at + 1..until].iter().copied());
            for text in texts.flat_map(|line| line.split('"').skip(1).step_by(2)) {
                if !acts.contains(&text) {
                    unknown.push(format!("{}: {text}", source.path));
                }
            }
        }
    }
    assert_eq!(unknown, NOTHING);
}
