//! The keys of the desk, in Dutch.

use crate::words::Shortcuts;

pub(super) const SHORTCUTS: Shortcuts = Shortcuts {
    title: "Sneltoetsen",
    intro: "Ze werken zolang u niet in een invoerveld typt.",
    next: "volgende citaat",
    previous: "vorige citaat",
    suggestion: "bevestig suggestie 1, 2 of 3",
    none: "geen actielijn",
    other: "kies een andere actielijn",
    reject: "wijs een actielijn af",
    undo: "maak de laatste beslissing ongedaan",
    choose: "kies het citaat voor een plek in de tekst",
    open: "open het citaat",
    search: "zoek",
    help: "deze uitleg",
    back: "terug naar de lijst",
    on: "Zet sneltoetsen aan",
    off: "Zet sneltoetsen uit",
    key: "Toets",
    does: "Wat die doet",
};
