//! Panics: where they come from decides whether they are findings.
//!
//! Automerge panics on hostile changes, and the server catches that. A panic of our own code is a
//! finding even where it is caught: it would be an answer that nobody thought of.

use std::collections::BTreeMap;
use std::panic::PanicHookInfo;
use std::sync::Mutex;

#[derive(Default)]
struct Heard {
    last: Option<String>,
    /// The first of our own since the last input.
    ours: Option<String>,
    /// How often each place of others panicked.
    places: BTreeMap<String, u64>,
}

static HEARD: Mutex<Heard> = Mutex::new(Heard {
    last: None,
    ours: None,
    places: BTreeMap::new(),
});

/// Instead of libFuzzer's own hook, which ends the process at every panic.
pub fn listen() {
    std::panic::set_hook(Box::new(hear));
}

fn hear(panic: &PanicHookInfo<'_>) {
    let Ok(mut heard) = HEARD.lock() else { return };
    let words = panic.payload_as_str().unwrap_or("no words");
    let place = panic.location().map_or_else(String::new, |location| {
        format!("{}:{}", location.file(), location.line())
    });
    let told = format!("{place}: {words}");
    let of_others = place.contains("/registry/") || place.contains("/rustc/");
    if of_others {
        // The version's folder and what is in it: enough to find the place.
        let short = place.rsplit("/registry/src/").next().unwrap_or(&place);
        let short = short.split_once('/').map_or(short, |(_, rest)| rest);
        let times = heard.places.entry(short.to_owned()).or_default();
        *times += 1;
        if *times == 1 {
            eprintln!("caught: {short}: {words}");
        }
    } else if heard.ours.is_none() {
        heard.ours = Some(told.clone());
    }
    heard.last = Some(told);
}

/// What is wrong after an input: what ended the target, or a panic of our own that was caught.
pub(crate) fn finding(ended: bool) -> Option<String> {
    let mut heard = HEARD.lock().ok()?;
    let ours = heard.ours.take();
    let last = heard.last.take();
    if ended {
        last.or(Some("a panic without words".to_owned()))
    } else {
        ours
    }
}
