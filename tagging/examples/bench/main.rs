//! How well and how fast the tagger does, on MASSIVE (FitzGerald et al. 2022), whose scenarios and intents stand for
//! action lines: figures, one JSON line each on standard output, as the other benchmarks print them.
//!
//! `cargo xtask bench tagging --data DIR [--evaluate dev|test|hold-out] [--descriptions FILE]`: `DIR` holds
//! `massive_{nl,tr,ar,en}.csv` with the columns `id,partition,scenario,intent,text`. It learns from the train part
//! alone. `hold-out` measures on a fifth of the train part, which is then not learned from: for choosing constants.
//! What each figure means: `docs/tagging.md`.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads files and a clock; the crate does not"
)]

mod accuracy;
mod audited;
mod data;
mod outside;
mod speed;

use std::path::PathBuf;

use data::Data;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut folder, mut part, mut descriptions) = (None, "dev".to_owned(), None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next();
        match (argument.as_str(), value) {
            ("--data", Some(value)) => folder = Some(PathBuf::from(value)),
            ("--evaluate", Some(value)) => part = value,
            ("--descriptions", Some(value)) => descriptions = Some(PathBuf::from(value)),
            _ => usage(&format!(
                "`{argument}` is not understood, or lacks its value"
            )),
        }
    }
    let Some(folder) = folder else {
        usage("`--data` is missing: the folder with massive_{nl,tr,ar,en}.csv");
    };
    let data = Data::read(&folder, &part, descriptions.as_deref());
    eprintln!(
        "learning from {} quotes, measuring on {} of the part `{part}`; {} draws where labels are few",
        data.train.len(),
        data.evaluate.len(),
        accuracy::DRAWS,
    );
    accuracy::measure(&data);
    audited::measure(&data);
    outside::measure(&data);
    speed::measure(&data);
}

fn usage(problem: &str) -> ! {
    eprintln!(
        "{problem}\n\
         usage: cargo xtask bench tagging --data DIR [--evaluate dev|test|hold-out] [--descriptions FILE]"
    );
    std::process::exit(2);
}

/// More is better.
fn tell(name: &str, value: f64, unit: &str, budget: Option<f64>) {
    say(name, value, unit, budget, "higher");
}

/// Less is better.
fn tell_less_is_better(name: &str, value: f64, unit: &str, budget: Option<f64>) {
    say(name, value, unit, budget, "lower");
}

fn say(name: &str, value: f64, unit: &str, budget: Option<f64>, better: &str) {
    let figure = serde_json::json!({
        "name": name,
        "value": (value * 1000.0).round() / 1000.0,
        "unit": unit,
        "budget": budget,
        "better": better,
    });
    println!("{figure}");
}
