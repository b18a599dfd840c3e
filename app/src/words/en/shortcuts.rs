//! The keys of the desk, in English.

use crate::words::Shortcuts;

pub(super) const SHORTCUTS: Shortcuts = Shortcuts {
    title: "Shortcuts",
    intro: "They work as long as you are not typing in a field.",
    next: "next quote",
    previous: "previous quote",
    suggestion: "confirm suggestion 1, 2 or 3",
    none: "no action line",
    other: "choose another action line",
    reject: "reject an action line",
    undo: "undo the last decision",
    choose: "choose the quote for a place in the text",
    open: "open the quote",
    search: "search",
    help: "this explanation",
    back: "back to the list",
    on: "Turn shortcuts on",
    off: "Turn shortcuts off",
    key: "Key",
    does: "What it does",
};
