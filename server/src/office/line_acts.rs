//! What may be done to action lines, and what would come of it.
//!
//! Only a line that is open ends, and only into lines that are open: so what was recorded never makes a
//! circle. Nothing takes effect before it is recorded, so no answer about the past becomes another one.

use std::collections::BTreeSet;

use koffiekar_sync_core::catalogue::{ActionLine, Ended, Ending};
use koffiekar_sync_core::ids::{LineKey, Millis};
use koffiekar_sync_core::office::ActOnLines;

use crate::calendar::Calendar;
use crate::problem::ApiError;

/// Lines that one act ends, or that follow by it.
const MOST: usize = 20;

/// When a checked act takes effect.
pub(crate) fn check(
    asked: &ActOnLines,
    lines: &[ActionLine],
    now: Millis,
    calendar: &Calendar,
) -> Result<Millis, ApiError> {
    check_numbers(asked)?;
    let into = asked.into.iter().map(|into| &into.key);
    let mut named = BTreeSet::new();
    for key in asked.lines.iter().chain(into.clone()) {
        if key.is_none() {
            return Err(ApiError::invalid(
                "`none` betekent \"geen actielijn\" en verandert niet. Noem een actielijn.",
                "`none` means \"no action line\" and does not change. Name an action line.",
            ));
        }
        if !named.insert(key) {
            return Err(ApiError::invalid(
                format!("De actielijn `{key}` staat er twee keer. Noem elke actielijn een keer."),
                format!("The action line `{key}` stands twice. Name each action line once."),
            ));
        }
    }
    for key in &asked.lines {
        ensure_untouched(key, lines, calendar)?;
    }
    for into in &asked.into {
        let exists = lines.iter().any(|line| line.key == into.key);
        match (&into.new, exists) {
            (None, _) => ensure_untouched(&into.key, lines, calendar)?,
            (Some(_), false) => {}
            (Some(_), true) => {
                let key = &into.key;
                return Err(ApiError::conflict(
                    format!(
                        "Er is al een actielijn `{key}`. Kies een andere sleutel, of kies die actielijn uit de lijst."
                    ),
                    format!(
                        "There is an action line `{key}` already. Choose another key, or that line from the list."
                    ),
                ));
            }
        }
    }
    let left = lines.iter().filter(|line| line.ended.is_none());
    let left = left.filter(|line| !asked.lines.contains(&line.key)).count();
    if left == 0 && asked.into.is_empty() {
        return Err(ApiError::conflict(
            "Dan is er geen actielijn meer om uit te kiezen. Voeg eerst een andere toe.",
            "No action line to choose from would be left. Add another one first.",
        ));
    }
    starts_at(asked, now, calendar)
}

fn check_numbers(asked: &ActOnLines) -> Result<(), ApiError> {
    let (from, into) = (asked.lines.len(), asked.into.len());
    let makes_new = asked.into.iter().any(|into| into.new.is_some());
    let fits = match asked.kind {
        Ending::Retired => from == 1 && into == 0,
        Ending::Split => from == 1 && (2..=MOST).contains(&into),
        Ending::Merged => (1..=MOST).contains(&from) && into == 1 && (from > 1 || !makes_new),
    };
    if fits {
        return Ok(());
    }
    let (nl, en) = match asked.kind {
        Ending::Retired => (
            "Beëindigen gaat over één actielijn, die in geen andere overgaat. Noem er één."
                .to_owned(),
            "Retiring is about one action line that goes into no other. Name one.".to_owned(),
        ),
        Ending::Split => (
            format!("Splitsen gaat van één actielijn naar 2 tot {MOST} andere. Noem ze."),
            format!("Splitting goes from one action line to 2 to {MOST} others. Name them."),
        ),
        Ending::Merged => (
            format!(
                "Samenvoegen gaat van 1 tot {MOST} actielijnen naar één andere, en naar een nieuwe van minstens twee. Verander anders de woorden van de actielijn."
            ),
            format!(
                "Merging goes from 1 to {MOST} action lines to one other, and to a new one from at least two. Otherwise change the words of the line."
            ),
        ),
    };
    Err(ApiError::invalid(nl, en))
}

fn starts_at(asked: &ActOnLines, now: Millis, calendar: &Calendar) -> Result<Millis, ApiError> {
    let Some(on) = &asked.on else {
        return Ok(now);
    };
    if asked.kind != Ending::Retired {
        return Err(ApiError::invalid(
            "Splitsen en samenvoegen gebeurt meteen. Laat de datum weg.",
            "Splitting and merging is done at once. Leave the date out.",
        ));
    }
    let wrong = || {
        ApiError::invalid(
            "De datum moet vandaag of later zijn, zoals 2026-12-31: wat eerder getagd is, blijft zoals het was. Verbeter de datum.",
            "The date must be today or later, such as 2026-12-31: what was tagged before stays as it was. Correct the date.",
        )
    };
    let start = calendar.start_of_day(on).ok_or_else(wrong)?;
    let end = calendar.end_of_day(on).ok_or_else(wrong)?;
    match end <= now {
        true => Err(wrong()),
        false => Ok(start.max(now)),
    }
}

/// It exists, and nothing was done to it yet.
fn ensure_untouched(
    key: &LineKey,
    lines: &[ActionLine],
    calendar: &Calendar,
) -> Result<(), ApiError> {
    let Some(line) = lines.iter().find(|line| line.key == *key) else {
        return Err(ApiError::invalid(
            format!("De actielijn `{key}` bestaat niet. Ververs de lijst en kies opnieuw."),
            format!("There is no action line `{key}`. Refresh the list and choose again."),
        ));
    };
    match &line.ended {
        None => Ok(()),
        Some(ended) => {
            let (nl, en) = told(line, ended, calendar);
            Err(ApiError::conflict(
                format!("{nl} Kies een andere actielijn, of maak dat eerst ongedaan."),
                format!("{en} Choose another line, or undo that first."),
            ))
        }
    }
}

/// New tags are for lines that take them.
pub(crate) fn ensure_open(
    keys: &[LineKey],
    lines: &[ActionLine],
    now: Millis,
    calendar: &Calendar,
) -> Result<(), ApiError> {
    let mut named = lines.iter().filter(|line| keys.contains(&line.key));
    match named.find(|line| !line.is_open(now)) {
        None => Ok(()),
        Some(line) => {
            let (nl, en) = line
                .ended
                .as_ref()
                .map(|ended| told(line, ended, calendar))
                .unwrap_or_default();
            Err(ApiError::conflict(
                format!("{nl} Nieuwe tags kan zij niet krijgen. Kies een andere actielijn."),
                format!("{en} It takes no new tags. Choose another action line."),
            ))
        }
    }
}

/// What became of it, in Dutch and English.
fn told(line: &ActionLine, ended: &Ended, calendar: &Calendar) -> (String, String) {
    let into: Vec<String> = ended.into.iter().map(|key| format!("`{key}`")).collect();
    let into = into.join(", ");
    let (key, day) = (&line.key, calendar.date(ended.at));
    let (nl, en) = match ended.how {
        Ending::Retired => ("is beëindigd".to_owned(), "is retired".to_owned()),
        Ending::Split => (
            format!("is gesplitst in {into}"),
            format!("was split into {into}"),
        ),
        Ending::Merged => (
            format!("is samengevoegd tot {into}"),
            format!("was merged into {into}"),
        ),
    };
    (
        format!("De actielijn `{key}` {nl} (per {day})."),
        format!("The action line `{key}` {en} (as of {day})."),
    )
}
